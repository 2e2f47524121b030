package document

import "testing"

// TestTyped: what a mail's own text says of people fills what the papers lack; the text of a later mail corrects them, and what earlier
// mails said is not forgotten, until a new formulir comes.
func TestTyped(t *testing.T) {
	const a, b = "198609262015051001", "198709262015052002"
	form := func(mail string) Source {
		return Source{File: "formulir.pdf", Pages: []Page{{Number: 1, Lines: []Line{
			TextLine("FORMULIR PERMOHONAN USER ID DAN PASSWORD SPSE"), TextLine("1. Nama: Kadek Sari"), TextLine("NIP: " + a), TextLine("Email: " + mail),
			TextLine("2. Nama: Made Wira"), TextLine("NIP: " + b), TextLine("Email: wira@kantor.example")}}}}
	}
	mails := func(r Reading) map[string]string {
		out := map[string]string{}
		for _, row := range r.Roster {
			out[row.NIP] = row.Email
		}
		return out
	}
	first := Read(Bundle{Sources: []Source{form("")}})
	if got := mails(first); len(got) != 2 || got[a] != "" || got[b] != "wira@kantor.example" {
		t.Fatal(got)
	}
	second := Read(Bundle{Previous: []Source{form("")}, Body: "Mohon maaf terlewat:\n\n" + a + " Sari@kantor.example\n" + b + " wira.baru@kantor.example\n\nTerima kasih"})
	if got := mails(second); got[a] != "sari@kantor.example" || got[b] != "wira.baru@kantor.example" {
		t.Error("typed in a reply:", got)
	}
	third := Read(Bundle{Previous: []Source{form("")}, Said: second.Said, Body: "Terlampir SK."})
	if got := mails(third); got[a] != "sari@kantor.example" || got[b] != "wira.baru@kantor.example" {
		t.Error("typed before:", got)
	}
	fourth := Read(Bundle{Previous: []Source{form("")}, Said: third.Said, Sources: []Source{form("sari.2@kantor.example")}})
	if got := mails(fourth); got[a] != "sari.2@kantor.example" || got[b] != "wira@kantor.example" {
		t.Error("a new formulir:", got)
	}
	together := Read(Bundle{Sources: []Source{form("")}, Body: a + " sari@kantor.example\n" + b + " lain@kantor.example"})
	if got := mails(together); got[a] != "sari@kantor.example" || got[b] != "wira@kantor.example" {
		t.Error("in one mail the formulir comes first:", got)
	}
}

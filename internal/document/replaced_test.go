package document

import "testing"

// TestReplacedStaysReplaced: a corrected formulir stands, whatever mail without one comes after it; sent once more, the first is the
// later word. The controls are the correction itself, and a reading that knows of none.
func TestReplacedStaysReplaced(t *testing.T) {
	form := func(sum, mail string) Source {
		return Source{File: "formulir.pdf", SHA256: sum, Pages: []Page{{Number: 1, Lines: []Line{
			TextLine("FORMULIR PERMOHONAN USER ID DAN PASSWORD SPSE"), TextLine("1. Nama: Kadek Sari"), TextLine("NIP: 198609262015051001"), TextLine("Email: " + mail)}}}}
	}
	first, second := form("1", "lama@kantor.example"), form("2", "baru@kantor.example")
	both := []Source{first, second}
	address := func(r Reading) string { return r.Roster[0].Email }
	corrected := Read(Bundle{Previous: []Source{first}, Sources: []Source{second}})
	if got := address(corrected); got != "baru@kantor.example" {
		t.Fatal(got)
	}
	after := Read(Bundle{Previous: both, Earlier: corrected.Papers, Body: "Terlampir surat tugas."})
	later := Read(Bundle{Previous: both, Earlier: after.Papers, Sources: []Source{decree()}})
	for _, r := range []Reading{after, later} {
		if got := address(r); got != "baru@kantor.example" || !r.Papers[0].Replaced || r.Papers[1].Replaced {
			t.Errorf("%s; %+v", got, r.Papers)
		}
	}
	if got := address(Read(Bundle{Previous: both})); got == "baru@kantor.example" {
		t.Error("the control knows what was replaced")
	}
	again := Read(Bundle{Previous: both, Earlier: after.Papers, Sources: []Source{first}})
	if got := address(again); got != "lama@kantor.example" {
		t.Fatal(got)
	}
	if got := address(Read(Bundle{Previous: both, Earlier: again.Papers})); got != "lama@kantor.example" {
		t.Errorf("sent again, the first formulir is forgotten: %s", got)
	}
}

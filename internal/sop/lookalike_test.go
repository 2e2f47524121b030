package sop

import (
	"slices"
	"testing"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/workday"
)

func TestAlike(t *testing.T) {
	for _, x := range [][2]string{{"admin@gov.example", "adm1n@gov.example"}, {"admin", "adrnin"}, {"badung.go.id", "bаdung.go.id"}, {"wayan", "vvayan"},
		{"budi.santoso", "budisantoso"}, {"I Wayan Clara", "I Wayan dara"}, {"ali", "aIl"}, {"salma", "s\u0430lma"}, {"o", "0"}} {
		if !alike(x[0], x[1]) || !alike(x[1], x[0]) {
			t.Errorf("%q and %q look different", x[0], x[1])
		}
	}
	for _, x := range [][2]string{{"admin", "Admin"}, {"anggota1", "anggota2"}, {"staf6", "staf8"}, {"", ""}, {"wayan", "putu"}, {"", "x"}} {
		if alike(x[0], x[1]) {
			t.Errorf("%q and %q look alike", x[0], x[1])
		}
	}
}

func TestOneOff(t *testing.T) {
	for _, x := range [][2]string{{"badung.go.id", "bandung.go.id"}, {"badung.go.id", "badnug.go.id"}, {"badung.go.id", "badung.go.in"}, {"ab", "ba"}, {"a", ""}, {"é", "e"}} {
		if !oneOff(x[0], x[1]) || !oneOff(x[1], x[0]) {
			t.Errorf("%q and %q are not one off", x[0], x[1])
		}
	}
	for _, x := range [][2]string{{"badung", "badung"}, {"badung", "bdanug"}, {"badung.go.id", "go.id"}, {"abc", "cba"}, {"", ""}} {
		if oneOff(x[0], x[1]) {
			t.Errorf("%q and %q are one off", x[0], x[1])
		}
	}
}

func TestNameOf(t *testing.T) {
	for in, want := range map[string]string{"Dr. I Wayan Suardana, S.T., M.T.": "iwayansuardana", "NI LUH  Ayu": "niluhayu", "Ir. H. Budi": "budi", "": ""} {
		if got := nameOf(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestNearName(t *testing.T) {
	for _, x := range [][2]string{{"I Wayan Suardana, S.T.", "I Wayan Suardama"}, {"Ni Luh Ayu Sari", "Ni Luh Ayu Sari, S.E."}, {"I Made Artawan", "I Made Artwaan"}, {"Widiani Sari", "Widlani Sari"}} {
		if !nearName(x[0], x[1]) {
			t.Errorf("%q and %q are not near", x[0], x[1])
		}
	}
	for _, x := range [][2]string{{"Anggota 1", "Anggota 2"}, {"Anggota A", "Anggota B"}, {"I Made Suarta", "I Wayan Suarta"}, {"Ni Ayu", "I Ayu"}, {"Budi", "Budi"}, {"", ""}} {
		if nearName(x[0], x[1]) {
			t.Errorf("%q and %q are near", x[0], x[1])
		}
	}
}

func TestNearDomain(t *testing.T) {
	for _, x := range [][2]string{{"badung.go.id", "badung.co.id"}, {"badung.go.id", "badung.go.in"}, {"badung.go.id", "badumg.go.id"}, {"badung.go.id", "badung-go.id"}, {"gov.example", "g0v.example"}} {
		if !nearDomain(x[0], x[1]) {
			t.Errorf("%q and %q are not near", x[0], x[1])
		}
	}
	for _, x := range [][2]string{{"a.example", "b.example"}, {"pu.go.id", "pk.go.id"}, {"badung.go.id", "tabanan.go.id"}, {"badung.go.id", "mail.badung.go.id"}, {"x.example", "x.example"}} {
		if nearDomain(x[0], x[1]) {
			t.Errorf("%q and %q are near", x[0], x[1])
		}
	}
}

func lookOffice() Office {
	return Office{Mailbox: Person{"UKPBJ", "ukpbj@badung.example"}, KepalaLPSE: Person{"I Made Kepala", "lpse@badung.example"}, Sheet: "none",
		Approvers: []Approver{{Person: Person{"Admin Agency", "admin@badung.example"}}}, ApprovalDays: 1, CompletionDays: 3, Expires: 3,
		Calendar: workday.Standard(time.UTC)}
}

func ask(o Office, from Person, past Past, rows ...document.Row) Case {
	in := Input{From: Sender{Person: from, Roles: []Role{RoleRequester}, Proof: Proof{Result: Proven}},
		What: Request{Reading: document.Reading{Complete: true, Roster: rows}, Past: past}}
	return o.Decide(Case{Number: "PKJ-2026-0001"}, in, time.Date(2026, 5, 4, 1, 0, 0, 0, time.UTC)).Case
}

func TestMarks(t *testing.T) {
	staf := Person{"Staf", "staf@badung.example"}
	row := func(no int, name, email string) document.Row {
		return document.Row{No: no, Nama: name, NIP: "19800101200501100" + string(rune('0'+no)), Email: email}
	}
	rows := []document.Row{
		row(1, "I Wayan Suardana, S.T.", "suardana@badung.example"),
		row(2, "I Wayan Suardama", "suardama@bandung.example"),
		row(3, "Ni Putu Ayu", "adm1n@badung.example"),
		row(4, "Ida Bagus Alit", "alit@xn--bdung-qta.example"),
		row(5, "I Made Kepala", "made@badung.example"),
		row(6, "Dewa Gede Putra", "putra@badung.example"),
		row(7, "Ni Ketut Sari", "staf@badung.example"),
	}
	c := ask(lookOffice(), staf, Past{Confirmed: map[string]string{rows[5].NIP: "putra.lama@badung.example", rows[0].NIP: "Suardana@badung.example"}}, rows...)
	want := [][]string{{markNameAlike}, {markOutside, markDomainAlike, markNameAlike}, {markAddressAlike}, {markOutside, markPunycode}, {markNameAlike},
		{markAnotherAddress}, {markRequesterAddress}}
	for i, m := range c.Members {
		if !slices.Equal(m.Marks, want[i]) {
			t.Errorf("%s: %q, want %q", m.Row.Nama, m.Marks, want[i])
		}
	}
	if len(c.Marks) > 0 {
		t.Errorf("marks of the request: %q", c.Marks)
	}
}

func TestRequestMarks(t *testing.T) {
	rows := document.Row{No: 1, Nama: "Ni Ketut Sari", NIP: "198001012005011001", Email: "sari@badung.example"}
	for name, x := range map[string]struct {
		from Person
		past Past
		want []string
	}{
		"known":                  {Person{"Staf", "staf@badung.example"}, Past{}, nil},
		"first time":             {Person{"Staf", "staf@badung.example"}, Past{Stranger: true}, []string{markFirstTime}},
		"a domain one off":       {Person{"Staf", "staf@badumg.example"}, Past{}, []string{markDomainAlike}},
		"a domain in Cyrillic":   {Person{"Staf", "staf@xn--bdung-qta.example"}, Past{}, []string{markPunycode}},
		"the name of an officer": {Person{"Admin  Agency", "staf@badung.example"}, Past{}, []string{markOfficialName}},
		"an officer's mailbox":   {Person{"Staf", "adrnin@badung.example"}, Past{}, []string{markOfficialName}},
	} {
		c := ask(lookOffice(), x.from, x.past, rows)
		if !slices.Equal(c.Marks, x.want) {
			t.Errorf("%s: %q, want %q", name, c.Marks, x.want)
		}
		d := &decision{o: lookOffice(), c: c}
		if window := d.undoWindow(); (len(c.Marks)+len(c.Members[0].Marks) > 0) != (window == riskWindow) {
			t.Errorf("%s: undo window %s", name, window)
		}
	}
}

package document

import (
	"slices"
	"strings"
	"testing"
)

// twoAddresses is a formulir that tells one address in two ways, with SK and surat tugas.
func twoAddresses(second string) []Source {
	form := formOf("formulir.xlsx", []string{"1", "Ni Luh Contoh", "198609262015052001", "luh@gov.example"},
		[]string{"2", "I Wayan Misal", "197902282004121073", second}, []string{"3", "Made Umpama", "199002152016081075", "made@gov.example"})
	return []Source{form}
}

func formOf(file string, rows ...[]string) Source {
	t := Table{Line: 1}
	for _, r := range append([][]string{{"No", "Nama", "NIP", "Email"}}, rows...) {
		var cells []Cell
		for _, text := range r {
			cells = append(cells, Cell{Text: text})
		}
		t.Rows = append(t.Rows, cells)
	}
	return Source{File: file, SHA256: file, Pages: []Page{{Number: 1, Lines: []Line{TextLine("FORMULIR PERMOHONAN PEMBUATAN AKUN POKJA")}, Tables: []Table{t}}}}
}

// TestAnswers: what the requester writes is their own word, in doubt no more, and stays when the papers are read again; a new formulir is the
// later word. What the paper had is shown to the approver all the same.
func TestAnswers(t *testing.T) {
	src := twoAddresses("a@gov.example / b@gov.example")
	first := Read(Bundle{Sources: src})
	asked := first.Ask()
	if !first.InDoubt(Asked{}) || first.InDoubt(asked) || first.ForPerson() || first.Open() || len(asked.Texts) != 1 {
		t.Fatalf("in doubt %v, %v; for a person %v; open %v; asked %q", first.InDoubt(Asked{}), first.InDoubt(asked), first.ForPerson(), first.Open(), asked.Texts)
	}
	if r := first.Answered(asked); r.NeedsPerson || r.Problems[0].Severity != Warn || first.Problems[0].Severity != Stop {
		t.Errorf("confirmed: %+v", r.Problems)
	}
	a, ok := Amend(first.Roster[1], "email", "C@gov.example")
	if !ok {
		t.Fatal("the line is not read")
	}
	mended := Read(Bundle{Previous: src, Amends: []Amendment{a}})
	again := Read(Bundle{Previous: src, Amended: mended.Amended})
	for _, r := range []Reading{mended, again} {
		row := r.Roster[1]
		said := slices.ContainsFunc(r.Problems, func(p Problem) bool {
			return p.Row == 2 && p.Severity == Warn && strings.Contains(p.Text, "a@gov.example") && strings.Contains(p.Text, "c@gov.example")
		})
		if row.Email != "c@gov.example" || len(row.Doubts) > 0 || r.InDoubt(Asked{}) || r.NeedsPerson || !said {
			t.Errorf("%+v, %+v", row, r.Problems)
		}
	}
	if d := Differences(asked.Rows, mended.Roster); len(d) != 1 || !strings.Contains(d[0], "email a@gov.example menjadi c@gov.example") {
		t.Errorf("differences: %q", d)
	}
	newer := Read(Bundle{Previous: src, Sources: []Source{formOf("baru.xlsx", []string{"1", "I Wayan Misal", "197902282004121073", "d@gov.example"})}, Amended: mended.Amended})
	if newer.Roster[0].Email != "d@gov.example" || len(newer.Amended) > 0 {
		t.Errorf("a new formulir: %+v", newer.Roster)
	}
}

// TestLeftOver: an address between the members that nobody has means that the layout was not understood; below the list it is the office's.
func TestLeftOver(t *testing.T) {
	clean := twoAddresses("b@gov.example")
	clean[0].Pages[0].Lines = append(clean[0].Pages[0].Lines, TextLine("Kantor: ukpbj@gov.example, NIP. 197011061996031002"))
	if r := Read(Bundle{Sources: clean}); r.Unsure || r.InDoubt(Asked{}) {
		t.Errorf("a clean list is in doubt: %+v", r)
	}
	odd := twoAddresses("b@gov.example")
	rows := &odd[0].Pages[0].Tables[0].Rows
	*rows = slices.Insert(*rows, 2, []Cell{{}, {}, {}, {Text: "ketut@gov.example"}})
	if r := Read(Bundle{Sources: odd}); !r.Unsure && !r.InDoubt(Asked{}) {
		t.Errorf("an address is lost in silence: %+v", r.Roster)
	}
}

// TestByWord: for a formulir that nobody could read the requester can stand, where SK and surat tugas name the members; for one that is locked,
// or for an SK, they cannot.
func TestByWord(t *testing.T) {
	r := Reading{NeedsPerson: true, Missing: []Kind{}, Roster: []Row{{Nama: "A"}}, Papers: []Paper{{File: "foto.jpg", Kind: Unreadable, Reason: ReasonNoText}, {Kind: SK}, {Kind: SuratTugas}}}
	if len(r.ByWord()) != 1 || r.ForPerson() {
		t.Errorf("a photograph: %v", r.ForPerson())
	}
	for what, change := range map[string]func(r *Reading){
		"locked":     func(r *Reading) { r.Papers[0].Reason = ReasonEncrypted },
		"an SK":      func(r *Reading) { r.Papers[1].Kind = Formulir },
		"nobody":     func(r *Reading) { r.Roster = nil },
		"SK damaged": func(r *Reading) { r.Papers[1].Broken = true },
	} {
		x := r
		x.Papers = slices.Clone(r.Papers)
		change(&x)
		if len(x.ByWord()) != 0 || !x.ForPerson() {
			t.Errorf("%s: %d papers by word", what, len(x.ByWord()))
		}
	}
}

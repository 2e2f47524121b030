package document

import (
	"strings"
	"testing"
)

// Two formulirs in one mail: the same twice is nothing, two versions are a question, and one for each member are one list.
func TestTwoForms(t *testing.T) {
	other := func(name, old, new string) Source {
		rows := strings.Replace(formRows, old, new, 1)
		if rows == formRows && old != "" {
			t.Fatal("nothing was replaced")
		}
		return lines(name, formTitle).table(rows)
	}
	third := "\n3 | Ida Bagus Oka | 199002152016081075 | Perencana | III/b | +62 812 3456 7892 | oka@dinas.example"
	for name, c := range map[string]struct {
		second Source
		want   string
		doubts string // of the second row
	}{
		"the same":      {other("formulir2.docx", "", ""), "", ""},
		"another NIP":   {other("formulir-rev.xlsx", "19790228 200412 1 073", "19790228 200412 1 074"), "2 disagrees", "nip"},
		"other address": {other("formulir-rev.xlsx", "putra@dinas.example", "wayan@dinas.example"), "2 disagrees", "email"},
		"other post":    {other("formulir-rev.xlsx", "Auditor", "Auditor Madya"), "", "jabatan"},
		"one fewer":     {other("formulir-rev.xlsx", third, ""), "3 disagrees", ""},
		"another one": {other("formulir-rev.xlsx", "2 | I Wayan Putra, M.M. | 19790228 200412 1 073", "2 | Siti Rahma | 198108072011092079"),
			"0 disagrees, 2 disagrees", ""},
	} {
		for _, sources := range [][]Source{{form(), c.second, decree(), task()}, {c.second, form(), decree(), task()}} {
			r := Read(Bundle{Sources: sources})
			if name == "another one" && sources[0].File != "formulir.docx" {
				continue // the roster then begins with the other form, and the SK speaks as well
			}
			if got := said(r); got != c.want && strings.Count(got, CodeDisagrees) < 1 || c.want == "" && got != "" {
				t.Errorf("%s, %s first: problems %q, want %q", name, sources[0].File, got, c.want)
			}
			if got := strings.Join(r.Roster[1].Doubts, " "); name != "one fewer" && got != c.doubts {
				t.Errorf("%s: doubts %q, want %q", name, got, c.doubts)
			}
			if r.Ready() == (c.want != "") {
				t.Errorf("%s: ready %v", name, r.Ready())
			}
		}
	}
	var each []Source
	for i, row := range strings.Split(formRows, "\n")[1:] {
		each = append(each, lines([]string{"a.docx", "b.docx", "c.docx"}[i], formTitle).table(strings.Split(formRows, "\n")[0]+"\n"+row))
	}
	r := Read(Bundle{Sources: append(each, decree(), task())})
	wantProblems(t, r, "")
	if len(r.Roster) != 3 || !r.Ready() || r.Roster[2].Source != "c.docx" {
		t.Errorf("one form each: %+v", r.Roster)
	}
}

// A corrected formulir that comes later takes the place of the first, whatever it is called.
func TestLaterFormReplaces(t *testing.T) {
	first := lines("formulir.docx", formTitle).table(strings.Replace(formRows, "putra@dinas.example", "pufra@dinas.example", 1))
	r := Read(Bundle{Previous: []Source{first, decree(), task()}, Sources: []Source{form()}})
	wantProblems(t, r, "")
	if !r.Ready() || !r.Papers[0].Replaced || r.Roster[1].Email != "putra@dinas.example" {
		t.Errorf("%+v", r)
	}
}

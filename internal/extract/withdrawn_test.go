package extract

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ukpbjd/internal/document"
)

// ordinary is a plan in which nothing is unusual.
func ordinary() plan {
	p := plan{}
	for _, a := range axes {
		p[a.name] = a.options[0]
	}
	return p
}

// What is struck out, deleted or hidden is no member and no address, and is named, in every format that can show it.
func TestWithdrawnIsNotRead(t *testing.T) {
	r := New(Options{OCR: "off", TempDir: t.TempDir()})
	for _, format := range strings.Fields("docx xlsx html pdf odt ods rtf") {
		for _, how := range []string{"none", "struck row", "struck address", "deleted row", "hidden row", "note"} {
			t.Run(format+" "+how, func(t *testing.T) {
				p := ordinary()
				p["form format"], p["withdrawn"] = format, how
				q := compose(rand.New(rand.NewPCG(7, 7)), 7, p)
				var files [][]byte
				for i, paper := range q.papers {
					files = append(files, render(t, rand.New(rand.NewPCG(7, 3)), q.format[i], paper))
				}
				got := q.read(t, r, files)
				if n := len(got.Roster); how != "note" && n != len(q.people) {
					t.Errorf("%d members, want %d", n, len(q.people))
				}
				for i, o := range q.people {
					if how != "note" && i < len(got.Roster) && (got.Roster[i].Email != o.email || got.Roster[i].NIP != o.nip) {
						t.Errorf("row %d = %+v, want %+v", i+1, got.Roster[i], o)
					}
				}
				named := slices.ContainsFunc(got.Problems, func(x document.Problem) bool { return x.Code == "struck_out" || x.Code == "withdrawn" })
				unseen := how == "none" || how == "hidden row" && format == "pdf" || how == "deleted row" && format == "pdf"
				if named == unseen || q.gone != "" && !tellsWithdrawn(got, q.gone) {
					t.Errorf("problems: %+v", got.Problems)
				}
			})
		}
	}
}

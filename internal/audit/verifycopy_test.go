package audit

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// TestVerifyCopy: each way in which a copy with passwords may be wrong is found; a right one, and a summary, are not.
func TestVerifyCopy(t *testing.T) {
	kepala := sop.Person{Name: "Kepala LPSE", Address: "kepala@office.example"}
	for want, change := range map[string]func(*sop.Case, *store.LetterRow, *bool){
		"":                                   func(*sop.Case, *store.LetterRow, *bool) {},
		"without an approval in the journal": func(_ *sop.Case, _ *store.LetterRow, approved *bool) { *approved = false },
		"with passwords without an approval": func(cs *sop.Case, _ *store.LetterRow, _ *bool) { cs.Approval = nil },
		"a copy with passwords without":      func(cs *sop.Case, _ *store.LetterRow, _ *bool) { cs.Approval.Released = false },
		"not sealed":                         func(_ *sop.Case, l *store.LetterRow, _ *bool) { l.Sealed = false },
		"to x@evil.example":                  func(_ *sop.Case, l *store.LetterRow, _ *bool) { l.Letter.To.Address = "x@evil.example" },
		"was not approved":                   func(cs *sop.Case, _ *store.LetterRow, _ *bool) { cs.Approval.Copy = sop.Person{} },
		"for whom it was not":                func(_ *sop.Case, l *store.LetterRow, _ *bool) { l.Letter.Role = sop.RoleRequester },
		"who is not in this case":            func(cs *sop.Case, _ *store.LetterRow, _ *bool) { cs.Members = cs.Members[:1] },
		"of kind selesai":                    func(_ *sop.Case, l *store.LetterRow, _ *bool) { l.Letter.Kind = sop.Selesai },
		"a sealed letter of no member":       func(_ *sop.Case, l *store.LetterRow, _ *bool) { l.Letter.Of = nil },
	} {
		cs := sop.Case{Number: "PKJ-2026-0001", Approval: &sop.Approval{Released: true, Copy: kepala},
			Members: []sop.Member{{Row: document.Row{NIP: "1"}}, {Row: document.Row{NIP: "2"}}}}
		l := store.LetterRow{Case: cs.Number, Sealed: true, Letter: sop.Letter{Key: "9/tembusan", Kind: sop.Tembusan, To: kepala, Role: sop.RoleKepala, Of: []string{"1", "2"}}}
		approved := true
		change(&cs, &l, &approved)
		var r Report
		(&Audit{}).verifyCopy(&r, cs, l, approved)
		if want == "" && len(r.Findings) > 0 || want != "" && !slices.ContainsFunc(r.Findings, func(f Finding) bool { return strings.Contains(f.What, want) }) {
			t.Errorf("%q: %+v", want, r.Findings)
		}
	}
	for want, l := range map[string]store.LetterRow{"": {Sealed: true, Letter: sop.Letter{Role: sop.RoleApprover}}, "sealed: false": {Letter: sop.Letter{Role: sop.RoleApprover}},
		`as "member"`: {Sealed: true, Letter: sop.Letter{Role: sop.RoleMember}}} {
		l.Letter.Kind, l.Letter.Of = sop.Persetujuan, []string{"1"}
		var r Report
		if (&Audit{}).verifyCopy(&r, sop.Case{}, l, false); want == "" && len(r.Findings) > 0 || want != "" && !strings.Contains(fmt.Sprint(r.Findings), want) {
			t.Errorf("a sheet, %q: %+v", want, r.Findings)
		}
	}
	var r Report
	if (&Audit{}).verifyCopy(&r, sop.Case{}, store.LetterRow{Letter: sop.Letter{Kind: sop.Tembusan}}, false); len(r.Findings) > 0 {
		t.Errorf("a summary: %+v", r.Findings)
	}
}

package letter

import (
	"strings"
	"testing"

	"ukpbjd/internal/sop"
)

// TestSignedAsks: at level signed the approver is told to sign, and the link carries the code in the text.
func TestSignedAsks(t *testing.T) {
	for _, level := range []sop.Level{sop.Standard, sop.Signed} {
		v := newView(Data{Office: sop.Office{Level: level, Mailbox: sop.Person{Address: "ukpbj@gov.example"}},
			Case:   sop.Case{Number: "PKJ-2026-0001", Marks: []string{"pemohon-baru"}},
			Letter: sop.Letter{Kind: sop.Persetujuan, Role: sop.RoleApprover}, Code: "7KQF3M"})
		signed := level == sop.Signed
		if got := strings.HasSuffix(v.Agree(), "body=SETUJU%207KQF3M"); got != signed {
			t.Errorf("%s: %s", level, v.Agree())
		}
		if len(v.Warnings) != 1 || !strings.Contains(v.Warnings[0], "belum pernah") {
			t.Errorf("warnings: %q", v.Warnings)
		}
		if !strings.Contains(v.Undo, "15") {
			t.Errorf("undo window %q of a letter with a mark", v.Undo)
		}
	}
}

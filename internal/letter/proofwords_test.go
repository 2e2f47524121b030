package letter

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ukpbjd/internal/sop"
)

// TestProofsInWords: whatever reason the checks of authenticity can give, an approver reads it in words; no code stands in the
// text of the letter, and none unexplained on its page.
func TestProofsInWords(t *testing.T) {
	files, err := filepath.Glob("../msgauth/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no sources", err)
	}
	code := regexp.MustCompile(`"((?:no|dmarc|auth|dkim|signed|signature|smime|openpgp|verdicts?|nothing|not|malformed)-[a-z]+(?:-[a-z]+)*)"`)
	reasons := map[string]bool{"dmarc-none": true, "dmarc-policy": true, "auth-names-another": true, "dkim-unsigned-from": true}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range code.FindAllStringSubmatch(string(raw), -1) {
			reasons[m[1]] = true
		}
	}
	delete(reasons, "dkim-signature") // header fields
	delete(reasons, "malformed-header")
	if len(reasons) < 30 {
		t.Fatalf("only %d reasons were found", len(reasons))
	}
	set := shipped(t)
	for r := range reasons {
		if wordsFor(proofWords, r) == "" {
			t.Errorf("%s has no words", r)
		}
		d := sample{sop.HasilPendaftaran, "short", sop.RoleApprover, ""}.data()
		d.Carried.Levels[0].Reason, d.Carried.Fault = r, "duplicate-subject"
		letter, err := set.Render(d)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(letter.Text, r) || strings.Contains(letter.Text, "duplicate-subject") || !strings.Contains(letter.HTML, "["+r+"]") {
			t.Errorf("%s in the text, or not small on the page", r)
		}
	}
	if words, _ := inWords(proofWords, "quantum-entangled", "lain"); words != "lain" {
		t.Errorf("a reason of tomorrow: %q", words)
	}
}

package message

import (
	"strings"
	"testing"
)

// TestReadersAgreeOnCorpora measures how many real mails would be held because two readers differ. Human mail must pass.
func TestReadersAgreeOnCorpora(t *testing.T) {
	total, held := map[string]int{}, map[string]int{}
	for _, f := range corpusFiles(t, func(c corpusFile) bool { return c.role == "mail" }) {
		m := Parse(corpusBytes(t, f.path), DefaultLimits(), nil)
		total[f.kind]++
		for _, p := range m.Problems {
			if p.Name == "readers-differ" {
				held[f.kind]++
				t.Logf("%s %s: %s %s", f.kind, f.path, p.Detail, strings.Join(m.Fields("Content-Type"), "|"))
			}
		}
	}
	for kind, n := range total {
		t.Logf("%s: %d of %d", kind, held[kind], n)
	}
}

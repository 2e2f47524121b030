package document

import (
	"fmt"
	"strings"
	"testing"
)

// TestLongList: what is over the bound is left out, said so, and a person looks: each row is held against each other when the case is
// decided, and nothing else is decided meanwhile. The control is the longest that may be.
func TestLongList(t *testing.T) {
	list := func(n int) Bundle {
		rows := strings.Builder{}
		rows.WriteString("No | Nama | NIP | Email")
		for i := range n {
			fmt.Fprintf(&rows, "\n%d | Ketut %c%c%c | 19860926201505%04d | a%d@office.example", i+1, 'A'+i%26, 'a'+i/26%26, 'a'+i/676%26, 1000+i%1000, i)
		}
		return Bundle{Sources: []Source{lines("formulir.xlsx", formTitle).table(rows.String())}}
	}
	r := Read(list(9000))
	said := false
	for _, p := range r.Problems {
		said = said || p.Row == 0 && strings.Contains(p.Text, "lebih dari 200")
	}
	if len(r.Roster) > maxRoster || !r.NeedsPerson || !said {
		t.Errorf("%d rows, needs a person: %t, said: %t", len(r.Roster), r.NeedsPerson, said)
	}
	if r := Read(list(maxRoster)); len(r.Roster) != maxRoster {
		t.Errorf("of %d rows %d were read", maxRoster, len(r.Roster))
	}
}

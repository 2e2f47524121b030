package stage

import (
	"encoding/json"
	"strings"
	"testing"

	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// TestLogOfACase: every event of a case is one line of the log, with who owes the next step; no line names anybody.
func TestLogOfACase(t *testing.T) {
	t.Parallel()
	x := open(t, papersOf(t, 1, 3), Options{})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, false))
	x.do(x.Answer(x.await(x.Cast.Admin, sop.Persetujuan), "SETUJU", rehearsal.Outlook))
	for _, m := range People(x.bundle) {
		x.do(x.Answer(x.await(m, sop.Kredensial), "TERIMA", rehearsal.Plain))
	}
	x.await(x.Cast.Staff, sop.Selesai)
	x.sound()
	said := string(x.log.bytes())
	events := map[string]string{}
	for line := range strings.Lines(said) {
		var l struct{ Msg, Case, Owes string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if strings.HasPrefix(l.Case, "PKJ-") {
			events[l.Msg] = l.Owes
		}
	}
	for event, owes := range map[string]string{"case-opened": "daemon", "approval-asked": "approver", "approved": "daemon", "receipt-confirmed": "", "closed": ""} {
		if got, told := events[event]; !told || owes != "" && got != owes {
			t.Errorf("%s: told %t, owes %q; all: %v", event, told, got, events)
		}
	}
	for _, m := range append(People(x.bundle), x.Cast.Staff, x.Cast.Admin) {
		for _, private := range []string{m.Address, m.Name} {
			if strings.Contains(said, private) {
				t.Errorf("the log names %s", private)
			}
		}
	}
}

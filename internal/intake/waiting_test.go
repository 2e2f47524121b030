package intake

import (
	"fmt"
	"testing"
	"time"

	"ukpbjd/internal/store"
)

// TestForgedMailHoldsNobodyBack (A2): a stranger writes under the approver's address, without a proof, and that mail fails. The
// approver's own, proven mail does not wait for it. The control is a second unproven one, which does.
func TestForgedMailHoldsNobodyBack(t *testing.T) {
	d := newDesk(t)
	d.deliver("admin@gov.example", "palsu")
	raw := "Authentication-Results: " + mx + "; dmarc=pass header.from=gov.example\r\n" + took + "\r\n" +
		fmt.Sprintf("From: admin@gov.example\r\nTo: %s\r\nSubject: asli\r\nMessage-ID: %s\r\nDate: %s\r\n\r\nIsi.\r\n", inbox, nextID(), d.now.Format(time.RFC1123Z))
	if err := d.post.Put(inbox, "INBOX", []byte(raw)); err != nil {
		t.Fatal(err)
	}
	d.deliver("admin@gov.example", "palsu lagi")
	d.refuse(1)
	for range 4 {
		if err := d.round(); err != nil {
			t.Fatal(err)
		}
	}
	if d.outcome(2) == "" || d.outcome(3) != "" {
		t.Errorf("the proven mail: %q; the second unproven one: %q", d.outcome(2), d.outcome(3))
	}
}

// TestCommandsWaitForWhomNobodyKnows (A4): behind a mail that the server does not hand over a command waits for an hour, and then goes
// on, whatever the server does. The controls are a mail that is no command, and one that came earlier.
func TestCommandsWaitForWhomNobodyKnows(t *testing.T) {
	var w waiting
	w.reset()
	u := func(n uint32) store.UID { return store.UID{Validity: 7, UID: n} }
	began := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	for passed := time.Duration(0); passed < 3*maxAnybody; passed += 10 * time.Minute {
		now := began.Add(passed)
		w.add(u(5), anybody, now) // refused again
		if w.before(u(6), "orang@lain.example", false, now) || w.before(u(4), "admin@gov.example", true, now) {
			t.Error("control: waits")
		}
		want := passed < maxAnybody
		if got := w.before(u(6), "admin@gov.example", true, now); got != want || want && !w.behind(u(6), now) {
			t.Errorf("after %s: waits %v", passed, got)
		}
	}
	w.add(u(8), anybody, began)
	if !w.before(u(9), "admin@gov.example", true, began) || w.behind(u(9), began.Add(maxAnybody)) {
		t.Error("what waited is not read when the hour is over")
	}
}

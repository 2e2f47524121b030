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

// TestKnownWaitForWhomNobodyKnows (A4): behind a mail that the server does not hand over, whatever somebody sends whom the office obeys waits
// for an hour, and then goes on, whatever the server does. The controls are a mail of a stranger, and one that came earlier.
func TestKnownWaitForWhomNobodyKnows(t *testing.T) {
	var w waiting
	w.reset()
	u := func(n uint32) store.UID { return store.UID{Validity: 7, UID: n} }
	admin, stranger := turn{sender: "admin@gov.example", known: true}, turn{sender: "orang@lain.example"}
	began := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	for passed := time.Duration(0); passed < 3*maxAnybody; passed += 10 * time.Minute {
		now := began.Add(passed)
		w.add(u(5), turn{sender: anybody}, now) // refused again
		if w.before(u(6), stranger, now) || w.before(u(4), admin, now) {
			t.Error("control: waits")
		}
		want := passed < maxAnybody
		if got := w.before(u(6), admin, now); got != want || want && !w.behind(u(6), now) {
			t.Errorf("after %s: waits %v", passed, got)
		}
	}
	w.add(u(8), turn{sender: anybody}, began)
	if !w.before(u(9), admin, began) || w.behind(u(9), began.Add(maxAnybody)) {
		t.Error("what waited is not read when the hour is over")
	}
}

// TestPapersHoldTheirCase (A7): papers of a case that wait for another try hold whatever is said of that case after them, an approval too.
// The controls are a mail of another case, one that came earlier, and a command that waits.
func TestPapersHoldTheirCase(t *testing.T) {
	u := func(n uint32) store.UID { return store.UID{Validity: 7, UID: n} }
	now := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	for _, papers := range []bool{true, false} {
		var w waiting
		w.reset()
		w.add(u(5), turn{sender: "staf@gov.example", number: "PKJ-2026-0001", papers: papers}, now)
		setuju := turn{sender: "admin@gov.example", number: "PKJ-2026-0001"}
		if w.before(u(4), setuju, now) || w.before(u(6), turn{sender: "admin@gov.example", number: "PKJ-2026-0002"}, now) {
			t.Error("control: waits")
		}
		if got := w.before(u(6), setuju, now); got != papers {
			t.Errorf("papers %t: waits %t", papers, got)
		}
		if others := w.settled(u(5)); others != papers || w.before(u(6), setuju, now) || w.settled(u(6)) {
			t.Error("what waited goes on when the papers are settled")
		}
	}
}

package office

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// maxWaiting bounds what is looked at of each kind that waits for a person.
const maxWaiting = 1000

// WaitingForPerson is everything that only a person can move, the newest first: mails that were held, refused or quarantined, cases that
// lie with the office, and what a queue has put aside. DESIGN, "Who hears"
func (c *Clerk) WaitingForPerson(ctx context.Context) (all []letter.Waiting, err error) {
	add := func(w letter.Waiting, topic string) {
		r := letter.Alarm(topic)
		w.Why, w.Text, w.Remedy = cmp.Or(w.Why, topic), r.Why, r.Next
		if w.Case != "" {
			w.Remedy = strings.ReplaceAll(w.Remedy, "NOMOR", w.Case)
		}
		all = append(all, w)
	}
	damaged := func(err error) error {
		rows, err := store.Damaged(err)
		for _, row := range rows {
			add(letter.Waiting{What: "row", ID: row.Key, Why: row.Error()}, "row-damaged")
		}
		return err
	}
	err = c.View(ctx, func(b store.Books) error {
		all = nil
		if err := damaged(b.Mails.Review(maxWaiting, func(u store.UID, s store.MailRecord) {
			if s.Case != "" {
				if cs, ok, err := b.Cases.Get(s.Case); err == nil && ok && cs.Status.Closed() {
					return // nothing of it can be decided any more
				}
			}
			add(letter.Waiting{What: "mail", ID: u.String(), Case: s.Case, At: s.At, From: s.From, Subject: s.Subject, Why: s.Outcome + ", " + s.Reason}, s.Alert)
		})); err != nil {
			return err
		}
		if err := damaged(b.Cases.Each(true, func(cs sop.Case) bool {
			if w, topic := caseWaits(cs); topic != "" {
				add(w, topic)
			}
			return len(all) < 2*maxWaiting
		})); err != nil {
			return err
		}
		aside, err := b.State.Aside(maxWaiting)
		for _, x := range aside {
			add(letter.Waiting{What: "aside", ID: x.Queue + "/" + x.Key, At: x.At, Why: x.Why}, "aside")
		}
		return damaged(err)
	})
	slices.SortStableFunc(all, func(a, b letter.Waiting) int { return b.At.Compare(a.At) })
	return all, err
}

// caseWaits says what of a case waits for a person, and by which topic its remedy is known; "": nothing.
func caseWaits(cs sop.Case) (w letter.Waiting, topic string) {
	w = letter.Waiting{What: "case", ID: cs.Number, Case: cs.Number, At: cs.StepFrom, From: cs.Requester.Address, Subject: cs.Subject}
	var lost []string
	for _, m := range cs.Members {
		if (m.State == sop.MemberFailed || m.State == sop.MemberWrong) && m.Mend == nil {
			lost = append(lost, m.Row.Nama+" ("+string(m.State)+")")
		}
	}
	switch {
	case cs.Held != "":
		w.At, w.Why, topic = cs.HeldAt, cs.Held, "case-held"
	case cs.Status == sop.NeedsReview && cs.Reading.NeedsPerson:
		topic = "needs-person"
		for _, p := range cs.Reading.Papers {
			if p.Waits() {
				w.Why = strings.TrimPrefix(w.Why+"; "+path.Base(p.File), "; ")
			}
		}
	case cs.Status == sop.NeedsReview && !cs.Reading.Ready():
		topic = "needs-person"
	case cs.Status == sop.NeedsReview:
		topic = "case-stopped"
	case len(lost) > 0:
		w.Why, topic = strings.Join(lost, "; "), "member-unreached"
	}
	return w, topic
}

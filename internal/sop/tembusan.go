package sop

import (
	"fmt"
	"slices"
)

// Copy is the tembusan that carries passwords, where the office chose credentials.tembusan: full.
type Copy struct {
	Key   string `json:"key,omitempty"`   // of the letter; empty: there is none, or it was lost
	Waits bool   `json:"waits,omitempty"` // a worker renders and seals it
}

// tembusan tells Kepala LPSE who was given which account; once for each approval with the passwords, if it was approved so.
// SOP 2.2
func (d *decision) tembusan() {
	of := d.copied()
	if d.c.Copy.Key != "" || len(of) == 0 {
		d.summary()
		return
	}
	o := d.task(TaskTembusan, "")
	o.Letter = Letter{Key: fmt.Sprintf("%d/%s", d.serial(), Tembusan), Kind: Tembusan, To: d.c.Approval.Copy, Role: RoleKepala, Of: of,
		Revision: d.c.Revision, Issue: d.c.Issue}
	d.c.Copy = Copy{Key: o.Letter.Key, Waits: true}
	d.event("tembusan-ordered", "Tembusan beserta kata sandi disiapkan untuk Kepala LPSE.")
}

// summary is the tembusan without passwords.
func (d *decision) summary() {
	d.letter(Tembusan, d.o.KepalaLPSE, RoleKepala)
	d.event("tembusan", "Tembusan dikirim kepada Kepala LPSE.")
}

// copied are the members whose passwords the tembusan may carry: none unless it was approved so, for the Kepala LPSE who is
// registered still, and none once the key of a member is destroyed. A password that was seen by others is passed on to nobody.
func (d *decision) copied() []string {
	if !d.o.FullCopy || !d.released() {
		return nil
	}
	to := d.c.Approval.Copy.Address
	if to == "" || to != d.o.KepalaLPSE.Address || sameAddress(to, d.o.Mailbox.Address) {
		return nil
	}
	var of []string
	for _, m := range d.c.Members {
		a := d.c.Accounts[m.Row.NIP]
		switch {
		case a.Kept:
		case m.Shredded || a.Gone:
			return nil
		case !m.Exposed && len(a.Sealed) > 0:
			of = append(of, m.Row.NIP)
		}
	}
	return of
}

// decide puts the finished copy into the post, unless a password of it was seen or destroyed meanwhile.
func (w TembusanSealed) decide(d *decision) string {
	if d.c.Status.Closed() || !d.released() || !d.c.Copy.Waits || w.Letter.Key != d.c.Copy.Key {
		return "stale"
	}
	reason := "tembusan-queued"
	d.c.Copy.Waits = false
	switch {
	case !slices.Equal(d.copied(), w.Letter.Of):
		reason, d.c.Copy = "tembusan-overtaken", Copy{}
		d.tembusan()
	case w.Failed != "" || w.Letter.Kind != Tembusan || w.Letter.To != d.c.Approval.Copy:
		reason, d.c.Copy = "tembusan-failed", Copy{}
		d.event(reason, "Tembusan beserta kata sandi tidak dapat dibuat; tanpa kata sandi dikirim sebagai gantinya.", "why", w.Failed)
		d.tell(PeringatanOperator, d.o.Operator, RoleOperator, "tembusan-failed", w.Failed)
		d.summary()
	default:
		l := w.Letter
		l.Sealed = w.Sealed
		d.out.Letters = append(d.out.Letters, l)
		d.event("tembusan", "Tembusan beserta kata sandi dikirim kepada Kepala LPSE.")
	}
	d.closeWhenDone()
	return reason
}

// copyLost says whether a summary took the place of the copy: its keys were destroyed before it could be handed on.
func (d *decision) copyLost(l Letter, reason string) bool {
	if len(l.Of) == 0 || l.Key != d.c.Copy.Key {
		return false
	}
	d.c.Copy = Copy{}
	if reason != "undeliverable" || len(d.copied()) > 0 {
		return false
	}
	d.summary()
	return true
}

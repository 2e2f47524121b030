package sop

import "time"

// Instruct is an operator's command over the socket, or the daemon's own. It can hold, let go, send again what an approver has
// released, and void open codes where trust was loosened; it can never release a credential.
func (w Instruct) decide(d *decision) string {
	switch w.Verb {
	case "hold":
		if d.c.Held == "" {
			d.c.HeldAt = d.now
		}
		d.c.Held = "ditahan oleh operator"
		d.event("hold", "Kasus ditahan oleh operator.")
		return "hold"
	case "release":
		d.c.Held = ""
		d.resume()
		d.event("hold-ended", "Penahanan kasus diakhiri oleh operator.")
		if d.c.Status == NeedsReview && d.c.Reading.Ready() && !d.short() {
			d.askApproval() // what could not be made, or nobody could approve, is tried again
		}
		d.releaseDue()
		d.mendDue()
		for i := range d.c.Members {
			if m := &d.c.Members[i]; m.Mend != nil && m.Mend.Expires.IsZero() {
				d.askMend(m) // what could not be made is tried again
			}
		}
		return "hold-ended"
	case "void":
		if asked := d.c.Status == AwaitingApproval || d.c.Status == Approved; !asked || d.released() {
			if d.askMends() {
				d.tellApprovers("trust-loosened", w.Arg)
				return "codes-void"
			}
			return "nothing-to-void"
		}
		d.event("codes-void", "Kode yang terbuka dinyatakan tidak berlaku karena pengaturan berubah.", "what", w.Arg)
		d.tellApprovers("trust-loosened", w.Arg)
		d.c.Votes = nil
		d.askAnew("Persetujuan gugur karena pengaturan kepercayaan berubah.")
		return "codes-void"
	case "restored":
		return d.restored()
	case "resend":
		switch why := w.Refused(&d.c); why {
		case "":
		case "closed":
			return why
		default:
			return d.reject(why, w.Arg)
		}
		return d.kirimUlang(Command{Verb: KirimUlang, Arg: w.Arg})
	}
	return "unknown-instruction"
}

// Refused is the reason why an operator's command can do nothing for this case now: closed, wrong-state, member-unknown, shredded or
// nothing-to-resend; "" where it can. A hold that outlived its case can still be ended.
func (w Instruct) Refused(c *Case) string {
	switch {
	case c.Status.Closed() && (w.Verb == "hold" || w.Verb == "resend"):
		return "closed"
	case w.Verb == "resend":
		return resendable(Office{}, c, Sender{}, Command{Verb: KirimUlang, Arg: w.Arg}, time.Time{})
	}
	return ""
}

// restored makes a case safe that comes out of a backup: whether it was answered since is not known. What was not released
// is asked about anew, under a new code; what was released stays, and its letters wait for the operator.
func (d *decision) restored() string {
	d.c.Delegations = nil // one may have been ended since
	d.event("restored", "Buku dipulihkan dari cadangan; kode persetujuan yang terbuka tidak berlaku lagi.")
	if d.c.Status.Closed() || d.released() {
		d.askMends()
		return "restored"
	}
	asked := d.c.Status == AwaitingApproval || d.c.Status == Approved
	if d.c.Approval != nil || len(d.c.Votes) > 0 {
		d.withdraw("approval-withdrawn", "Persetujuan yang belum dilaksanakan ditarik karena buku dipulihkan dari cadangan.")
	}
	if asked {
		d.askApproval()
		d.tellApprovers("restored", "")
	}
	return "restored"
}

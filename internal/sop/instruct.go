package sop

import (
	"path"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/document"
)

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
	case "accept", "reject", "close":
		if why := w.Refused(&d.c); why != "" {
			d.event("not-obeyed", "Perintah operator tidak dijalankan.", "why", why)
			return why
		}
		if w.Verb == "accept" {
			return d.attest(w.Arg)
		}
		d.c.Held = "" // whoever waits for it is told now
		if w.Verb == "reject" {
			d.event("rejected", "Permohonan ditolak oleh petugas.", "reason", w.Arg)
			d.end(Rejected, "person", w.Arg)
			return "rejected"
		}
		d.event("cancelled", "Permohonan ditutup oleh petugas.", "reason", w.Arg)
		d.end(Cancelled, "person", w.Arg)
		return "cancelled"
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

// Instructions are the commands by which an operator changes a case.
var Instructions = []string{"hold", "release", "resend", "accept", "reject", "close"}

// Refused is the reason why an operator's command can do nothing for this case now: closed, undecided, approved, paper-unknown, kind-unknown,
// wrong-state, member-unknown, shredded or nothing-to-resend; "" where it can. A hold that outlived its case can still be ended.
func (w Instruct) Refused(c *Case) string {
	switch {
	case c.Status.Closed() && w.Verb != "release" && slices.Contains(Instructions, w.Verb):
		return "closed"
	case w.Verb == "close" && (c.Approval != nil || len(c.Votes) > 0):
		return "approved"
	case w.Verb == "reject" && c.Status != NeedsReview && c.Status != Incomplete && c.Status != AwaitingRequester:
		return "undecided"
	case w.Verb == "accept" && c.Status != NeedsReview:
		return "nothing-to-read"
	case w.Verb == "accept":
		_, _, why := c.paper(w.Arg)
		return why
	case w.Verb == "resend":
		return resendable(Office{}, c, Sender{}, Command{Verb: KirimUlang, Arg: w.Arg}, time.Time{})
	}
	return ""
}

// paper finds the one that an operator has read, as "FILE" or "KIND=FILE". Where nothing says what it is, it is what alone is wanting.
func (c *Case) paper(arg string) (p document.Paper, k document.Kind, why string) {
	kind, name, said := strings.Cut(arg, "=")
	if k = document.Kind(kind); !said || !slices.Contains(append(slices.Clone(document.Required), document.Other), k) {
		k, name = "", arg
	}
	wanting := slices.Clone(document.Required)
	found := 0
	for _, x := range c.Reading.Papers {
		if x.Replaced {
			continue
		}
		wanting = slices.DeleteFunc(wanting, func(w document.Kind) bool { return w == x.Kind })
		if strings.EqualFold(x.File, name) || strings.EqualFold(path.Base(x.File), name) {
			p, found = x, found+1
		}
	}
	switch {
	case found != 1:
		return p, k, "paper-unknown"
	case k != "":
	case p.Kind != document.Unreadable:
		k = p.Kind
	case len(wanting) == 1:
		k = wanting[0]
	default:
		return p, k, "kind-unknown"
	}
	return p, k, ""
}

// attest goes on with what a person has read. It approves nothing: the approver is asked as ever. SOP 1.2
func (d *decision) attest(arg string) string {
	p, k, _ := d.c.paper(arg)
	d.accept(p, k)
	d.event("paper-accepted", "Berkas "+p.File+" telah dibaca oleh petugas: "+k.Label()+".", "sha256", p.SHA256, "kind", string(k))
	d.c.Reading = d.checked(d.c.Reading.Attest(d.c.Attested))
	if d.c.Reading.ForPerson() {
		return "paper-accepted" // another one waits
	}
	d.change("berkas " + p.File + " dibaca oleh petugas, karena tidak terbaca oleh sistem")
	if reason := d.proceed("accepted", false); reason == "no-approver" {
		return reason
	}
	return "paper-accepted"
}

// accept takes it from somebody what a paper is that could not be read.
func (d *decision) accept(p document.Paper, k document.Kind) {
	if d.c.Attested == nil {
		d.c.Attested = map[string]document.Kind{}
	}
	d.c.Attested[p.ID()] = k
}

// end closes a case of which nothing was released, and tells whoever was asked about it; topic says who ended it.
func (d *decision) end(s Status, topic, note string) {
	kind, asked := Dibatalkan, !d.c.Expires.IsZero()
	if s == Rejected {
		kind = Penolakan
	}
	d.close(s, note)
	d.reply(kind, d.c.Requester, RoleRequester, topic, note)
	if asked {
		for _, a := range d.askable() {
			d.tell(Dibatalkan, a.Person, RoleApprover, topic, note)
		}
	}
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

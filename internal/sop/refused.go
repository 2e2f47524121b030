package sop

import "time"

// MaxCodeTries is how many wrong codes a revision bears; then the code alone opens nothing (DESIGN, "Mail grammar").
const MaxCodeTries = 5

// Unclear is a participant's reply without a command: nothing happens, and they are told how to answer.
func (w Unclear) decide(d *decision) string {
	d.event("unclear", "Balasan tidak memuat perintah; tidak ada yang dijalankan.", "why", w.Why)
	if d.c.Status.Closed() {
		d.answer(d.c.ended(), "")
		return w.Why
	}
	if w.Why == "mend-unclear" && d.c.Status == AwaitingApproval { // nobody approves an address that was called wrong
		d.c.Votes, d.c.Expires = nil, time.Time{}
		d.answer(w.Why, w.Quote)
		d.tellApprovers("address-doubted", w.Quote)
		return d.readBack()
	}
	topic := w.Why
	if d.c.Status == NeedsReview && (d.role() == RoleRequester || d.role() == RoleColleague) { // they ask how it goes
		topic = "in-review"
	}
	d.answer(topic, w.Quote)
	return w.Why
}

// Refused is a mail that failed a gate. Wrong codes are counted; after the fifth the code alone opens nothing any more, and
// the letters are issued anew under another code.
func (w Refused) decide(d *decision) string {
	d.event("refused", "Surel tidak memenuhi syarat dan tidak dijalankan.", "why", w.Why, "gate", w.Gate, "from", d.in.Mail.From)
	if len(w.To.Roles) > 0 {
		d.in.From = w.To
	}
	if d.c.Status.Closed() {
		if w.Tell {
			d.answer(d.c.ended(), "")
		}
		return w.Why
	}
	if w.WrongCode {
		d.c.CodeTries++
		if d.c.CodeTries == MaxCodeTries {
			d.voidCode()
		}
	}
	if w.Tell {
		d.answer(w.Why, "")
	}
	return w.Why
}

func (d *decision) voidCode() {
	d.event("code-void", "Kode persetujuan dinyatakan tidak berlaku setelah percobaan berulang.")
	d.tellApprovers("code-void", "")
	d.tell(PeringatanOperator, d.o.Operator, RoleOperator, "code-void", d.c.Number)
	d.askMends()
	if d.c.Status == AwaitingApproval && !d.c.Expires.IsZero() {
		d.askApproval()
	}
}

// decide takes a code out of use that somebody else may have read, and asks again under another one. DESIGN, "Mail grammar"
func (w CodeSeen) decide(d *decision) string {
	seen := func() {
		d.event("code-seen", "Kode persetujuan yang masih berlaku terbaca di kotak surat; persetujuan diminta lagi dengan kode lain.")
	}
	for i := range d.c.Members {
		if m := &d.c.Members[i]; m.Mend != nil && m.Mend.Issue == w.Issue && !d.c.Status.Closed() {
			seen()
			d.askMend(m)
			return "code-seen"
		}
	}
	if d.c.Status != AwaitingApproval || d.c.Expires.IsZero() || d.c.Issue != w.Issue {
		return "stale"
	}
	if seen(); d.c.Issue >= maxMends { // what answers each letter with its code is no person: by its code, this one opens nothing
		d.c.CodeTries = MaxCodeTries
		d.tell(PeringatanOperator, d.o.Operator, RoleOperator, "code-void", d.c.Number)
		return "code-seen"
	}
	d.askApproval()
	return "code-seen"
}

func (w Held) decide(d *decision) string {
	d.event("held", "Surel ditahan untuk diperiksa petugas.", "why", w.Why, "gate", w.Gate, "from", d.in.Mail.From)
	if w.Why == "temporary" {
		d.answer(w.Why, "")
		return w.Why
	}
	if !d.c.Status.Closed() {
		d.tell(PeringatanOperator, d.o.Operator, RoleOperator, "held", w.Why)
	}
	return w.Why
}

func (w Automatic) decide(d *decision) string {
	d.event("automatic", "Balasan otomatis dicatat.", "why", w.Why, "from", d.in.Mail.From)
	return "automatic"
}

func (d *decision) tellApprovers(topic, note string) {
	for _, a := range d.acting() {
		d.tell(Pemberitahuan, a.Person, RoleApprover, topic, note)
	}
}

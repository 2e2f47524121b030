package sop

// command looks up the rule of a verb. Who may say it, and whether the case must be open, stand in one table.
func (d *decision) command(w Command) string {
	rule, ok := rules[w.Verb]
	if !ok {
		return d.reject("not-a-command", "")
	}
	if d.c.Status.Closed() && !rule.whenClosed {
		d.event("late-command", "Perintah "+string(w.Verb)+" diterima setelah kasus ditutup; tidak ada yang dijalankan.")
		return "closed"
	}
	if rule.role != RoleNone && !d.in.From.Has(rule.role) {
		return d.reject("wrong-role", string(w.Verb))
	}
	return rule.do(d, w)
}

type rule struct {
	role       Role // RoleNone: any participant
	whenClosed bool // a direct question is answered even then
	do         func(*decision, Command) string
}

// rules is the mail grammar (DESIGN): who may say what.
var rules = map[Verb]rule{
	Setuju:       {RoleApprover, false, (*decision).setuju},
	Tolak:        {RoleApprover, false, (*decision).tolak},
	Lengkapi:     {RoleApprover, false, (*decision).lengkapi},
	Stop:         {RoleApprover, false, (*decision).stop},
	KirimUlang:   {RoleApprover, false, (*decision).kirimUlang},
	Batal:        {RoleRequester, false, (*decision).batal},
	Terima:       {RoleMember, false, (*decision).terima},
	Salah:        {RoleMember, false, (*decision).salah},
	Kendala:      {RoleMember, false, (*decision).kendala},
	Jelaskan:     {RoleNone, true, (*decision).jelaskan},
	TanyaStatus:  {RoleNone, true, (*decision).status},
	TanyaBantuan: {RoleNone, true, (*decision).bantuan},
}

// reject answers a command that is not obeyed, once, with the reason.
func (d *decision) reject(topic, note string) string {
	d.event("not-obeyed", "Perintah tidak dijalankan.", "why", topic)
	d.answer(topic, note)
	return topic
}

// answer tells the sender, at their registered address, why nothing happened; once for each reason and revision.
func (d *decision) answer(topic, note string) {
	key := d.in.From.Address + " " + topic + " " + d.c.Status.Label()
	if d.c.Status.Closed() || d.c.Told[key] || d.in.From.Address == "" {
		return
	}
	d.c.Told[key] = true
	d.tell(TidakDikenali, d.in.From.Person, d.role(), topic, note)
	d.answerLast()
}

// answerLast threads the latest letter under the mail that is being decided.
func (d *decision) answerLast() {
	if n := len(d.out.Letters); n > 0 {
		d.out.Letters[n-1].Answers = d.in.Mail.MessageID
	}
}

func (d *decision) role() Role {
	if len(d.in.From.Roles) == 0 {
		return RoleNone
	}
	return d.in.From.Roles[0]
}

func (d *decision) status(Command) string {
	l := d.letter(StatusKasus, d.in.From.Person, d.role())
	l.NIP = d.in.From.NIP
	d.answerLast()
	return "status-told"
}

func (d *decision) bantuan(Command) string {
	d.letter(Bantuan, d.in.From.Person, d.role())
	d.answerLast()
	return "help-told"
}

// jelaskan puts the words of the one who owed the step beside the deviation. SOP W.2
func (d *decision) jelaskan(w Command) string {
	for i := len(d.c.Deviations) - 1; i >= 0; i-- {
		v := &d.c.Deviations[i]
		if v.Reply == "" && d.in.From.Has(owing(v.Owed)) {
			v.Reply = w.Arg
			d.event("deviation-explained", "Penjelasan penyimpangan dicatat.", "step", v.Step, "reply", w.Arg)
			return "deviation-explained"
		}
	}
	return d.reject("no-deviation", "")
}

func owing(s string) Role { return Role(s) }

// unclear is a participant's reply without a command: nothing happens, and they are told once how to answer.
func (d *decision) unclear(w Unclear) string {
	if d.c.Status.Closed() {
		return "closed"
	}
	d.answer(w.Why, "")
	return w.Why
}

// refused is a mail that failed a gate. Wrong codes are counted; after five the code alone opens nothing any more.
func (d *decision) refused(w Refused) string {
	d.event("refused", "Surel tidak memenuhi syarat dan tidak dijalankan.", "why", w.Why, "gate", w.Gate, "from", d.in.Mail.From)
	if w.WrongCode && !d.c.Status.Closed() {
		d.c.CodeTries++
		if d.c.CodeTries == CodeTriesMost {
			d.tellApprovers("code-void", "")
			d.tell(PeringatanOperator, d.o.Operator, RoleOperator, "code-void", d.c.Number)
		}
	}
	if w.Tell {
		d.answer(w.Why, "")
	}
	return w.Why
}

// CodeTriesMost is how many wrong codes a revision bears; the next is void (DESIGN, "Mail grammar").
const CodeTriesMost = 5

func (d *decision) held(w Held) string {
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

func (d *decision) automatic(w Automatic) string {
	d.event("automatic", "Balasan otomatis dicatat.", "why", w.Why, "from", d.in.Mail.From)
	return "automatic"
}

func (d *decision) tellApprovers(topic, note string) {
	for _, a := range d.o.Approvers {
		d.tell(Pemberitahuan, a.Person, RoleApprover, topic, note)
	}
}

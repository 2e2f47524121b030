package sop

import "time"

// incidentClock is the time that UU 27/2022 gives for the notification of a leak.
const incidentClock = 3 * 24 * time.Hour

// Exposed is a live secret that was seen outside its letter. Before the release the account is made anew and asked about
// again; after it only a new approval, of a new request, gives new credentials.
func (w Exposed) decide(d *decision) string {
	m := d.c.Member(w.NIP)
	switch {
	case len(d.c.Accounts[w.NIP].Sealed) == 0: // nothing that lives
		return "stale"
	case m == nil:
		d.incident(w.NIP, w.NIP, w.What)
		d.drop(w.NIP)
		return "exposed"
	}
	if w.Own && d.c.Approval != nil && m.Mend == nil {
		return d.quoted(m, w.Receipt)
	}
	if m.Exposed && m.Mend == nil { // one exposed password is one incident; while a row is mended, what lives is another
		d.event("exposed-again", "Kredensial "+m.Row.Nama+" terlihat lagi: "+w.What+".", "nip", m.Row.NIP)
		return "exposed-again"
	}
	d.incident(m.Row.NIP, m.Row.Nama, w.What)
	m.Exposed = d.released() || d.c.Status.Closed()
	if !m.Exposed { // nobody has been given it yet: it is made anew
		d.drop(m.Row.NIP)
	}
	d.tellIncident(m.Row.NIP, "exposed", w.What)
	if m.Exposed && m.State != MemberWrong {
		d.tell(Pemberitahuan, m.person(), RoleMember, "exposed", w.What).NIP = m.Row.NIP
	}
	d.remend(m)
	if !d.released() && !d.c.Status.Closed() {
		d.askAnew("Persetujuan gugur karena kredensial terbuka sebelum dikirim.")
	}
	return "exposed"
}

// quoted is a member's own answer with the letter below it: nobody but the office was shown the password. They are told once, with the
// receipt where it is one. DESIGN, "Credentials"
func (d *decision) quoted(m *Member, receipt bool) string {
	m.Quoted++
	d.event("own-quote", m.Row.Nama+" mengutip surat kredensialnya kepada kantor.", "nip", m.Row.NIP)
	if !m.Warned && !receipt {
		m.Warned = true
		d.tell(Pemberitahuan, m.person(), RoleMember, "own-quote", "").NIP = m.Row.NIP
	}
	return "own-quote"
}

func (d *decision) released() bool { return d.c.Approval != nil && d.c.Approval.Released }

// askAnew voids an approval that has released nothing yet, and every open code.
func (d *decision) askAnew(why string) {
	if d.c.Approval != nil {
		d.withdraw("approval-withdrawn", why)
		d.tellApprovers("approval-void", "")
	}
	if d.c.Status == Approved || d.c.Status == AwaitingApproval {
		d.askApproval()
	}
}

func (d *decision) incident(nip, who, what string) {
	d.c.Incidents = append(d.c.Incidents, Incident{NIP: nip, Since: d.now, Until: d.now.Add(incidentClock), What: what})
	d.event("incident", "Kredensial "+who+" dianggap terbuka: "+what+".", "nip", nip)
}

func (d *decision) tellIncident(nip, topic, what string) {
	d.tell(PeringatanOperator, d.o.Operator, RoleOperator, topic, what).NIP = nip
	d.tell(Pemberitahuan, d.o.KepalaLPSE, RoleKepala, topic, what).NIP = nip
	for _, a := range d.acting() {
		d.tell(Pemberitahuan, a.Person, RoleApprover, topic, what).NIP = nip
	}
}

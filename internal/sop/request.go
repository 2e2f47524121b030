package sop

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/document"
)

// decide opens the case. SOP 1.1
func (r Request) decide(d *decision) string {
	if d.c.Status != "" {
		return "already-open"
	}
	d.c.Opened = d.now
	d.c.Requester, d.c.Subject = d.in.From.Person, r.Subject
	d.c.Thread = append(d.c.Thread, d.in.Mail.MessageID)
	d.c.KepalaCopied, d.c.Colleagues = r.KepalaCopied, r.Colleagues
	d.event("case-opened", "Permohonan diterima dan kasus dibuka.", "subject", r.Subject)
	d.noteInherited()
	if r.Past.Repeats != "" {
		d.change("meminta hal yang sama dengan " + r.Past.Repeats + "; pemohon menulis BARU pada perihal")
	}
	reason := d.take(r.Reading, r.Past, "", r.Links)
	if !r.KepalaCopied { // SOP 1.4
		d.tell(PermohonanTembusan, d.o.KepalaLPSE, RoleKepala, "", "")
	}
	d.hears("opened")
	return reason
}

// hears tells Kepala Bagian of a turn of the case, unless the office has switched that off. SOP 1.1
func (d *decision) hears(turn string) {
	if slices.Contains(d.o.Hears, turn) && !sameAddress(d.o.KepalaBagian.Address, d.c.Requester.Address) {
		d.tell(Pemberitahuan, d.o.KepalaBagian, RoleBagian, turn, "")
	}
}

// decide takes a mended or completed request as a new revision, as long as nothing is approved.
func (s Supplement) decide(d *decision) string {
	if d.c.Status.Closed() {
		return "closed"
	}
	d.c.Thread = append(d.c.Thread, d.in.Mail.MessageID)
	if d.c.Approval != nil {
		d.answer("after-approval", "")
		return "after-approval"
	}
	if Same(d.c.Reading, s.Reading) && len(s.Reading.Amended) <= len(d.c.Reading.Amended) {
		d.answer("nothing-new", "")
		return "nothing-new"
	}
	d.c.Changes = changes(d.c.Reading, s.Reading)
	d.event("supplemented", "Pelengkap diterima: "+strings.Join(d.c.Changes, "; "), "revision", fmt.Sprint(d.c.Revision+1))
	reason := d.take(s.Reading, s.Past, "supplement", s.Links)
	if from := d.in.From; !sameAddress(from.Address, d.c.Requester.Address) {
		d.reply(StatusKasus, from.Person, d.role(), "supplement", "")
	}
	return reason
}

// take makes a new revision of the reading and goes on with it.
func (d *decision) take(r document.Reading, past Past, topic string, links bool) string {
	answers := d.answers(r)
	d.c.Reading = d.checked(r.Attest(d.c.Attested))
	if answers {
		d.takeAnswer()
	}
	if b := d.c.ReadBack; b.answered() && !d.c.Reading.ForPerson() {
		d.c.Reading = d.c.Reading.Answered(b.Asked)
	}
	r = d.c.Reading
	d.c.Revision, d.c.Issue = d.c.Revision+1, 0
	d.c.CodeTries, d.c.Votes, d.c.Expires = 0, nil, time.Time{}
	d.c.Members, d.c.Marks = nil, d.requestMarks(past)
	for _, row := range r.Roster { // SOP 1.2
		d.c.Members = append(d.c.Members, Member{Row: row, State: MemberWaiting, Marks: d.marks(row, r.Roster, past)})
	}
	return d.proceed(topic, links)
}

// proceed goes on to the approver, back to the requester, or to a person.
func (d *decision) proceed(topic string, links bool) string {
	r := d.c.Reading
	switch {
	case r.ForPerson():
		return d.toPerson("needs-person")
	case !r.Complete && len(r.ByWord()) == 0 || len(r.Roster) == 0:
		return d.incomplete(links)
	case d.inDoubt():
		return d.readBack()
	case !r.Ready():
		return d.incomplete(links)
	case d.short():
		return d.toPerson("no-approver")
	}
	d.reply(TandaTerima, d.c.Requester, RoleRequester, topic, "")
	d.askApproval()
	return "complete"
}

// incomplete sends the request back with what is missing, by name and by row. SOP 1.3
func (d *decision) incomplete(links bool) string {
	if d.c.Status != Incomplete || d.c.Owes != "requester" { // a supplement that leaves it incomplete ends no step: its deadline stands. SOP 1.5
		d.step("requester", d.o.CompletionDays)
	}
	d.c.Status = Incomplete
	d.deviation(Deviation{Kind: "perlengkapan", Step: "1.3", Owed: "requester", Text: "Permohonan belum lengkap: " + d.shortfall(),
		By: fmt.Sprintf("%d hal", len(d.c.Reading.Missing)+len(d.stops()))})
	topic := ""
	if links {
		topic = "links"
	}
	d.reply(Kekurangan, d.c.Requester, RoleRequester, topic, "")
	return "incomplete"
}

// toPerson is for what a program must not judge: an unreadable paper is never "missing".
func (d *decision) toPerson(why string) string {
	d.c.Status = NeedsReview
	d.step("operator", d.o.CompletionDays)
	d.event("needs-review", "Berkas perlu diperiksa oleh petugas.", "why", why)
	d.reply(Kekurangan, d.c.Requester, RoleRequester, why, "")
	d.tell(PeringatanOperator, d.o.Operator, RoleOperator, why, d.c.Number)
	return why
}

// Oversized is a mail of a known requester that is too large to be read. It opens a case, so that nothing is lost: the
// papers, sent again in smaller files as a reply, complete it.
func (w Oversized) decide(d *decision) string {
	if d.c.Status == "" {
		d.c.Opened, d.c.Requester, d.c.Subject = d.now, d.in.From.Person, w.Subject
		d.c.Thread = append(d.c.Thread, d.in.Mail.MessageID)
		d.c.Status, d.c.Revision = Incomplete, 1
		d.c.Reading = document.Reading{Missing: document.Required}
		d.step("requester", d.o.CompletionDays)
	}
	d.event("oversized", "Surel melebihi batas ukuran dan tidak dibaca.", "size", fmt.Sprint(w.Size), "limit", fmt.Sprint(w.Limit))
	d.answer("oversized", fmt.Sprintf("%d MiB", w.Limit>>20))
	return "oversized"
}

// stops are the problems that keep the case from the approver.
func (d *decision) stops() []document.Problem {
	return slices.DeleteFunc(slices.Clone(d.c.Reading.Problems), func(p document.Problem) bool { return p.Severity != document.Stop })
}

func (d *decision) shortfall() string {
	var words []string
	for _, k := range d.c.Reading.Missing {
		words = append(words, k.Label()+" tidak ada")
	}
	for _, p := range d.stops() {
		words = append(words, p.Text)
	}
	if len(words) == 0 {
		return "daftar anggota tidak terbaca"
	}
	return strings.Join(words, "; ")
}

// Same says that two readings rest on the same papers and name the same people at the same addresses.
func Same(a, b document.Reading) bool {
	return RosterHash(a.Roster) == RosterHash(b.Roster) && strings.Join(PaperHashes(a), " ") == strings.Join(PaperHashes(b), " ")
}

// changes names what the new revision has that the old had not, for the approver's next letter.
func changes(old, now document.Reading) []string {
	var out []string
	had := PaperHashes(old)
	for _, p := range now.Papers {
		if !p.Replaced && !slices.Contains(had, p.SHA256) {
			out = append(out, "berkas baru: "+p.Kind.Label()+" ("+p.File+")")
		}
	}
	before := map[string]document.Row{}
	for _, r := range old.Roster {
		before[r.NIP] = r
	}
	for _, r := range now.Roster {
		o, ok := before[r.NIP]
		delete(before, r.NIP)
		switch {
		case !ok:
			out = append(out, "anggota baru: "+r.Nama)
		case o.Email != r.Email:
			out = append(out, "alamat berubah: "+r.Nama)
		case o.Nama != r.Nama || o.UserID != r.UserID:
			out = append(out, "data berubah: "+r.Nama)
		}
	}
	for _, r := range old.Roster {
		if _, gone := before[r.NIP]; gone {
			out = append(out, "tidak lagi tercantum: "+r.Nama)
		}
	}
	return out
}

// RosterHash is the SHA-256 (hex) over the exact member list: what an approval covers.
func RosterHash(rows []document.Row) string {
	h := sha256.New()
	for _, r := range rows {
		fmt.Fprintf(h, "%q %q %q %q\n", r.NIP, r.Nama, r.Email, r.UserID)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// PaperHashes are the SHA-256 of each paper in force, in order.
func PaperHashes(r document.Reading) []string {
	var out []string
	for _, p := range r.Papers {
		if !p.Replaced {
			out = append(out, p.SHA256)
		}
	}
	return out
}

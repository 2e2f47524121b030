package triage_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/triage"
	"ukpbjd/internal/workday"
)

var zone = time.FixedZone("WITA", 8*3600)

func person(name string) sop.Person {
	return sop.Person{Name: strings.ToUpper(name[:1]) + name[1:], Address: name + "@gov.example"}
}

func nipOf(i int) string { return fmt.Sprintf("1980010120050110%02d", i) }

// codes are derived from their arguments, in the alphabet of the real ones.
type codes struct{}

func (codes) derive(s string) string {
	const letters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
	h := sha256.Sum256([]byte(s))
	out := make([]byte, 6)
	for i := range out {
		out[i] = letters[int(h[i])%len(letters)]
	}
	return string(out)
}

func (c codes) ApprovalCode(number string, revision, issue int, approver string) string {
	return c.derive(fmt.Sprint("approval ", number, revision, issue, approver))
}

func (c codes) MemberCode(number, nip string) string { return c.derive("member " + number + nip) }

// books are what triage reads, and what a decision writes.
type books struct {
	owners   map[string]string
	cases    map[string]sop.Case
	pointers map[string]triage.MessageRef
	contents map[string]triage.Earlier
}

func (b *books) Case(n string) (sop.Case, bool, error) {
	c, ok := b.cases[n]
	return c, ok, nil
}

func (b *books) ByMessageID(id string) (triage.MessageRef, bool, error) {
	p, ok := b.pointers[id]
	return p, ok, nil
}

func (b *books) Outdated(sop.Case) ([]string, error) { return nil, nil }

func (b *books) Owner(user string) (string, error) { return b.owners[user], nil }

func (b *books) Content(key string) (triage.Earlier, bool, error) {
	e, ok := b.contents[key]
	return e, ok, nil
}

// desk is a small office: mails go in through the real readers and the gates, and what they ask is decided.
type desk struct {
	t       *testing.T
	office  sop.Office
	books   *books
	triage  triage.Triage
	auth    msgauth.Options
	now     time.Time
	letters []sop.Letter // of all cases
	tasks   []sop.Task
	n       int
	off     map[string]bool // gates that are switched off, for the negative controls
}

const (
	first, second = "PKJ-2026-0001", "PKJ-2026-0002"
	authserv      = "mx.gov.example"
)

func newDesk(t *testing.T, level sop.Level) *desk {
	d := &desk{t: t, now: time.Date(2026, 5, 4, 9, 0, 0, 0, zone).UTC(), off: map[string]bool{},
		books: &books{map[string]string{}, map[string]sop.Case{}, map[string]triage.MessageRef{}, map[string]triage.Earlier{}}}
	d.office = sop.Office{Mailbox: person("ukpbj"), CasePrefix: "PKJ", Level: level, Expires: 3, Quorum: 1, ApprovalDays: 1, CompletionDays: 3,
		ReceiptDays: 1, ExpiryDays: 7, ShredAfter: 24 * time.Hour, Calendar: workday.Standard(zone), KepalaLPSE: person("kepala"),
		KepalaBagian: person("kabag"), Operator: person("operator"),
		Approvers: []sop.Approver{{Person: person("admin"), Aliases: []string{"admin.lain@gov.example"}}, {Person: person("admin2")}}}
	d.auth = msgauth.Options{AuthservID: authserv, ReceivedBy: []string{authserv}, Level: level}
	d.setOffice()
	d.open(first)
	d.open(second)
	return d
}

func (d *desk) setOffice() {
	d.triage = triage.Triage{Office: d.office, Requesters: []string{"*@gov.example"}, Codes: codes{}}
}

func reading(seed string) document.Reading {
	r := document.Reading{Complete: true}
	for _, k := range document.Required {
		r.Papers = append(r.Papers, document.Paper{File: string(k) + ".pdf", Kind: k, SHA256: string(k) + seed})
	}
	for i := 1; i <= 3; i++ {
		p := person(fmt.Sprintf("m%d", i))
		r.Roster = append(r.Roster, document.Row{No: i, Nama: p.Name, NIP: nipOf(i), Email: p.Address})
	}
	return r
}

// open brings a case to the moment at which its approvers have been asked.
func (d *desk) open(number string) {
	d.t.Helper()
	from := d.office.Identify(&sop.Case{Requester: person("staf")}, person("staf").Address)
	from.Proof = sop.Proof{Level: sop.Standard, Result: sop.Proven}
	request := "<request-" + number + "@gov.example>"
	d.books.pointers[request] = triage.MessageRef{Case: number}
	d.decide(number, sop.Input{From: from, Mail: sop.Mail{MessageID: request}, What: sop.Request{Reading: reading("a")}})
	d.accounts(number)
}

// accounts carries out the last task for accounts.
func (d *desk) accounts(number string) {
	c := d.books.cases[number]
	made := sop.AccountsMade{Revision: c.Revision, Issue: c.Issue, Accounts: map[string]sop.Account{}}
	for _, m := range c.Members {
		made.Accounts[m.Row.NIP] = sop.Account{UserID: "u" + m.Row.NIP, Sealed: []byte("sealed"), Made: d.now}
	}
	d.decide(number, sop.Input{What: made})
}

// deliver seals and sends every credential letter that was ordered.
func (d *desk) deliver(number string) {
	for _, o := range d.tasks {
		if o.Case != number || o.Kind != sop.TaskCredential {
			continue
		}
		d.decide(number, sop.Input{What: sop.CredentialSealed{NIP: o.NIP, Letter: o.Letter, Sealed: []byte("sealed")}})
		d.decide(number, sop.Input{What: sop.Accepted{Letter: o.Letter}})
	}
}

func (d *desk) decide(number string, in sop.Input) sop.Outcome {
	c := d.books.cases[number]
	c.Number = number
	out := d.office.Decide(c, in, d.now)
	d.books.cases[number] = out.Case
	for _, l := range out.Letters {
		d.letters = append(d.letters, l)
		d.books.pointers[messageID(number, l)] = triage.MessageRef{Case: number, Letter: &l}
	}
	d.tasks = append(d.tasks, out.Tasks...)
	return out
}

func messageID(number string, l sop.Letter) string {
	return "<" + number + "." + strings.ReplaceAll(l.Key, "/", ".") + "@gov.example>"
}

// letter finds the Message-ID of the latest letter of a kind to somebody.
func (d *desk) letter(number string, kind sop.LetterKind, to string) string {
	d.t.Helper()
	id := ""
	for _, l := range d.letters {
		if m := messageID(number, l); l.Kind == kind && l.To.Address == to+"@gov.example" && d.books.pointers[m].Case == number {
			id = m
		}
	}
	if id == "" {
		d.t.Fatalf("%s has no %s to %s", number, kind, to)
	}
	return id
}

func (d *desk) code(number, approver string) string {
	c := d.books.cases[number]
	return codes{}.ApprovalCode(number, c.Revision, c.Issue, approver+"@gov.example")
}

// mail is one raw mail, in parts that an attack can bend.
type mail struct {
	top     []string // trace fields as the server wrote them, top down
	head    []string // the sender's own fields
	body    string
	kind    string // Content-Type
	arrived time.Time
}

func (m mail) raw() []byte {
	lines := append(append([]string{}, m.top...), m.head...)
	if m.kind != "" {
		lines = append(lines, "MIME-Version: 1.0", "Content-Type: "+m.kind)
	}
	s := strings.Join(lines, "\n") + "\n\n" + m.body
	return []byte(strings.ReplaceAll(s, "\n", "\r\n"))
}

const received = "Received: from relay.gov.example (relay.gov.example [192.0.2.7]) by mx.gov.example with ESMTPS; Mon, 4 May 2026 09:00:00 +0800"

func pass(domain string) string {
	return "Authentication-Results: " + authserv + "; dmarc=pass header.from=" + domain
}

// answer is a proven reply of somebody to a letter of ours.
func (d *desk) answer(who, number string, kind sop.LetterKind, own string) mail {
	d.n++
	id := d.letter(number, kind, who)
	return d.reply(who, id, "Re: ["+number+"] Surat kami", own)
}

func (d *desk) reply(who, id, subject, own string) mail {
	d.n++
	m := mail{top: []string{pass("gov.example"), received}, head: []string{
		"From: " + person(who).Name + " <" + who + "@gov.example>", "To: UKPBJ <ukpbj@gov.example>", "Subject: " + subject,
		"Date: Mon, 4 May 2026 08:59:00 +0800", fmt.Sprintf("Message-ID: <reply-%d@gov.example>", d.n)},
		kind: "text/plain; charset=utf-8", body: own + "\n", arrived: d.now}
	if id != "" {
		m.head = append(m.head, "In-Reply-To: "+id)
	}
	return m
}

// set replaces the sender's own field of that name, or adds it.
func (m mail) set(name, value string) mail {
	m.head = append([]string{}, m.head...)
	for i, f := range m.head {
		if strings.HasPrefix(strings.ToLower(f), strings.ToLower(name)+":") {
			m.head[i] = name + ": " + value
			return m
		}
	}
	m.head = append(m.head, name+": "+value)
	return m
}

func (m mail) drop(name string) mail {
	var keep []string
	for _, f := range m.head {
		if !strings.HasPrefix(strings.ToLower(f), strings.ToLower(name)+":") {
			keep = append(keep, f)
		}
	}
	m.head = keep
	return m
}

// before puts lines on top of the sender's own fields.
func (m mail) before(lines ...string) mail {
	m.head = append(append([]string{}, lines...), m.head...)
	return m
}

func (m mail) verdict(lines ...string) mail {
	m.top = append(append([]string{}, lines...), received)
	return m
}

func (m mail) text(s string) mail { m.body = s + "\n"; return m }

// result is what became of one mail.
type result struct {
	triage.Verdict
	sop.Outcome
	decided, released bool
}

// take passes one raw mail through readers, gates and decision.
func (d *desk) take(m mail) result {
	d.t.Helper()
	return d.takeRaw(m.raw(), m.arrived)
}

func (d *desk) takeRaw(raw []byte, arrived time.Time) result {
	d.t.Helper()
	msg := message.Parse(raw, message.DefaultLimits(), nil)
	from, why := d.triage.Author(msg)
	if d.off["shape"] || d.off["participant"] {
		from.Addr, why = "admin@gov.example", ""
	}
	proof := sop.Proof{Level: d.auth.Level, Result: sop.Unproven, Reason: why}
	if why == "" {
		proof = msgauth.CheckRaw(context.Background(), nil, time.Time{}, msg.Header, from.Addr, d.auth)
	}
	in := triage.Mail{Msg: msg, Proof: proof, Arrived: arrived}
	if len(msg.Files) > 0 {
		r := reading("b")
		in.Reading = &r
	}
	d.switchOff(&in)
	v, err := d.triage.Sort(d.books, in)
	if err != nil {
		d.t.Fatal(err)
	}
	r := result{Verdict: v}
	e := triage.Earlier{Outcome: string(v.Outcome), Gate: v.Gate, Case: v.Case, Hash: msg.ContentHash}
	if v.Outcome == triage.Duplicate {
		return r
	}
	d.books.contents[msg.Identity] = e
	if v.Outcome != triage.NotOurs && msg.MessageID != "" {
		d.books.contents["id/"+msg.MessageID] = e
	}
	if v.What != nil && v.Case != "" {
		r.decided = true
		r.Outcome = d.decide(v.Case, sop.Input{At: in.Arrived, From: v.From, What: v.What,
			Mail: sop.Mail{SHA256: "raw", MessageID: msg.MessageID, From: from.Addr}})
		for _, o := range r.Tasks {
			r.released = r.released || o.Kind == sop.TaskCredential
		}
	}
	return r
}

// switchOff does to a mail what a house without the gate would see. It is how a negative control shows that it was this gate
// which stopped an attack.
func (d *desk) switchOff(m *triage.Mail) {
	if d.off["shape"] { // a reader that takes the approver's address wherever it stands, and minds no fault
		m.Msg.FromRaw, m.Msg.From = []string{"admin@gov.example"}, []message.Address{{Addr: "admin@gov.example"}}
		m.Msg.Problems, m.Msg.Sender, m.Msg.Automation = nil, nil, nil
	}
	if d.off["participant"] { // whoever writes is the approver
		m.Msg.FromRaw, m.Msg.From = []string{"admin@gov.example"}, []message.Address{{Addr: "admin@gov.example"}}
	}
	if d.off["token"] { // every mail answers the approval letter
		m.Msg.InReplyTo = []string{d.letter(first, sop.Persetujuan, "admin")}
		m.Msg.Subject = "Re"
	}
	if d.off["intent"] { // the word anywhere is enough
		m.Msg.Own, m.Msg.HTMLOwn = "SETUJU", ""
		m.Msg.Text = "SETUJU"
	}
	if d.off["automation"] {
		m.Msg.Automation, m.Msg.Bounce = nil, nil
	}
	if d.off["authenticity"] {
		m.Proof.Result, m.Proof.Level = sop.Proven, d.office.Level
	}
	if d.off["clock"] {
		m.Arrived = d.now
	}
}

// TestHumansAreNoMailSystem: a name with "Administrator" in it, a telephone number and an address in the footer, or a gateway's
// List-Unsubscribe, make no bounce and no automatic mail of what a person wrote; a report in its form still is one.
func TestHumansAreNoMailSystem(t *testing.T) {
	footer := "\n\nAdministrator LPSE\nTelp. (0361) 550 - user unknown? hubungi lpse@gov.example\n"
	name := "=?utf-8?q?Administrator_LPSE?= <admin@gov.example>"
	for _, x := range []struct {
		name string
		mail func(d *desk) mail
		want triage.Outcome
		why  string
	}{
		{"SETUJU", func(d *desk) mail {
			return d.answer("admin", first, sop.Persetujuan, "SETUJU\n\nAdministrator LPSE\nTelp. (0361) 550550, lpse@gov.example\n").set("From", name)
		}, triage.Obeyed, "command-setuju"},
		{"SETUJU, and a question", func(d *desk) mail {
			return d.answer("admin", first, sop.Persetujuan, "SETUJU"+footer).set("From", name)
		}, refused, "reservation"},
		{"SETUJU through a gateway", func(d *desk) mail {
			return d.answer("admin", first, sop.Persetujuan, "SETUJU").before("List-Unsubscribe: <mailto:keluar@gov.example>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click")
		}, triage.Obeyed, "command-setuju"},
		{"a question", func(d *desk) mail {
			return d.answer("admin", first, sop.Persetujuan, "Mohon waktu."+footer).set("From", name)
		}, refused, "not-a-command"},
		{"a request", func(d *desk) mail {
			return d.reply("staf", "", "Permohonan akun SPSE Pokja: rejected, 550", "Mohon user ID dan password Pokja."+footer).set("From", "Administrator <staf@gov.example>")
		}, triage.Obeyed, "request"},
		{"SETUJU in the form of a report", func(d *desk) mail {
			m := bounce(d.letter(first, sop.Persetujuan, "admin"), "admin@gov.example").set("From", "admin@gov.example")
			m.body = strings.Replace(m.body, "\n\n", "\n\nSETUJU\n", 1)
			return m.verdict(pass("gov.example"))
		}, refused, "no-token-setuju"},
		{"a list", func(d *desk) mail {
			return d.answer("admin", first, sop.Persetujuan, "SETUJU").before("List-Id: <warta.gov.example>", "List-Unsubscribe: <mailto:keluar@gov.example>")
		}, ignored, "automatic"},
		{"a report", func(d *desk) mail { return bounce(d.letter(first, sop.Persetujuan, "admin"), "admin@gov.example") }, triage.Obeyed, "bounce"},
		{"a report of a forwarded letter", func(d *desk) mail {
			return bounce(d.letter(first, sop.Persetujuan, "admin"), "admin.pribadi@evil.example")
		}, triage.Obeyed, "bounce"},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := newDesk(t, sop.Standard)
			if r := d.take(x.mail(d)); r.Verdict.Outcome != x.want || r.Verdict.Reason != x.why {
				t.Errorf("%s %s (%s), want %s (%s)", r.Verdict.Outcome, r.Gate, r.Verdict.Reason, x.want, x.why)
			}
		})
	}
}

// TestTerimaOfAnothersLetter: a member confirms their own letter, and no other: that one destroys a key.
func TestTerimaOfAnothersLetter(t *testing.T) {
	d := newDesk(t, sop.Standard)
	d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU"))
	d.deliver(first)
	others := map[string]string{"the letter of another member": d.letter(first, sop.Kredensial, "m2"), "the approver's letter": d.letter(first, sop.Persetujuan, "admin"),
		"the copy for Kepala LPSE": d.letter(first, sop.PermohonanTembusan, "kepala"), "the request itself": "<request-" + first + "@gov.example>"}
	for name, id := range others {
		for _, verb := range []string{"TERIMA", "KENDALA tidak bisa masuk"} {
			if r := d.take(d.reply("m1", id, "Re: ["+first+"]", verb)); r.Verdict.Outcome != refused || r.Verdict.Reason != "not-your-letter" || d.state(1) != sop.MemberSent {
				t.Errorf("%s in answer to %s: %s (%s), member %s", verb, name, r.Verdict.Outcome, r.Verdict.Reason, d.state(1))
			}
		}
	}
	if r := d.take(d.reply("m1", d.letter(first, sop.Kredensial, "m1"), "Re: ["+first+"]", "TERIMA")); r.Verdict.Outcome != triage.Obeyed || d.state(1) != sop.MemberConfirmed {
		t.Errorf("their own: %s (%s), member %s", r.Verdict.Outcome, r.Verdict.Reason, d.state(1))
	}
}

// TestWrongCodesOfNobody: who cannot prove to be the approver spends none of their tries.
func TestWrongCodesOfNobody(t *testing.T) {
	for level, proven := range map[sop.Level]bool{sop.Standard: false, sop.Basic: true} {
		d := newDesk(t, level)
		letters := len(d.letters)
		for i := range 2 * sop.MaxCodeTries {
			d.take(d.reply("admin", "", "Re: ["+first+"] kode "+codes{}.derive(fmt.Sprint(i)), "SETUJU").verdict())
		}
		if c := d.books.cases[first]; (c.CodeTries > 0) != proven {
			t.Errorf("%s: %d tries are spent", level, c.CodeTries)
		}
		if n := len(d.letters) - letters; n > 8 {
			t.Errorf("%s: %d letters", level, n)
		}
		if proven {
			continue
		}
		r := d.take(d.reply("admin", "", "Re: ["+first+"] kode "+d.code(first, "admin"), "SETUJU"))
		if r.Verdict.Outcome != triage.Obeyed || !r.released {
			t.Errorf("the true code after them: %s (%s)", r.Verdict.Outcome, r.Verdict.Reason)
		}
	}
}

// TestForgedCopyAhead: a copy without a proof does not silence the true mail; one with a proof does, whatever comes after it.
func TestForgedCopyAhead(t *testing.T) {
	d := newDesk(t, sop.Standard)
	true1 := d.answer("admin", first, sop.Persetujuan, "SETUJU")
	if r := d.take(true1.verdict()); r.Verdict.Outcome != refused || r.released {
		t.Fatalf("forged: %s (%s)", r.Verdict.Outcome, r.Verdict.Reason)
	}
	if r := d.take(true1.verdict()); r.Verdict.Outcome != triage.Duplicate {
		t.Errorf("forged again: %s (%s)", r.Verdict.Outcome, r.Verdict.Reason)
	}
	if r := d.take(true1.verdict(pass("gov.example"))); r.Verdict.Outcome != triage.Obeyed || !r.released {
		t.Errorf("true: %s (%s)", r.Verdict.Outcome, r.Verdict.Reason)
	}
	for _, again := range []mail{true1.verdict(pass("gov.example")), true1.verdict()} {
		if r := d.take(again); r.Verdict.Outcome != triage.Duplicate || r.released {
			t.Errorf("after it: %s (%s)", r.Verdict.Outcome, r.Verdict.Reason)
		}
	}
}

// TestListedSender: somebody else's hand in Sender is held, unless the office has listed it.
func TestListedSender(t *testing.T) {
	for sender, want := range map[string]triage.Outcome{"Sekretaris <SEK@gov.example>": triage.Obeyed, "x@evil.example": held} {
		d := newDesk(t, sop.Standard)
		d.triage.Senders = []string{"sek@gov.example"}
		if r := d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU").before("Sender: " + sender)); r.Verdict.Outcome != want {
			t.Errorf("%s: %s (%s)", sender, r.Verdict.Outcome, r.Verdict.Reason)
		}
	}
}

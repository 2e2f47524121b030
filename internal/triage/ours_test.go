package triage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/triage"
)

const notOurs = triage.NotOurs

// TestNotOurs: what people write to each other in the shared mailbox stays where it is.
func TestNotOurs(t *testing.T) {
	for _, x := range []struct {
		name string
		mail func(d *desk) mail
	}{
		{"a colleague", func(d *desk) mail { return d.reply("orang", "", "Rapat Senin", "Mohon hadir.") }},
		{"a newsletter", func(d *desk) mail {
			return d.reply("orang", "", "Warta", "SETUJU").before("List-Id: <warta.gov.example>", "Precedence: bulk")
		}},
		{"the approver, to a colleague", func(d *desk) mail { return d.reply("admin", "", "Rapat", "Setuju, kita mulai pukul 9.") }},
		{"a stranger types a number", func(d *desk) mail {
			return d.reply("orang", "", "["+first+"] bagaimana?", "Mohon kabar").set("From", "x@evil.example").verdict(pass("evil.example"))
		}},
		{"a stranger types a number and a command", func(d *desk) mail {
			return d.reply("orang", "", "["+first+"]", "SETUJU").set("From", "x@evil.example").verdict(pass("evil.example"))
		}},
		{"a participant mentions a number to a colleague", func(d *desk) mail {
			return d.reply("kepala", "", "["+first+"] mohon dipercepat", "Mohon perhatian rekan-rekan.")
		}},
		{"a number that does not exist", func(d *desk) mail { return d.reply("admin", "", "[PKJ-2026-0999]", "Tolong dicek") }},
		{"an answer to a mail that is not ours", func(d *desk) mail { return d.reply("orang", "<x@gov.example>", "Re: Rapat", "Baik") }},
		{"our own address", func(d *desk) mail { return d.reply("ukpbj", d.letter(first, sop.Persetujuan, "admin"), "Re", "SETUJU") }},
		{"our own address in other letters", func(d *desk) mail {
			return d.reply("ukpbj", "", "Permohonan akun SPSE Pokja", "Mohon user id").set("From", "UKPBJ@Gov.Example")
		}},
		{"a bounce of nothing that we sent", func(d *desk) mail { return bounce("<x@gov.example>", "m1@gov.example") }},
		{"a request from outside", func(d *desk) mail {
			return d.reply("orang", "", "Permohonan akun SPSE Pokja", "Mohon user id dan password").set("From", "x@evil.example").verdict(pass("evil.example"))
		}},
		{"an automatic request", func(d *desk) mail {
			return d.reply("orang", "", "Permohonan akun SPSE Pokja", "Mohon user id dan password").before("Auto-Submitted: auto-generated")
		}},
		{"a request with a forged shape", func(d *desk) mail {
			return d.reply("orang", "", "Permohonan akun SPSE Pokja", "Mohon user id").set("From", "orang@gov.example, x@evil.example")
		}},
		{"an invitation", func(d *desk) mail { return d.reply("orang", "", "Undangan", "Terlampir undangan") }},
		{"passwords of another system", func(d *desk) mail { return d.reply("orang", "", "Lupa password", "Mohon reset password email saya") }},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := newDesk(t, sop.Standard)
			n := len(d.letters)
			r := d.take(x.mail(d))
			if r.Verdict.Outcome != notOurs || r.decided || len(d.letters) != n || r.OperatorAlert != "" || r.Answer != "" || r.Ours() {
				t.Errorf("%s %s (%s)", r.Verdict.Outcome, r.Gate, r.Verdict.Reason)
			}
			if again := d.take(x.mail(d)); again.Verdict.Outcome != notOurs {
				t.Errorf("another of its kind: %s %s", again.Verdict.Outcome, again.Verdict.Reason)
			}
		})
	}
}

// TestNumberAlone: a number that a participant types obeys nothing, but they are told how to answer.
func TestNumberAlone(t *testing.T) {
	for who, own := range map[string]string{"admin": "SETUJU", "staf": "BATAL", "kepala": "STATUS"} {
		d := newDesk(t, sop.Standard)
		r := d.take(d.reply(who, "", "["+first+"]", own))
		if r.Verdict.Outcome != refused || r.Verdict.Reason != "no-token" || r.released || len(r.Letters) != 1 || r.Letters[0].To != person(who) {
			t.Errorf("%s %s: %s %s, letters %v", who, own, r.Verdict.Outcome, r.Verdict.Reason, r.Letters)
		}
		if c := d.books.cases[first]; c.Status != sop.AwaitingApproval {
			t.Errorf("%s: the case is %s", who, c.Status)
		}
	}
	d := newDesk(t, sop.Standard)
	if r := d.take(withFile(d.reply("staf", "", "["+first+"] pelengkap", "Terlampir"))); r.Verdict.Reason != "supplement" || r.released {
		t.Errorf("papers: %s %s", r.Verdict.Outcome, r.Verdict.Reason)
	}
	if r := d.take(d.reply("orang", "", "Fwd: ["+first+"] Surat - kode "+d.code(first, "admin"), "SETUJU")); r.Verdict.Outcome != refused || r.Verdict.Reason != "stranger" {
		t.Errorf("a stranger with the code: %s %s", r.Verdict.Outcome, r.Verdict.Reason)
	}
}

// TestRequests: who may open a case, and what happens to a request that cannot.
func TestRequests(t *testing.T) {
	ask := func(d *desk) mail {
		return withFile(d.reply("staf", "", "Permohonan user ID dan password SPSE Pokja 13", "Terlampir formulir, SK dan surat tugas."))
	}
	for _, x := range []struct {
		name   string
		bend   func(d *desk, m mail) mail
		want   triage.Outcome
		reason string
		opens  bool
	}{
		{"as it should be", func(_ *desk, m mail) mail { return m }, triage.Obeyed, "request", true},
		{"papers that speak for themselves", func(_ *desk, m mail) mail { return m.set("Subject", "Berkas") }, triage.Obeyed, "request", true},
		{"no papers, but a clear text", func(d *desk, _ mail) mail {
			return d.reply("staf", "", "Permohonan akun SPSE Pokja", "Mohon dibuatkan user ID anggota Pokja.")
		}, triage.Obeyed, "request", true},
		{"without a verdict", verdicts(), refused, "no-verdict", false},
		{"against the verdict", verdicts(results + "dmarc=fail header.from=gov.example"), refused, "dmarc-fail", false},
		{"verdicts that differ", verdicts(pass("gov.example"), results+"dmarc=fail header.from=gov.example"), held, "verdicts-differ", false},
		{"temporary fault", verdicts(results + "dmarc=temperror header.from=gov.example"), held, "", false},
		{"somebody else's hand", func(_ *desk, m mail) mail { return m.before("Sender: x@evil.example") }, held, "sender-differs", false},
		{"an old closed thread", func(d *desk, m mail) mail { return d.closed(m) }, triage.Obeyed, "request", true},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := newDesk(t, sop.Standard)
			r := d.take(x.bend(d, ask(d)))
			if r.Verdict.Outcome != x.want || x.reason != "" && r.Verdict.Reason != x.reason || r.Opens != x.opens {
				t.Errorf("%s %s (%s) opens %v, want %s (%s) %v", r.Verdict.Outcome, r.Gate, r.Verdict.Reason, r.Opens, x.want, x.reason, x.opens)
			}
			if (r.Verdict.Outcome == refused || r.Verdict.Outcome == held) && r.OperatorAlert == "" {
				t.Error("the operator is not told")
			}
		})
	}
}

// closed ends the first case and makes the mail an answer to one of its letters.
func (d *desk) closed(m mail) mail {
	d.t.Helper()
	if r := d.take(d.answer("admin", first, sop.Persetujuan, "TOLAK SK keliru")); r.Outcome.Reason != "rejected" {
		d.t.Fatal(r.Verdict.Reason, r.Outcome.Reason)
	}
	return m.set("In-Reply-To", d.letter(first, sop.Penolakan, "staf")).set("Subject", "Re: ["+first+"] Permohonan akun SPSE Pokja")
}

// TestSupplements: papers that come as an answer belong to the case, from its requester only, before the approval only.
func TestSupplements(t *testing.T) {
	for _, x := range []struct {
		name   string
		bend   func(d *desk, m mail) mail
		want   triage.Outcome
		reason string
	}{
		{"as it should be", func(_ *desk, m mail) mail { return m }, triage.Obeyed, "supplement"},
		{"from another requester", from("Orang <orang@gov.example>"), refused, "stranger"},
		{"without a verdict", verdicts(), refused, "no-verdict"},
		{"temporary fault", verdicts(results + "dmarc=temperror header.from=gov.example"), held, ""},
		{"after the approval", func(d *desk, m mail) mail {
			d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU"))
			return m
		}, refused, "after-approval"},
		{"a member answers with papers", from("M1 <m1@gov.example>"), refused, "not-a-command"},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := newDesk(t, sop.Standard)
			m := withFile(d.answer("staf", first, sop.TandaTerima, "Terlampir pelengkap."))
			r := d.take(x.bend(d, m))
			if r.Verdict.Outcome != x.want || x.reason != "" && r.Verdict.Reason != x.reason {
				t.Errorf("%s %s (%s), want %s (%s)", r.Verdict.Outcome, r.Gate, r.Verdict.Reason, x.want, x.reason)
			}
			if c := d.books.cases[first]; (c.Revision == 2) != (x.reason == "supplement") || c.Member(nipOf(1)).Row.Email != "m1@gov.example" {
				t.Errorf("revision %d", c.Revision)
			}
		})
	}
}

func bounce(id, to string) mail {
	return mail{top: []string{received}, head: []string{"From: MAILER-DAEMON@mx.gov.example", "To: ukpbj@gov.example", "Subject: Undelivered Mail Returned to Sender",
		"Message-ID: <bounce-" + strings.Trim(id, "<>") + ">", "Auto-Submitted: auto-replied"},
		kind: `multipart/report; report-type=delivery-status; boundary="b"`,
		body: "--b\nContent-Type: text/plain\n\nNot delivered. SETUJU\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.gov.example\n\nFinal-Recipient: rfc822; " + to +
			"\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: " + id + "\nSubject: x\n\n--b--\n"}
}

// TestBounces: a delivery report is matched by the letter's own Message-ID, and changes no address.
func TestBounces(t *testing.T) {
	d := newDesk(t, sop.Standard)
	if r := d.take(bounce(d.letter(first, sop.Persetujuan, "admin"), "admin@gov.example")); r.released || r.Gate != "bounce" || r.Outcome.Reason != "bounced" {
		t.Errorf("approval letter: %s %s, %s", r.Verdict.Outcome, r.Gate, r.Outcome.Reason)
	}
	d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU"))
	d.deliver(first)
	id := d.letter(first, sop.Kredensial, "m1")
	there := bounce(id, "m1@gov.example").set("Message-ID", "<there@mx.gov.example>")
	there.body = strings.Replace(there.body, "Action: failed\nStatus: 5.1.1", "Action: delivered\nStatus: 2.0.0", 1)
	if r := d.take(there); r.Verdict.Reason != "delivered" || r.Outcome.Reason != "letter-delivered" || d.state(1) != sop.MemberSent {
		t.Errorf("it is there: %s %s, member %s", r.Verdict.Reason, r.Outcome.Reason, d.state(1))
	}
	there = there.set("Message-ID", "<elsewhere@mx.gov.example>")
	there.body = strings.Replace(there.body, "m1@gov.example", "x@elsewhere.example", 1)
	if r := d.take(there); r.Verdict.Reason == "delivered" {
		t.Error("a report of another address says that it is there")
	}
	if r := d.take(bounce(id, "x@elsewhere.example")); r.Outcome.Reason != "bounced" || d.state(1) != sop.MemberFailed {
		t.Errorf("true, of a forwarded letter: %s %s, member %s", r.Verdict.Outcome, r.Verdict.Reason, d.state(1))
	}
	if got := d.books.cases[first].Members[0].Address; got != "m1@gov.example" {
		t.Errorf("the frozen address became %s", got)
	}
}

func (d *desk) state(member int) sop.MemberState {
	c := d.books.cases[first]
	return c.Member(nipOf(member)).State
}

// TestApproversCommands after the approval: bound to role and proof, and to what still can be done.
func TestApproversCommands(t *testing.T) {
	d := newDesk(t, sop.Standard)
	d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU"))
	d.deliver(first)
	say := func(who, own string, lines ...string) result {
		m := d.answer(who, first, sop.Pemberitahuan, own)
		if len(lines) > 0 {
			m = m.verdict(lines...)
		}
		return d.take(m)
	}
	for _, x := range []struct {
		r      result
		want   triage.Outcome
		reason string
	}{
		{say("admin", "STOP"), refused, "too-late"},
		{say("admin", "KIRIM ULANG", results+"none"), refused, "unproven"},
		{say("admin", "KIRIM ULANG Tidak Ada"), refused, "member-unknown"},
		{say("admin2", "KIRIM ULANG M1"), triage.Obeyed, "resend"},
		{say("admin", "BATAL"), refused, "wrong-role"},
		{say("admin", "STATUS", results+"none"), triage.Obeyed, "status-told"},
	} {
		if x.r.Verdict.Outcome != x.want || x.r.Outcome.Reason != x.reason {
			t.Errorf("%s (%s), %s: want %s, %s", x.r.Verdict.Outcome, x.r.Verdict.Reason, x.r.Outcome.Reason, x.want, x.reason)
		}
	}
	d.take(d.answer("m2", first, sop.Kredensial, "TERIMA"))
	d.now = d.now.Add(25 * time.Hour)
	d.decide(first, sop.Input{What: sop.Tick{}})
	if r := say("admin", "KIRIM ULANG M2"); r.Verdict.Outcome != refused || r.Outcome.Reason != "shredded" || r.released {
		t.Errorf("after shredding: %s (%s), %s", r.Verdict.Outcome, r.Verdict.Reason, r.Outcome.Reason)
	}
}

// TestOversized: a large mail of a known requester is recorded and answered; anybody else's stays.
func TestOversized(t *testing.T) {
	d := newDesk(t, sop.Standard)
	sort := func(m mail, proof sop.Result) triage.Verdict {
		msg := message.Parse(m.raw(), message.DefaultLimits(), nil)
		v, err := d.triage.Sort(d.books, triage.Mail{Msg: msg, Proof: sop.Proof{Level: sop.Standard, Result: proof}, TooBig: &sop.Oversized{Size: 2, Limit: 1}})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	ask := d.reply("staf", "", "Permohonan akun SPSE Pokja", "")
	for name, x := range map[string]struct {
		m     mail
		proof sop.Result
		want  triage.Outcome
		opens bool
	}{
		"request": {ask, sop.Proven, refused, true}, "unproven": {ask, sop.Unproven, notOurs, false},
		"answer":  {d.answer("staf", first, sop.TandaTerima, ""), sop.Proven, refused, false},
		"holiday": {d.reply("staf", "", "Foto liburan", ""), sop.Proven, notOurs, false},
		"outside": {ask.set("From", "x@evil.example"), sop.Proven, notOurs, false},
	} {
		if v := sort(x.m, x.proof); v.Outcome != x.want || v.Opens != x.opens {
			t.Errorf("%s: %s %s opens %v", name, v.Outcome, v.Reason, v.Opens)
		}
	}
}

// FuzzSort: whatever the bytes are, a mail without a proof releases nothing, and none is sorted twice differently.
func FuzzSort(f *testing.F) {
	d := newDesk(&testing.T{}, sop.Standard)
	f.Add(d.answer("admin", first, sop.Persetujuan, "SETUJU").raw())
	f.Add(d.answer("admin", first, sop.Persetujuan, "SETUJU").verdict().raw())
	f.Add(bounce("<x@gov.example>", "m1@gov.example").raw())
	for i, a := range who {
		f.Add(a.bend(d, d.answer("admin", first, sop.Persetujuan, "SETUJU")).raw())
		if i > 20 {
			break
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d := newDesk(t, sop.Standard)
		d.auth.AuthservID = "no.such.server"
		if r := d.takeRaw(raw, d.now); r.released {
			t.Errorf("released by %q", raw)
		}
		if r := d.takeRaw(raw, d.now); r.Verdict.Outcome != triage.Duplicate && r.Verdict.Outcome != notOurs && r.decided {
			t.Errorf("sorted twice: %s %s", r.Verdict.Outcome, fmt.Sprint(r.Verdict.Reason))
		}
	})
}

// TestTalk: what has the words of a request and asks for something else stays where it is, without a letter; what asks in other words is a
// request.
func TestTalk(t *testing.T) {
	for subject, own := range map[string]string{
		"Mohon hadir rapat evaluasi akun SPSE Pokja":                     "Kamis pukul 09.00 di ruang rapat.",
		"Re: Permohonan akun SPSE Pokja":                                 "Sudah saya sampaikan ke Pak Kabag.",
		"Permintaan laporan rekap user ID SPSE Pokja triwulan IV":        "Mohon dikirim rekapitulasi user ID SPSE Pokja yang aktif.",
		"Permohonan narasumber sosialisasi keamanan password SPSE Pokja": "Mohon kesediaan Bapak.",
		"Mohon penjelasan tentang akun SPSE Pokja 7":                     "Apakah sudah aktif?",
	} {
		d := newDesk(t, sop.Standard)
		if r := d.take(d.reply("staf", "", subject, own)); r.Verdict.Outcome != notOurs || r.OperatorAlert != "" || r.Answer != "" || r.decided {
			t.Errorf("%q: %s %s", subject, r.Verdict.Outcome, r.Verdict.Reason)
		}
	}
	for _, subject := range []string{"Permohonan user ID dan password SPSE Pokja 7", "mhn dibuatkan user id SPSE utk pokja", "Permohonan pembuatan akun baru SPSE bagi Pokja",
		"Fwd: Permintaan 3 (tiga) akun SPSE Pokja", "Akun SPSE Pokja 7 mohon segera dibuatkan"} {
		d := newDesk(t, sop.Standard)
		if r := d.take(d.reply("staf", "", subject, "Berkas menyusul.")); !r.Opens {
			t.Errorf("%q: %s %s", subject, r.Verdict.Outcome, r.Verdict.Reason)
		}
	}
}

// TestWhoIsTold: a request that cannot be taken is never left in silence: its registered sender hears, or the operator.
func TestWhoIsTold(t *testing.T) {
	ask := func(d *desk) mail {
		return withFile(d.reply("staf", "", "Permohonan user ID SPSE Pokja 13", "Terlampir formulir, SK dan surat tugas."))
	}
	for _, x := range []struct {
		name          string
		bend          func(d *desk, m mail) mail
		alert, answer string
		want          triage.Outcome
	}{
		{"no verdict", verdicts(), "request-unproven", "request-unproven", refused},
		{"verdicts that differ", verdicts(pass("gov.example"), results+"dmarc=fail header.from=gov.example"), "request-held", "request-held", held},
		{"our own address, by a list", from("'Staf' via UKPBJ <ukpbj@gov.example>"), "request-own-name", "", notOurs},
		{"a private address", func(_ *desk, m mail) mail { return m.set("From", "staf@mail.example").verdict(pass("mail.example")) }, "request-outside", "", notOurs},
		{"a title behind a comma", from("Ni Made Staf, S.T. <staf@gov.example>"), "", "", triage.Obeyed},
		{"a name in brackets", from("staf@gov.example (Ni Made Staf)"), "", "", triage.Obeyed},
		{"two addresses", from("staf@gov.example, orang@gov.example"), "", "", notOurs},
	} {
		d := newDesk(t, sop.Standard)
		r := d.take(x.bend(d, ask(d)))
		if r.Verdict.Outcome != x.want || r.OperatorAlert != x.alert || r.Answer != x.answer {
			t.Errorf("%s: %s %s, alert %q, answer %q", x.name, r.Verdict.Outcome, r.Verdict.Reason, r.OperatorAlert, r.Answer)
		}
		if x.answer != "" && r.From.Address != "staf@gov.example" {
			t.Errorf("%s: %s is answered", x.name, r.From.Address)
		}
	}
	d := newDesk(t, sop.Standard)
	if r := d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU").set("From", "Admin, S.T. <admin@gov.example>")); r.released || r.Verdict.Reason != "from-list" {
		t.Errorf("an approver's address is read strictly: %s %s", r.Verdict.Outcome, r.Verdict.Reason)
	}
}

// TestRenamedBounce: where a relay renamed the letter, the code in its subject names it; the number alone names nobody's, and is told.
func TestRenamedBounce(t *testing.T) {
	d := newDesk(t, sop.Standard)
	d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU"))
	d.deliver(first)
	failed := func(subject string) result {
		m := bounce("<relay-"+fmt.Sprint(len(subject))+"@relay.example>", "lain@surat.example")
		m.body = strings.Replace(m.body, "Subject: x", "Subject: "+subject, 1)
		return d.take(m)
	}
	if r := failed("[" + first + "] Kredensial"); r.Verdict.Outcome != notOurs || r.OperatorAlert != "bounce-unmatched" || r.decided {
		t.Errorf("a number: %s %s %q", r.Verdict.Outcome, r.Verdict.Reason, r.OperatorAlert)
	}
	if r := failed("[PKJ-2026-0999] Kredensial"); r.Verdict.Outcome != notOurs || r.OperatorAlert != "" {
		t.Errorf("no case of ours: %s %q", r.Verdict.Outcome, r.OperatorAlert)
	}
	code := codes{}.MemberCode(first, nipOf(1))
	if r := failed("[" + first + "] Kredensial - kode " + code); r.Verdict.Outcome != triage.Obeyed || d.books.cases[first].Members[0].State != sop.MemberFailed {
		t.Errorf("the code: %s %s, member %s", r.Verdict.Outcome, r.Verdict.Reason, d.books.cases[first].Members[0].State)
	}
}

package triage_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/rehearsal/forgery"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/triage"
)

// TestLegitimateReplies: what honest approvers send is obeyed, whatever their mail program makes of it.
func TestLegitimateReplies(t *testing.T) {
	quoted := "> Yth. Admin Agency,\n> mohon balas dengan kata SETUJU\n> STATUS"
	for _, x := range []struct {
		name string
		bend func(d *desk, m mail) mail
	}{
		{"mutt", func(_ *desk, m mail) mail { return m.text("SETUJU\n\nOn Mon, May 04, 2026, UKPBJ wrote:\n" + quoted) }},
		{"Outlook, top posting", func(_ *desk, m mail) mail {
			return m.text("SETUJU\n\n________________________________\nDari: UKPBJ <ukpbj@gov.example>\nDikirim: Senin, 4 Mei 2026 09.00\nKepada: Admin <admin@gov.example>\nSubjek: Surat\n\nMohon balas\nSTATUS")
		}},
		{"Thunderbird", func(_ *desk, m mail) mail { return m.text("SETUJU\n\nPada 04/05/26 09.00, UKPBJ menulis:\n" + quoted) }},
		{"Apple Mail", func(_ *desk, m mail) mail {
			return m.text("Setuju\n\nDikirim dari iPhone saya\n\n> Pada 4 Mei 2026, pukul 09.00, UKPBJ <ukpbj@gov.example> menulis:\n> \n" + quoted)
		}},
		{"Gmail alternative", func(_ *desk, m mail) mail {
			return twoParts(m, "setuju\n\nPada tanggal Sen, 4 Mei 2026 pukul 09.00 UKPBJ\n<ukpbj@gov.example> menulis:\n\n"+quoted,
				`<div dir="ltr">setuju</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Pada tanggal Sen, 4 Mei 2026 pukul 09.00 UKPBJ &lt;ukpbj@gov.example&gt; menulis:<br></div><blockquote class="gmail_quote">TOLAK</blockquote></div>`)
		}},
		{"format=flowed", func(_ *desk, m mail) mail {
			m.kind = "text/plain; charset=utf-8; format=flowed; delsp=yes"
			return m.text("SETUJU \n\n" + quoted)
		}},
		{"quoted-printable", func(_ *desk, m mail) mail {
			return m.set("Content-Transfer-Encoding", "quoted-printable").text("SETU=\nJU=20\n\n" + quoted)
		}},
		{"base64", func(_ *desk, m mail) mail {
			return m.set("Content-Transfer-Encoding", "base64").text(base64.StdEncoding.EncodeToString([]byte("SETUJU.\r\n\r\n" + quoted)))
		}},
		{"subject RE:", func(_ *desk, m mail) mail { return m.set("Subject", "RE: ["+first+"] Surat") }},
		{"subject Bls:", func(_ *desk, m mail) mail { return m.set("Subject", "Bls: ["+first+"] Surat") }},
		{"subject [EKSTERNAL]", func(_ *desk, m mail) mail { return m.set("Subject", "[EKSTERNAL] Re: ["+first+"] Surat") }},
		{"another subject", func(_ *desk, m mail) mail { return m.set("Subject", "Persetujuan") }},
		{"encoded subject", func(_ *desk, m mail) mail { return m.set("Subject", "=?utf-8?q?Re=3A_=5BPKJ-2026-0001=5D?=") }},
		{"References without In-Reply-To", func(d *desk, m mail) mail {
			return m.drop("In-Reply-To").set("References", "<root@gov.example> "+d.letter(first, sop.Persetujuan, "admin"))
		}},
		{"References of the whole case", func(d *desk, m mail) mail {
			return m.drop("In-Reply-To").set("References", "<request-"+first+"@gov.example> "+d.letter(first, sop.Persetujuan, "admin"))
		}},
		{"code in the subject, no thread", func(d *desk, m mail) mail {
			return m.drop("In-Reply-To").set("Subject", "Re: ["+first+"] Surat - kode "+d.code(first, "admin"))
		}},
		{"code beside the word, no thread", func(d *desk, m mail) mail {
			return m.drop("In-Reply-To").text("setuju " + strings.ToLower(d.code(first, "admin")))
		}},
		{"thread and code", func(d *desk, m mail) mail { return m.text("SETUJU " + d.code(first, "admin") + ".") }},
		{"alias", func(_ *desk, m mail) mail { return m.set("From", "<admin.lain@gov.example>") }},
		{"encoded name", func(_ *desk, m mail) mail {
			return m.set("From", "=?utf-8?q?Admin_Agency=2C_S=2ET=2E?= <admin@gov.example>")
		}},
		{"bare address", func(_ *desk, m mail) mail { return m.set("From", "admin@gov.example") }},
		{"Sender the same", func(_ *desk, m mail) mail { return m.before("Sender: admin@gov.example") }},
		{"Auto-Submitted: no", func(_ *desk, m mail) mail { return m.before("Auto-Submitted: no", "X-Auto-Response-Suppress: All") }},
		{"auth=pass", func(_ *desk, m mail) mail { return m.verdict(results + "auth=pass smtp.auth=admin@gov.example") }},
		{"two filters, one field each", func(_ *desk, m mail) mail {
			return m.verdict(results+"dkim=pass header.d=gov.example", pass("gov.example"))
		}},
		{"S/MIME signed", func(_ *desk, m mail) mail {
			m.kind = `multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="s"`
			return m.text("--s\nContent-Type: text/plain; charset=utf-8\n\nSETUJU\n\n--s\nContent-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=smime.p7s\n\nMIIB\n--s--")
		}},
		{"with a picture of the sender", func(_ *desk, m mail) mail {
			m.kind = `multipart/mixed; boundary="b"`
			return m.text("--b\nContent-Type: text/plain\n\nSETUJU\n--b\nContent-Type: image/png; name=logo.png\nContent-Disposition: inline; filename=logo.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--b--")
		}},
		{"non-breaking blanks", func(_ *desk, m mail) mail { return m.text("\u00a0SETUJU\u00a0") }},
		{"arrived in the last second", func(d *desk, m mail) mail {
			m.arrived = d.books.cases[first].Expires
			return m
		}},
	} {
		for _, level := range []sop.Level{sop.Standard, sop.Basic} {
			t.Run(fmt.Sprint(level, "/", x.name), func(t *testing.T) {
				d := newDesk(t, level)
				r := d.take(x.bend(d, d.answer("admin", first, sop.Persetujuan, "SETUJU")))
				if r.Verdict.Outcome != triage.Obeyed || !r.released {
					t.Errorf("%s %s (%s), %s", r.Verdict.Outcome, r.Gate, r.Verdict.Reason, r.Outcome.Reason)
				}
			})
		}
	}
}

// TestRepliesOfMailPrograms: every command, answered in the style of every mail program to a letter as it is really sent.
func TestRepliesOfMailPrograms(t *testing.T) {
	for _, style := range rehearsal.Styles {
		for _, own := range []string{"SETUJU", "TOLAK SK keliru", "LENGKAPI nomor surat tugas", "STATUS", "BANTUAN", "setuju."} {
			t.Run(string(style)+"/"+own, func(t *testing.T) {
				d := newDesk(t, sop.Standard)
				letter := strings.Join([]string{"From: UKPBJ <ukpbj@gov.example>", "To: Admin <admin@gov.example>", "Subject: [" + first + "] Permohonan persetujuan - kode " + d.code(first, "admin"),
					"Message-ID: " + d.letter(first, sop.Persetujuan, "admin"), "Date: Mon, 4 May 2026 09:00:00 +0800", "Content-Type: text/plain; charset=utf-8", "",
					"Yth. Admin Agency,", "", "Mohon balas surat ini dengan kata SETUJU.", ""}, "\r\n")
				raw, err := rehearsal.Reply([]byte(letter), rehearsal.Answer{From: person("admin"), Text: own, Style: style, Date: d.now})
				if err != nil {
					t.Fatal(err)
				}
				r := d.takeRaw(append([]byte(pass("gov.example")+"\r\n"+received+"\r\n"), raw...), d.now)
				if r.Verdict.Outcome != triage.Obeyed || r.Outcome.Reason == "" {
					t.Errorf("%s %s (%s)\n%s", r.Verdict.Outcome, r.Gate, r.Verdict.Reason, raw)
				}
			})
		}
	}
}

// TestTricks: the forgeries of the rehearsal have the outcome that they name.
func TestTricks(t *testing.T) {
	for _, trick := range forgery.Tricks() {
		d := newDesk(t, sop.Standard)
		m := d.answer("admin", first, sop.Persetujuan, "SETUJU")
		m.top = nil
		raw := trick.Apply(m.raw(), person("admin"), sop.Person{Name: "X", Address: "x@evil.example"})
		r := d.takeRaw(append([]byte(pass("gov.example")+"\r\n"+received+"\r\n"), raw...), d.now)
		want := map[string]triage.Outcome{"R": refused, "H": held, "I": ignored}[trick.Want]
		if r.released || r.Verdict.Outcome != want {
			t.Errorf("%s: %s (%s), want %s", trick.Name, r.Verdict.Outcome, r.Verdict.Reason, want)
		}
	}
}

// TestMembersAnswer: a member speaks for their own letter, with proof or without, but not against a verdict.
func TestMembersAnswer(t *testing.T) {
	for _, x := range []struct {
		name string
		bend func(d *desk, m mail) mail
		want triage.Outcome
		say  string // what the procedure says
	}{
		{"proven", func(_ *desk, m mail) mail { return m }, triage.Obeyed, "receipt-confirmed"},
		{"without a verdict", func(_ *desk, m mail) mail { return m.verdict() }, triage.Obeyed, "receipt-confirmed"},
		{"other letter case", from("M1 <M1@Gov.example>"), triage.Obeyed, "receipt-confirmed"},
		{"English", own("Received."), triage.Obeyed, "receipt-confirmed"},
		{"against the verdict", verdicts(results + "dmarc=fail header.from=gov.example"), refused, "unproven"},
		{"thanks", own("Terima kasih"), refused, "not-a-command"},
		{"below a quote without marks", func(_ *desk, m mail) mail {
			return m.text("Pada 5 Mei 2026 10.15, UKPBJ <ukpbj@gov.example> menulis:\n\nBalas dengan TERIMA atau SALAH.\n\nTERIMA")
		}, refused, "below-quote"},
		{"another member's address", from("M2 <m2@gov.example>"), refused, "not-your-letter"},
		{"a stranger", from("X <x@evil.example>"), refused, "stranger"},
		{"the requester", from("Staf <staf@gov.example>"), refused, "wrong-role"},
		{"approver's command", own("SETUJU"), refused, "wrong-role"},
		{"resend", own("KIRIM ULANG"), refused, "wrong-role"},
		{"wrong address, against the verdict", func(_ *desk, m mail) mail {
			return m.text("SALAH").verdict(results + "dmarc=fail header.from=gov.example")
		}, triage.Obeyed, "wrong-recipient"},
		{"trouble", own("KENDALA tidak bisa masuk"), triage.Obeyed, "problem-reported"},
		{"by code, no thread", func(d *desk, m mail) mail {
			return m.drop("In-Reply-To").set("Subject", "Re: ["+first+"] Surat - kode "+codes{}.MemberCode(first, nipOf(1)))
		}, triage.Obeyed, "receipt-confirmed"},
		{"by another member's code", func(d *desk, m mail) mail {
			return m.drop("In-Reply-To").set("Subject", "Re: ["+first+"] Surat - kode "+codes{}.MemberCode(first, nipOf(2)))
		}, refused, "no-token"},
		{"by the number alone", func(d *desk, m mail) mail { return m.drop("In-Reply-To") }, refused, "no-token"},
		{"out of office", func(_ *desk, m mail) mail { return m.before("Auto-Submitted: auto-replied") }, ignored, "automatic"},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := newDesk(t, sop.Standard)
			d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU"))
			d.deliver(first)
			r := d.take(x.bend(d, d.answer("m1", first, sop.Kredensial, "TERIMA")))
			if r.Verdict.Outcome != x.want || r.Outcome.Reason != x.say {
				t.Errorf("%s (%s: %s) %s, want %s %s", r.Verdict.Outcome, r.Gate, r.Verdict.Reason, r.Outcome.Reason, x.want, x.say)
			}
			c := d.books.cases[first]
			if got := c.Member(nipOf(1)).State == sop.MemberConfirmed; got != (x.say == "receipt-confirmed") {
				t.Errorf("the member's receipt is %v", got)
			}
			if c.CodeTries != 0 {
				t.Error("a member's code counts as a wrong code of the approval")
			}
		})
	}
}

// TestToken: a token works once, for the present letter, and not after too many guesses.
func TestToken(t *testing.T) {
	t.Run("twice at the same time", func(t *testing.T) {
		d := newDesk(t, sop.Standard)
		one, two := d.answer("admin", first, sop.Persetujuan, "SETUJU"), d.answer("admin", first, sop.Persetujuan, "SETUJU")
		if a, b := d.take(one), d.take(two); !a.released || b.released || b.Verdict.Outcome != refused || b.Verdict.Reason != "already-approved" {
			t.Errorf("released %v, %v: %s %s", a.released, b.released, b.Verdict.Outcome, b.Verdict.Reason)
		}
	})
	t.Run("exact replay", func(t *testing.T) {
		d := newDesk(t, sop.Standard)
		m := d.answer("admin", first, sop.Persetujuan, "SETUJU")
		d.take(m)
		m.top = append([]string{"Received: from b by mx.gov.example with SMTP; Tue, 5 May 2026 09:00:00 +0800"}, m.top...)
		if r := d.take(m); r.Verdict.Outcome != triage.Duplicate || r.decided {
			t.Errorf("%s %s", r.Verdict.Outcome, r.Verdict.Reason)
		}
		if r := d.take(m.text("SETUJU\n\nsegera")); r.Verdict.Outcome != held || r.Verdict.Reason != "same-id-other-content" || r.released {
			t.Errorf("%s %s", r.Verdict.Outcome, r.Verdict.Reason)
		}
	})
	t.Run("roster edited after the letter", func(t *testing.T) {
		d := newDesk(t, sop.Standard)
		old := d.answer("admin", first, sop.Persetujuan, "SETUJU")
		code := d.code(first, "admin")
		if r := d.take(withFile(d.reply("staf", d.letter(first, sop.TandaTerima, "staf"), "Re: pelengkap", "Terlampir"))); r.Outcome.Reason != "complete" {
			t.Fatal(r.Verdict.Outcome, r.Verdict.Reason, r.Outcome.Reason)
		}
		d.accounts(first)
		for name, m := range map[string]mail{"letter": old, "code": d.reply("admin", "", "Re: ["+first+"] kode "+code, "SETUJU"),
			"both": d.answer("admin", first, sop.Persetujuan, "SETUJU "+code)} {
			if r := d.take(m); r.released || r.Verdict.Outcome != refused || r.Outcome.Reason != "code-old" {
				t.Errorf("%s: %s %s %s", name, r.Verdict.Outcome, r.Verdict.Reason, r.Outcome.Reason)
			}
		}
		if r := d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU "+d.code(first, "admin"))); !r.released {
			t.Error(r.Verdict.Outcome, r.Verdict.Reason)
		}
	})
	t.Run("guessed six times", func(t *testing.T) {
		d := newDesk(t, sop.Standard)
		right := d.code(first, "admin")
		for i := range 6 {
			d.now = d.now.Add(time.Minute)
			if r := d.take(d.reply("admin", "", "Re: ["+first+"]", fmt.Sprintf("SETUJU %c22222", 'A'+i))); r.Verdict.Outcome != refused || r.Verdict.Reason != "code-wrong" {
				t.Fatal(i, r.Verdict.Outcome, r.Verdict.Reason)
			}
		}
		told := map[string]bool{}
		for _, l := range d.letters {
			if l.Topic == "code-void" {
				told[l.To.Address] = true
			}
		}
		if len(told) != 3 {
			t.Errorf("told of the void code: %v, want both approvers and the operator", told)
		}
		d.accounts(first)
		for _, code := range []string{right, d.code(first, "admin")} {
			if r := d.take(d.reply("admin", "", "Re: ["+first+"]", "SETUJU "+code)); r.released || r.Verdict.Outcome != refused {
				t.Errorf("a void code: %s %s", r.Verdict.Outcome, r.Verdict.Reason)
			}
		}
		if r := d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU")); !r.released {
			t.Errorf("the new letter: %s %s", r.Verdict.Outcome, r.Verdict.Reason)
		}
	})
	t.Run("code in the sheet", func(t *testing.T) {
		d := newDesk(t, sop.Standard)
		d.office.CodeInSheet = true
		d.setOffice()
		code := d.code(first, "admin")
		for _, m := range []mail{d.answer("admin", first, sop.Persetujuan, "SETUJU"), d.reply("admin", d.letter(first, sop.Persetujuan, "admin"), "Re: ["+first+"] kode "+code, "SETUJU")} {
			if r := d.take(m); r.released || r.Verdict.Reason != "code-missing" {
				t.Errorf("%s %s", r.Verdict.Outcome, r.Verdict.Reason)
			}
		}
		if r := d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU "+code)); !r.released {
			t.Errorf("%s %s", r.Verdict.Outcome, r.Verdict.Reason)
		}
		if r := d.take(d.answer("admin", second, sop.Persetujuan, "TOLAK SK keliru")); r.Outcome.Reason != "rejected" {
			t.Errorf("a refusal needs no code: %s %s", r.Verdict.Outcome, r.Verdict.Reason)
		}
	})
	t.Run("former approver", func(t *testing.T) {
		d := newDesk(t, sop.Standard)
		m := d.answer("admin", first, sop.Persetujuan, "SETUJU")
		d.office.Approvers = d.office.Approvers[1:]
		d.setOffice()
		if r := d.take(m); r.released || r.Verdict.Outcome != refused || r.Verdict.Reason != "stranger" {
			t.Errorf("%s %s", r.Verdict.Outcome, r.Verdict.Reason)
		}
	})
}

// withFile attaches a paper.
func withFile(m mail) mail {
	text := m.body
	m.kind = `multipart/mixed; boundary="b"`
	return m.text("--b\nContent-Type: text/plain; charset=utf-8\n\n" + text + "--b\nContent-Type: application/pdf; name=sk.pdf\nContent-Disposition: attachment; filename=sk.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n--b--")
}

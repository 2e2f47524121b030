package triage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/triage"
)

// attack is one case of the attack list that concerns who, correlation, intent or content, tried on a case that waits for
// approval. Everything about it but the named fault is as it should be: with the gates in off switched off, it gets through.
type attack struct {
	name string
	bend func(d *desk, m mail) mail
	want triage.Outcome
	off  string // gates whose absence lets it through; "": no single gate stands alone against it
}

const (
	refused = triage.Refused
	held    = triage.Held
	ignored = triage.Ignored
)

func from(value string) func(*desk, mail) mail {
	return func(_ *desk, m mail) mail { return m.set("From", value) }
}

// fromEvil is a From that only looks like the approver's; the mail itself is authentic for the attacker's domain.
func fromEvil(value string) func(*desk, mail) mail {
	return func(_ *desk, m mail) mail { return m.set("From", value).verdict(pass("evil.example")) }
}

func verdicts(lines ...string) func(*desk, mail) mail {
	return func(_ *desk, m mail) mail { return m.verdict(lines...) }
}

func own(text string) func(*desk, mail) mail {
	return func(_ *desk, m mail) mail { return m.text(text) }
}

const results = "Authentication-Results: " + authserv + "; "

// who are forgeries of the sender. Their verdict says pass for gov.example, as if the mail server had been deceived too,
// unless the forgery says who really sent it.
var who = []attack{
	{"no verdict at all", verdicts(), refused, "authenticity"},
	{"display name holds the address", fromEvil(`"admin@gov.example" <x@evil.example>`), refused, "participant authenticity"},
	{"display name without quotes", fromEvil(`admin@gov.example <x@evil.example>`), refused, "shape authenticity"},
	{"quoted display name holds the address", fromEvil(`"Admin <admin@gov.example>" <x@evil.example>`), refused, "participant authenticity"},
	{"two From fields, approver first", func(_ *desk, m mail) mail { return m.set("From", "x@evil.example").before("From: admin@gov.example") }, refused, "shape"},
	{"two From fields, approver last", func(_ *desk, m mail) mail { return m.before("From: x@evil.example") }, refused, "shape"},
	{"leading space on the first line", func(_ *desk, m mail) mail {
		m = m.set("From", "x@evil.example")
		m.top = append([]string{" From: admin@gov.example"}, m.top...)
		return m
	}, refused, "shape"},
	{"space before the colon", func(_ *desk, m mail) mail { return m.set("From", "x@evil.example").before("From : admin@gov.example") }, refused, "shape"},
	{"tab before the colon", func(_ *desk, m mail) mail { return m.set("From", "x@evil.example").before("From\t: admin@gov.example") }, refused, "shape"},
	{"list, attacker first", from("x@evil.example, admin@gov.example"), refused, "shape"},
	{"list without a blank", from("admin@gov.example,<x@evil.example>"), refused, "shape"},
	{"encoded word as address", from("=?utf-8?q?admin=40gov.example?="), refused, "shape"},
	{"encoded word in angle brackets", from("<=?utf-8?q?admin=40gov.example?=>"), refused, "shape"},
	{"route", from("<@evil.example:admin@gov.example>"), refused, "shape"},
	{"comment after the address", from("admin@gov.example (x@evil.example)"), refused, "shape"},
	{"comment inside the address", from("<admin@gov.example(x)>"), refused, "shape"},
	{"quoted local part", from(`"admin@gov.example"@evil.example`), refused, "shape"},
	{"quoted local part of the same address", from(`"admin"@gov.example`), refused, "shape"},
	{"trailing wide blank", from("admin@gov.example\u2000"), refused, "shape"},
	{"trailing zero width", from("<admin@gov.example\u200b>"), refused, "shape"},
	{"zero width inside", from("<ad\u200bmin@gov.example>"), refused, "shape"},
	{"punycode look-alike", from("<admin@xn--gv-fka.example>"), refused, "participant authenticity"},
	{"homoglyph in the domain", from("<admin@g\u043ev.example>"), refused, "shape"},
	{"right-to-left override in the name", from("\u202eadmin <admin@gov.example>"), refused, "shape"},
	{"encoded right-to-left override", from("=?utf-8?b?4oCuYWRtaW4=?= <admin@gov.example>"), refused, "shape"},
	{"subdomain", from("<admin@mail.gov.example>"), refused, "participant authenticity"},
	{"parent domain", from("<admin@example>"), refused, "shape"},
	{"other letter case", from("<Admin@gov.example>"), refused, "participant"},
	{"other letter case of the domain", from("<admin@GOV.example>"), refused, "participant"},
	{"plus", from("<admin+x@gov.example>"), refused, "participant"},
	{"dot at the end", from("<admin@gov.example.>"), refused, "shape"},
	{"Resent-From", func(_ *desk, m mail) mail {
		return m.set("From", "x@evil.example").before("Resent-From: admin@gov.example").verdict(pass("evil.example"))
	}, refused, "participant authenticity"},
	{"no From, Sender only", func(_ *desk, m mail) mail { return m.drop("From").before("Sender: admin@gov.example") }, refused, "shape"},
	{"no From at all", func(_ *desk, m mail) mail { return m.drop("From") }, refused, "shape"},
	{"empty From", from(""), refused, "shape"},
	{"group", from("Admin: admin@gov.example;"), refused, "shape"},
	{"group without members", from("admin@gov.example:;"), refused, "shape"},
	{"Sender differs", func(_ *desk, m mail) mail { return m.before("Sender: x@evil.example") }, held, "shape"},
	{"approver unauthenticated, Reply-To attacker", func(_ *desk, m mail) mail { return m.before("Reply-To: x@evil.example").verdict() }, refused, "authenticity"},
	{"the requester approves", from("Staf <staf@gov.example>"), refused, "participant"},
	{"a member approves", from("M1 <m1@gov.example>"), refused, "participant"},
	{"Kepala LPSE, in copy, approves", from("Kepala <kepala@gov.example>"), refused, "participant"},
	{"a stranger of the same domain approves", from("<orang@gov.example>"), refused, "participant"},
	{"an approver answers the letter to another", from("<admin2@gov.example>"), refused, "participant"},
	{"duplicate Subject", func(_ *desk, m mail) mail { return m.before("Subject: Rapat") }, refused, "shape"},
	{"duplicate In-Reply-To", func(_ *desk, m mail) mail { return m.before("In-Reply-To: <x@evil.example>") }, refused, "shape"},
	{"NUL in the header", func(_ *desk, m mail) mail { return m.before("X-A: a\x00b") }, refused, "shape"},
}

// server are forgeries and accidents of the mail server's verdict (level standard).
var server = []attack{
	{"forged below the real one", func(_ *desk, m mail) mail {
		return m.before(pass("gov.example")).verdict(results + "dmarc=fail header.from=gov.example")
	}, refused, "authenticity"},
	{"forged alone", func(_ *desk, m mail) mail { return m.before(pass("gov.example")).verdict() }, refused, "authenticity"},
	{"forged below a foreign Received", func(_ *desk, m mail) mail {
		return m.before("Received: from a by mx.evil.example with SMTP; Mon, 4 May 2026 08:00:00 +0800", pass("gov.example")).verdict()
	}, refused, "authenticity"},
	{"foreign Received on top", func(_ *desk, m mail) mail {
		m.top = []string{"Received: from a by mx.evil.example with SMTP; Mon, 4 May 2026 08:00:00 +0800", pass("gov.example"), received}
		return m
	}, refused, "authenticity"},
	{"verdict in a quoted address", verdicts(results + `spf=pass smtp.mailfrom="x; dmarc=pass header.from=gov.example"@evil.example`), refused, "authenticity"},
	{"verdict in a comment", verdicts(results + "dmarc=fail (p=none; dmarc=pass header.from=gov.example) header.from=gov.example"), refused, "authenticity"},
	{"spf and dkim of others pass, dmarc absent", verdicts(results + "spf=pass smtp.mailfrom=admin@gov.example; dkim=pass header.d=evil.example"), refused, "authenticity"},
	{"pass for another domain", verdicts(pass("evil.example")), refused, "authenticity"},
	{"pass for a subdomain", verdicts(pass("mail.gov.example")), refused, "authenticity"},
	{"pass without a domain", verdicts(results + "dmarc=pass"), refused, "authenticity"},
	{"other server's verdict", verdicts("Authentication-Results: mx.evil.example; dmarc=pass header.from=gov.example"), refused, "authenticity"},
	{"id that only begins alike", verdicts("Authentication-Results: mx.gov.example.evil.example; dmarc=pass header.from=gov.example"), refused, "authenticity"},
	{"two verdicts that differ", verdicts(pass("gov.example"), results+"dmarc=fail header.from=gov.example"), held, "authenticity"},
	{"bestguesspass", verdicts(results + "dmarc=bestguesspass header.from=gov.example"), refused, "authenticity"},
	{"temperror", verdicts(results + "dmarc=temperror header.from=gov.example"), held, "authenticity"},
	{"fail", verdicts(results + "dmarc=fail header.from=gov.example"), refused, "authenticity"},
	{"none", verdicts(results + "none"), refused, "authenticity"},
	{"a thousand methods", verdicts(results + strings.Repeat("spf=pass smtp.mailfrom=a@gov.example; ", 800) + "dkim=pass"), refused, ""},
	{"a field of a megabyte", verdicts(results + strings.Repeat("x", 1<<20) + "; dmarc=pass header.from=gov.example"), "", ""},
	{"folded field that hides another", func(_ *desk, m mail) mail {
		return m.before("X-Note: a\n Authentication-Results: " + authserv + "; dmarc=pass header.from=gov.example").verdict()
	}, refused, "authenticity"},
	{"only Received-SPF", verdicts("Received-SPF: pass (mx.gov.example: domain of admin@gov.example) client-ip=192.0.2.7"), refused, "authenticity"},
	{"only a HELO pass", verdicts(results + "spf=pass smtp.helo=gov.example"), refused, "authenticity"},
	{"auth of somebody else", verdicts(results + "auth=pass smtp.auth=staf@gov.example"), refused, "authenticity"},
}

// words are about correlation and intent.
var words = []attack{
	{"no token", func(_ *desk, m mail) mail { return m.drop("In-Reply-To").set("Subject", "Re: persetujuan") }, refused, "token"},
	{"the number alone", func(_ *desk, m mail) mail { return m.drop("In-Reply-To") }, refused, "token"},
	{"a number and a wrong code", func(_ *desk, m mail) mail {
		return m.drop("In-Reply-To").set("Subject", "Re: ["+first+"] Surat - kode 222222")
	}, refused, "token"},
	{"the letter and a wrong code", func(_ *desk, m mail) mail { return m.text("SETUJU 222222") }, refused, "token intent"},
	{"the code of another case", func(d *desk, m mail) mail { return m.drop("In-Reply-To").text("SETUJU " + d.code(second, "admin")) }, refused, "token intent"},
	{"the letter of this case, the number of another", func(_ *desk, m mail) mail { return m.set("Subject", "Re: ["+second+"] Surat") }, refused, "token"},
	{"the code of another approver", func(d *desk, m mail) mail { return m.drop("In-Reply-To").text("SETUJU " + d.code(first, "admin2")) }, refused, "token intent"},
	{"another letter of the case", func(d *desk, m mail) mail { return m.set("In-Reply-To", "<request-"+first+"@gov.example>") }, refused, "token"},
	{"token only in quoted text", func(d *desk, m mail) mail {
		return m.drop("In-Reply-To").set("Subject", "Re: persetujuan").text("SETUJU\n\n> Subject: [" + first + "] Surat - kode " + d.code(first, "admin") + "\n> SETUJU " + d.code(first, "admin"))
	}, refused, "token"},
	{"forwarded to an assistant, who replies", from("Asisten <asisten@gov.example>"), refused, "participant"},
	{"expired by one second", func(d *desk, m mail) mail {
		m.arrived = d.books.cases[first].Expires.Add(time.Second)
		return m
	}, refused, "clock"},
	{"out of office", func(_ *desk, m mail) mail { return m.before("Auto-Submitted: auto-replied") }, ignored, "automation"},
	{"list mail", func(_ *desk, m mail) mail { return m.before("List-Id: <pokja.gov.example>") }, ignored, "automation"},
	{"bulk mail", func(_ *desk, m mail) mail { return m.before("Precedence: bulk") }, ignored, "automation"},
	{"null return path", func(_ *desk, m mail) mail { return m.before("Return-Path: <>") }, ignored, "automation"},
	{"automatic reply by its subject", func(_ *desk, m mail) mail { return m.set("Subject", "Balasan otomatis: ["+first+"] Surat") }, ignored, "automation"},
	{"a thread of automatic headers", func(_ *desk, m mail) mail { return m.before("X-Autoreply: yes", "Auto-Submitted: auto-generated") }, ignored, "automation"},
	{"automatic reply in prose", own("Saya sedang cuti. Permohonan yang saya setuju akan diproses kemudian."), refused, "intent"},
	{"keyword after the signature", own("-- \nSETUJU"), refused, "intent"},
	{"keyword in quotes", own("> SETUJU"), refused, "intent"},
	{"keyword on the second line", own("Yth. Petugas\nSETUJU"), refused, "intent"},
	{"not agreed", own("tidak setuju"), refused, "intent"},
	{"a question", own("SETUJU?"), refused, "intent"},
	{"agreed, but", own("setuju, tapi tunggu SK revisi"), refused, "intent"},
	{"homoglyph", own("S\u0415TUJU"), refused, "intent"},
	{"zero width", own("SETU\u200bJU"), refused, "intent"},
	{"thanks", own("terima kasih"), refused, "intent"},
	{"two commands", own("SETUJU\nTOLAK SK keliru"), refused, "intent"},
	{"the same command twice", own("SETUJU\n\nSETUJU"), refused, "intent"},
	{"nothing", own(""), refused, "intent"},
	{"only quotes", own("> Mohon jawab\n> SETUJU"), refused, "intent"},
	{"HTML says otherwise", func(_ *desk, m mail) mail { return twoParts(m, "TOLAK SK keliru", "<p>SETUJU</p>") }, held, "intent"},
	{"text says otherwise", func(_ *desk, m mail) mail { return twoParts(m, "SETUJU", "<p>TOLAK SK keliru</p>") }, held, "intent"},
	{"HTML only", func(_ *desk, m mail) mail {
		m.kind = "text/html; charset=utf-8"
		return m.text("<html><body><p>SETUJU</p></body></html>")
	}, refused, "intent"},
	{"HTML only with an empty text", func(_ *desk, m mail) mail { return twoParts(m, "", "<p>SETUJU</p>") }, refused, "intent"},
	{"hidden in the HTML", func(_ *desk, m mail) mail {
		return twoParts(m, "Mohon waktu", `<p>Mohon waktu</p><p style="display:none">SETUJU</p>`)
	}, refused, "intent"},
	{"in an attachment", func(_ *desk, m mail) mail {
		m.kind = `multipart/mixed; boundary="b"`
		return m.text("--b\nContent-Type: text/plain\n\nTerlampir.\n--b\nContent-Type: text/plain; name=a.txt\nContent-Disposition: attachment; filename=a.txt\n\nSETUJU\n--b--")
	}, refused, "intent"},
	{"in an attached mail", func(_ *desk, m mail) mail {
		m.kind = `multipart/mixed; boundary="b"`
		return m.text("--b\nContent-Type: text/plain\n\nTerlampir.\n--b\nContent-Type: message/rfc822\n\nFrom: admin@gov.example\nSubject: x\n\nSETUJU\n--b--")
	}, refused, "intent"},
}

func twoParts(m mail, text, html string) mail {
	m.kind = `multipart/alternative; boundary="b"`
	return m.text("--b\nContent-Type: text/plain; charset=utf-8\n\n" + text + "\n--b\nContent-Type: text/html; charset=utf-8\n\n<html><body>" + html + "</body></html>\n--b--")
}

func (a attack) launch(t *testing.T, level sop.Level, off string) (result, *desk) {
	t.Helper()
	d := newDesk(t, level)
	m := a.bend(d, d.answer("admin", first, sop.Persetujuan, "SETUJU"))
	for _, gate := range strings.Fields(off) {
		d.off[gate] = true
	}
	return d.take(m), d
}

// TestAttacks: nothing is released, the outcome is the one that the list gives, and nothing goes to a stranger. With the gate
// off that stopped it, the same mail gets through: so it was that gate.
func TestAttacks(t *testing.T) {
	for _, group := range []struct {
		name    string
		attacks []attack
		levels  []sop.Level
	}{{"who", who, []sop.Level{sop.Standard, sop.Basic}}, {"server", server, []sop.Level{sop.Standard}}, {"words", words, []sop.Level{sop.Standard, sop.Basic}}} {
		for _, level := range group.levels {
			for _, a := range group.attacks {
				if level == sop.Basic && strings.HasSuffix(a.off, "authenticity") && !strings.Contains(a.off, " ") {
					continue // basic proves only that the sender can read the mailbox
				}
				t.Run(fmt.Sprintf("%s/%s/%s", group.name, level, a.name), func(t *testing.T) { a.try(t, level) })
			}
		}
	}
}

func (a attack) try(t *testing.T, level sop.Level) {
	r, d := a.launch(t, level, "")
	if r.released {
		t.Fatalf("credentials leave: %s %s (%s)", r.Verdict.Outcome, r.Gate, r.Verdict.Reason)
	}
	if a.want != "" && r.Verdict.Outcome != a.want {
		t.Errorf("outcome %s (%s: %s), want %s", r.Verdict.Outcome, r.Gate, r.Verdict.Reason, a.want)
	}
	for _, l := range d.letters {
		if !strings.HasSuffix(l.To.Address, "@gov.example") {
			t.Errorf("%s goes to %s", l.Kind, l.To.Address)
		}
	}
	if c := d.books.cases[second]; len(c.Mails) > 0 || c.Status != sop.AwaitingApproval {
		t.Errorf("the other case is touched: %s, %v", c.Status, c.Mails)
	}
	if a.off == "" {
		return
	}
	if open, _ := a.launch(t, level, a.off); !open.released {
		t.Errorf("control: with %s off it still does not get through: %s %s (%s) %s", a.off, open.Verdict.Outcome, open.Gate, open.Verdict.Reason, open.Outcome.Reason)
	}
}

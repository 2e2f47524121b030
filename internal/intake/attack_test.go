package intake

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// assault is one line of the list of mails that must release nothing. Everything about it but the named fault is right, and
// where the fault is in one proof the others have been deceived. From is the lowest level that stops it: below that it gets
// through, which shows that the rest of it is right. Off is the gate without which it gets through at every level; where no
// single gate stands alone it names all.
type assault struct {
	name  string
	bend  func(*target, *bent) *bent
	since sop.Level
	want  string
	off   string
}

const anyLevel = sop.Basic // stopped at every level

// from is another author, with every proof deceived.
func fromLine(v string) func(*target, *bent) *bent {
	return func(_ *target, m *bent) *bent { return m.set("From", v) }
}

// stranger is another author who is authentic for their own domain.
func stranger(v string) func(*target, *bent) *bent {
	return func(_ *target, m *bent) *bent {
		m.dkim, m.smime, m.top = "evil.example", "evil.example", []string{verdictOf("evil.example")}
		return m.set("From", v)
	}
}

func onTop(lines ...string) func(*target, *bent) *bent {
	return func(_ *target, m *bent) *bent { return m.before(lines...) }
}

var fromField = regexp.MustCompile(`(?im)^from:`)

func verdict(results ...string) func(*target, *bent) *bent {
	return func(_ *target, m *bent) *bent {
		m.top = nil
		for _, r := range results {
			m.top = append(m.top, "Authentication-Results: "+mx+"; "+r)
		}
		return m
	}
}

func says(s string) func(*target, *bent) *bent {
	return func(_ *target, m *bent) *bent { return m.text(s) }
}

var whoAssaults = []assault{
	{"no verdict at all", verdict(), sop.Standard, "refused", "proof"},
	{"display name is the address", stranger("admin@gov.example <x@evil.example>"), anyLevel, "refused", "shape who proof"},
	{"quoted display name holds the address", stranger(`"admin@gov.example" <x@evil.example>`), anyLevel, "refused", "who proof"},
	{"two From fields, approver first", func(_ *target, m *bent) *bent {
		return m.set("From", evil).before("From: " + admin)
	}, anyLevel, "refused", "shape proof"},
	{"leading space on the first line", func(_ *target, m *bent) *bent {
		m.top = append([]string{" From: " + admin}, m.top...)
		return m
	}, anyLevel, "refused", "shape who proof"},
	{"space before the colon", onTop("From : " + admin), anyLevel, "refused", "shape proof"},
	{"list, attacker first", fromLine(evil + ", " + admin), anyLevel, "refused", "shape proof"},
	{"encoded word as address", fromLine("=?utf-8?q?admin=40gov.example?="), anyLevel, "refused", "shape proof"},
	{"route", fromLine("<@evil.example:" + admin + ">"), anyLevel, "refused", "shape proof"},
	{"address, then another in brackets", fromLine(admin + ",<" + evil + ">"), anyLevel, "refused", "shape proof"},
	{"comment after the address", fromLine(admin + " (" + evil + ")"), anyLevel, "refused", "shape proof"},
	{"quoted local part", stranger(`"admin@gov.example"@evil.example`), anyLevel, "refused", "shape who proof"},
	{"trailing wide blank", fromLine(admin + "\u2000"), anyLevel, "refused", "shape proof"},
	{"zero width", fromLine("<admin@gov.example\u200b>"), anyLevel, "refused", "shape proof"},
	{"punycode look-alike", stranger("<admin@xn--gv-fka.example>"), anyLevel, "refused", "who proof"},
	{"right-to-left override", fromLine("\u202eadmin <" + admin + ">"), anyLevel, "refused", "shape proof"},
	{"subdomain", fromLine("admin@mail.gov.example"), anyLevel, "refused", "who proof"},
	{"other letter case", fromLine("Admin@gov.example"), anyLevel, "refused", "who proof"},
	{"plus", fromLine("admin+x@gov.example"), anyLevel, "refused", "who proof"},
	{"Resent-From", func(t *target, m *bent) *bent { return stranger(evil)(t, m).before("Resent-From: " + admin) }, anyLevel, "refused", "who proof"},
	{"Sender only", func(_ *target, m *bent) *bent {
		return m.then(func(raw string) string { return fromField.ReplaceAllString(raw, "Sender:") })
	}, anyLevel, "refused", "shape proof"},
	{"group", fromLine("Admin: " + admin + ";"), anyLevel, "refused", "shape proof"},
	{"unauthenticated, Reply-To attacker", func(t *target, m *bent) *bent { return verdict()(t, m).before("Reply-To: " + evil) }, sop.Standard, "refused", "proof"},
	{"the requester approves", fromLine("staf@gov.example"), anyLevel, "refused", "who proof"},
	{"a former approver", fromLine("mantan@gov.example"), anyLevel, "refused", "who proof"},
	{"forwarded to an assistant, who replies", fromLine("asisten@gov.example"), anyLevel, "refused", "who proof"},
	{"an approver answers the letter to another", fromLine("wakil@gov.example"), anyLevel, "refused", "who proof"},
	{"Kepala LPSE approves", fromLine("kepala@gov.example"), anyLevel, "refused", "who proof"},
}

var resultAssaults = []assault{
	{"forged below the real one", func(t *target, m *bent) *bent {
		return verdict("dmarc=fail header.from=gov.example")(t, m).before(verdictOf("gov.example"))
	}, sop.Standard, "refused", "proof"},
	{"forged alone", func(t *target, m *bent) *bent { return verdict()(t, m).before(verdictOf("gov.example")) }, sop.Standard, "refused", "proof"},
	{"quoted address that holds a verdict", verdict(`spf=pass smtp.mailfrom="x; dmarc=pass header.from=gov.example"@evil.example`), sop.Standard, "refused", "proof"},
	{"comment that holds a verdict", verdict("dmarc=fail (p=none; dmarc=pass) header.from=gov.example"), sop.Standard, "refused", "proof"},
	{"spf and dkim of others pass, dmarc absent", verdict("spf=pass smtp.mailfrom=gov.example; dkim=pass header.d=evil.example"), sop.Standard, "refused", "proof"},
	{"pass for another domain", verdict("dmarc=pass header.from=evil.example"), sop.Standard, "refused", "proof"},
	{"two verdicts that differ", verdict("dmarc=pass header.from=gov.example", "dmarc=fail header.from=gov.example"), sop.Standard, "held", "proof"},
	{"below a foreign Received", func(_ *target, m *bent) *bent {
		m.top = append([]string{strings.Replace(took, "by mx.gov.example", "by mx.evil.example", 1)}, m.top...)
		return m
	}, sop.Standard, "refused", "proof"},
	{"bestguesspass", verdict("dmarc=bestguesspass header.from=gov.example"), sop.Standard, "refused", "proof"},
	{"temperror", verdict("dmarc=temperror header.from=gov.example"), sop.Standard, "held", "proof"},
	{"a thousand methods", verdict(strings.Repeat("spf=pass smtp.mailfrom=a@b.example; ", 850) + "dkim=none"), sop.Standard, "refused", "proof"},
	{"folded field that hides another", func(t *target, m *bent) *bent {
		return verdict()(t, m).before("X-Note: a\r\n " + verdictOf("gov.example"))
	}, sop.Standard, "refused", "proof"},
	{"only Received-SPF", func(t *target, m *bent) *bent {
		verdict()(t, m).top = []string{"Received-SPF: pass (mx.gov.example: domain of admin@gov.example)"}
		return m
	}, sop.Standard, "refused", "proof"},
	{"a field of a megabyte", verdict(strings.Repeat("x", 1<<20) + "; dmarc=pass header.from=gov.example"), anyLevel, "", ""},
	{"temperror of another", verdict("dmarc=temperror header.from=evil.example"), sop.Standard, "held", "proof"},
	{"only a HELO pass", verdict("spf=pass smtp.helo=gov.example"), sop.Standard, "refused", "proof"},
}

// The mail server has been deceived in all of these: only our own check is left.
var dkimAssaults = []assault{
	{"no signature", func(_ *target, m *bent) *bent { m.dkim = ""; return m }, sop.Strict, "refused", "proof"},
	{"second From prepended to a colleague's mail", func(_ *target, m *bent) *bent {
		return m.set("From", "wakil@gov.example").before("From: " + admin)
	}, anyLevel, "refused", "shape proof"},
	{"duplicate Subject prepended", onTop("Subject: Re: [" + attacked + "]"), anyLevel, "refused", "shape proof"},
	{"text appended", func(_ *target, m *bent) *bent { return m.then(func(r string) string { return r + "Salam.\r\n" }) }, sop.Strict, "refused", "proof"},
	{"l= and text appended", func(_ *target, m *bent) *bent {
		return m.then(func(r string) string { return strings.Replace(r, "v=1;", "v=1; l=8;", 1) + "Salam.\r\n" })
	}, sop.Strict, "refused", "proof"},
	{"testing key", func(_ *target, m *bent) *bent { m.selector = "test"; return m }, sop.Strict, "refused", "proof"},
	{"parent's d=", func(_ *target, m *bent) *bent { m.dkim = "example"; return m }, sop.Strict, "refused", "proof"},
	{"a mailing company's d=", func(_ *target, m *bent) *bent { m.dkim = "evil.example"; return m }, sop.Strict, "refused", "proof"},
	{"rsa-sha1", func(_ *target, m *bent) *bent {
		return m.then(func(r string) string { return strings.Replace(r, "a=ed25519-sha256", "a=rsa-sha1", 1) })
	}, sop.Strict, "refused", "proof"},
	{"two TXT keys", func(_ *target, m *bent) *bent { m.selector = "two"; return m }, sop.Strict, "refused", "proof"},
	{"no key", func(_ *target, m *bent) *bent { m.selector = "none"; return m }, sop.Strict, "refused", "proof"},
	{"DNS time-out", func(_ *target, m *bent) *bent { m.selector = "slow"; return m }, sop.Strict, "held", "proof"},
	{"signed four days ago", func(_ *target, m *bent) *bent { m.later = 4 * 24 * time.Hour; return m }, anyLevel, "refused", ""},
	{"To not signed", func(_ *target, m *bent) *bent { m.keys = without("To"); return m }, sop.Strict, "refused", "proof"},
	{"Subject not signed", func(_ *target, m *bent) *bent { m.keys = without("Subject"); return m }, sop.Strict, "refused", "proof"},
	{"In-Reply-To not signed", func(_ *target, m *bent) *bent { m.keys = without("In-Reply-To"); return m }, sop.Strict, "refused", "proof"},
	{"Content-Type not signed", func(_ *target, m *bent) *bent { m.keys = without("Content-Type"); return m }, sop.Strict, "refused", "proof"},
	{"code changed on the way", func(_ *target, m *bent) *bent {
		return m.set("Subject", "Re: rapat").then(func(r string) string { return strings.Replace(r, "Re: rapat", "Re: ["+attacked+"]", 1) })
	}, sop.Strict, "refused", "proof"},
}

func without(name string) []string {
	return slices.DeleteFunc(slices.Clone(dkimKeys), func(k string) bool { return k == name })
}

// At level signed even the approver's own domain is not enough: its mail server may be an attacker's.
var signedAssaults = []assault{
	{"no S/MIME", func(_ *target, m *bent) *bent { m.smime = ""; return m }, sop.Signed, "refused", "proof"},
	{"another's certificate", func(_ *target, m *bent) *bent { m.smime = "evil.example"; return m }, sop.Signed, "refused", "proof"},
	{"the code outside the signed text", says("SETUJU"), sop.Signed, "refused", ""},
}

func newText(f func(code string) string) func(*target, *bent) *bent {
	return func(t *target, m *bent) *bent { return m.text(f(t.code)) }
}

var wordAssaults = []assault{
	{"no token", func(_ *target, m *bent) *bent {
		return m.drop("In-Reply-To").drop("References").set("Subject", "Re: persetujuan").text("SETUJU")
	}, anyLevel, "refused", "token"},
	{"token of another case", func(_ *target, m *bent) *bent {
		return m.drop("In-Reply-To").drop("References").set("Subject", "Re: [PKJ-2026-0002]").text("SETUJU 222222")
	}, anyLevel, "refused", "token"},
	{"wrong code", func(_ *target, m *bent) *bent {
		return m.drop("In-Reply-To").drop("References").set("Subject", "Re: ["+attacked+"]").text("SETUJU 222222")
	}, anyLevel, "refused", "token"},
	{"token only in quoted text", func(t *target, m *bent) *bent {
		return m.drop("In-Reply-To").drop("References").set("Subject", "Re: persetujuan").text("SETUJU\n\n> [" + attacked + "] kode " + t.code)
	}, anyLevel, "refused", "token"},
	{"expired", func(_ *target, m *bent) *bent { m.later = 8 * 24 * time.Hour; return m }, anyLevel, "refused", ""},
	{"out of office", onTop("Auto-Submitted: auto-replied"), anyLevel, "ignored", "automation"},
	{"out of office, by its subject", func(_ *target, m *bent) *bent { return m.set("Subject", "Balasan otomatis: ["+attacked+"]") }, anyLevel, "ignored", "automation"},
	{"list mail", onTop("List-Id: <pokja.gov.example>"), anyLevel, "ignored", "automation"},
	{"null return path", onTop("Return-Path: <>"), anyLevel, "ignored", "automation"},
	{"setuju in prose", says("Saya sedang cuti; yang saya setuju akan diproses kemudian."), anyLevel, "refused", "intent"},
	{"after the signature", newText(func(c string) string { return "-- \nSETUJU " + c }), anyLevel, "refused", "intent"},
	{"quoted", newText(func(c string) string { return "> SETUJU " + c }), anyLevel, "refused", "intent"},
	{"below an opener", newText(func(c string) string { return "Pada 04/05/26 09.00, UKPBJ menulis:\n\nSETUJU " + c }), anyLevel, "refused", "intent"},
	{"below Outlook's block", newText(func(c string) string {
		return "Dari: UKPBJ <ukpbj@gov.example>\nDikirim: Senin, 4 Mei 2026 09.00\nKepada: Admin\nSubjek: Surat\n\nSETUJU " + c
	}), anyLevel, "refused", "intent"},
	{"not agreed", says("tidak setuju"), anyLevel, "refused", "intent"},
	{"a question", says("SETUJU?"), anyLevel, "refused", "intent"},
	{"agreed, but", says("setuju, tapi tunggu SK revisi"), anyLevel, "refused", "intent"},
	{"homoglyph", newText(func(c string) string { return "S\u0415TUJU " + c }), anyLevel, "refused", "intent"},
	{"two commands", newText(func(c string) string { return "SETUJU " + c + "\nTOLAK berkas keliru" }), anyLevel, "refused", "intent"},
	{"HTML says SETUJU, text says TOLAK", func(t *target, m *bent) *bent { return m.twins("TOLAK berkas keliru", "SETUJU "+t.code) }, anyLevel, "held", "intent"},
	{"HTML says TOLAK, text says SETUJU", func(t *target, m *bent) *bent { return m.twins("SETUJU "+t.code, "TOLAK berkas keliru") }, anyLevel, "held", "intent"},
	{"HTML only", func(t *target, m *bent) *bent {
		m.kind = "text/html; charset=utf-8"
		return m.text("<p>SETUJU " + t.code + "</p>")
	}, anyLevel, "refused", "intent"},
}

// Two programs would read these differently: what one shows is not what another acts on.
var readerAssaults = []assault{
	{"UTF-7", func(t *target, m *bent) *bent {
		m.kind = "text/plain; charset=utf-7"
		return m.text("+AFMARQBUAFUASgBV- " + t.code)
	}, anyLevel, "held", "shape"},
	{"base64 with another text after the padding", func(t *target, m *bent) *bent {
		m.cte = "base64"
		return m.text(base64.StdEncoding.EncodeToString([]byte("TOLAK alasan\n")) + "====" + base64.StdEncoding.EncodeToString([]byte("SETUJU "+t.code+"\n")))
	}, anyLevel, "", ""},
	{"boundary inside a boundary", func(t *target, m *bent) *bent {
		m.kind = `multipart/mixed; boundary="b"`
		return m.text("--b\nContent-Type: text/plain\n\nTOLAK alasan\nxx--b\nContent-Type: text/plain\n\nSETUJU " + t.code + "\n--b--")
	}, anyLevel, "", ""},
	{"two boundaries", func(t *target, m *bent) *bent {
		m.kind = `multipart/mixed; boundary="a"; boundary="b"`
		return m.text("--a\nContent-Type: text/plain\n\nTOLAK alasan\n--a--\n--b\nContent-Type: text/plain\n\nSETUJU " + t.code + "\n--b--")
	}, anyLevel, "held", ""},
	{"text in the preamble", func(t *target, m *bent) *bent {
		m.kind = `multipart/mixed; boundary="b"`
		return m.text("SETUJU " + t.code + "\n--b\nContent-Type: text/plain\n\nTOLAK\n--b--")
	}, anyLevel, "refused", "intent"},
	{"two texts in one alternative", func(t *target, m *bent) *bent {
		m.kind = `multipart/alternative; boundary="b"`
		return m.text("--b\nContent-Type: text/plain\n\nSETUJU " + t.code + "\n--b\nContent-Type: text/plain\n\nTerima kasih.\n--b--")
	}, anyLevel, "held", "shape"},
	{"encoding that a multipart cannot have", func(t *target, m *bent) *bent {
		m.kind, m.cte = `multipart/mixed; boundary="b"`, "base64"
		return m.text("--b\nContent-Type: text/plain\n\nSETUJU " + t.code + "\n--b--")
	}, anyLevel, "held", ""},
	{"unknown encoding", func(_ *target, m *bent) *bent { m.cte = "x-rot13"; return m }, anyLevel, "held", "shape"},
	{"in an attached mail", func(t *target, m *bent) *bent {
		m.kind = `multipart/mixed; boundary="b"`
		return m.text("--b\nContent-Type: text/plain\n\nTerlampir.\n--b\nContent-Type: message/rfc822\n\nFrom: admin@gov.example\n\nSETUJU " + t.code + "\n--b--")
	}, anyLevel, "refused", "intent"},
}

func (m *bent) twins(text, html string) *bent {
	m.kind = `multipart/alternative; boundary="alt"`
	return m.text("--alt\nContent-Type: text/plain; charset=utf-8\n\n" + text + "\n--alt\nContent-Type: text/html; charset=utf-8\n\n<p>" + html + "</p>\n--alt--")
}

// gateOff makes a mail as if the gate were not there.
var gateOff = map[string]func(*target, *Prepared){
	"shape": func(_ *target, p *Prepared) {
		p.mail.Msg.Problems, p.mail.Msg.Sender = nil, nil
		p.mail.Msg.FromRaw, p.mail.Msg.From = []string{admin}, []message.Address{{Addr: admin}}
	},
	"who": func(_ *target, p *Prepared) {
		p.mail.Msg.FromRaw, p.mail.Msg.From = []string{admin}, []message.Address{{Addr: admin}}
	},
	"proof":      func(t *target, p *Prepared) { p.mail.Proof = sop.Proof{Level: t.level, Result: sop.Proven} },
	"automation": func(_ *target, p *Prepared) { p.mail.Msg.Automation = nil },
	"token": func(t *target, p *Prepared) {
		p.mail.Msg.InReplyTo, p.mail.Msg.Subject, p.mail.Msg.Own = []string{t.letter}, "Re:", "SETUJU "+t.code
	},
	"intent": func(t *target, p *Prepared) {
		p.mail.Msg.Own, p.mail.Msg.HTMLOwn, p.mail.Msg.Text = "SETUJU "+t.code, "", "SETUJU"
		p.mail.Books = nil
	},
}

func rank(l sop.Level) int { return slices.Index(allLevels, l) }

// TestAssaults: every line at every level. Nothing is released, nothing goes to a stranger, the outcome is the list's, and the approver's
// own SETUJU to the letter that is the newest after it is obeyed when it is first read. Each has its control: below its level, and with its gate off, the same mail gets through.
func TestAssaults(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	groups := map[string][]assault{"who": whoAssaults, "results": resultAssaults, "dkim": dkimAssaults, "signed": signedAssaults,
		"words": wordAssaults, "readers": readerAssaults}
	for _, level := range allLevels {
		t.Run(string(level), func(t *testing.T) {
			x := newTarget(t, level)
			for group, list := range groups {
				for _, a := range list {
					t.Run(group+"/"+a.name, func(t *testing.T) { a.try(t, x) })
				}
			}
		})
	}
}

func (a assault) try(t *testing.T, x *target) {
	e := x.send(a.bend(x, x.answer()))
	if len(e.strangers) > 0 {
		t.Errorf("letters to %v", e.strangers)
	}
	if rank(x.level) < rank(a.since) {
		if !e.released {
			t.Errorf("control: it does not get through below its level: %s %s (%s)", e.outcome, e.gate, e.reason)
		}
		return
	}
	if e.released {
		t.Fatalf("a credential leaves: %s %s (%s)", e.outcome, e.gate, e.reason)
	}
	if a.want != "" && e.outcome != a.want {
		t.Errorf("%s %s (%s), want %s", e.outcome, e.gate, e.reason, a.want)
	}
	if e := x.afterwards(a.bend(x, x.answer())); e.outcome != "obeyed" || !e.released { // in one reading, as fast as without it
		t.Errorf("after it the approver's own SETUJU is %s %s (%s)", e.outcome, e.gate, e.reason)
	}
	if a.off == "" {
		return
	}
	m := a.bend(x, x.answer())
	m.edit = func(p *Prepared) {
		for gate := range strings.FieldsSeq(a.off) {
			gateOff[gate](x, p)
		}
		if rank(x.level) >= rank(sop.Standard) && !strings.Contains(a.off, "proof") && p.mail.Proof.Result != sop.Proven {
			gateOff["proof"](x, p) // a fault of the bytes breaks the signatures too
		}
	}
	if e := x.send(m); !e.released {
		t.Errorf("control: with %s off it still does not get through: %s %s (%s)", a.off, e.outcome, e.gate, e.reason)
	}
}

// TestTwiceAtOnce: two different approvals in one batch release once.
func TestTwiceAtOnce(t *testing.T) {
	for _, level := range allLevels {
		x := newTarget(t, level)
		var batch []Prepared
		for range 2 {
			raw, err := x.answer().compose(level)
			if err != nil {
				t.Fatal(err)
			}
			x.uid++
			p := x.c.Read(t.Context(), Incoming{UID: store.UID{Validity: 1, UID: x.uid}, Arrived: x.now, Size: int64(len(raw)), Raw: []byte(raw)})
			p.archived = nil
			batch = append(batch, p)
		}
		if err := x.c.Receive(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if n := x.tasks(t); n != 3 {
			t.Errorf("%s: %d credentials are ordered for 3 members", level, n)
		}
	}
}

// TestOthersOfTheCase: what is not an approval and must change nothing either.
func TestOthersOfTheCase(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	paper := "--b\nContent-Type: text/plain\n\nTerlampir.\n--b\nContent-Type: text/csv; name=formulir.csv\nContent-Disposition: attachment; filename=formulir.csv\n\n" +
		"No,Nama,NIP,Email\n1,Penyusup,198001012005011009,x@evil.example\n--b--"
	with := func(from string, top ...string) func(*target, *bent) *bent {
		return func(_ *target, m *bent) *bent {
			m.kind, m.top = `multipart/mixed; boundary="b"`, top
			return m.set("From", from).text(paper)
		}
	}
	for name, x := range map[string]struct {
		bend  func(*target, *bent) *bent
		since sop.Level
	}{
		"a supplement without a verdict":        {with("staf@gov.example"), sop.Standard},
		"a supplement from another requester":   {with("lain@gov.example", verdictOf("gov.example")), anyLevel},
		"a supplement from outside":             {with(evil, verdictOf("evil.example")), anyLevel},
		"TERIMA from outside":                   {func(_ *target, m *bent) *bent { return m.set("From", evil).text("TERIMA") }, anyLevel},
		"TERIMA from a member, before a letter": {func(_ *target, m *bent) *bent { return m.set("From", "anggota1@gov.example").text("TERIMA") }, anyLevel},
		"a bounce that quotes the letter": {func(t *target, m *bent) *bent {
			m.kind, m.top = `multipart/report; report-type=delivery-status; boundary="b"`, []string{"Return-Path: <>"}
			return m.set("From", "MAILER-DAEMON@gov.example").set("Subject", "Undelivered Mail").drop("In-Reply-To").drop("References").text(
				"--b\nContent-Type: text/plain\n\nSETUJU " + t.code + "\n--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; x@evil.example\nAction: failed\nStatus: 5.1.1\n\n" +
					"--b\nContent-Type: message/rfc822\n\nMessage-ID: " + t.letter + "\nSubject: x\n\nSETUJU " + t.code + "\n--b--")
		}, anyLevel},
	} {
		for _, level := range allLevels {
			if rank(level) < rank(x.since) {
				continue
			}
			o := newTarget(t, level)
			before := o.members(t)
			raw, err := x.bend(o, o.answer()).compose(level)
			if err != nil {
				t.Fatal(err)
			}
			if e := o.take(raw, 0, nil, false); e.released || len(e.strangers) > 0 || o.members(t) != before {
				t.Errorf("%s, %s: %+v, members %s, before %s", level, name, e, o.members(t), before)
			}
		}
	}
}

// members are the rows that an approval would cover, and their addresses.
func (t *target) members(tb testing.TB) (s string) {
	err := t.c.View(tb.Context(), func(b store.Books) error {
		cs, _, err := b.Cases.Get(attacked)
		for _, m := range cs.Members {
			s += fmt.Sprint(m.Row.NIP, m.Row.Email, m.Address, m.State, cs.Revision, " ")
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// TestReplay: an approval that was obeyed works once, whatever is changed that its signatures do not cover.
func TestReplay(t *testing.T) {
	for _, level := range allLevels {
		x := newTarget(t, level)
		raw, err := x.answer().compose(level)
		if err != nil {
			t.Fatal(err)
		}
		if e := x.take(raw, 0, nil, false); !e.released {
			t.Fatalf("%s: the first is not obeyed: %s (%s)", level, e.outcome, e.reason)
		}
		before := x.tasks(t)
		for name, again := range map[string]string{
			"byte for byte": raw, "another trace": strings.Replace(raw, "id 4F", "id 5F", 1), "blanks in the body": strings.Replace(raw, "SETUJU ", "SETUJU  ", 1),
			"folded anew": strings.Replace(raw, "To: ukpbj", "To:  ukpbj", 1), "empty lines at the end": raw + "\r\n\r\n", "a field on top": "X-A: b\r\n" + raw,
		} {
			if e := x.take(again, time.Hour, nil, false); e.outcome == "obeyed" {
				t.Errorf("%s %s: obeyed again", level, name)
			}
		}
		if after := x.tasks(t); after != before {
			t.Errorf("%s: %d tasks, then %d", level, before, after)
		}
	}
}

func (t *target) tasks(tb testing.TB) (n int) {
	err := t.c.View(tb.Context(), func(b store.Books) error {
		rows, _, err := b.Tasks.Due(t.now.Add(1000*time.Hour), 1000, func(string) bool { return false })
		n = len(rows)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// TestWrongCodes: the sixth guess finds the code void, and the right one after it too.
func TestWrongCodes(t *testing.T) {
	x := newTarget(t, sop.Standard)
	guess := func(code string) effect {
		raw, err := x.answer().drop("In-Reply-To").drop("References").set("Subject", "Re: ["+attacked+"]").text("SETUJU " + code).compose(x.level)
		if err != nil {
			t.Fatal(err)
		}
		return x.take(raw, 0, nil, false)
	}
	for i := range 6 {
		if e := guess(fmt.Sprintf("22222%d", i+2)); e.released {
			t.Fatal("a guess releases")
		}
	}
	if e := guess(x.code); e.released {
		t.Errorf("the code is not void: %s (%s)", e.outcome, e.reason)
	}
}

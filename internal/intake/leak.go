package intake

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/message"
	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/triage"
)

// leak is what a mail carries that it must not: live secrets of members.
type leak struct {
	hits     []hit  // none: an account sheet came back locked, or nobody's that lives
	sealed   []byte // the raw mail under the keys of all of them: what the archive keeps instead
	redacted []byte // what it says beside them, for the books: it may have to be judged again
}

// hit is one live secret that was seen; account is its sealed form then.
type hit struct {
	number, nip string
	account     []byte
}

const (
	maxMentions = 8        // cases whose numbers stand in one mail
	maxUnpacked = 16 << 20 // bytes of packed files that are looked into
)

// findLeaks searches a mail for live secrets before anything of it is kept: those of its case, of every case whose number stands
// in it, as it does in each letter of ours that somebody quotes, and of every case of which the watch sees one. DESIGN,
// "Credentials"
func (m *Intake) findLeaks(ctx context.Context, number string, papers bool, raw []byte, msg *message.Message) (*leak, error) {
	seen, err := m.suspectedIn(ctx, msg, papers)
	if err != nil {
		return nil, err
	}
	return m.search(ctx, m.mentioned(append([]string{number}, seen...), raw, msg), raw, msg, nil)
}

// search looks for the live secrets of these cases; printed is what the papers of the mail say.
func (m *Intake) search(ctx context.Context, numbers []string, raw []byte, msg *message.Message, printed []byte) (*leak, error) {
	live, hits, err := m.live(ctx, numbers)
	if err != nil || len(live) == 0 {
		return nil, err
	}
	s := credential.NewScanner(live)
	ids := s.Hits(append(searched(raw, msg), printed)...)
	if len(ids) == 0 {
		return nil, nil
	}
	l := &leak{}
	for _, id := range ids {
		l.hits = append(l.hits, hits[id])
	}
	if l.sealed, err = m.Vault.SealAll(ids, credential.ForMail, raw); err != nil {
		return nil, fmt.Errorf("seal a mail that holds a live secret: %w", err)
	}
	for _, t := range []*string{&msg.Subject, &msg.Text, &msg.HTML, &msg.Own, &msg.HTMLOwn, &msg.Beside} {
		*t = string(s.Redact([]byte(*t)))
	}
	for _, people := range [][]message.Address{msg.From, msg.Sender, msg.To, msg.Cc} {
		for i := range people {
			people[i].Name = string(s.Redact([]byte(people[i].Name)))
		}
	}
	if msg.Bounce != nil { // what a mail server says of a letter stands in the journal
		for i := range msg.Bounce.Recipients {
			if t := &msg.Bounce.Recipients[i].Text; len(s.Hits([]byte(*t))) > 0 {
				*t = ""
			}
		}
	}
	l.redacted = rebuilt(msg)
	return l, nil
}

// oleMagic begins a workbook that is locked, or of old; lockedName is the stream of one that is locked (MS-OFFCRYPTO §2.3.4.4), in UTF-16.
var (
	oleMagic   = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	lockedName = []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
)

// locked: a locked workbook stands somewhere in b, in whatever it is wrapped.
func locked(b []byte) bool {
	at := bytes.Index(b, oleMagic)
	return at >= 0 && (bytes.Contains(b[at:], lockedName) || bytes.Contains(b[at:], bytes.ReplaceAll(lockedName, []byte{0}, nil)))
}

// returnedSheet finds an account sheet that came back, by its name or its bytes, in whatever it is packed, and a file for which a SETUJU was
// stopped: the passphrase would open the archived mail for ever. It is no exposure, for nobody but the approver reads it. Without keys only
// what it says is kept.
func (m *Intake) returnedSheet(ctx context.Context, v triage.Verdict, raw []byte, msg *message.Message) (*leak, error) {
	numbers := m.mentioned([]string{v.Case}, raw, msg)
	_, hits, err := m.live(ctx, numbers)
	if err != nil {
		return nil, err
	}
	stopped, _ := v.What.(sop.Unclear)
	found := stopped.Why == "workbook" && len(hits) > 0 || bytes.Contains(raw, []byte(`name="`+sop.SheetPrefix)) || bytes.Contains(raw, []byte("name="+sop.SheetPrefix))
	for _, f := range msg.Files {
		found = found || sop.IsSheetName(f.Name) || v.From.Has(sop.RoleApprover) && bytes.HasPrefix(f.Bytes, oleMagic)
	}
	if !found && len(msg.Files) > 0 {
		mayBe := v.From.Has(sop.RoleApprover) || len(hits) > 0
		for _, number := range numbers {
			cs, err := m.Case(ctx, number)
			if err != nil && !errors.Is(err, office.ErrNoCase) {
				return nil, err
			}
			mayBe = mayBe || len(cs.Accounts)+len(cs.Sheets) > 0
		}
		found = mayBe && slices.ContainsFunc(searched(raw, msg), locked)
	}
	if !found {
		return nil, nil
	}
	l := &leak{redacted: rebuilt(msg)}
	if l.sealed = l.redacted; len(hits) > 0 {
		l.sealed, err = m.Vault.SealAll(slices.Sorted(maps.Keys(hits)), credential.ForMail, raw)
	}
	return l, err
}

// overrideVerdict: a mail that holds a live secret is our business, whatever else it is; and nothing but the secret is.
func (p *Prepared) overrideVerdict(v triage.Verdict) triage.Verdict {
	if p.leak == nil && len(p.open) == 0 || v.Ours() {
		return v
	}
	out := triage.Verdict{Outcome: triage.Ignored, Gate: "exposure", Reason: "live-secret", From: v.From}
	if p.leak == nil {
		out.Reason, out.Case = "open-code", p.open[0].Case
		return out
	}
	if len(p.leak.hits) > 0 { // else the cases have been told
		out.Case = p.leak.hits[0].number
	}
	return out
}

func (m *Intake) openIn(p *Prepared) func(store.Books) ([]triage.Token, error) {
	return func(b store.Books) ([]triage.Token, error) {
		return m.triage.Open(view{b}, p.mail.Msg, p.codes, p.named, m.Now().UTC())
	}
}

// closeCodes takes what would still open something out of use, and the mail that it stands in out of the mailbox. What was obeyed (STATUS), and what a
// machine sent or sends back, is only taken out: to write again would bring that about again. DESIGN, "Mail grammar"
func (m *Intake) closeCodes(b store.Books, p *Prepared, v triage.Verdict, now time.Time) error {
	switch {
	case p.TooBig || v.Outcome == triage.NotOurs:
		return nil // there is its header alone, and that may be of anybody's mail
	case v.Outcome == triage.Held && v.Gate == "authenticity":
		return nil // it waits to be judged again, as it is
	}
	open, err := m.openIn(p)(b)
	if err != nil || len(open) == 0 {
		return err
	}
	p.replaced = true
	if p.leak == nil {
		err = b.Mails.Replace(p.UID, rebuilt(&message.Message{Subject: "surel dengan kode persetujuan"}))
	}
	if err != nil || v.Enrols || v.Outcome == triage.Obeyed || v.Outcome == triage.Duplicate || len(p.mail.Msg.Automation) > 0 || p.mail.Msg.Bounce != nil {
		return err
	}
	for _, x := range open {
		cs, err := office.Find(b, x.Case)
		if err == nil {
			err = m.Decide(b, cs, sop.Input{At: p.Arrived.UTC(), What: sop.CodeSeen{Issue: x.Issue}}, now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mentioned gives these cases and those that the mail names.
func (m *Intake) mentioned(numbers []string, raw []byte, msg *message.Message) []string {
	var out []string
	add := func(numbers ...string) {
		for _, n := range numbers {
			if n != "" && !slices.Contains(out, n) && len(out) < maxMentions {
				out = append(out, n)
			}
		}
	}
	add(numbers...)
	for _, text := range [][]byte{raw, []byte(msg.Subject), []byte(msg.Text), []byte(msg.HTML)} {
		add(caseNumbers(text, m.Office.CasePrefix, 4*maxMentions)...)
	}
	for _, f := range msg.Files {
		add(caseNumbers(f.Bytes, m.Office.CasePrefix, maxMentions)...)
	}
	return out
}

// caseNumbers finds PREFIX-2026-0001 in text. It goes from hyphen to hyphen: a paper in base64 has none.
func caseNumbers(text []byte, prefix string, most int) (out []string) {
	for at := 0; len(out) < most; at++ {
		i := bytes.IndexByte(text[at:], '-')
		if i < 0 {
			return out
		}
		at += i
		year := text[at+1:]
		if !bytes.HasSuffix(text[:at], []byte(prefix)) || digits(year) != 4 || len(year) < 5 || year[4] != '-' {
			continue
		}
		if n := min(digits(year[5:]), 8); n >= 4 {
			out = append(out, fmt.Sprintf("%s-%s", prefix, year[:5+n]))
		}
	}
	return out
}

// digits is how many decimal digits b begins with, counted up to nine.
func digits(b []byte) int {
	b = b[:min(len(b), 9)]
	return len(b) - len(bytes.TrimLeft(b, "0123456789"))
}

// live opens the passwords of cases that can still be opened.
func (m *Intake) live(ctx context.Context, numbers []string) (live []credential.Live, hits map[string]hit, err error) {
	hits = map[string]hit{}
	for _, number := range numbers {
		cs, err := m.Case(ctx, number)
		if errors.Is(err, office.ErrNoCase) {
			continue // a key that was made before a commit that never came
		}
		if err != nil {
			return nil, nil, err
		}
		for nip, a := range cs.Accounts {
			if len(a.Sealed) == 0 {
				continue
			}
			id := office.KeyID(number, nip)
			p, err := m.Vault.Open(id, credential.ForPassword, a.Sealed)
			if errors.Is(err, credential.ErrShredded) {
				continue
			}
			if err != nil {
				return nil, nil, err
			}
			live = append(live, credential.Live{ID: id, Secret: p})
			hits[id] = hit{number, nip, a.Sealed}
		}
	}
	return live, hits, nil
}

// searched is a mail as it came, as it reads, and what is in its files.
func searched(raw []byte, msg *message.Message) [][]byte {
	texts := [][]byte{raw}
	for _, f := range msg.Files {
		texts = append(texts, f.Bytes)
	}
	g := scanScope{whole: true, room: maxUnpacked}
	return append(texts, g.mail(msg, 0)...)
}

// rebuilt is a mail made of what was read in another, secrets overwritten: in the bytes of that one a secret can stand in ways in which
// it is not found, such as over two encoded words.
func rebuilt(msg *message.Message) []byte {
	var b bytes.Buffer
	coded := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	fmt.Fprintf(&b, "Subject: =?utf-8?b?%s?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=r\r\n", coded(msg.Subject))
	for _, part := range [][2]string{{"plain", msg.Text}, {"html", msg.HTML}} {
		if part[1] != "" {
			fmt.Fprintf(&b, "\r\n--r\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n", part[0], coded(part[1]))
		}
	}
	b.WriteString("\r\n--r--\r\n")
	return b.Bytes()
}

// ownQuote: the member themselves, proven, wrote to nobody but the office, and sent no file along.
func (m *Intake) ownQuote(p *Prepared, v triage.Verdict, nip string) bool {
	msg := p.mail.Msg
	return v.From.Has(sop.RoleMember) && v.From.NIP == nip && p.mail.Proof.Result == sop.Proven && len(msg.Files) == 0 &&
		!slices.ContainsFunc(slices.Concat(msg.To, msg.Cc), func(a message.Address) bool { return !strings.EqualFold(a.Addr, m.Office.Mailbox.Address) })
}

// notice takes the place of a mail that holds a live secret. Not a byte of that mail is in it.
func (m *Intake) notice(u store.UID) []byte {
	return fmt.Appendf(nil, "From: %s\r\nSubject: Surel diganti: memuat kata sandi atau kode\r\nDate: %s\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\n\r\nSurel yang masuk di sini (%s) memuat kata sandi atau kode persetujuan yang masih berlaku. Isinya\r\n"+
		"tidak disimpan di kotak surat; kasusnya mencatat kejadian ini.\r\n", m.Office.Mailbox.Address, m.Now().Format(time.RFC1123Z), u)
}

// expose tells each case of its secrets that were seen, and keeps what the mail says beside them. What the case has
// already given up, as it does with a sheet that came back in the clear, is told once only.
func (m *Intake) expose(b store.Books, p *Prepared, v triage.Verdict, now time.Time) error {
	if p.leak == nil {
		return nil
	}
	for _, h := range p.leak.hits {
		cs, ok, err := b.Cases.Get(h.number)
		if err != nil {
			return err
		}
		if !ok || !bytes.Equal(cs.Accounts[h.nip].Sealed, h.account) {
			continue
		}
		w := sop.Exposed{NIP: h.nip, What: "terbaca dalam surel dari " + strings.ToLower(fromText(p)), Own: v.Case == h.number && !v.From.Former(&cs) && m.ownQuote(p, v, h.nip)}
		if c, said := v.What.(sop.Command); said && v.Outcome == triage.Obeyed {
			w.Receipt = c.Verb == sop.Terima
		}
		in := sop.Input{At: p.Arrived.UTC(), What: w}
		if err := m.Decide(b, cs, in, now); err != nil {
			return err
		}
	}
	return b.Mails.Replace(p.UID, p.leak.redacted)
}

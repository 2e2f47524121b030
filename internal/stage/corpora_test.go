package stage

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

const corpora = "../../../shared/corpora"

// mails gives every mail of the corpora.
func mails(t *testing.T) (out [][]byte) {
	if _, err := os.Stat(corpora); err != nil {
		t.Skip("the corpora are not here: ", err)
	}
	err := filepath.WalkDir(corpora, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || filepath.Dir(path) == corpora {
			return err
		}
		raw, err := os.ReadFile(path)
		if len(raw) > 0 {
			out = append(out, raw)
		}
		return err
	})
	if err != nil || len(out) == 0 {
		t.Fatal("no mails: ", err)
	}
	return out
}

// oneIn keeps one mail in n, always the same.
func oneIn(n int, all [][]byte) [][]byte {
	return slices.DeleteFunc(all, func(raw []byte) bool { return len(raw)%n != 0 })
}

// TestCorpora lets every mail of the corpora arrive, from outside: no crash, no mail that takes long, one outcome for each;
// what is not ours lies where it lay, unread.
func TestCorpora(t *testing.T) {
	t.Parallel()
	all := mails(t)
	if testing.Short() {
		all = oneIn(8, all)
	}
	x := set(t, Options{Change: func(c *config.Config) { c.Extract.OCR = "off" }})
	x.ctx = long(t)
	office := x.Cast.Office.Address
	for _, raw := range all {
		x.do(x.Post.Put(office, "INBOX", raw))
	}
	before, err := x.Post.Messages(office, "INBOX")
	x.do(err)
	x.do(x.Start(x.ctx))
	outcomes := x.outcomes(len(all))
	after, err := x.Post.Messages(office, "INBOX")
	x.do(err)
	left := map[uint32]postoffice.Stored{}
	for _, m := range after {
		left[m.UID] = m
	}
	count := map[string]int{}
	for _, m := range before {
		s := outcomes[m.UID]
		count[s.Outcome]++
		now, there := left[m.UID]
		if ours := s.Folder != ""; s.Outcome == "" || !ours && !there || there && (len(now.Flags) > 0 || !bytes.Equal(now.Raw, m.Raw)) {
			t.Errorf("UID %d: %+v, still there: %v, flags %v", m.UID, s, there, now.Flags)
		}
	}
	t.Logf("%d mails: %v", len(all), count)
	x.whole()
}

// TestCorporaFromStaff: the same mails, but each asks for accounts, from a member of staff who may, signed in. Now their papers
// are read and answered: no crash, no mail that takes long, one outcome for each, and nothing released or asked for.
func TestCorporaFromStaff(t *testing.T) {
	t.Parallel()
	all := mails(t)
	x := set(t, Options{Change: func(c *config.Config) { c.Extract.OCR = "off" }})
	x.ctx = long(t)
	switch {
	case testing.Short():
		all = oneIn(20, all)
	case os.Getenv("UKPBJD_LONG") == "":
		all = oneIn(5, all)
	}
	for _, raw := range all {
		x.do(x.Post.Put(x.Cast.Office.Address, "INBOX", rehearsal.WithVerdict(request(x.Cast.Staff, raw), x.Post.AuthservID(), "auth=pass smtp.auth="+x.Cast.Staff.Address)))
	}
	x.do(x.Start(x.ctx))
	count, cases := map[string]int{}, map[string]bool{}
	for uid, s := range x.outcomes(len(all)) {
		count[s.Outcome]++
		cases[s.Case] = true
		if s.Outcome == "" || s.Reason == "" || s.Reason == "killed-the-reader" {
			t.Errorf("UID %d: %+v", uid, s)
		}
	}
	t.Logf("%d mails, %d cases: %v", len(all), len(cases)-1, count)
	list, err := x.Daemon.Control.Cases(x.ctx, true)
	x.do(err)
	for _, c := range list {
		if c.Status != sop.Incomplete.Label() && c.Status != sop.NeedsReview.Label() && c.Status != sop.Rejected.Label() {
			t.Errorf("%s is %s", c.Number, c.Status)
		}
	}
	if r, err := x.Daemon.Audit.Verify(x.ctx); err != nil || len(r.Findings) > 0 {
		t.Error(r.Findings, err)
	}
}

// request puts another author and subject over a mail.
func request(p sop.Person, raw []byte) []byte {
	out := []byte("From: " + p.Address + "\r\nSubject: Permohonan akun SPSE Pokja\r\n")
	dropping := false
	for len(raw) > 0 {
		line := raw
		if i := bytes.IndexByte(raw, '\n'); i >= 0 {
			line = raw[:i+1]
		}
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		raw = raw[len(line):]
		if line[0] != ' ' && line[0] != '\t' {
			name, _, _ := bytes.Cut(bytes.ToLower(line), []byte(":"))
			dropping = slices.Contains([]string{"from", "sender", "reply-to", "resent-from", "subject"}, string(bytes.TrimSpace(name)))
		}
		if !dropping {
			out = append(out, line...)
		}
	}
	return append(out, raw...)
}

func long(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// outcomes waits until so many mails have theirs, never longer than ten seconds without a new one.
func (x *play) outcomes(want int) map[uint32]store.MailRecord {
	x.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	last := time.Now()
	for n := 0; ; {
		out := map[uint32]store.MailRecord{}
		x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
			return b.Mails.Each(func(u store.UID, s store.MailRecord) bool { out[u.UID] = s; return true })
		}))
		if len(out) >= want {
			return out
		}
		if len(out) > n {
			n, last = len(out), time.Now()
		}
		if time.Since(last) > 30*time.Second {
			x.t.Fatalf("%d of %d mails have their outcome, and nothing moves", n, want)
		}
		select {
		case <-look.C:
		case <-x.ctx.Done():
			x.t.Fatalf("%d of %d mails have their outcome", n, want)
		}
	}
}

// TestHostileRequests: each comes from a member of staff, signed in, and asks for accounts. Each gets an answer, or waits for a
// person; none stops the true request behind it.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	x := set(t, Options{Change: func(c *config.Config) { c.Extract.OCR, c.IMAP.MaxMessage = "off", 4<<20 }})
	x.ctx = long(t)
	x.do(x.Start(x.ctx))
	all := hostile(x.bundle)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		raw := fmt.Sprintf(all[name], x.Cast.Staff.Address, x.Cast.Office.Address, name)
		x.do(x.Post.Put(x.Cast.Office.Address, "INBOX", rehearsal.WithVerdict([]byte(raw), x.Post.AuthservID(), "auth=pass smtp.auth="+x.Cast.Staff.Address)))
	}
	x.approve()
	x.finish()
	outcomes := x.outcomes(len(all) + 5) // and the request, the SETUJU, three times TERIMA
	x.quiet()
	byID := map[string]store.MailRecord{}
	for _, s := range outcomes {
		byID[s.MessageID] = s
	}
	for name := range all {
		s := byID["<"+name+"@hostile.example>"]
		switch {
		case s.Outcome == "quarantined" || s.Outcome == "held":
		case s.Case == "":
			t.Errorf("%s: %+v, and nobody is told", name, s)
		default:
			v, err := x.Daemon.Control.Show(x.ctx, s.Case)
			x.do(err)
			answered := slices.ContainsFunc(v.Letters, func(l control.LetterView) bool { return strings.EqualFold(l.To, x.Cast.Staff.Address) })
			if v.Status != sop.Incomplete.Label() && v.Status != sop.NeedsReview.Label() || !answered {
				t.Errorf("%s: %s, answered %v", name, v.Status, answered)
			}
		}
	}
	if r, err := x.Daemon.Audit.Verify(x.ctx); err != nil || len(r.Findings) > 0 {
		t.Error(r.Findings, err)
	}
}

// hostile gives mails by name; %[1]s is the sender, %[2]s the office, %[3]s the name.
func hostile(b rehearsal.Bundle) map[string]string {
	const head = "From: %[1]s\r\nTo: %[2]s\r\nMessage-ID: <%[3]s@hostile.example>\r\nDate: Mon, 04 May 2026 09:00:00 +0800\r\nSubject: Permohonan akun SPSE Pokja %[3]s\r\nMIME-Version: 1.0\r\n"
	const ask = "Mohon dibuatkan user ID dan password SPSE bagi Pokja.\r\n"
	mixed := func(parts ...string) string {
		return head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n" + ask + "\r\n--b\r\n" +
			strings.Join(parts, "\r\n--b\r\n") + "\r\n--b--\r\n"
	}
	file := func(name, body string) string {
		return "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body
	}
	deep := strings.Builder{}
	for i := range 400 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=d%d\r\n\r\n--d%d\r\n", i, i)
	}
	var lines strings.Builder
	for range 20_000 {
		lines.WriteString("X-Lang: x\r\n")
	}
	return map[string]string{
		"depth":           mixed(deep.String()),
		"parts":           head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\n"+"\r\n", 20_000) + "--b--\r\n",
		"headers":         strings.Replace(head, "MIME-Version", lines.String()+"MIME-Version", 1) + "\r\n" + ask,
		"long-header":     head + "X-Lang: " + strings.Repeat("x", 200_000) + "\r\n\r\n" + ask,
		"no-boundary":     head + "Content-Type: multipart/mixed\r\n\r\n" + ask,
		"vanished":        head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--c\r\n\r\n" + ask,
		"empty-file":      mixed(file("SK Pokja.pdf", "")),
		"truncated-file":  mixed(file("SK Pokja.pdf", "JVBERi0xLjQKJcOkw7zDts")),
		"not-base64":      mixed(file("SK Pokja.pdf", strings.Repeat("!", 50_000))),
		"path":            mixed(file("../../x", "SGFsbw==")),
		"path-windows":    mixed(file(`..\\..\\x.pdf`, "SGFsbw==")),
		"charset":         head + "Content-Type: text/plain; charset=klingon-8\r\n\r\n" + ask,
		"charset-lie":     head + "Content-Type: text/plain; charset=utf-16\r\n\r\n" + ask,
		"nul":             head + "Content-Type: text/plain\r\n\r\n" + ask + "\x00\x01\r\n",
		"zip-bomb-name":   mixed(file("berkas.zip", "UEsDBAoAAAAAAA==")),
		"truncated-mixed": strings.TrimSuffix(mixed(file(b.Files[1].Name, "JVBERi0x")), "\r\n--b--\r\n"),
	}
}

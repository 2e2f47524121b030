package message

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func parse(raw string) *Message {
	return Parse([]byte(strings.ReplaceAll(raw, "\n", "\r\n")), DefaultLimits(), nil)
}

func (m *Message) has(problem string) bool {
	for _, p := range m.Problems {
		if p.Name == problem {
			return true
		}
	}
	return false
}

// TestEveryCorpusMail: no crash, valid UTF-8, one mail never takes long, and a body never disappears in silence.
func TestEveryCorpusMail(t *testing.T) {
	vanished, mails := 0, 0
	for _, f := range corpusFiles(t, func(c corpusFile) bool { return c.role == "mail" || c.role == "mbox" || c.role == "data" }) {
		raw := corpusBytes(t, f.path)
		start := time.Now()
		m := Parse(raw, DefaultLimits(), nil)
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s took %s", f.path, d)
		}
		mails++
		for _, s := range []string{m.Subject, m.Text, m.HTML, m.Own, m.HTMLOwn, m.MessageID} {
			if !utf8.ValidString(s) {
				t.Errorf("%s: a field is no UTF-8", f.path)
			}
		}
		for _, p := range m.Problems {
			if p.Name == "parser-panic" {
				t.Errorf("%s: %s", f.path, p.Detail)
			}
		}
		for _, a := range m.Files {
			checkName(t, f.path, a.Name)
		}
		_, body := splitMail(raw)
		if m.Text == "" && m.HTML == "" && len(m.Files) == 0 && len(bytes.TrimSpace(body)) > 0 {
			vanished++
			if m.Severe() == "" {
				t.Errorf("%s: body vanished without a word", f.path)
			}
		}
	}
	t.Logf("%d mails read, %d without any content", mails, vanished)
}

func checkName(t *testing.T, where, name string) {
	t.Helper()
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." || len(part) > maxName || hasInvisible(part) || strings.ContainsAny(part, `\:*?"<>|`) {
			t.Errorf("%s: unsafe name %q", where, name)
		}
	}
}

// bombs are the mails that cost the parser minutes or gigabytes (measured), with the problem that must be named.
func bombs() map[string]struct {
	raw  string
	want string
} {
	head := "From: a@kantor.example\r\nSubject: S\r\nMIME-Version: 1.0\r\n"
	nested := strings.Builder{}
	nested.WriteString(head)
	for i := range 8000 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=\"b%d\"\r\n\r\n--b%d\r\n", i, i)
	}
	encodedNested := strings.Builder{}
	encodedNested.WriteString(head)
	for i := range 8000 {
		fmt.Fprintf(&encodedNested, "Content-Type: multipart/mixed; =?utf-8?q?bound=61ry=3Db%d?=\r\n\r\n--b%d\r\n", i, i)
	}
	pieces := strings.Builder{}
	pieces.WriteString(head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment")
	for i := range 50000 {
		fmt.Fprintf(&pieces, ";\r\n filename*%d*=a", i)
	}
	pieces.WriteString("\r\n\r\nx\r\n--b--\r\n")
	mixed := head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	return map[string]struct{ raw, want string }{
		"nested":         {nested.String(), "too-many-parts"},
		"nested encoded": {encodedNested.String(), "too-many-parts"},
		"nested 500":     {nested.String()[:500*60], "too-deep"},
		"empty parts":    {mixed + strings.Repeat("--b\r\n\r\n", 100000) + "--b--\r\n", "too-many-parts"},
		"name pieces":    {pieces.String(), "too-many-parameters"},
		"params":         {mixed + "--b\r\nContent-Type: text/plain" + strings.Repeat(";a=b", 7000) + "\r\n\r\nx\r\n--b--\r\n", "too-many-parameters"},
		"base64 junk":    {head + "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("!", 10<<20), "attachment-bad-base64"},
		"header lines":   {head + strings.Repeat("X-A: b\r\n", 1000000) + "\r\nhi", "header-too-large"},
		"header lines 2": {head + strings.Repeat("A:\r\n", 5000) + "\r\nhi", "too-many-headers"},
		"one long line":  {"From: a@kantor.example\r\nSubject: " + strings.Repeat("x", 10<<20) + "\r\n\r\nhi", "header-too-large"},
		"part header":    {mixed + "--b\r\nContent-Type: text/plain; a=\"" + strings.Repeat("x", 1<<20) + "\"\r\n\r\nhi\r\n--b--\r\n", "header-too-large"},
		"too large":      {head + "\r\n" + strings.Repeat("teks ", 10<<20), "too-large"},
		"table rows":     {head + "Content-Type: text/html\r\n\r\n<table>" + strings.Repeat("<tr><td>a</td></tr>", 100000) + "</table>", ""},
		"deep html":      {head + "Content-Type: text/html\r\n\r\n" + strings.Repeat("<div>", 500000), ""},
		"open tags":      {head + "Content-Type: text/html\r\n\r\n" + strings.Repeat(`<a b="`, 100000), ""},
		"long quote":     {head + "\r\n" + strings.Repeat("> a\n", 500000), ""},
		"openers":        {head + "\r\n" + strings.Repeat("Pada 5 Mei 2026 10.15 <a@b.example>\n", 100000), ""},
		"encoded words":  {head[:30] + "Subject: " + strings.Repeat("=?utf-8?q?a?= ", 2000) + "\r\n\r\nhi", ""},
		"addresses":      {"From: " + strings.Repeat("a@b.example,", 2500) + "\r\n\r\nhi", ""},
		"comments":       {"From: a@b.example " + strings.Repeat("(", 30000) + "\r\n\r\nhi", ""},
	}
}

func TestBombs(t *testing.T) {
	for name, bomb := range bombs() {
		t.Run(name, func(t *testing.T) {
			raw := []byte(bomb.raw)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			m := Parse(raw, DefaultLimits(), nil)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			allocated := after.TotalAlloc - before.TotalAlloc
			t.Logf("%d KB: %s, %d KB allocated, %v", len(raw)>>10, took.Round(time.Millisecond), allocated>>10, m.Severe())
			if took > 3*time.Second && !raceOn { // 1 s on a machine that does nothing else
				t.Errorf("took %s", took)
			}
			if allocated > uint64(8*len(raw))+64<<20 && !raceOn {
				t.Errorf("allocated %d KB for %d KB", allocated>>10, len(raw)>>10)
			}
			if bomb.want != "" && !m.has(bomb.want) {
				t.Errorf("want problem %s, got %v", bomb.want, m.Problems)
			}
			if len(m.From) == 0 {
				t.Error("From unread")
			}
		})
	}
}

func TestOverLimitStillReadsTheHeader(t *testing.T) {
	m := Parse([]byte("From: Ani <ani@kantor.example>\r\nSubject: =?utf-8?q?Permohonan_=C3=A9?=\r\nMessage-ID: <1@kantor.example>\r\n"+
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n"+strings.Repeat("--b\r\n\r\n", 3000)), DefaultLimits(), nil)
	from, reason := m.SoleFrom()
	if from.Addr != "ani@kantor.example" || reason != "" || m.Subject != "Permohonan é" || m.MessageID != "<1@kantor.example>" || m.Severe() != "too-many-parts" {
		t.Errorf("%+v %q %q %q %q", from, reason, m.Subject, m.MessageID, m.Severe())
	}
	if m.Identity == "" || m.Text != "" {
		t.Error("identity missing, or a body read")
	}
}

func TestSevereProblems(t *testing.T) {
	for name, c := range map[string]struct{ raw, want string }{
		"two From":            {"From: a@x.example\nFrom: b@x.example\n\nhi", "duplicate-header"},
		"two Subject":         {"From: a@x.example\nSubject: a\nSubject: b\n\nhi", "duplicate-header"},
		"two Content-Type":    {"From: a@x.example\nContent-Type: text/plain\ncontent-type: text/html\n\nhi", "duplicate-header"},
		"space before colon":  {"From : a@x.example\n\nhi", "space-before-colon"},
		"leading space":       {" From: a@x.example\nTo: b@x.example\n\nhi", "leading-space-first-line"},
		"bare CR":             {"From: a@x.example\nX-A: b\rFrom: c@x.example\n\nhi", "bare-cr"},
		"NUL in header":       {"From: a@x.example\nSubject: a\x00b\n\nhi", "nul-byte"},
		"NUL in body":         {"From: a@x.example\n\nhi\x00", "nul-byte"},
		"no colon":            {"From: a@x.example\nthis is no field\n\nhi", "malformed-header-line"},
		"blank continuation":  {"From: a@x.example\nSubject: a\n \nTo: b@x.example\n\nhi", "blank-continuation"},
		"two boundaries":      {"From: a@x.example\nContent-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\nhi\n--a--\n", "two-boundaries"},
		"boundary twice 2231": {"From: a@x.example\nContent-Type: multipart/mixed; boundary=a; boundary*=us-ascii''b\n\n--a\n\nhi\n--a--\n", "two-boundaries"},
		"encoded multipart":   {"From: a@x.example\nContent-Type: multipart/mixed; boundary=a\nContent-Transfer-Encoding: base64\n\n--a\n\nhi\n--a--\n", "conflicting-encoding"},
		"unknown encoding":    {"From: a@x.example\nContent-Transfer-Encoding: x-uuencode\n\nhi", "unknown-encoding"},
		"no boundary":         {"From: a@x.example\nContent-Type: multipart/mixed\n\nhi", "no-boundary"},
		"wrong boundary":      {"From: a@x.example\nContent-Type: multipart/mixed; boundary=salah\n\n--benar\nContent-Type: text/plain\n\nSETUJU\n--benar--\n", "body-vanished"},
		"malformed From":      {"From: Budi <a@x\n\nhi", "malformed-from"},
		"part header twice":   {"From: a@x.example\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\nContent-Type: text/html\n\nhi\n--a--\n", "duplicate-part-header"},
		"two alternatives":    {"From: a@x.example\nContent-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain\n\nSETUJU\n--a\nContent-Type: text/plain\n\nTOLAK\n--a--\n", "two-text-alternatives"},
	} {
		m := parse(c.raw)
		found := false
		for _, p := range m.Problems {
			found = found || p.Name == c.want && p.Severe
		}
		if !found {
			t.Errorf("%s: want severe %s, got %v", name, c.want, m.Problems)
		}
	}
	if m := parse("From: Ani <a@x.example>\nTo: b@x.example\nSubject: a\n folded\nDate: Tue, 5 May 2026 10:15:00 +0800\n\nSETUJU\n"); len(m.Problems) != 0 {
		t.Errorf("a good mail has problems: %v", m.Problems)
	}
}

func TestVanishedBodyIsRecovered(t *testing.T) {
	m := parse("From: a@x.example\nContent-Type: multipart/mixed; boundary=salah\n\n--benar\nContent-Type: text/plain\n\nIsi surat\n--benar\nContent-Type: application/pdf; name=sk.pdf\nContent-Transfer-Encoding: base64\n\nSGFsbw==\n--benar--\n")
	if strings.TrimSpace(m.Text) != "Isi surat" || len(m.Files) != 1 || string(m.Files[0].Bytes) != "Halo" {
		t.Errorf("text %q files %v", m.Text, m.Files)
	}
}

func TestIdentity(t *testing.T) {
	one := "Received: from a by b\r\nDelivered-To: x@kantor.example\r\nFrom: Ani <a@x.example>\r\nTo: b@x.example\r\nSubject: permohonan\r\n akun\r\nDate: Tue, 5 May 2026 10:15:00 +0800\r\nMessage-ID: <1@x.example>\r\n\r\nIsi\r\nsurat\r\n"
	two := "Return-Path: <a@x.example>\nX-Spam: no\nFrom: Ani <a@x.example>\nTo: b@x.example\nSubject: permohonan akun\nDate: Tue, 5 May 2026 10:15:00 +0800\nMessage-ID: <1@x.example>\n\nIsi\nsurat\n\n"
	hash := func(s string) *Message { return Parse([]byte(s), DefaultLimits(), nil) }
	a, b := hash(one), hash(two)
	if a.Identity != b.Identity || a.ContentHash != b.ContentHash {
		t.Error("two deliveries of one mail differ")
	}
	other := hash(strings.Replace(two, "surat", "lain", 1))
	if other.Identity == a.Identity || other.ContentHash == a.ContentHash {
		t.Error("another body, same hash")
	}
	renamed := hash(strings.Replace(two, "<1@x", "<2@x", 1))
	if renamed.Identity == a.Identity || renamed.ContentHash != a.ContentHash {
		t.Error("another Message-ID: identity must differ, content not")
	}
}

func TestIdentityOfPapers(t *testing.T) {
	mail := func(eol string, sizes ...int) string {
		raw := requestMail(eol, sizes...)
		if n := len(findBigParts(raw, DefaultLimits())); n != len(sizes) {
			t.Fatalf("%d papers bigPart, of %d", n, len(sizes))
		}
		return string(raw)
	}
	hash := func(s string) string { return Parse([]byte(s), DefaultLimits(), nil).ContentHash }
	one := mail("\r\n", 40<<10, 50<<10)
	if hash(one) != hash("Received: from a by b\n"+mail("\n", 40<<10, 50<<10)+"\n\n") {
		t.Error("two deliveries of one mail differ")
	}
	last := strings.LastIndexByte(one, 'A') // in a paper
	seen := map[string]string{hash(one): "itself"}
	for name, other := range map[string]string{
		"a paper changed":  one[:last] + "B" + one[last+1:],
		"its name changed": strings.ReplaceAll(one, "berkas-2", "berkas-3"),
		"papers exchanged": strings.NewReplacer("berkas-1", "berkas-2", "berkas-2", "berkas-1").Replace(mail("\r\n", 50<<10, 40<<10)),
		"one paper fewer":  mail("\r\n", 40<<10),
		"other words":      strings.Replace(one, "Mohon", "Harap", 1),
		"a paper in words": strings.Replace(one, "application/pdf", "text/plain", 1),
	} {
		if same := seen[hash(other)]; same != "" {
			t.Errorf("%s: the same hash as %s", name, same)
		}
		seen[hash(other)] = name
	}
}

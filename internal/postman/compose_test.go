package postman

import (
	"bytes"
	"encoding/base64"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

func sample() Mail {
	return Mail{
		From:      sop.Person{Name: "UKPBJ Kabupaten Contoh", Address: "ukpbj@kantor.example"},
		To:        sop.Person{Name: "I Made Yasa Artawan, S.T.", Address: "made.yasa@kantor.example"},
		Subject:   "[PKJ-2026-0001] Permohonan persetujuan pembuatan akun SPSE – kode 7KQF3M",
		MessageID: "<pkj-2026-0001.abcdef0123456789@kantor.example>", InReplyTo: "<req@kantor.example>",
		References: []string{"<first@kantor.example>", "not an id", "<req@kantor.example>"},
		Date:       time.Date(2026, 5, 4, 9, 30, 0, 0, time.FixedZone("WITA", 8*3600)),
		Text:       "Yth. Admin Agency,\n\n.\n..titik\nFrom sini\nÉ panjang " + strings.Repeat("kata ", 400) + "\n",
		HTML:       "<p>Yth. Admin Agency,</p><p>boundary=tipuan --tipuan</p>",
		Files:      []sop.File{{Name: "lembar-akun-PKJ-2026-0001.xlsx", MediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Bytes: bytes.Repeat([]byte{0, 1, 2, 250}, 500)}},
		Headers:    map[string]string{"X-Kasus": "PKJ-2026-0001", "List-Help": "ya"},
	}
}

// leaf is one part of a composed mail, decoded.
type leaf struct {
	kind, name string
	body       []byte
}

func leaves(t testing.TB, kind string, enc string, r io.Reader) []leaf {
	t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(media, "multipart/") {
		var out []leaf
		mr := multipart.NewReader(r, params["boundary"])
		for {
			p, err := mr.NextRawPart()
			if err == io.EOF {
				return out
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range leaves(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p) {
				if _, d, _ := mime.ParseMediaType(p.Header.Get("Content-Disposition")); d["filename"] != "" {
					l.name = d["filename"]
				}
				out = append(out, l)
			}
		}
	}
	switch enc {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return []leaf{{kind: media, body: b}}
}

func parse(t testing.TB, raw []byte) (*netmail.Message, []leaf) {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	return m, leaves(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
}

// wellFormed checks what every letter must be on the wire.
func wellFormed(t testing.TB, raw []byte) {
	t.Helper()
	for i, line := range bytes.Split(raw, []byte("\r\n")) {
		if len(line) > 998 {
			t.Errorf("line %d has %d bytes", i+1, len(line))
		}
		if bytes.ContainsAny(line, "\r\n\x00") {
			t.Errorf("line %d has a bare line end or NUL: %q", i+1, line)
		}
		for _, c := range line {
			if c >= 0x80 {
				t.Errorf("line %d is not ASCII: %q", i+1, line)
				break
			}
		}
	}
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		t.Error("no line end at the end")
	}
}

func TestComposeSaysTheSameTwice(t *testing.T) {
	for name, change := range map[string]func(*Mail){"all": func(*Mail) {}, "no html": func(m *Mail) { m.HTML = "" },
		"no files": func(m *Mail) { m.Files = nil }, "text": func(m *Mail) { m.Files, m.HTML = nil, "" }} {
		m := sample()
		change(&m)
		first, err := Compose(m)
		if err != nil {
			t.Fatal(name, err)
		}
		wellFormed(t, first)
		for range 20 {
			if next, _ := Compose(m); !bytes.Equal(first, next) {
				t.Fatalf("%s: two renderings differ", name)
			}
		}
		m.MessageID = "<other@kantor.example>"
		if other, _ := Compose(m); bytes.Equal(first, other) {
			t.Errorf("%s: control: another letter gives the same bytes", name)
		}
	}
}

func TestComposeCanBeRead(t *testing.T) {
	m := sample()
	raw, err := Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	read, parts := parse(t, raw)
	dec := new(mime.WordDecoder)
	subject, _ := dec.DecodeHeader(read.Header.Get("Subject"))
	for field, want := range map[string]string{"Message-Id": m.MessageID, "In-Reply-To": m.InReplyTo, "Mime-Version": "1.0",
		"References": "<first@kantor.example> <req@kantor.example>", "Date": "Mon, 04 May 2026 09:30:00 +0800",
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "X-Kasus": "PKJ-2026-0001", "X-Mailer": "", "User-Agent": ""} {
		if got := read.Header.Get(field); got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
	if subject != m.Subject {
		t.Errorf("subject %q", subject)
	}
	if to, err := read.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Name != m.To.Name || to[0].Address != m.To.Address {
		t.Errorf("to %v %v", to, err)
	}
	if len(parts) != 3 || parts[0].kind != "text/plain" || parts[1].kind != "text/html" || parts[2].name != m.Files[0].Name {
		t.Fatalf("%d parts: %+v", len(parts), parts)
	}
	if got := strings.ReplaceAll(string(parts[0].body), "\r\n", "\n"); got != m.Text {
		t.Errorf("text %q", got)
	}
	if strings.TrimSpace(string(parts[1].body)) != m.HTML || !bytes.Equal(parts[2].body, m.Files[0].Bytes) {
		t.Error("html or file changed")
	}
}

// The house's own reader finds nothing odd in what the house writes.
func TestOwnReaderAgrees(t *testing.T) {
	m := sample()
	raw, err := Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	got := message.Parse(raw, message.DefaultLimits(), nil)
	if len(got.Problems) > 0 || got.Subject != m.Subject || got.MessageID != m.MessageID || len(got.Files) != 1 || got.Files[0].Name != m.Files[0].Name ||
		got.Files[0].Problem != "" || !bytes.Equal(got.Files[0].Bytes, m.Files[0].Bytes) || len(got.Automation) == 0 {
		t.Errorf("problems %v, subject %q, automation %v, %d files", got.Problems, got.Subject, got.Automation, len(got.Files))
	}
	if text := strings.ReplaceAll(got.Text, "\r\n", "\n"); strings.TrimSpace(text) != strings.TrimSpace(m.Text) {
		t.Errorf("text %q", text)
	}
}

func TestComposeRefuses(t *testing.T) {
	for name, change := range map[string]func(*Mail){
		"no id":        func(m *Mail) { m.MessageID = "" },
		"bad id":       func(m *Mail) { m.MessageID = "<a@b>\r\nBcc: x@y" },
		"no date":      func(m *Mail) { m.Date = time.Time{} },
		"to":           func(m *Mail) { m.To.Address = "a@b, c@d" },
		"from":         func(m *Mail) { m.From.Address = "" },
		"auto":         func(m *Mail) { m.AutoSubmitted = "no" },
		"own header":   func(m *Mail) { m.Headers = map[string]string{"BCC": "x@y"} },
		"header name":  func(m *Mail) { m.Headers = map[string]string{"X: y\r\nZ": "x"} },
		"content-type": func(m *Mail) { m.Headers = map[string]string{"content-type": "text/html"} },
	} {
		m := sample()
		change(&m)
		if raw, err := Compose(m); err == nil {
			t.Errorf("%s: composed\n%s", name, raw[:200])
		}
	}
}

// Whatever requesters and papers bring into a letter, it stays one letter to one person, and can be read back.
func TestComposeHostile(t *testing.T) {
	nasty := rapid.OneOf(rapid.String(), rapid.StringMatching(`(boundary=|--|=_0|\r\n|Content-Type: multipart/mixed;|=\?|\?=|<|>|@|,|"|\\| |[a-z]+){0,40}`),
		rapid.Map(rapid.IntRange(1, 3000), func(n int) string { return strings.Repeat("x", n) }))
	rapid.Check(t, func(t *rapid.T) {
		m := sample()
		m.Subject, m.Text, m.HTML = nasty.Draw(t, "subject"), nasty.Draw(t, "text"), nasty.Draw(t, "html")
		m.To.Name, m.InReplyTo = nasty.Draw(t, "name"), nasty.Draw(t, "reply")
		m.References = rapid.SliceOf(nasty).Draw(t, "refs")
		m.Files[0].Name, m.Files[0].MediaType = nasty.Draw(t, "file"), nasty.Draw(t, "media")
		m.Headers["X-Kasus"] = nasty.Draw(t, "header")
		raw, err := Compose(m)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Compose(m)
		if !bytes.Equal(raw, again) {
			t.Fatal("two renderings differ")
		}
		checkHostile(t, m, raw)
	})
}

func checkHostile(t *rapid.T, m Mail, raw []byte) {
	tb := &recorder{t: t}
	wellFormed(tb, raw)
	read, parts := parse(tb, raw)
	to, err := read.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != m.To.Address {
		t.Fatalf("to %v %v", to, err)
	}
	want := 2
	if m.HTML != "" {
		want++
	}
	if len(parts) != want || !bytes.Equal(parts[want-1].body, m.Files[0].Bytes) {
		t.Fatalf("%d parts, want %d\n%s", len(parts), want, raw)
	}
	if got := string(parts[0].body); got != lines(m.Text) {
		t.Fatalf("text %q, want %q", got, lines(m.Text))
	}
	subject, _ := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
	if subject != oneLine(m.Subject, maxSubject) {
		t.Fatalf("subject %q, want %q", subject, oneLine(m.Subject, maxSubject))
	}
	for field := range read.Header {
		switch field {
		case "Bcc", "Cc", "Reply-To", "Sender":
			t.Fatalf("field %s appeared", field)
		}
	}
}

// recorder lets checks that want a testing.TB speak to rapid.
type recorder struct {
	testing.TB
	t *rapid.T
}

func (r *recorder) Helper()                   {}
func (r *recorder) Errorf(f string, a ...any) { r.t.Fatalf(f, a...) }
func (r *recorder) Fatalf(f string, a ...any) { r.t.Fatalf(f, a...) }
func (r *recorder) Fatal(a ...any)            { r.t.Fatal(a...) }
func (r *recorder) Error(a ...any)            { r.t.Fatal(a...) }

func FuzzCompose(f *testing.F) {
	f.Add("", "", "", "\\¦", "", "")
	f.Add("Re: akun", "isi", "<p>isi</p>", "I Made", "a.xlsx", "<a@b>")
	f.Add("boundary=x", "--x\r\n.\r\n", "", "\"=?utf-8?q?x?=", "../../x\x00", "<a@b> <c@d>")
	f.Fuzz(func(t *testing.T, subject, text, html, name, file, ref string) {
		m := sample()
		m.Subject, m.Text, m.HTML, m.To.Name, m.Files[0].Name, m.InReplyTo = subject, text, html, name, file, ref
		raw, err := Compose(m)
		if err != nil {
			t.Skip(err)
		}
		wellFormed(t, raw)
		read, _ := parse(t, raw)
		if to, err := read.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != m.To.Address {
			t.Errorf("to %v %v", to, err)
		}
	})
}

func FuzzWords(f *testing.F) {
	f.Add("250 ok\r\nmore \x1b[0m")
	f.Fuzz(func(t *testing.T, s string) {
		if w := words(s); len(w) > maxWords || strings.ContainsAny(w, "\r\n\x00\x1b") {
			t.Errorf("%q", w)
		}
	})
}

func BenchmarkCompose(b *testing.B) {
	m := sample()
	b.Run("with sheet", func(b *testing.B) {
		for b.Loop() {
			if _, err := Compose(m); err != nil {
				b.Fatal(err)
			}
		}
	})
	m.Files = nil
	b.Run("text and html", func(b *testing.B) {
		for b.Loop() {
			if _, err := Compose(m); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestPictures stand beside the HTML part, under the name by which it shows them; other files stay attachments.
func TestPictures(t *testing.T) {
	m := sample()
	m.HTML = `<p><img src="cid:grafik@laporan.example" alt="Grafik"></p>`
	m.Files = append(m.Files, sop.File{Name: "grafik.png", MediaType: "image/png", Bytes: []byte("\x89PNG picture"), ContentID: "grafik@laporan.example"},
		sop.File{Name: "odd.png", MediaType: "image/png", Bytes: []byte("odd"), ContentID: "a>\r\nX-Evil: 1"})
	raw, err := Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Compose(m)
	if err != nil || !bytes.Equal(raw, again) {
		t.Fatal("the same letter gives different bytes")
	}
	_, parts := parse(t, raw)
	var kinds []string
	for _, p := range parts {
		kinds = append(kinds, p.kind+" "+p.name)
	}
	if got := strings.Join(kinds, ", "); got != "text/plain , text/html , image/png grafik.png, "+m.Files[0].MediaType+" "+m.Files[0].Name+", image/png odd.png" {
		t.Errorf("parts: %s", got)
	}
	if !bytes.Contains(raw, []byte("<grafik@laporan.example>")) || bytes.Contains(raw, []byte("X-Evil")) || !bytes.Contains(raw, []byte("multipart/related")) {
		t.Error("the picture has no Content-ID, or an odd one was let through")
	}
	m.HTML = ""
	if raw, err = Compose(m); err != nil || bytes.Contains(raw, []byte("multipart/related")) {
		t.Errorf("a picture without HTML is an attachment (%v)", err)
	}
}

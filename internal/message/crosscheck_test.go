package message

import (
	"bytes"
	"mime/quotedprintable"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestReadersAgreeOnCorpora measures how many real mails would be held because two readers differ. What differs there is written
// in a character set that is not ASCII where it looks like it, or was broken on purpose.
func TestReadersAgreeOnCorpora(t *testing.T) {
	total, held := map[string]int{}, map[string]int{}
	for _, f := range corpusFiles(t, func(c corpusFile) bool { return c.role == "mail" }) {
		m := Parse(corpusBytes(t, f.path), DefaultLimits(), nil)
		total[f.kind]++
		for _, p := range m.Problems {
			if p.Name == "readers-differ" {
				held[f.kind]++
				t.Logf("%s %s: %s %s", f.kind, f.path, p.Detail, strings.Join(m.Fields("Content-Type"), "|"))
			}
		}
	}
	for kind, n := range total {
		t.Logf("%s: %d of %d", kind, held[kind], n)
		if kind != "malformed" && !raceOn && pct(held[kind], n) > 4 {
			t.Errorf("%s: %d of %d held", kind, held[kind], n)
		}
	}
}

const plainHead = "From: a@b.example\r\nTo: c@d.example\r\nSubject: s\r\nDate: Mon, 4 May 2026 09:00:00 +0800\r\nMessage-ID: <1@b.example>\r\nMIME-Version: 1.0\r\n"

// TestReadersDiffer: each of these shows one text to one program and another to the next. The control is the same mail without
// the trick.
func TestReadersDiffer(t *testing.T) {
	for name, x := range map[string]struct{ raw, control string }{
		"UTF-7":         {"Content-Type: text/plain; charset=utf-7\r\n\r\n+AFMARQBUAFUASgBV-\r\n", "Content-Type: text/plain; charset=utf-8\r\n\r\nSETUJU\r\n"},
		"UTF-16":        {"Content-Type: text/plain; charset=utf-16\r\n\r\n\x00S\x00E\x00T\x00U\r\n", "Content-Type: text/plain; charset=utf-8\r\n\r\nSETU\r\n"},
		"ISO-2022-JP":   {"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B$=$l\x1b(B\r\n", "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\nSETUJU\r\n"},
		"broken base64": {"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nVE9MQUsK====U0VUVUpVCg==\r\n", "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nVE9MQUsK\r\n"},
		"boundary in the middle of a line": {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nTOLAK\r\nx--b\r\n\r\nSETUJU\r\n--b--\r\n",
			"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nTOLAK\r\nx-b\r\n\r\nSETUJU\r\n--b--\r\n"},
		"two boundaries": {"Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\nTOLAK\r\n--a--\r\n--b\r\n\r\nSETUJU\r\n--b--\r\n",
			"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nTOLAK\r\n--a--\r\n"},
		"encoding of an inner multipart": {"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n--a--\r\n",
			"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n--a--\r\n"},
		"field without a colon": {"Content-Type: text/plain\r\nhello\r\n\r\nx\r\n", "Content-Type: text/plain\r\nX-A: hello\r\n\r\nx\r\n"},
		"signed part that is not what is shown": {"Content-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n--b\r\nContent-Type: text/plain\r\n\r\nSETUJU\r\n--b--\r\n",
			"Content-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSETUJU\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n"},
	} {
		if m := Parse([]byte(plainHead+x.raw), DefaultLimits(), nil); m.Severe() == "" {
			t.Errorf("%s: nothing is wrong with %q", name, m.Text)
		}
		if m := Parse([]byte(plainHead+x.control), DefaultLimits(), nil); m.Severe() != "" {
			t.Errorf("%s: the control is held: %v", name, m.Problems)
		}
	}
}

// TestReadersAgree: whatever people write, in every encoding that their programs use.
func TestReadersAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.ReplaceAll(rapid.StringOf(rapid.RuneFrom([]rune("abc äé\u2019ñ Setuju\n.=-?!中€"))).Draw(t, "text"), "\n", "\r\n")
		inner := "Content-Type: text/plain; charset=utf-8\r\n" + encodedAs(text, rapid.SampledFrom([]string{"8bit", "base64", "quoted-printable"}).Draw(t, "encoding"))
		raw := plainHead + inner
		if rapid.Bool().Draw(t, "alternative") {
			raw = plainHead + "Content-Type: multipart/alternative; boundary=\"_b=1\"\r\n\r\n--_b=1\r\n" + inner + "\r\n--_b=1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>x</p>\r\n--_b=1--\r\n"
		}
		if rapid.Bool().Draw(t, "LF") {
			raw = strings.ReplaceAll(raw, "\r\n", "\n")
		}
		if m := Parse([]byte(raw), DefaultLimits(), nil); m.Severe() != "" {
			t.Fatalf("%v\n%q", m.Problems, raw)
		}
	})
}

// FuzzCutSigned: what is cut stands in the mail, part by part, and nothing visible after it.
func FuzzCutSigned(f *testing.F) {
	f.Add([]byte("Content-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\ny\r\n--b--\r\n"))
	f.Add([]byte("Content-Type: multipart/signed; boundary=b\n\n--b\n--b"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, reason := CutSigned(raw)
		if reason != "" {
			return
		}
		if !bytes.Contains(raw, s.Entity) && !bytes.Contains(raw, bytes.ReplaceAll(s.Entity, []byte("\r\n"), []byte("\n"))) {
			t.Errorf("the entity is not in the mail: %q", s.Entity)
		}
		if m := Parse(raw, DefaultLimits(), nil); m.Severe() == "" && m.Text != "" {
			alone := Parse(s.Entity, DefaultLimits(), nil)
			if alone.Text != m.Text {
				t.Errorf("shown %q, signed %q", m.Text, alone.Text)
			}
		}
	})
}

// encodedAs is the rest of a part: the encoding's field, and the text in it.
func encodedAs(text, encoding string) string {
	head := "Content-Transfer-Encoding: " + encoding + "\r\n\r\n"
	switch encoding {
	case "base64":
		return head + encoded([]byte(text), "\r\n") + "\r\n"
	case "quoted-printable":
		var b strings.Builder
		w := quotedprintable.NewWriter(&b)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return head + b.String() + "\r\n"
	}
	return head + text + "\r\n"
}

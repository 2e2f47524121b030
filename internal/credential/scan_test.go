package credential

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"html"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ukpbjd/internal/secret"
)

// odd holds what every encoding writes in its own way.
const odd = `Contoh=&<#+%1é"9`

func qp(s string) string {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func fold76(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 76 {
		b.WriteString(s[i:min(len(s), i+76)] + "\r\n")
	}
	return b.String()
}

func TestScanner(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	s := NewScanner([]Live{{"a", sec(odd)}, {"b", sec("Contoh#aman2")}, {"short", sec("x")}, {"none", sec("")}})
	b64 := base64.StdEncoding.EncodeToString
	hits := map[string]string{
		"as it is":           "Sandi Anda: " + odd + " segera ganti",
		"quoted":             "> > " + odd,
		"html":               "<b>" + html.EscapeString(odd) + "</b>",
		"html, few":          strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(odd),
		"in a link":          "mailto:x?body=" + url.QueryEscape(odd),
		"in a path":          url.PathEscape(odd),
		"quoted-printable":   qp(strings.Repeat("x", 40) + odd + " dan seterusnya"),
		"soft line break":    qp(strings.Repeat("x", 70) + odd),
		"hard line break":    odd[:8] + "\r\n> " + odd[8:],
		"base64":             b64([]byte("yz Sandi Anda " + odd + " segera")),
		"base64, 2":          b64([]byte("y Sandi Anda " + odd + " segera")),
		"base64, 3":          b64([]byte(" Sandi Anda " + odd + " segera")),
		"base64 over lines":  fold76(b64([]byte(strings.Repeat("surat ", 9) + odd + strings.Repeat(" surat", 9)))),
		"base64 over lines2": fold76(b64([]byte(strings.Repeat("surat ", 8) + odd + strings.Repeat(" surat", 9)))),
	}
	for name, text := range hits {
		if got := s.Hits([]byte("lain"), []byte(text)); !slices.Equal(got, []string{"a"}) {
			t.Errorf("%s: %v", name, got)
		}
		red := s.Redact([]byte(text))
		if len(red) != len(text) || len(s.Hits(red)) > 0 {
			t.Errorf("%s: redacted to %d bytes of %d, with %v", name, len(red), len(text), s.Hits(red))
		}
	}
	for at := window - len(odd) - 3; at < window+3; at++ { // across the border of two pieces
		text := []byte(strings.Repeat("surat\n", at/6) + strings.Repeat("x", at%6) + odd + strings.Repeat("surat\n", 2000))
		if got := s.Hits(text); len(got) != 1 || len(s.Hits(s.Redact(text))) > 0 {
			t.Fatalf("at %d: %v", at, got)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "other case": strings.ToUpper(odd), "a part": odd[:len(odd)-1], "apart": odd[:8] + " x " + odd[8:], "far": strings.Repeat("Contoh", 1000),
	} {
		if got := s.Hits([]byte(text)); len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
		if !bytes.Equal(s.Redact([]byte(text)), []byte(text)) {
			t.Errorf("%s was changed", name)
		}
	}
	both := s.Hits([]byte("Contoh#aman2 "+odd), []byte("Contoh#aman2"))
	if !slices.Equal(both, []string{"a", "b"}) {
		t.Errorf("both: %v", both)
	}
	if got := NewScanner(nil).Hits([]byte(odd)); got != nil {
		t.Errorf("nothing live: %v", got)
	}
	out := fmt.Sprintf("%v %+v %#v", s, s, *s)
	if strings.Contains(out, "aman2") || strings.Contains(out, "97 109 97 110 50") {
		t.Error("a scanner shows what it looks for")
	}
}

func TestScannerOnAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := secret.DefaultRule.Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		s := NewScanner([]Live{{"x", p}})
		before, after := rapid.String().Draw(t, "before"), rapid.String().Draw(t, "after")
		text := before + p.Reveal() + after
		for _, form := range []string{text, qp(text), html.EscapeString(text), url.QueryEscape(text), base64.StdEncoding.EncodeToString([]byte(text)), fold76(base64.StdEncoding.EncodeToString([]byte(text)))} {
			if got := s.Hits([]byte(form)); len(got) != 1 {
				t.Fatal("a secret was not found")
			}
			if red := s.Redact([]byte(form)); len(red) != len(form) || len(s.Hits(red)) > 0 {
				t.Fatal("a secret was not redacted")
			}
		}
		if len(s.Hits([]byte(before), []byte(after))) > 0 {
			t.Fatal("found where it is not")
		}
	})
}

func FuzzScan(f *testing.F) {
	s := NewScanner([]Live{{"a", sec(odd)}})
	f.Add([]byte("x" + odd + "=\r\ny\n> z"))
	f.Fuzz(func(t *testing.T, b []byte) {
		red := s.Redact(b)
		if len(red) != len(b) || len(s.Hits(b)) == 0 && !bytes.Equal(red, b) {
			t.Error("redaction changed the length, or what holds nothing")
		}
	})
}

func BenchmarkScan(b *testing.B) {
	var live []Live
	for i := range 200 {
		p, err := secret.DefaultRule.Generate(rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		live = append(live, Live{fmt.Sprint(i), p})
	}
	s := NewScanner(live)
	raw := make([]byte, 3<<20)
	rand.Read(raw)
	text := []byte(fold76(base64.StdEncoding.EncodeToString(raw)))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s.Hits(text)
	}
}

package message

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

// encoded is b in base64 lines of 76 characters.
func encoded(b []byte, eol string) string {
	var out strings.Builder
	for s := base64.StdEncoding.EncodeToString(b); len(s) > 0; {
		n := min(76, len(s))
		out.WriteString(s[:n] + eol)
		s = s[n:]
	}
	return out.String()
}

func noise(n, seed int) []byte {
	b := make([]byte, n)
	x := uint32(seed)*2654435761 + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// requestMail is a request with papers of the given sizes.
func requestMail(eol string, sizes ...int) []byte {
	var out strings.Builder
	line := func(s string) { out.WriteString(s + eol) }
	line("From: Staf PBJ <staf@badung.example>")
	line("To: ukpbj@badung.example")
	line("Subject: Permohonan akun SPSE Pokja")
	line("Message-ID: <permohonan-1@badung.example>")
	line("MIME-Version: 1.0")
	line(`Content-Type: multipart/mixed; boundary="batas=_1"`)
	line("")
	line("--batas=_1")
	line("Content-Type: text/plain; charset=utf-8")
	line("")
	line("Mohon dibuatkan akun SPSE untuk Pokja berikut.")
	for i, n := range sizes {
		line("--batas=_1")
		line(fmt.Sprintf(`Content-Type: application/pdf; name="berkas-%d.pdf"`, i+1))
		line("Content-Transfer-Encoding: base64")
		line(fmt.Sprintf(`Content-Disposition: attachment; filename="berkas-%d.pdf"`, i+1))
		line("")
		out.WriteString(encoded(noise(n, i), eol))
	}
	line("--batas=_1--")
	return []byte(out.String())
}

func sameLeaves(t testing.TB, name string, raw []byte) int {
	lim := DefaultLimits()
	leaves := findBigParts(raw, lim)
	if len(leaves) == 0 {
		return 0
	}
	if over, _ := lim.overBody(raw); over != "" {
		return 0
	}
	_, with, ok := readTree(withPlaceholders(raw, leaves), leaves, lim)
	_, without, plain := readTree(raw, nil, lim)
	if !ok {
		return 0 // parsed again as it stands
	}
	if !plain || len(with) != len(without) {
		t.Fatalf("%s: %d parts bigPart, %d plain", name, len(with), len(without))
	}
	for i := range with {
		a, b := with[i], without[i]
		if !bytes.Equal(a.content, b.content) || a.part.FileName != b.part.FileName || a.part.ContentType != b.part.ContentType || a.part.PartID != b.part.PartID {
			t.Fatalf("%s: part %s %q differs: %d bytes bigPart, %d plain", name, a.part.PartID, a.part.FileName, len(a.content), len(b.content))
		}
	}
	return len(leaves)
}

func TestLiftedIsTheSame(t *testing.T) {
	bigPart, mails := 0, 0
	for _, f := range corpusFiles(t, func(c corpusFile) bool { return c.role == "mail" }) {
		if n := sameLeaves(t, f.path, corpusBytes(t, f.path)); n > 0 {
			bigPart, mails = bigPart+n, mails+1
		}
	}
	t.Logf("%d leaves of %d mails bigPart, none different", bigPart, mails)
	if bigPart < 50 && !raceOn {
		t.Errorf("only %d leaves bigPart: the fast path is not taken", bigPart)
	}
}

func TestLiftedIsTheSameGenerated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		eol := rapid.SampledFrom([]string{"\r\n", "\n"}).Draw(t, "eol")
		sizes := rapid.SliceOfN(rapid.IntRange(0, 20000), 0, 4).Draw(t, "sizes")
		raw := requestMail(eol, sizes...)
		for range rapid.IntRange(0, 4).Draw(t, "damages") {
			at := rapid.IntRange(0, len(raw)-1).Draw(t, "at")
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				raw[at] = rapid.SampledFrom([]byte("\n\r-= :;\"!A\x00\xff")).Draw(t, "byte")
			case 1:
				raw = raw[:at+1]
			case 2:
				raw = append(raw[:at:at], raw[min(len(raw), at+rapid.IntRange(1, 200).Draw(t, "cut")):]...)
			default:
				end := min(len(raw), at+rapid.IntRange(1, 3000).Draw(t, "copy"))
				raw = append(raw[:end:end], raw[at:]...)
			}
			if len(raw) == 0 {
				return
			}
		}
		sameLeaves(rapidTB{T: t}, "generated", raw)
	})
}

// rapidTB lets one check serve plain and property tests.
type rapidTB struct {
	testing.TB
	T *rapid.T
}

func (r rapidTB) Fatalf(format string, args ...any) { r.T.Fatalf(format, args...) }
func (r rapidTB) Helper()                           {}

func TestPlaceholderInMailIsNoAttachment(t *testing.T) {
	raw := requestMail("\r\n", 6000)
	leaves := findBigParts(raw, DefaultLimits())
	if len(leaves) != 1 {
		t.Fatalf("%d leaves", len(leaves))
	}
	// A second part that holds the very bytes of the placeholder must not receive the paper.
	forged := encoded(leaves[0].token(0), "\r\n")
	evil := bytes.Replace(raw, []byte("--batas=_1--"), []byte("--batas=_1\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"+forged+"--batas=_1--"), 1)
	m := Parse(evil, DefaultLimits(), nil)
	if len(m.Files) != 2 || len(m.Files[0].Bytes) != 6000 || !bytes.Equal(m.Files[1].Bytes, leaves[0].token(0)) {
		t.Fatalf("files %d", len(m.Files))
	}
}

func TestParseCostsAboutTheStandardLibrary(t *testing.T) {
	raw := requestMail("\r\n", 100<<10, 100<<10, 100<<10)
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			Parse(raw, DefaultLimits(), nil)
		}
	})
	if n := allocated.AllocedBytesPerOp(); n > 500<<10 && !raceOn {
		t.Errorf("%d bytes allocated for 300 KB of papers", n)
	}
	t.Logf("Parse: %s, %d KB allocated", allocated, allocated.AllocedBytesPerOp()>>10)
}

func BenchmarkThreePapers(b *testing.B) {
	raw := requestMail("\r\n", 100<<10, 100<<10, 100<<10)
	b.Run("bigPart", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			Parse(raw, DefaultLimits(), nil)
		}
	})
	b.Run("enmime", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			readTree(raw, nil, DefaultLimits())
		}
	})
	b.Run("std", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			stdRead(b, raw)
		}
	})
}

func stdRead(b *testing.B, raw []byte) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		b.Fatal(err)
	}
	_, params, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := r.NextPart()
		if err != nil {
			return
		}
		var in io.Reader = p
		if p.Header.Get("Content-Transfer-Encoding") == "base64" {
			in = base64.NewDecoder(base64.StdEncoding, p)
		}
		if _, err := io.ReadAll(in); err != nil {
			b.Fatal(err)
		}
	}
}

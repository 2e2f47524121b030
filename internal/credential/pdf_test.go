package credential

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ukpbjd/internal/secret"
)

func lockedExample(t *testing.T, phrase string) []byte {
	t.Helper()
	raw, err := LockedPDF(rand.Reader, []string{"User ID", "\tmade.contoh", "Password", "\tContoh-7x(K)\\!mawar", "I Made Contoh – S.T."}, secret.New([]byte(phrase)))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestLockedPDF opens the page by the standard's own way back: from the phrase to the file key, to the text.
func TestLockedPDF(t *testing.T) {
	const phrase = "8KQF-M3RT-9WXA-4HJC"
	raw := lockedExample(t, phrase)
	if bytes.Contains(raw, []byte("mawar")) || bytes.Contains(raw, []byte("made.contoh")) {
		t.Fatal("it is not encrypted")
	}
	if page := openPDF(t, raw, phrase); !bytes.Contains(page, []byte(`(Contoh-7x\(K\)\\!mawar) Tj`)) {
		t.Errorf("%s", page)
	}
	if openPDF(t, raw, "another phrase here") != nil {
		t.Error("another phrase opens it")
	}
	if bytes.Equal(raw, lockedExample(t, phrase)) {
		t.Error("two pages are the same")
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", 200)} {
		if _, err := LockedPDF(rand.Reader, nil, secret.New([]byte(bad))); err == nil {
			t.Errorf("locked with a phrase of %d", len(bad))
		}
	}
}

func openPDF(t *testing.T, raw []byte, phrase string) []byte {
	t.Helper()
	field := func(name string) []byte {
		m := regexp.MustCompile(`/` + name + ` <([0-9a-f]+)>`).FindSubmatch(raw)
		if m == nil {
			t.Fatalf("no %s", name)
		}
		b, err := hex.DecodeString(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	undo := func(key, iv, sealed []byte) []byte {
		block, err := aes.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]byte, len(sealed))
		cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, sealed)
		return out
	}
	u, ue := field("U"), field("UE")
	if !bytes.Equal(pdfHash([]byte(phrase), u[32:40], nil), u[:32]) {
		return nil
	}
	file := undo(pdfHash([]byte(phrase), u[40:48], nil), make([]byte, 16), ue)
	from := bytes.Index(raw, []byte("stream\n")) + 7
	sealed := raw[from:bytes.Index(raw, []byte("\nendstream"))]
	return undo(file, sealed[:16], sealed[16:])
}

// TestLockedPDFElsewhere has another program open it.
func TestLockedPDFElsewhere(t *testing.T) {
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("UKPBJD_REAL") != "" {
			t.Fatal(err)
		}
		t.Skip("pdftotext is not installed")
	}
	const phrase = "8KQF-M3RT-9WXA-4HJC"
	name := filepath.Join(t.TempDir(), "akun.pdf")
	for range 20 { // the number of rounds of the hash differs
		if err := os.WriteFile(name, lockedExample(t, phrase), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), tool, "-upw", phrase, name, "-").CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte(`Contoh-7x(K)\!mawar`)) || !bytes.Contains(out, []byte("made.contoh")) {
			t.Fatalf("%v %s", err, out)
		}
		if out, err := exec.CommandContext(t.Context(), tool, name, "-").CombinedOutput(); err == nil {
			t.Fatalf("opens without the phrase: %s", out)
		}
	}
}

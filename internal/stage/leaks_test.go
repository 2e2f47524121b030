package stage

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ukpbjd/internal/sop"
)

// TestLeakSearch plants a password where the office must not have it, each time behind another wrapping, in a mailbox or in a
// file: every one is found. The control is the same office with a word that is nobody's password.
func TestLeakSearch(t *testing.T) {
	t.Parallel()
	const word = "Contoh#aman2"
	member := sop.Person{Name: "Anggota", Address: "anggota@" + Domain}
	mail := func(w string, b bare) []byte { return b.raw(member.Address, "ukpbj@"+Domain, 1) }
	planted := map[string]func(w string) []byte{
		"encoded subject": func(w string) []byte {
			return mail(w, bare{"", "=?utf-8?b?" + base64.StdEncoding.EncodeToString([]byte("Sandi "+w+" ditolak")) + "?=", "text/plain", "7bit", "Mohon bantuan."})
		},
		"plain subject": func(w string) []byte {
			return mail(w, bare{"", "Sandi " + w, "text/plain", "7bit", "Mohon bantuan."})
		},
		"base64 attachment": func(w string) []byte {
			return mail(w, file("attached", "text/plain", "catatan.txt", []byte("user dan "+w+"\n")))
		},
		"workbook": func(w string) []byte {
			return mail(w, file("attached", "application/octet-stream", "akun.xlsx", cells(t, "Nama", "Sandi", "Made", w)))
		},
		"packed log": func(w string) []byte {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			fmt.Fprintf(z, `{"msg":"sent","body":%q}`, base64.StdEncoding.EncodeToString([]byte("sandi "+w)))
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		},
		"store page": func(w string) []byte { return []byte("\x00\x01" + w + "\xff") },
	}
	search := func(w string) (found int) {
		for name, plant := range planted {
			s, err := Open(Options{Dir: t.TempDir(), Members: []sop.Person{member}})
			if err != nil {
				t.Fatal(err)
			}
			raw := plant(w)
			if bytes.Contains(raw, []byte("\r\nFrom: ")) || bytes.HasPrefix(raw, []byte("From: ")) {
				err = s.Post.Put(s.Cast.Office.Address, "INBOX", raw)
			} else {
				err = os.WriteFile(filepath.Join(s.Config.Storage.Path, "planted"), raw, 0o600)
			}
			if err == nil {
				err = s.Post.Put(member.Address, "INBOX", mail(w, bare{"", "Kredensial", "text/plain", "7bit", word})) // it is theirs
			}
			leaks, err2 := s.Leaks(map[string]string{word: member.Address})
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			if len(leaks) > 0 && !strings.Contains(leaks[0], word) && strings.HasSuffix(leaks[0], "the password of "+member.Address) {
				found++
			} else if w == word {
				t.Errorf("%s: %q", name, leaks)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		return found
	}
	if n := search(word); n != len(planted) {
		t.Errorf("%d of %d planted passwords were found", n, len(planted))
	}
	if n := search("Bukan#sandi3"); n != 0 {
		t.Errorf("%d places hold a password that stands nowhere", n)
	}
}

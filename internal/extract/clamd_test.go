package extract

import (
	"bytes"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"ukpbjd/internal/document"
	"ukpbjd/internal/extract/clamdtest"
)

func TestMalwareScanner(t *testing.T) {
	csv := []byte("No;Nama;NIP\n1;Sari;1\n2;Luh;2\n")
	for name, c := range map[string]struct{ answer, want string }{
		"clean":   {clamdtest.Clean, ""},
		"found":   {clamdtest.Malware, document.ReasonMalware},
		"limit":   {clamdtest.TooLarge, document.ReasonUnscanned},
		"nothing": {"", document.ReasonUnscanned},
	} {
		if src := read(t, Options{Clamd: clamdtest.Listen(t, clamdtest.Always(c.answer))}, "x.csv", csv); src[0].Unreadable != c.want {
			t.Errorf("%s: reason %q, want %q", name, src[0].Unreadable, c.want)
		}
	}
	if src := read(t, Options{Clamd: filepath.Join(t.TempDir(), "absent")}, "x.csv", csv); src[0].Unreadable != document.ReasonUnscanned {
		t.Errorf("down: reason %q", src[0].Unreadable)
	}
}

// A scanner that sees only the archive is not enough: each member is asked about, nested ones and files of a forwarded mail too.
func TestMalwareInArchives(t *testing.T) {
	const mark = "X5O!INVENTED-TEST-SIGNATURE"
	csv := "No;Nama;NIP\n1;Sari;1\n2;Luh;2\n"
	inner := string(zipOf(t, map[string]string{"tas.csv": csv + strings.Repeat(mark, 40)}))
	data := zipOf(t, map[string]string{"bersih.csv": csv, "kotor.csv": csv + strings.Repeat(mark, 40), "dalam.zip": inner})
	mail := []byte("From: a@dinas.example\r\nTo: b@dinas.example\r\nSubject: Fwd\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: application/octet-stream; name=\"kotor.csv\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		"Tm87TmFtYTtOSVAKMTtYNU8hSU5WRU5URUQtVEVTVC1TSUdOQVRVUkU7MQo=\r\n--x--\r\n")
	for name, c := range map[string]struct{ answer, want string }{
		"found": {clamdtest.Malware, document.ReasonMalware}, "over its limit": {clamdtest.TooLarge, document.ReasonUnscanned},
		"control: passed": {clamdtest.Clean, ""},
	} {
		socket := clamdtest.Listen(t, func(_ *net.UnixConn, stream []byte) string {
			if bytes.Contains(stream, []byte(mark)) {
				return c.answer
			}
			return clamdtest.Clean
		})
		want := map[string]string{"a.zip/bersih.csv": "", "a.zip/kotor.csv": c.want, "a.zip/dalam.zip/tas.csv": c.want}
		src := append(read(t, Options{Clamd: socket}, "a.zip", data), read(t, Options{Clamd: socket}, "fwd.eml", mail)...)
		want["fwd.eml/kotor.csv"] = c.want
		for _, s := range src {
			reason, known := want[s.File]
			if !known || s.Unreadable != reason || reason != "" && len(s.Pages) > 0 {
				t.Errorf("%s: %s: reason %q, want %q", name, s.File, s.Unreadable, reason)
			}
		}
		if len(src) != len(want) {
			t.Errorf("%s: %d sources, want %d", name, len(src), len(want))
		}
	}
}

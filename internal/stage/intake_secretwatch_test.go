package stage

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"html"
	"mime/quotedprintable"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// bare is a mail that holds a word and nothing by which a case could be told: no number, no code, no Message-ID of ours.
type bare struct {
	how, subject, kind, encoding, body string
}

func (b bare) raw(from, to string, n int) []byte {
	return fmt.Appendf(nil, "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <telanjang-%d-%d@surel.example>\r\nMIME-Version: 1.0\r\nContent-Type: %s\r\n"+
		"Content-Transfer-Encoding: %s\r\n\r\n%s\r\n", from, to, b.subject, time.Now().Format(time.RFC1123Z), n, time.Now().UnixNano(), b.kind, b.encoding, b.body)
}

// bares are the ways in which somebody may write a password down.
func bares(t *testing.T, w string) []bare {
	var every strings.Builder
	for _, c := range w {
		fmt.Fprintf(&every, "&#%d;", c)
	}
	var qp bytes.Buffer
	q := quotedprintable.NewWriter(&qp)
	q.Write([]byte("sandi saya: " + w + " …")) //nolint:errcheck // into memory
	q.Close()                                  //nolint:errcheck // into memory
	var wide []byte
	for _, c := range []byte("sandi " + w) {
		wide = append(wide, c, 0)
	}
	const plain, page = "text/plain; charset=utf-8", "text/html; charset=utf-8"
	coded := bare{"in base64", "Sandi", plain, "base64", lines64([]byte("sandi: " + w + "\n"))}
	packed := file("in a workbook", "application/octet-stream", "akun.xlsx", cells(t, "Nama", "Sandi", "Made", w))
	return []bare{
		{"in the text", "Password", plain, "7bit", "Password saya " + w + " tidak bisa dipakai."},
		{"in brackets", "Password", plain, "7bit", "Tidak bisa (password=" + w + ")."},
		{"in the subject", "Sandi " + w + " ditolak", plain, "7bit", "Mohon bantuan."},
		{"in the subject, over two encoded words", "=?utf-8?q?Sandi_" + qword(w[:4]) + "?=\r\n =?utf-8?q?" + qword(w[4:]) + "_ditolak?=", plain, "7bit", "Mohon bantuan."},
		{"in quoted-printable", "Sandi", plain, "quoted-printable", qp.String()},
		coded,
		{"as HTML", "Sandi", page, "7bit", "<p>Sandi: <b>" + html.EscapeString(w) + "</b></p>"},
		{"as HTML, every sign", "Sandi", page, "7bit", "<p>Sandi: " + every.String() + "</p>"},
		file("in a text file", "text/plain", "catatan.txt", []byte("user dan "+w+"\n")),
		file("in UTF-16", "text/plain", "catatan.txt", wide),
		file("in a table", "text/csv", "akun.csv", []byte("nama;sandi\r\nMade;"+w+"\r\n")),
		packed,
		file("in a forwarded mail", "message/rfc822", "terusan.eml", coded.raw("a@surel.example", "b@surel.example", 1)),
		file("workbook in a mail", "message/rfc822", "terusan.eml", packed.raw("a@surel.example", "b@surel.example", 2)),
	}
}

// qword writes every byte of an encoded word as its number.
func qword(s string) string {
	return strings.ToUpper(strings.ReplaceAll(fmt.Sprintf("% x", " "+s), " ", "="))[2:]
}

func file(how, kind, name string, content []byte) bare {
	return bare{how, "Mohon bantuan", "multipart/mixed; boundary=\"=_b" + strings.ReplaceAll(how, " ", "") + "\"", "7bit",
		"--=_b" + strings.ReplaceAll(how, " ", "") + "\r\nContent-Type: text/plain\r\n\r\nTerlampir.\r\n--=_b" + strings.ReplaceAll(how, " ", "") +
			"\r\nContent-Type: " + kind + "\r\nContent-Disposition: attachment; filename=" + name + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			lines64(content) + "\r\n--=_b" + strings.ReplaceAll(how, " ", "") + "--\r\n"}
}

func lines64(raw []byte) string {
	s := base64.StdEncoding.EncodeToString(raw)
	var b strings.Builder
	for ; len(s) > 76; s = s[76:] {
		b.WriteString(s[:76] + "\r\n")
	}
	return b.String() + s
}

// cells is a workbook of two rows.
func cells(t *testing.T, text ...string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, x := range text {
		if err := f.SetCellStr("Sheet1", string(rune('A'+i%2))+fmt.Sprint(1+i/2), x); err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// released plays until three members have their letters, and gives the first one's password.
func (x *play) released() (number, word string, words map[string]string) {
	x.t.Helper()
	x.do(x.Start(x.ctx))
	x.approve()
	for i, m := range People(x.bundle) {
		if l := x.await(m, sop.Kredensial); i == 0 {
			word = PasswordIn(l.Msg)
		}
	}
	x.quiet()
	words, err := x.Passwords()
	x.do(err)
	return x.only().Number, word, words
}

// TestBarePassword: a live password is seen in any mail, whoever writes it and however, though the mail names no case. The mail
// is sealed, a notice that holds nothing of it takes its place, and the member's case has an incident. What was never a password stays where it is.
func TestBarePassword(t *testing.T) {
	t.Parallel()
	x := open(t, papersOf(t, 1, 3), Options{})
	number, word, words := x.released()
	member := People(x.bundle)[0].Address
	all := bares(t, word)
	for i, b := range all {
		from := []string{member, "orang@luar.example", x.Cast.Staff.Address}[i%3]
		x.do(x.Post.Deliver(x.Cast.Office.Address, b.raw(from, x.Cast.Office.Address, i)))
		if i == 5 { // what is known of passwords is taken from the books again
			x.do(x.Stop())
			x.do(x.Start(x.ctx))
		}
		if err := x.until(x.ctx, func() bool { return x.seen(number) == i+1 && len(x.folder("INBOX")) == 0 }); err != nil {
			t.Fatalf("%s: seen %d times, %d mails in the inbox", b.how, x.seen(number), len(x.folder("INBOX")))
		}
	}
	x.sound()
	leaks, err := x.Leaks(words, x.log.bytes())
	if err != nil || len(leaks) > 0 {
		t.Errorf("%q %v", leaks, err)
	}
	notices := 0
	for _, m := range slices.Concat(x.folder(x.Config.IMAP.Processed), x.folder(x.Config.IMAP.Review)) {
		raw := m.Raw
		if bytes.Contains(raw, []byte("surel.example")) || bytes.Contains(raw, []byte("luar.example")) {
			t.Errorf("something of the original is left:\n%s", raw)
		}
		if bytes.Contains(raw, []byte("Subject: Surel diganti: memuat kata sandi")) {
			notices++
		}
	}
	if notices != len(all) {
		t.Errorf("%d notices for %d mails", notices, len(all))
	}
	if v := x.only(); len(v.Members) != 3 {
		t.Errorf("%+v", v)
	}
	other, err := secret.DefaultRule.Generate(rand.Reader)
	x.do(err)
	quiet := bares(t, other.Reveal())
	for i, b := range quiet { // the control
		x.do(x.Post.Deliver(x.Cast.Office.Address, b.raw("orang@luar.example", x.Cast.Office.Address, 100+i)))
	}
	x.do(x.until(x.ctx, func() bool { return x.looked("orang@luar.example") == len(quiet) }))
	if n := len(x.folder("INBOX")); n != len(quiet) || x.seen(number) != len(all) || len(x.events(number, "incident")) != 1 {
		t.Errorf("%d of %d mails are in the inbox, seen %d times, %d incidents", n, len(quiet), x.seen(number), len(x.events(number, "incident")))
	}
}

// seen counts how often a live password of the case was seen: the first time is the incident, for one password is one.
func (x *play) seen(number string) int {
	return len(x.events(number, "incident")) + len(x.events(number, "exposed-again"))
}

// looked counts the mails of that person that are not ours.
func (x *play) looked(from string) (n int) {
	x.t.Helper()
	for _, m := range x.mailsOf(from) {
		if m.Outcome == "not-ours" {
			n++
		}
	}
	return n
}

// TestPasswordInPapers: somebody who asks for accounts has typed a live password into a workbook. It is seen where the papers are
// read, before anything is archived, and the request is answered as one without that file.
func TestPasswordInPapers(t *testing.T) {
	t.Parallel()
	x := open(t, papersOf(t, 1, 3), Options{})
	number, word, words := x.released()
	sheet := cells(t, "No", "Nama", "1", "Made Contoh", "2", "Wayan Misal", "Catatan", "sandi lama: "+word)
	for i, alone := range []bool{true, false} { // by itself, and together with another
		raw := file("in a request "+fmt.Sprint(i), "application/octet-stream", "daftar.xlsx", sheet)
		raw.subject = "Permohonan user ID dan password SPSE Pokja"
		send := [][]byte{raw.raw(x.Cast.Staff.Address, x.Cast.Office.Address, 300+i)}
		if !alone {
			other := raw
			other.body = strings.ReplaceAll(raw.body, "Terlampir.", "Terlampir juga.")
			send = append(send, other.raw(x.Cast.Staff.Address, x.Cast.Office.Address, 310+i))
		}
		before := x.seen(number)
		for _, m := range send {
			x.do(x.Submit(x.Cast.Staff, m, x.Cast.Office))
		}
		x.do(x.until(x.ctx, func() bool {
			return x.seen(number) == before+len(send) && len(x.folder("INBOX")) == 0
		}))
	}
	x.quiet()
	x.sound()
	cases, err := x.Daemon.Control.Cases(x.ctx, false)
	if err != nil || len(cases) != 4 {
		t.Errorf("%d cases, %v", len(cases), err)
	}
	leaks, err := x.Leaks(words, x.log.bytes())
	if err != nil || len(leaks) > 0 {
		t.Errorf("%q %v", leaks, err)
	}
}

// TestForgottenPassword: a password whose key is destroyed is a word like any other.
func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	var c clock
	x := open(t, papersOf(t, 1, 3), clocked(&c))
	number, word, _ := x.released()
	x.finish()
	x.shredAll(&c, number)
	x.do(x.until(x.ctx, func() bool { return len(x.Daemon.Office.Vault.IDs()) == 0 }))
	b := bares(t, word)[0]
	x.do(x.Post.Deliver(x.Cast.Office.Address, b.raw("orang@luar.example", x.Cast.Office.Address, 1)))
	x.do(x.until(x.ctx, func() bool { return x.looked("orang@luar.example") == 1 }))
	if len(x.folder("INBOX")) != 1 || len(x.events(number, "incident")) > 0 {
		t.Error("a word that opens nothing any more is taken for a password")
	}
}

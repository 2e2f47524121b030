package stage

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"net/mail"
	"path/filepath"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"

	"ukpbjd/internal/config"
	"ukpbjd/internal/message"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// TestEncryptedDelivery: the letter of the member whose certificate is registered opens with their key alone; the others get
// theirs as ever. What is archived holds no password in either case.
func TestEncryptedDelivery(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	b, err := rehearsal.Papers(9, 3, rehearsal.Office{Domain: Domain})
	if err != nil {
		t.Fatal(err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "Anggota"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s, err := Open(Options{Dir: dir, Members: People(b), Change: func(c *config.Config) {
		c.People.MemberKeys = []config.MemberKey{{Address: b.Roster[1].Email, Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	await := func(to sop.Person, kind sop.LetterKind) Letter {
		t.Helper()
		l, err := s.Await(ctx, to, "", kind)
		must(err)
		return l
	}
	must(s.Start(ctx))
	must(s.Request(b, true))
	must(s.Answer(await(s.Cast.Admin, sop.Persetujuan), "SETUJU", rehearsal.Outlook))
	words := map[string]string{}
	for i, m := range People(b) {
		l := await(m, sop.Kredensial)
		if i == 1 {
			if PasswordIn(l.Msg) != "" {
				t.Error("the encrypted letter can be read")
			}
			entity := opened(t, l.Raw, cert, key)
			inner := message.Parse(append([]byte("From: "+s.Cast.Office.Address+"\r\nX-UKPBJ-Surat: kredensial\r\n"), entity...), message.DefaultLimits(), nil)
			words[PasswordIn(inner)] = "" // nobody may hold it as it is, not even the member's mailbox
		} else {
			words[PasswordIn(l.Msg)] = m.Address
		}
		must(s.Answer(l, "TERIMA", rehearsal.Plain))
	}
	await(s.Cast.Staff, sop.Selesai)
	if _, none := words[""]; none || len(words) != 3 {
		t.Fatalf("%d passwords are known", len(words))
	}
	kept := 0
	for deadline := time.Now().Add(20 * time.Second); kept < 3 && time.Now().Before(deadline); {
		_, err := s.Daemon.Clerk.KeepLetters(ctx)
		must(err)
		files, err := filepath.Glob(filepath.Join(dir, "office", "archive", "2*", "PKJ-*", "*kredensial.eml"))
		must(err)
		kept = len(files)
	}
	if kept != 3 {
		t.Errorf("%d credential letters are archived", kept)
	}
	leaks, err := s.Leaks(words)
	if err != nil || len(leaks) > 0 {
		t.Errorf("%q %v", leaks, err)
	}
}

func opened(t *testing.T, raw []byte, cert *x509.Certificate, key *rsa.PrivateKey) []byte {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	der, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
	if err != nil {
		t.Fatal(err)
	}
	p, err := pkcs7.Parse(der)
	if err != nil {
		t.Fatalf("%v: %s", err, m.Header.Get("Content-Type"))
	}
	plain, err := p.Decrypt(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

package stage

import (
	"bytes"
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
	t.Parallel()
	b := papersOf(t, 9, 3)
	cert, key := certified(t, "Anggota")
	x := open(t, b, Options{Change: func(c *config.Config) {
		c.People.MemberKeys = []config.MemberKey{{Address: b.Roster[1].Email, Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})}}
	}})
	x.do(x.Start(x.ctx))
	x.approve()
	words := map[string]string{}
	for i, m := range People(b) {
		l := x.await(m, sop.Kredensial)
		if i == 1 {
			if PasswordIn(l.Msg) != "" {
				t.Error("the encrypted letter can be read")
			}
			entity := opened(t, l.Raw, cert, key)
			inner := message.Parse(append([]byte("From: "+x.Cast.Office.Address+"\r\nX-UKPBJ-Surat: kredensial\r\n"), entity...), message.DefaultLimits(), nil)
			words[PasswordIn(inner)] = "" // nobody may hold it as it is, not even the member's mailbox
		} else {
			words[PasswordIn(l.Msg)] = m.Address
		}
		x.do(x.Answer(l, "TERIMA", rehearsal.Plain))
	}
	x.await(x.Cast.Staff, sop.Selesai)
	if _, none := words[""]; none || len(words) != 3 {
		t.Fatalf("%d passwords are known", len(words))
	}
	kept := 0
	for kept < 3 && x.ctx.Err() == nil {
		_, err := x.Daemon.Archiver.AllLetters(x.ctx)
		x.do(err)
		files, err := filepath.Glob(filepath.Join(x.Config.Storage.Path, "archive", "2*", "PKJ-*", "*kredensial.eml"))
		x.do(err)
		kept = len(files)
	}
	if kept != 3 {
		t.Errorf("%d credential letters are archived", kept)
	}
	leaks, err := x.Leaks(words)
	if err != nil || len(leaks) > 0 {
		t.Errorf("%q %v", leaks, err)
	}
}

// certified makes somebody's key and a certificate of it that is valid now.
func certified(t *testing.T, name string) (*x509.Certificate, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
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

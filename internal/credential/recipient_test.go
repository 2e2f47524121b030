package credential

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
	"github.com/smallstep/pkcs7"
)

const letterOfTest = "MIME-Version: 1.0\r\nFrom: ukpbj@gov.example\r\nTo: anggota@gov.example\r\nSubject: [PKJ-2026-0001]\r\n Akun SPSE\r\nContent-Type: text/plain;\r\n charset=UTF-8\r\n" +
	"Content-Transfer-Encoding: quoted-printable\r\nMessage-ID: <a@gov.example>\r\n\r\nKata sandi:\r\n\r\nKp7=3DxTeRa9zQ\r\n"

var atTest = time.Date(2026, 6, 9, 10, 0, 0, 0, time.UTC)

func certificate(t *testing.T, k crypto.Signer, change func(*x509.Certificate)) []byte {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Anggota"}, NotBefore: atTest.Add(-time.Hour), NotAfter: atTest.Add(time.Hour),
		KeyUsage: x509.KeyUsageKeyEncipherment}
	if change != nil {
		change(c)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	if bits < 1024 {
		t.Setenv("GODEBUG", "rsa1024min=0")
	}
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func pgpKey(t *testing.T, life uint32) (private *openpgp.Entity, public []byte) {
	t.Helper()
	e, err := openpgp.NewEntity("Anggota", "", "anggota@gov.example", &packet.Config{Algorithm: packet.PubKeyAlgoRSA, RSABits: 2048, KeyLifetimeSecs: life,
		Time: func() time.Time { return atTest.Add(-time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	return e, armored(t, "PGP PUBLIC KEY BLOCK", e.Serialize)
}

func armored(t *testing.T, kind string, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := armor.Encode(&b, kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(write(w), w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sealed encrypts the letter, and looks at what stays readable.
func sealed(t *testing.T, certificate, key []byte) *mail.Message {
	t.Helper()
	r, err := NewRecipient(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := r.Encrypt([]byte(letterOfTest), atTest)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte("Kata sandi")) || bytes.Contains(raw, []byte("TeRa9")) {
		t.Error("the letter can be read")
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"Subject": "[PKJ-2026-0001] Akun SPSE", "Message-Id": "<a@gov.example>", "To": "anggota@gov.example"} {
		if m.Header.Get(name) != want || len(m.Header[name]) != 1 {
			t.Errorf("%s is %q", name, m.Header[name])
		}
	}
	if len(m.Header["Content-Type"]) != 1 || len(m.Header["Mime-Version"]) != 1 {
		t.Errorf("header %v", m.Header)
	}
	return m
}

const entityOfTest = "Content-Type: text/plain;\r\n charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nKata sandi:\r\n\r\nKp7=3DxTeRa9zQ\r\n"

func TestEncryptedToACertificate(t *testing.T) {
	k := rsaKey(t, 2048)
	cert := certificate(t, k, nil)
	m := sealed(t, cert, nil)
	if !strings.HasPrefix(m.Header.Get("Content-Type"), "application/pkcs7-mime; smime-type=enveloped-data") {
		t.Error(m.Header.Get("Content-Type"))
	}
	der, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
	if err != nil {
		t.Fatal(err)
	}
	p, err := pkcs7.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(cert)
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := p.Decrypt(c, k); err != nil || string(plain) != entityOfTest {
		t.Errorf("opened: %q, %v", plain, err)
	}
	if !bytes.Contains(der, []byte{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a}) { // 2.16.840.1.101.3.4.1.42
		t.Error("it is not AES-256-CBC")
	}
}

func TestEncryptedToAnOpenPGPKey(t *testing.T) {
	e, public := pgpKey(t, 0)
	m := sealed(t, nil, public)
	if !strings.HasPrefix(m.Header.Get("Content-Type"), "multipart/encrypted; protocol=\"application/pgp-encrypted\"") {
		t.Error(m.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	block, err := armor.Decode(bytes.NewReader(body[bytes.Index(body, []byte("-----BEGIN PGP MESSAGE")):]))
	if err != nil {
		t.Fatal(err)
	}
	d, err := openpgp.ReadMessage(block.Body, openpgp.EntityList{e}, nil, &packet.Config{Time: func() time.Time { return atTest }})
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(d.UnverifiedBody); err != nil || string(plain) != entityOfTest {
		t.Errorf("opened: %q, %v", plain, err)
	}
}

// tool is a program of the machine; without it the test is skipped, unless UKPBJD_REAL=1.
func tool(t *testing.T, name string) string {
	t.Helper()
	at, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("UKPBJD_REAL") == "1" {
			t.Fatal(name, " is not installed")
		}
		t.Skip(name, " is not installed")
	}
	return at
}

func keep(t *testing.T, name string, raw []byte) string {
	t.Helper()
	at := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(at, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}

// TestOpenSSLOpensIt: what is encrypted to a certificate opens in another's program with its key, and with no other.
func TestOpenSSLOpensIt(t *testing.T) {
	openssl := tool(t, "openssl")
	k := rsaKey(t, 3072)
	cert := certificate(t, k, nil)
	r, err := NewRecipient(cert, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := r.Encrypt([]byte(letterOfTest), atTest)
	if err != nil {
		t.Fatal(err)
	}
	letter := keep(t, "surat.eml", raw)
	open := func(k *rsa.PrivateKey) ([]byte, error) {
		key := keep(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)}))
		return exec.CommandContext(t.Context(), openssl, "cms", "-decrypt", "-inform", "SMIME", "-in", letter, "-recip", keep(t, "cert.pem", cert), "-inkey", key).Output()
	}
	if out, err := open(k); err != nil || string(out) != entityOfTest {
		t.Errorf("opened: %q, %v", out, err)
	}
	if out, err := open(rsaKey(t, 3072)); err == nil && bytes.Contains(out, []byte("Kata sandi")) {
		t.Error("another key opens it")
	}
}

// TestGnuPGOpensIt: likewise with an OpenPGP key.
func TestGnuPGOpensIt(t *testing.T) {
	gpg := tool(t, "gpg")
	e, err := openpgp.NewEntity("Anggota", "", "anggota@gov.example", &packet.Config{Algorithm: packet.PubKeyAlgoRSA, RSABits: 3072,
		Time: func() time.Time { return time.Now().Add(-time.Hour) }}) // gpg minds the real clock
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRecipient(nil, armored(t, "PGP PUBLIC KEY BLOCK", e.Serialize))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := r.Encrypt([]byte(letterOfTest), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.MkdirTemp("", "g") // gpg-agent's socket needs a short path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run() //nolint:errcheck // there may be none
		os.RemoveAll(home)
	})
	_, message, _ := bytes.Cut(raw, []byte("-----BEGIN PGP MESSAGE"))
	run := func(args ...string) ([]byte, error) {
		return exec.CommandContext(t.Context(), gpg, append([]string{"--homedir", home, "--batch", "--quiet"}, args...)...).Output()
	}
	letter := keep(t, "surat.asc", append([]byte("-----BEGIN PGP MESSAGE"), message...))
	if _, err := run("--decrypt", letter); err == nil {
		t.Error("it opens without the key")
	}
	if out, err := run("--import", keep(t, "key.asc", armored(t, "PGP PRIVATE KEY BLOCK", func(w io.Writer) error { return e.SerializePrivate(w, nil) }))); err != nil {
		t.Fatalf("import: %s, %v", out, err)
	}
	if out, err := run("--decrypt", letter); err != nil || string(out) != entityOfTest {
		t.Errorf("opened: %q, %v", out, err)
	}
}

// TestRecipientsThatWillNotDo: nothing is encrypted to what nobody could open, or anybody could.
func TestRecipientsThatWillNotDo(t *testing.T) {
	good := rsaKey(t, 2048)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	e, public := pgpKey(t, 0)
	for name, c := range map[string]struct {
		cert, key []byte
		want      string
	}{
		"weak":        {cert: certificate(t, rsaKey(t, 1024), nil), want: "1024 bits"},
		"not RSA":     {cert: certificate(t, ec, nil), want: "not RSA"},
		"authority":   {cert: certificate(t, good, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }), want: "authority"},
		"signing":     {cert: certificate(t, good, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }), want: "not for encryption"},
		"two":         {cert: append(certificate(t, good, nil), certificate(t, good, nil)...), want: "more than one"},
		"no PEM":      {cert: []byte("halo"), want: "no certificate"},
		"both":        {cert: certificate(t, good, nil), key: public, want: "enough"},
		"no key":      {key: []byte("halo"), want: "no OpenPGP key"},
		"private key": {key: armored(t, "PGP PRIVATE KEY BLOCK", func(w io.Writer) error { return e.SerializePrivate(w, nil) }), want: "private"},
		"nothing":     {want: "no OpenPGP key"},
	} {
		if _, err := NewRecipient(c.cert, c.key); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	_, short := pgpKey(t, 60)
	for name, pair := range map[string][2][]byte{"certificate": {certificate(t, good, nil), nil}, "OpenPGP": {nil, short}} {
		r, err := NewRecipient(pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Encrypt([]byte(letterOfTest), atTest.Add(2*time.Hour)); !errors.Is(err, ErrKeyExpired) {
			t.Errorf("%s out of its time: %v", name, err)
		}
	}
}

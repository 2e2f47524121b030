package msgauth_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/smallstep/pkcs7"

	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/sop"
)

// signer is a person of these tests with a certificate.
type signer struct {
	key  crypto.Signer
	cert *x509.Certificate
}

func (s signer) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw})
}

func newSigner(name string, key crypto.Signer, from, to time.Time) signer {
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: to,
		EmailAddresses: []string{approver}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		panic(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return signer{key, c}
}

var people = sync.OnceValue(func() map[string]signer {
	ec := func() crypto.Signer { k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader); return k }
	year := 365 * 24 * time.Hour
	return map[string]signer{
		"approver": newSigner("Admin Agency", ec(), arrival.Add(-year), arrival.Add(year)),
		"rsa":      newSigner("Admin Agency", rsaKeys()[2048], arrival.Add(-year), arrival.Add(year)),
		"twin":     newSigner("Admin Agency", ec(), arrival.Add(-year), arrival.Add(year)), // same issuer and serial, another key
		"expired":  newSigner("Admin Agency", ec(), arrival.Add(-year), arrival.Add(-time.Hour)),
		"weak":     newSigner("Admin Agency", rsaKeys()[1024], arrival.Add(-year), arrival.Add(year)),
	}
})

var pgpKeys = sync.OnceValue(func() map[string]*openpgp.Entity {
	out := map[string]*openpgp.Entity{}
	for name, life := range map[string]uint32{"approver": 0, "other": 0, "expired": 3600} {
		e, err := openpgp.NewEntity("Admin Agency", "", approver, &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA, KeyLifetimeSecs: life,
			Time: func() time.Time { return arrival.Add(-48 * time.Hour) }})
		if err != nil {
			panic(err)
		}
		out[name] = e
	}
	return out
})

func publicKey(t *testing.T, e *openpgp.Entity) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := armor.Encode(&b, "PGP PUBLIC KEY BLOCK", nil)
	if err == nil {
		err = e.Serialize(w)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const entity = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nSETUJU 7KQF3M\r\n"

func smimeSignature(t *testing.T, content string, s signer, change func(*pkcs7.SignedData)) []byte {
	t.Helper()
	sd, err := pkcs7.NewSignedData([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	sd.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if change != nil {
		change(sd)
	}
	if err := sd.AddSigner(s.cert, s.key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	sd.Detach()
	der, err := sd.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func pgpSignature(t *testing.T, content string, e *openpgp.Entity, at time.Time) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&b, []*openpgp.Entity{e}, strings.NewReader(content),
		&openpgp.SignParams{Config: &packet.Config{Time: func() time.Time { return at }}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const signedHead = "From: Admin Agency <admin@gov.example>\r\nTo: ukpbj@office.example\r\nSubject: Re: [PKJ-2026-0001]\r\n" +
	"Date: {date}\r\nMessage-ID: <r1@gov.example>\r\nIn-Reply-To: <l1@office.example>\r\nReferences: <l1@office.example>\r\n" +
	"MIME-Version: 1.0\r\n"

var signedKeys = []string{"From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type"}

// multipartSigned wraps an entity and its signature, and signs the whole with DKIM.
func multipartSigned(t *testing.T, protocol, content string, signature []byte, more ...string) string {
	t.Helper()
	sig := "Content-Type: application/pgp-signature; name=signature.asc\r\n\r\n" + strings.ReplaceAll(string(signature), "\n", "\r\n")
	if strings.Contains(protocol, "pkcs7") {
		sig = "Content-Type: " + protocol + "; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=smime.p7s\r\n\r\n" + wrapped(signature)
	}
	parts := append([]string{content, sig}, more...)
	var body strings.Builder
	body.WriteString("This is a signed message\r\n")
	for _, p := range parts {
		body.WriteString("--b1\r\n" + p + "\r\n")
	}
	return sign(t, signedHead+"Content-Type: multipart/signed; boundary=b1; micalg=sha-256; protocol=\""+protocol+"\"\r\n\r\n"+body.String()+"--b1--\r\n",
		dkim.SignOptions{HeaderKeys: signedKeys})
}

func wrapped(b []byte) string {
	var out strings.Builder
	s := base64.StdEncoding.EncodeToString(b)
	for len(s) > 76 {
		out.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	return out.String() + s
}

func smime(t *testing.T, s signer) string {
	return multipartSigned(t, "application/pkcs7-signature", entity, smimeSignature(t, entity, s, nil))
}

func pgp(t *testing.T, e *openpgp.Entity, at time.Time) string {
	return multipartSigned(t, "application/pgp-signature", entity, pgpSignature(t, entity, e, at))
}

func atSigned(t *testing.T, raw string, at time.Time, pins map[string]msgauth.Pin) sop.Proof {
	t.Helper()
	o := office()
	o.Level, o.Resolver, o.Pins = sop.Signed, goodZone(), pins
	raw = pass + "\r\n" + border + "\r\n" + raw
	return msgauth.CheckRaw(t.Context(), []byte(raw), at, fields(raw), approver, o)
}

// atRecorded checks a mail with the keys and certificates of a record alone.
func atRecorded(t *testing.T, raw string, seen []sop.Witness) sop.Proof {
	t.Helper()
	o := office()
	o.Level, o.Resolver, o.Pins = sop.Signed, msgauth.Recorded(seen), msgauth.RecordedPins(seen)
	raw = pass + "\r\n" + border + "\r\n" + raw
	return msgauth.CheckRaw(t.Context(), []byte(raw), arrival, fields(raw), approver, o)
}

func pins(t *testing.T, certs, keys []byte) map[string]msgauth.Pin {
	t.Helper()
	p, err := msgauth.NewPin(certs, keys)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]msgauth.Pin{approver: p}
}

func TestSignedAccepts(t *testing.T) {
	all := pins(t, append(people()["approver"].pem(), people()["rsa"].pem()...), publicKey(t, pgpKeys()["approver"]))
	for name, raw := range map[string]string{
		"S/MIME, ECDSA": smime(t, people()["approver"]),
		"OpenPGP":       pgp(t, pgpKeys()["approver"], arrival),
		"old name of the type": multipartSigned(t, "application/x-pkcs7-signature", entity,
			smimeSignature(t, entity, people()["approver"], nil)),
	} {
		t.Run(name, func(t *testing.T) {
			p := atSigned(t, raw, arrival, all)
			if p.Result != sop.Proven || p.Reason != "signed-pass" || p.Level != sop.Signed {
				t.Errorf("%s (%s)\n%s", p.Result, p.Reason, strings.Join(p.Detail, "\n"))
			}
			again := atRecorded(t, raw, p.Seen) // years later, with nothing but what was seen
			if again.Result != p.Result || again.Reason != p.Reason {
				t.Errorf("from the record: %s (%s)", again.Result, again.Reason)
			}
			if none := atRecorded(t, raw, nil); none.Result == sop.Proven {
				t.Error("proved from no record at all")
			}
		})
	}
	rsa := pins(t, people()["rsa"].pem(), nil)
	if p := atSigned(t, smime(t, people()["rsa"]), arrival, rsa); p.Result != sop.Proven {
		t.Errorf("RSA: %s (%s)", p.Result, p.Reason)
	}
}

func TestSignedAttacks(t *testing.T) {
	me, other := people()["approver"], people()["twin"]
	good := smimeSignature(t, entity, me, nil)
	goodPGP := pgpSignature(t, entity, pgpKeys()["approver"], arrival)
	const p7, gpg = "application/pkcs7-signature", "application/pgp-signature"
	both := pins(t, me.pem(), publicKey(t, pgpKeys()["approver"]))
	for _, c := range []struct {
		name, raw string
		reason    string
	}{
		{"not signed at all", sign(t, reply, dkim.SignOptions{}), "not-signed"},
		{"another's certificate, same issuer and serial", smime(t, other), "signature-bad"},
		{"another's key", pgp(t, pgpKeys()["other"], arrival), "signature-bad"},
		{"text changed", multipartSigned(t, p7, strings.Replace(entity, "7KQF3M", "7KQF3N", 1), good), "signature-bad"},
		{"text changed, OpenPGP", multipartSigned(t, gpg, strings.Replace(entity, "SETUJU", "TOLAK", 1), goodPGP), "signature-bad"},
		{"header of the part changed", multipartSigned(t, p7, strings.Replace(entity, "utf-8", "utf-7", 1), good), "signature-bad"},
		{"a third part", multipartSigned(t, p7, entity, good, "Content-Type: text/plain\r\n\r\nSETUJU\r\n"), "signed-malformed"},
		{"text after the end", strings.Replace(smime(t, me), "--b1--\r\n", "--b1--\r\nSETUJU\r\n", 1), "dkim-fail"},
		{"two signers", multipartSigned(t, p7, entity, smimeSignature(t, entity, me, func(sd *pkcs7.SignedData) {
			if err := sd.AddSigner(other.cert, other.key, pkcs7.SignerInfoConfig{}); err != nil {
				t.Fatal(err)
			}
		})), "smime-signers"},
		{"SHA-1", multipartSigned(t, p7, entity, smimeSignature(t, entity, me, func(sd *pkcs7.SignedData) {
			sd.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA1)
		})), "smime-digest"},
		{"signature of junk", multipartSigned(t, p7, entity, []byte("junk")), "signature-unreadable"},
		{"empty signature", multipartSigned(t, p7, entity, nil), "signature-unreadable"},
		{"OpenPGP signature of junk", multipartSigned(t, gpg, entity, []byte("-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n")), "signature-bad"},
		{"a protocol nobody knows", strings.ReplaceAll(multipartSigned(t, "application/x-none", entity, good), "pgp-signature", "x-none"), "dkim-fail"},
		{"opaque", sign(t, signedHead+"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"+
			wrapped(good)+"\r\n", dkim.SignOptions{HeaderKeys: append(signedKeys, "Content-Transfer-Encoding")}), "signed-opaque"},
		{"signed part inside a mailing list's", sign(t, signedHead+"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nSETUJU\r\n--m\r\n"+
			entity+"\r\n--m--\r\n", dkim.SignOptions{HeaderKeys: signedKeys}), "not-signed"},
		{"boundary that begins another", sign(t, signedHead+"Content-Type: multipart/signed; boundary=b1; protocol=\""+p7+"\"\r\n\r\n--b1\r\n"+entity+
			"\r\n--b1x\r\nContent-Type: text/plain\r\n\r\nSETUJU\r\n--b1\r\nContent-Type: "+p7+"\r\n\r\nAAAA\r\n--b1--\r\n", dkim.SignOptions{HeaderKeys: signedKeys}), "signed-malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := atSigned(t, c.raw, arrival, both)
			if p.Result == sop.Proven || p.Reason != c.reason {
				t.Errorf("%s (%s), want %s\n%s", p.Result, p.Reason, c.reason, strings.Join(p.Detail, "\n"))
			}
		})
	}
}

// What is pinned counts for its owner, in its time.
func TestSignedPins(t *testing.T) {
	me := people()["approver"]
	raw := smime(t, me)
	for name, c := range map[string]struct {
		raw    string
		pins   map[string]msgauth.Pin
		later  time.Duration
		reason string
	}{
		"nothing registered":        {raw, nil, 0, "nothing-pinned"},
		"registered for another":    {raw, map[string]msgauth.Pin{"other@gov.example": pins(t, me.pem(), nil)[approver]}, 0, "nothing-pinned"},
		"OpenPGP registered only":   {raw, pins(t, nil, publicKey(t, pgpKeys()["approver"])), 0, "smime-not-pinned"},
		"S/MIME registered only":    {pgp(t, pgpKeys()["approver"], arrival), pins(t, me.pem(), nil), 0, "openpgp-not-pinned"},
		"certificate has run out":   {smime(t, people()["expired"]), pins(t, people()["expired"].pem(), nil), 0, "smime-certificate-expired"},
		"another OpenPGP key":       {pgp(t, pgpKeys()["approver"], arrival), pins(t, nil, publicKey(t, pgpKeys()["other"])), 0, "signature-bad"},
		"OpenPGP key has run out":   {pgp(t, pgpKeys()["expired"], arrival.Add(-47*time.Hour-30*time.Minute)), pins(t, nil, publicKey(t, pgpKeys()["expired"])), 0, "openpgp-key-expired"},
		"signed four days before":   {pgp(t, pgpKeys()["approver"], arrival.Add(-47*time.Hour)), pins(t, nil, publicKey(t, pgpKeys()["approver"])), 26 * time.Hour, "signature-too-old"},
		"signed an hour in advance": {pgp(t, pgpKeys()["approver"], arrival.Add(time.Hour)), pins(t, nil, publicKey(t, pgpKeys()["approver"])), 0, "signature-bad"},
	} {
		t.Run(name, func(t *testing.T) {
			p := atSigned(t, c.raw, arrival.Add(c.later), c.pins)
			if p.Result == sop.Proven || p.Reason != c.reason {
				t.Errorf("%s (%s), want %s\n%s", p.Result, p.Reason, c.reason, strings.Join(p.Detail, "\n"))
			}
		})
	}
}

func TestPinRefuses(t *testing.T) {
	var private bytes.Buffer
	if err := pgpKeys()["approver"].SerializePrivateWithoutSigning(&private, nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ cert, key []byte }{
		"short RSA key": {people()["weak"].pem(), nil}, "no PEM": {[]byte("hello"), nil}, "PEM of another thing": {pem.EncodeToMemory(&pem.Block{Type: "X"}), nil},
		"junk certificate": {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}), nil},
		"junk key":         {nil, []byte("hello")}, "private key": {nil, private.Bytes()},
	} {
		if _, err := msgauth.NewPin(c.cert, c.key); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestSignedByOthers takes what openssl and gpg sign, with the line ends they use.
func TestSignedByOthers(t *testing.T) {
	tool := func(name string) {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("UKPBJD_REAL") == "1" {
				t.Fatal(err)
			}
			t.Skip(name, " is not here")
		}
	}
	t.Run("openssl", func(t *testing.T) {
		tool("openssl")
		dir := t.TempDir()
		me := people()["rsa"]
		der, err := x509.MarshalPKCS8PrivateKey(me.key)
		if err != nil {
			t.Fatal(err)
		}
		write := func(name string, b []byte) string {
			p := filepath.Join(dir, name)
			if err := os.WriteFile(p, b, 0o600); err != nil {
				t.Fatal(err)
			}
			return p
		}
		out, err := exec.CommandContext(t.Context(), "openssl", "cms", "-sign", "-md", "sha256", "-signer", write("c.pem", me.pem()), "-inkey",
			write("k.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "-in", write("m.txt", []byte(entity)), "-binary", "-crlfeol").Output()
		if err != nil {
			t.Fatal(err)
		}
		raw := sign(t, strings.Replace(signedHead, "MIME-Version: 1.0\r\n", "", 1)+string(out), dkim.SignOptions{HeaderKeys: signedKeys})
		if p := atSigned(t, raw, arrival, pins(t, me.pem(), nil)); p.Result != sop.Proven {
			t.Errorf("%s (%s)\n%s\n%s", p.Result, p.Reason, strings.Join(p.Detail, "\n"), raw)
		}
	})
	t.Run("gpg", func(t *testing.T) {
		tool("gpg")
		home := t.TempDir()
		gpg := func(in string, args ...string) []byte {
			cmd := exec.CommandContext(t.Context(), "gpg", append([]string{"--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""}, args...)...)
			cmd.Stdin = strings.NewReader(in)
			out, err := cmd.Output()
			if err != nil {
				t.Skip("gpg cannot make a key here: ", err)
			}
			return out
		}
		gpg("", "--quick-generate-key", "Admin Agency <"+approver+">", "ed25519", "sign", "never")
		key := gpg("", "--armor", "--export")
		for _, kind := range [][]string{{}, {"--textmode"}} {
			sig := gpg(entity, append(kind, "--armor", "--detach-sign", "--output", "-")...)
			raw := multipartSigned(t, "application/pgp-signature", entity, sig)
			if p := atSigned(t, raw, arrival.Add(time.Minute), pins(t, nil, key)); p.Result != sop.Proven {
				t.Errorf("%v: %s (%s)\n%s", kind, p.Result, p.Reason, strings.Join(p.Detail, "\n"))
			}
		}
		_ = exec.CommandContext(t.Context(), "gpgconf", "--homedir", home, "--kill", "gpg-agent").Run()
	})
}

func FuzzSigned(f *testing.F) {
	const p7, gpg = "application/pkcs7-signature", "application/pgp-signature"
	f.Add(true, "--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB\r\n--b--\r\n")
	f.Add(false, "--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\niQ==\r\n-----END PGP SIGNATURE-----\r\n--b--\r\n")
	f.Fuzz(func(t *testing.T, smime bool, body string) {
		protocol := gpg
		if smime {
			protocol = p7
		}
		raw := sign(t, signedHead+"Content-Type: multipart/signed; boundary=b; protocol=\""+protocol+"\"\r\n\r\n"+body, dkim.SignOptions{HeaderKeys: signedKeys})
		if p := atSigned(t, raw, arrival, pins(t, people()["approver"].pem(), publicKey(t, pgpKeys()["approver"]))); p.Result == sop.Proven {
			t.Fatalf("proven: %q", raw)
		}
	})
}

package credential

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
	"github.com/smallstep/pkcs7"
)

// Recipient is what a member reads encrypted mail with: a certificate (S/MIME) or an OpenPGP key.
type Recipient struct {
	cert *x509.Certificate
	key  *openpgp.Entity
}

// ErrKeyExpired says that a registered key is out of its time.
var ErrKeyExpired = errors.New("it is out of its time")

// leastRSA is the shortest modulus that a password is entrusted to.
const leastRSA = 2048

// NewRecipient reads a certificate in PEM, or an OpenPGP public key, and refuses what nobody should encrypt to.
func NewRecipient(certificate, publicKey []byte) (Recipient, error) {
	switch {
	case len(certificate) > 0 && len(publicKey) > 0:
		return Recipient{}, errors.New("a certificate and an OpenPGP key; one of them is enough")
	case len(certificate) > 0:
		return fromCertificate(certificate)
	}
	return fromOpenPGP(publicKey)
}

func fromCertificate(text []byte) (Recipient, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return Recipient{}, errors.New("no certificate in PEM stands in it")
	}
	if more, _ := pem.Decode(rest); more != nil {
		return Recipient{}, errors.New("more than one certificate stands in it")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return Recipient{}, errors.New("its certificate cannot be read")
	}
	k, ok := c.PublicKey.(*rsa.PublicKey)
	switch {
	case !ok:
		return Recipient{}, errors.New("its key is not RSA, to which alone mail is encrypted here")
	case k.N.BitLen() < leastRSA:
		return Recipient{}, fmt.Errorf("its RSA key has %d bits, fewer than %d", k.N.BitLen(), leastRSA)
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageKeyEncipherment == 0:
		return Recipient{}, errors.New("it is not for encryption")
	case c.IsCA:
		return Recipient{}, errors.New("it is an authority's, not a person's")
	}
	return Recipient{cert: c}, nil
}

func fromOpenPGP(text []byte) (Recipient, error) {
	read := openpgp.ReadKeyRing
	if bytes.Contains(text, []byte("-----BEGIN PGP")) {
		read = openpgp.ReadArmoredKeyRing
	}
	keys, err := read(bytes.NewReader(text))
	switch {
	case err != nil || len(keys) == 0:
		return Recipient{}, errors.New("no OpenPGP key can be read in it")
	case len(keys) > 1:
		return Recipient{}, errors.New("more than one key stands in it")
	case keys[0].PrivateKey != nil:
		return Recipient{}, errors.New("it holds the private key; register the public one only")
	}
	for _, k := range append([]openpgp.Subkey{{PublicKey: keys[0].PrimaryKey}}, keys[0].Subkeys...) {
		bits, err := k.PublicKey.BitLength()
		if rsaKey := k.PublicKey.PubKeyAlgo == packet.PubKeyAlgoRSA || k.PublicKey.PubKeyAlgo == packet.PubKeyAlgoRSAEncryptOnly; rsaKey && (err != nil || bits < leastRSA) {
			return Recipient{}, fmt.Errorf("an RSA key of it has %d bits, fewer than %d", bits, leastRSA)
		}
	}
	return Recipient{key: keys[0]}, nil
}

// Check says whether a letter can be encrypted to it at that time.
func (r Recipient) Check(now time.Time) error {
	if r.cert != nil {
		if now.Before(r.cert.NotBefore) || now.After(r.cert.NotAfter) {
			return ErrKeyExpired
		}
		return nil
	}
	_, err := r.key.EncryptionKeyWithError(now, pgpRules(now))
	if err == nil {
		return nil
	}
	for _, s := range r.key.Subkeys { // one that would do, but for the time
		if _, then := r.key.EncryptionKeyWithError(s.PublicKey.CreationTime.Add(time.Second), pgpRules(s.PublicKey.CreationTime)); then == nil {
			return ErrKeyExpired
		}
	}
	return errors.New("it has no key for encryption")
}

func pgpRules(now time.Time) *packet.Config {
	return &packet.Config{Time: func() time.Time { return now }, DefaultCipher: packet.CipherAES256, MinRSABits: leastRSA}
}

// Encrypt gives the same letter for this recipient's eyes only. Subject, addresses and thread stay readable, as mail needs.
func (r Recipient) Encrypt(letter []byte, now time.Time) ([]byte, error) {
	if err := r.Check(now); err != nil {
		return nil, fmt.Errorf("encrypt to the registered key: %w", err)
	}
	head, body, ok := bytes.Cut(letter, []byte("\r\n\r\n"))
	if !ok {
		return nil, errors.New("encrypt a letter: it has no body")
	}
	outer, inner := partedHead(head)
	entity := append([]byte(inner+"\r\n"), body...)
	seal := r.smime
	if r.key != nil {
		seal = r.pgpMIME
	}
	content, err := seal(entity, now)
	if err != nil {
		return nil, fmt.Errorf("encrypt a letter: %w", err)
	}
	return append([]byte(outer), content...), nil
}

// partedHead parts the fields that describe the content from those of the mail.
func partedHead(head []byte) (outer, inner string) {
	var out, in strings.Builder
	to := &out
	for line := range bytes.Lines(append(bytes.Clone(head), "\r\n"...)) {
		if line[0] != ' ' && line[0] != '\t' {
			to = &out
			if len(line) > 8 && strings.EqualFold(string(line[:8]), "content-") {
				to = &in
			}
		}
		to.Write(line)
	}
	return out.String(), in.String()
}

// choice guards what the library keeps in a global variable.
var choice sync.Mutex

// smime is EnvelopedData with AES-256 (RFC 8551 §3.3).
func (r Recipient) smime(entity []byte, _ time.Time) ([]byte, error) {
	choice.Lock()
	pkcs7.ContentEncryptionAlgorithm = pkcs7.EncryptionAlgorithmAES256CBC
	der, err := pkcs7.Encrypt(entity, []*x509.Certificate{r.cert})
	choice.Unlock()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=\"smime.p7m\"\r\n" +
		"Content-Disposition: attachment; filename=\"smime.p7m\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(der)), 76) {
		b.Write(append(line, "\r\n"...))
	}
	return b.Bytes(), nil
}

// pgpMIME is RFC 3156 §4.
func (r Recipient) pgpMIME(entity []byte, now time.Time) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := armor.Encode(&sealed, "PGP MESSAGE", nil)
	if err != nil {
		return nil, err
	}
	plain, err := openpgp.Encrypt(w, []*openpgp.Entity{r.key}, nil, nil, nil, pgpRules(now))
	if err != nil {
		return nil, err
	}
	_, err = plain.Write(entity)
	if err = errors.Join(err, plain.Close(), w.Close()); err != nil {
		return nil, err
	}
	edge := fmt.Sprintf("=_p%.16x", sha256.Sum256(sealed.Bytes()))
	text := strings.ReplaceAll(strings.ReplaceAll(sealed.String(), "\r\n", "\n"), "\n", "\r\n")
	return []byte("Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n boundary=\"" + edge + "\"\r\n\r\n--" + edge +
		"\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--" + edge +
		"\r\nContent-Type: application/octet-stream; name=\"surat.asc\"\r\nContent-Disposition: inline; filename=\"surat.asc\"\r\n\r\n" + text +
		"\r\n--" + edge + "--\r\n"), nil
}

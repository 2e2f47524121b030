package msgauth

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// maxSignature bounds a signature part. One with its whole chain of certificates has 20 KB.
const maxSignature = 256 << 10

// Pin is what one approver signs with, as the office registered it: certificates, OpenPGP keys, or both. No authority is
// asked: only what is registered counts, and it counts for its approver alone.
type Pin struct {
	certificates []*x509.Certificate
	keys         keyRing
	pem, openPGP []byte // as they were registered: the evidence of a decision
}

// NewPin reads PEM certificates and OpenPGP public keys (armored or not); either may be empty.
func NewPin(certificates, openPGP []byte) (p Pin, err error) {
	p.pem, p.openPGP = certificates, openPGP
	for rest := certificates; len(bytes.TrimSpace(rest)) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != "CERTIFICATE" {
			return Pin{}, errors.New("read certificate: want PEM, -----BEGIN CERTIFICATE-----, and nothing else")
		}
		c, err := readCertificate(block.Bytes)
		if err != nil {
			return Pin{}, fmt.Errorf("read certificate: %w", err)
		}
		p.certificates = append(p.certificates, c)
	}
	if len(openPGP) > 0 {
		if p.keys, err = readKeys(openPGP); err != nil {
			return Pin{}, fmt.Errorf("read OpenPGP key: %w", err)
		}
	}
	return p, nil
}

// Empty says that nothing is registered.
func (p Pin) Empty() bool { return len(p.certificates) == 0 && len(p.keys) == 0 }

// witnesses are what is registered for an address, as it is today.
func (p Pin) witnesses(address string) (out []sop.Witness) {
	if len(p.pem) > 0 {
		out = append(out, sop.Witness{Kind: "certificate", Name: address, Text: string(p.pem)})
	}
	if len(p.openPGP) > 0 {
		out = append(out, sop.Witness{Kind: "openpgp-key", Name: address, Text: base64.StdEncoding.EncodeToString(p.openPGP)})
	}
	return out
}

// RecordedPins are what was registered that day. What cannot be read proves nothing.
func RecordedPins(seen []sop.Witness) map[string]Pin {
	found := map[string]Pin{}
	for _, w := range seen {
		r := found[w.Name]
		switch w.Kind {
		case "certificate":
			r.pem = []byte(w.Text)
		case "openpgp-key":
			r.openPGP, _ = base64.StdEncoding.DecodeString(w.Text)
		default:
			continue
		}
		found[w.Name] = r
	}
	pins := map[string]Pin{}
	for address, r := range found {
		if p, err := NewPin(r.pem, r.openPGP); err == nil {
			pins[address] = p
		}
	}
	return pins
}

// finding is what a signature check says; detail is evidence.
type finding struct {
	reason string // "" is good
	signed time.Time
	by     string // "S/MIME certificate sha256=…", "OpenPGP key …"
	detail []string
}

// checkSigned adds to the proof p the signature over the whole body (DESIGN, "Trust", signed).
func checkSigned(p sop.Proof, raw []byte, at time.Time, from string, o Options) sop.Proof {
	pin := o.Pins[from]
	if pin.Empty() {
		return ends(p, sop.Unproven, "nothing-pinned")
	}
	f, reason := pin.look(raw, at)
	if reason != "" {
		return ends(p, sop.Unproven, reason)
	}
	p.Detail, p.Seen = append(p.Detail, f.detail...), append(p.Seen, pin.witnesses(from)...)
	p.Detail = note(p.Detail, "signature by %s at %d: %s", f.by, unix(f.signed), cmp.Or(f.reason, "good"))
	if f.reason == "" && !f.signed.IsZero() { // without a time of its own the age is DKIM's to tell
		if why := untimely(f.signed, at); why != "" {
			f.reason = "signature-" + why
		}
	}
	if f.reason != "" {
		return ends(p, sop.Failed, f.reason)
	}
	return ends(p, sop.Proven, "signed-pass")
}

// look cuts the mail and checks its signature; reason says why there is none to check. Whatever the libraries do with hostile
// bytes, the mail is only unproven.
func (p Pin) look(raw []byte, at time.Time) (f finding, reason string) {
	defer func() {
		if recover() != nil {
			reason = "signature-unreadable"
		}
	}()
	s, reason := message.CutSigned(raw)
	switch {
	case reason == "not-signed" && opaque(raw):
		return f, "signed-opaque"
	case reason != "":
		return f, reason
	case len(s.Signature) > maxSignature:
		return f, "signature-too-long"
	}
	return p.check(s, at), ""
}

// check asks the one library that knows the protocol.
func (p Pin) check(s message.Signed, at time.Time) finding {
	switch s.Protocol {
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
		return checkSMIME(p.certificates, s, at)
	case "application/pgp-signature":
		return checkOpenPGP(p.keys, s, at)
	}
	return finding{reason: "signature-protocol"}
}

// opaque: S/MIME that wraps the text (application/pkcs7-mime; smime-type=signed-data), or encrypts it. Its text is not readable
// without the signature, so other programs and people see nothing in it: refused, and the approver is told to sign openly.
func opaque(raw []byte) bool {
	h, _ := splitHeader(raw)
	kind, _, _ := strings.Cut(lower(strings.TrimSpace(valueOf(h, "content-type", 0))), ";")
	return kind == "application/pkcs7-mime" || kind == "application/x-pkcs7-mime" || kind == "multipart/encrypted"
}

// Registered is one certificate or key of an approver, as check shows it.
type Registered struct {
	Name  string // "S/MIME certificate 0f3a… of Admin Agency"
	Until time.Time
	Fault string // why it could prove nothing at the moment asked about; empty: it could
	Odd   string // what should be looked at, though it works
}

// Registered says what each certificate and key of the pin is good for at a moment. Addresses are those that its owner writes
// from; a certificate for others works, since it is pinned, but other mail programs will show a warning.
func (p Pin) Registered(at time.Time, addresses ...string) []Registered {
	var out []Registered
	for _, c := range p.certificates {
		out = append(out, registeredCertificate(c, at, addresses))
	}
	for _, k := range p.keys {
		out = append(out, registeredKey(k, at, addresses))
	}
	return out
}

func registeredCertificate(c *x509.Certificate, at time.Time, addresses []string) Registered {
	r := Registered{Name: fmt.Sprintf("S/MIME certificate %.16s… of %q", sumOf(c), c.Subject.CommonName), Until: c.NotAfter}
	usage := c.ExtKeyUsage
	switch {
	case at.Before(c.NotBefore):
		r.Fault = "is not valid before " + c.NotBefore.Format(time.DateOnly)
	case at.After(c.NotAfter):
		r.Fault = "expired on " + c.NotAfter.Format(time.DateOnly)
	case len(usage) > 0 && !slices.Contains(usage, x509.ExtKeyUsageEmailProtection) && !slices.Contains(usage, x509.ExtKeyUsageAny):
		r.Odd = "is not meant for mail (no emailProtection among its uses); mail programs may refuse to sign with it"
	case len(c.EmailAddresses) > 0 && !anyOf(c.EmailAddresses, addresses):
		r.Odd = "is for " + strings.Join(c.EmailAddresses, ", ")
	}
	return r
}

func registeredKey(k *openpgp.Entity, at time.Time, addresses []string) Registered {
	r := Registered{Name: fmt.Sprintf("OpenPGP key %x", k.PrimaryKey.Fingerprint)}
	self, err := k.VerifyPrimaryKey(at, rules(at))
	if self != nil && self.KeyLifetimeSecs != nil && *self.KeyLifetimeSecs > 0 {
		r.Until = k.PrimaryKey.CreationTime.Add(time.Duration(*self.KeyLifetimeSecs) * time.Second)
	}
	_, signs := k.SigningKey(at, rules(at))
	var owners []string
	for _, id := range k.Identities {
		if id.UserId != nil && id.UserId.Email != "" {
			owners = append(owners, id.UserId.Email)
		}
	}
	switch {
	case !r.Until.IsZero() && at.After(r.Until):
		r.Fault = "expired on " + r.Until.Format(time.DateOnly)
	case err != nil:
		r.Fault = "is not usable: " + err.Error()
	case !signs:
		r.Fault = "has no key in it that may sign"
	case len(owners) > 0 && !anyOf(owners, addresses):
		r.Odd = "is for " + strings.Join(owners, ", ")
	}
	return r
}

func anyOf(have, want []string) bool {
	return slices.ContainsFunc(have, func(h string) bool {
		return slices.ContainsFunc(want, func(w string) bool { return strings.EqualFold(h, w) })
	})
}

package msgauth

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

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

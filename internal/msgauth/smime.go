package msgauth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smallstep/pkcs7"

	"ukpbjd/internal/message"
)

// readCertificate refuses at registration what could never prove anything.
func readCertificate(der []byte) (*x509.Certificate, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSABits {
			return nil, errors.New("its RSA key is shorter than 2048 bits")
		}
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() && k.Curve != elliptic.P384() && k.Curve != elliptic.P521() {
			return nil, errors.New("its curve is none of P-256, P-384, P-521")
		}
	default:
		return nil, errors.New("its key is neither RSA nor ECDSA")
	}
	switch {
	case c.KeyUsage != 0 && c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0:
		return nil, errors.New("it is not for signing")
	case c.IsCA:
		return nil, errors.New("it is an authority's, not a person's")
	}
	return c, nil
}

func sumOf(c *x509.Certificate) string { return fmt.Sprintf("%x", sha256.Sum256(c.Raw)) }

// sha2 are the digests that count (RFC 8551 §2.1).
var sha2 = []asn1.ObjectIdentifier{pkcs7.OIDDigestAlgorithmSHA256, pkcs7.OIDDigestAlgorithmSHA384, pkcs7.OIDDigestAlgorithmSHA512}

// checkSMIME verifies a detached signature by exactly one signer, who is one of the pinned. The certificates that the mail
// brings along are thrown away first, so nothing in it can vouch for itself.
func checkSMIME(pins []*x509.Certificate, s message.Signed, at time.Time) (f finding) {
	f.by = "S/MIME"
	p7, err := pkcs7.Parse(s.Signature)
	switch {
	case err != nil:
		f.reason = "signature-unreadable"
	case len(p7.Content) != 0:
		f.reason = "smime-not-detached"
	case len(p7.Signers) != 1:
		f.reason = "smime-signers"
	}
	if f.reason != "" {
		return f
	}
	p7.Certificates, p7.Content = slices.Clone(pins), s.Entity
	signer := p7.GetOnlySigner() // by issuer and serial; the key decides below
	if signer == nil {
		f.reason = "smime-not-pinned"
		return f
	}
	f.by = "S/MIME certificate sha256=" + sumOf(signer)
	f.detail = []string{"certificate " + base64.StdEncoding.EncodeToString(signer.Raw)}
	f.reason = attributes(p7, &f.signed)
	switch {
	case f.reason != "":
	case at.Before(signer.NotBefore) || at.After(signer.NotAfter):
		f.reason = "smime-certificate-expired"
	case p7.Verify() != nil:
		f.reason = "signature-bad"
	}
	return f
}

// attributes wants the signed ones (RFC 8933): content type data, a digest by SHA-2, and the time if it is there.
func attributes(p7 *pkcs7.PKCS7, signed *time.Time) string {
	var kind asn1.ObjectIdentifier
	var digest []byte
	switch {
	case !slices.ContainsFunc(sha2, p7.Signers[0].DigestAlgorithm.Algorithm.Equal):
		return "smime-digest"
	case p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeContentType, &kind) != nil || !kind.Equal(pkcs7.OIDData),
		p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeMessageDigest, &digest) != nil:
		return "smime-attributes"
	}
	seen := map[string]bool{}
	for _, a := range p7.Signers[0].AuthenticatedAttributes { // which of two would count?
		if seen[a.Type.String()] {
			return "smime-attributes"
		}
		seen[a.Type.String()] = true
	}
	_ = p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeSigningTime, signed) // optional
	return ""
}

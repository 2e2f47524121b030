package msgauth

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"ukpbjd/internal/sop"
)

const (
	maxSignatures = 5
	dnsTimeout    = 10 * time.Second // for all look-ups of one mail
	maxAge        = 72 * time.Hour
	maxAhead      = 15 * time.Minute // a signer's clock may run ahead by this much
	minRSABits    = 2048
)

// signedOnce are the fields that must be signed where they stand, and stand once (DESIGN, "Trust", strict); the first five
// must be there.
var signedOnce = [...]string{"from", "to", "subject", "date", "message-id",
	"in-reply-to", "references", "mime-version", "content-type", "content-transfer-encoding"}

const mustStand = 5

// checkSignature adds our own DKIM check to the proof p of the mail server's verdict.
func checkSignature(ctx context.Context, p sop.Proof, raw []byte, at time.Time, from string, o Options) sop.Proof {
	author, _ := parseSender(from)
	header, err := splitHeader(raw)
	if err != nil {
		return ends(p, sop.Unproven, "malformed-header")
	}
	if reason := standOnce(header); reason != "" {
		return ends(p, sop.Unproven, reason)
	}
	keys := &keyring{domain: author.domain, dns: o.Resolver, seen: map[string]key{}}
	ctx, cancel := context.WithTimeout(ctx, dnsTimeout)
	defer cancel()
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		LookupTXT:        func(name string) ([]string, error) { return keys.lookup(ctx, name) },
		MaxVerifications: maxSignatures,
	})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return ends(p, sop.Unproven, "dkim-unreadable")
	}
	result, reason := sop.Unproven, "dkim-no-signature"
	for i, v := range found {
		r, why := keys.weigh(v, header, parseTags(valueOf(header, "dkim-signature", i)), at)
		p.Detail = note(p.Detail, "dkim d=%q i=%q t=%d: %s", v.Domain, v.Identifier, unix(v.Time), why)
		if better(r, result) || reason == "dkim-no-signature" {
			result, reason = r, why
		}
	}
	for _, w := range keys.witnesses() { // never cut short by the number of notes
		p.Detail, p.Seen = append(p.Detail, fmt.Sprintf("key %s TXT %.4000q", w.Name, w.Text)), append(p.Seen, w)
	}
	return ends(p, result, reason)
}

// ends is the proof with its last word.
func ends(p sop.Proof, r sop.Result, reason string) sop.Proof {
	p.Result, p.Reason = r, reason
	return p
}

// better orders what several signatures say: one good one proves, an answer that may still come is worth waiting for.
func better(a, b sop.Result) bool {
	rank := map[sop.Result]int{sop.Proven: 2, sop.Temporary: 1}
	return rank[a] > rank[b]
}

// weigh adds to the library's verdict what it leaves undone.
func (k *keyring) weigh(v *dkim.Verification, h []rawField, tags map[string]string, at time.Time) (sop.Result, string) {
	if !same(v.Domain, k.domain) { // exactly From's domain: a parent's signature does not speak for a subdomain
		return sop.Unproven, "dkim-not-aligned"
	}
	used := k.seen[lower(tags["s"]+"._domainkey."+v.Domain)]
	if used.reason != "" {
		return used.result, used.reason
	}
	if v.Err != nil || used.text == "" {
		if dkim.IsTempFail(v.Err) {
			return sop.Temporary, "dkim-key-unavailable"
		}
		return sop.Failed, "dkim-fail"
	}
	if _, l := tags["l"]; l {
		return sop.Failed, "dkim-body-length"
	}
	if used.strict && !same(v.Identifier[strings.LastIndexByte(v.Identifier, '@')+1:], v.Domain) { // RFC 6376 §3.6.1, t=s
		return sop.Failed, "dkim-identity"
	}
	if name := unsigned(h, v.HeaderKeys); name != "" {
		return sop.Unproven, "dkim-unsigned-" + name
	}
	return age(v.Time, h, at)
}

// age takes t= of the signature, else the Date field, which is signed.
func age(signed time.Time, h []rawField, at time.Time) (sop.Result, string) {
	if signed.IsZero() {
		signed, _ = mail.ParseDate(strings.Join(strings.Fields(valueOf(h, "date", 0)), " "))
	}
	if why := untimely(signed, at); why != "" {
		return sop.Unproven, "dkim-" + why
	}
	return sop.Proven, "dkim-pass"
}

// untimely says what is wrong with a signer's own time.
func untimely(signed, at time.Time) string {
	switch {
	case signed.IsZero() || at.Sub(signed) > maxAge:
		return "too-old"
	case signed.Sub(at) > maxAhead:
		return "from-the-future"
	}
	return ""
}

// keyring looks keys up for one mail and one domain, and keeps what it saw as evidence.
type keyring struct {
	domain string
	dns    Resolver

	mu   sync.Mutex // while the library looks keys up side by side
	seen map[string]key
}

// key is one key record as seen that day. A reason says why it may not be used.
type key struct {
	text   string
	strict bool // t=s
	result sop.Result
	reason string
}

var errNotOurs = errors.New("key of another domain")

// lookup asks only for keys of From's domain: a foreign signature costs no DNS.
func (k *keyring) lookup(ctx context.Context, name string) ([]string, error) {
	if !strings.HasSuffix(lower(name), "._domainkey."+k.domain) || !hostName(name) {
		return nil, errNotOurs
	}
	texts, found := k.ask(ctx, name)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen[lower(name)] = found
	if found.reason != "" {
		return nil, errors.New(found.reason)
	}
	return texts, nil
}

func (k *keyring) ask(ctx context.Context, name string) (texts []string, found key) {
	if k.dns == nil {
		return nil, key{result: sop.Temporary, reason: "dkim-no-resolver"}
	}
	texts, err := k.dns.LookupTXT(ctx, name)
	switch {
	case err != nil && temporary(err):
		return nil, key{result: sop.Temporary, reason: "dkim-key-unavailable"}
	case err != nil || len(texts) == 0:
		return nil, key{result: sop.Unproven, reason: "dkim-no-key"}
	case len(texts) > 1: // RFC 6376 §3.6.2.2: undefined
		return nil, key{result: sop.Unproven, reason: "dkim-two-keys"}
	}
	return texts, inspect(texts[0])
}

// witnesses are the key records as evidence; they are needed whole to prove the signature later.
func (k *keyring) witnesses() (all []sop.Witness) {
	for _, name := range slices.Sorted(maps.Keys(k.seen)) {
		all = append(all, sop.Witness{Kind: "dkim-key", Name: name, Text: k.seen[name].text})
	}
	return all
}

// Recorded is a Resolver that knows the keys of that day and nothing else.
type Recorded []sop.Witness

// LookupTXT answers from the record.
func (r Recorded) LookupTXT(_ context.Context, name string) ([]string, error) {
	for _, w := range r {
		if w.Kind == "dkim-key" && same(w.Name, name) && w.Text != "" {
			return []string{w.Text}, nil
		}
	}
	return nil, &net.DNSError{Err: "not in the record", Name: name, IsNotFound: true}
}

// inspect refuses keys that are being tried out (RFC 6376 §3.6.1, t=y) and short ones.
func inspect(text string) key {
	found := key{text: text, result: sop.Unproven}
	tags := parseTags(text)
	for flag := range strings.SplitSeq(tags["t"], ":") {
		switch strings.TrimSpace(flag) {
		case "y":
			found.reason = "dkim-key-testing"
			return found
		case "s":
			found.strict = true
		}
	}
	if kind := tags["k"]; kind != "" && kind != "rsa" {
		return found // ed25519 has one size; the library knows no other
	}
	if bits := rsaBits(tags["p"]); bits < minRSABits {
		found.reason = "dkim-key-short"
		if bits == 0 {
			found.reason = "dkim-key-unreadable"
		}
	}
	return found
}

func rsaBits(p string) int {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(p), ""))
	if err != nil {
		return 0
	}
	pub, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		if pub, err = x509.ParsePKCS1PublicKey(der); err != nil {
			return 0
		}
	}
	if k, ok := pub.(*rsa.PublicKey); ok {
		return k.N.BitLen()
	}
	return 0
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// Resolver is DNS as far as DKIM needs it; *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// temporary says that asking again later may give an answer: everything but a definite "no such name".
func temporary(err error) bool {
	var dns *net.DNSError
	return !errors.As(err, &dns) || !dns.IsNotFound
}

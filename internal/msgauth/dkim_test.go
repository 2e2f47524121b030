package msgauth_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/sop"
)

// zone is a DNS of this test; asked counts the questions.
type zone struct {
	texts map[string][]string
	err   error

	mu    sync.Mutex
	asked []string
}

func (z *zone) LookupTXT(ctx context.Context, name string) ([]string, error) {
	z.mu.Lock()
	z.asked = append(z.asked, name)
	z.mu.Unlock()
	if z.err != nil {
		return nil, z.err
	}
	if t, ok := z.texts[name]; ok {
		return t, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

var rsaKeys = sync.OnceValue(func() map[int]*rsa.PrivateKey {
	keys := map[int]*rsa.PrivateKey{}
	for _, bits := range []int{1024, 2048} {
		k, err := rsa.GenerateKey(nil, bits) // the source is not used; keys of a test
		if err != nil {
			panic(err)
		}
		keys[bits] = k
	}
	return keys
})

func edKey() ed25519.PrivateKey {
	var seed [32]byte
	r := rand.NewChaCha8(seed)
	_, _ = r.Read(seed[:])
	return ed25519.NewKeyFromSeed(seed[:])
}

func record(k crypto.Signer, flags string) string {
	switch pub := k.Public().(type) {
	case ed25519.PublicKey:
		return "v=DKIM1; k=ed25519; " + flags + " p=" + base64.StdEncoding.EncodeToString(pub)
	default:
		der, err := x509.MarshalPKIXPublicKey(pub)
		if err != nil {
			panic(err)
		}
		return "v=DKIM1; k=rsa; " + flags + " p=" + base64.StdEncoding.EncodeToString(der)
	}
}

var arrival = time.Now().Truncate(time.Second) // the signer of the library takes the wall clock

const reply = "From: Admin Agency <admin@gov.example>\r\nTo: ukpbj@office.example\r\nSubject: Re: [PKJ-2026-0001] kode 7KQF3M\r\n" +
	"Date: {date}\r\nMessage-ID: <r1@gov.example>\r\nIn-Reply-To: <l1@office.example>\r\nReferences: <l1@office.example>\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nSETUJU\r\n"

var allKeys = []string{"From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}

func sign(t *testing.T, mail string, o dkim.SignOptions) string {
	t.Helper()
	mail = strings.Replace(mail, "{date}", arrival.Format(time.RFC1123Z), 1)
	if o.HeaderKeys == nil {
		o.HeaderKeys = allKeys
	}
	if o.Domain == "" {
		o.Domain = "gov.example"
	}
	if o.Selector == "" {
		o.Selector = "s1"
	}
	if o.Signer == nil {
		o.Signer = rsaKeys()[2048]
	}
	var b bytes.Buffer
	if err := dkim.Sign(&b, strings.NewReader(mail), &o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func strict(t *testing.T, raw string, at time.Time, dns msgauth.Resolver) sop.Proof {
	t.Helper()
	o := office()
	o.Level, o.Resolver = sop.Strict, dns
	raw = pass + "\r\n" + border + "\r\n" + raw
	return msgauth.CheckRaw(t.Context(), []byte(raw), at, fields(raw), approver, o)
}

func fields(raw string) (h []message.Field) {
	head, _, _ := strings.Cut(raw, "\r\n\r\n")
	for l := range strings.SplitSeq(strings.ReplaceAll(head, "\r\n ", " "), "\r\n") {
		name, value, _ := strings.Cut(l, ":")
		h = append(h, message.Field{Name: name, Value: strings.TrimPrefix(value, " ")})
	}
	return h
}

func goodZone() *zone {
	return &zone{texts: map[string][]string{
		"s1._domainkey.gov.example":   {record(rsaKeys()[2048], "")},
		"s1._domainkey.mail.example":  {record(rsaKeys()[2048], "")},
		"s1._domainkey.example":       {record(rsaKeys()[2048], "")},
		"ed._domainkey.gov.example":   {record(edKey(), "")},
		"test._domainkey.gov.example": {record(rsaKeys()[2048], "t=y;")},
		"self._domainkey.gov.example": {record(rsaKeys()[2048], "t=s;")},
		"weak._domainkey.gov.example": {record(rsaKeys()[1024], "")},
		"two._domainkey.gov.example":  {record(rsaKeys()[2048], ""), record(rsaKeys()[2048], "")},
		"junk._domainkey.gov.example": {"v=DKIM1; p=AAAA"},
		"gone._domainkey.gov.example": {"v=DKIM1; p="},
	}}
}

func TestStrictAccepts(t *testing.T) {
	for name, raw := range map[string]string{
		"rsa":         sign(t, reply, dkim.SignOptions{}),
		"ed25519":     sign(t, reply, dkim.SignOptions{Selector: "ed", Signer: edKey()}),
		"relaxed":     sign(t, reply, dkim.SignOptions{HeaderCanonicalization: "relaxed", BodyCanonicalization: "relaxed"}),
		"t=s":         sign(t, reply, dkim.SignOptions{Selector: "self"}),
		"two signers": sign(t, sign(t, reply, dkim.SignOptions{}), dkim.SignOptions{Domain: "mail.example"}),
	} {
		t.Run(name, func(t *testing.T) {
			p := strict(t, raw, arrival, goodZone())
			if p.Result != sop.Proven || p.Reason != "dkim-pass" || p.Level != sop.Strict {
				t.Errorf("%s (%s)\n%s", p.Result, p.Reason, strings.Join(p.Detail, "\n"))
			}
			if !strings.Contains(strings.Join(p.Detail, "\n"), "v=DKIM1") {
				t.Error("the key that was seen is not kept as evidence")
			}
		})
	}
}

// attacks.md, "DKIM"; every mail carries the mail server's dmarc=pass, so that only our own check is tried.
func TestStrictAttacks(t *testing.T) {
	good := sign(t, reply, dkim.SignOptions{})
	without := func(names ...string) []string {
		var keys []string
		for _, k := range allKeys {
			if !strings.Contains("|"+strings.Join(names, "|")+"|", "|"+k+"|") {
				keys = append(keys, k)
			}
		}
		return keys
	}
	for _, c := range []struct {
		name, raw string
		want      sop.Result
		reason    string
	}{
		{"no signature", strings.Replace(reply, "{date}", arrival.Format(time.RFC1123Z), 1), sop.Unproven, "dkim-no-signature"},
		{"second From prepended", "From: admin@gov.example\r\n" + good, sop.Unproven, "duplicate-from"},
		{"second From, space before the colon", "From : admin@gov.example\r\n" + good, sop.Unproven, "malformed-header"},
		{"duplicate Subject prepended", "Subject: x\r\n" + good, sop.Unproven, "duplicate-subject"},
		{"second Content-Type", "content-TYPE: text/html\r\n" + good, sop.Unproven, "duplicate-content-type"},
		{"body changed", strings.Replace(good, "SETUJU\r\n", "TOLAK\r\n", 1), sop.Failed, "dkim-fail"},
		{"text appended", good + "more\r\n", sop.Failed, "dkim-fail"},
		{"subject changed", strings.Replace(good, "7KQF3M", "7KQF3N", 1), sop.Failed, "dkim-fail"},
		{"l= added", strings.Replace(good, "v=1;", "v=1; l=8;", 1) + "more\r\n", sop.Failed, "dkim-fail"},
		{"testing key", sign(t, reply, dkim.SignOptions{Selector: "test"}), sop.Unproven, "dkim-key-testing"},
		{"t=s and i= of a subdomain", sign(t, reply, dkim.SignOptions{Selector: "self", Identifier: "a@x.gov.example"}), sop.Failed, "dkim-identity"},
		{"parent's d=", sign(t, reply, dkim.SignOptions{Domain: "example"}), sop.Unproven, "dkim-not-aligned"},
		{"mailing company", sign(t, reply, dkim.SignOptions{Domain: "mail.example"}), sop.Unproven, "dkim-not-aligned"},
		{"1024 bits", sign(t, reply, dkim.SignOptions{Selector: "weak", Signer: rsaKeys()[1024]}), sop.Unproven, "dkim-key-short"},
		{"two TXT keys", sign(t, reply, dkim.SignOptions{Selector: "two"}), sop.Unproven, "dkim-two-keys"},
		{"no key", sign(t, reply, dkim.SignOptions{Selector: "none"}), sop.Unproven, "dkim-no-key"},
		{"key of junk", sign(t, reply, dkim.SignOptions{Selector: "junk"}), sop.Unproven, "dkim-key-unreadable"},
		{"key withdrawn", sign(t, reply, dkim.SignOptions{Selector: "gone"}), sop.Unproven, "dkim-key-unreadable"},
		{"rsa-sha1", strings.Replace(good, "a=rsa-sha256", "a=rsa-sha1", 1), sop.Failed, "dkim-fail"},
		{"To not signed", sign(t, reply, dkim.SignOptions{HeaderKeys: without("To")}), sop.Unproven, "dkim-unsigned-to"},
		{"Content-Type not signed", sign(t, reply, dkim.SignOptions{HeaderKeys: without("Content-Type")}), sop.Unproven, "dkim-unsigned-content-type"},
		{"In-Reply-To not signed", sign(t, reply, dkim.SignOptions{HeaderKeys: without("In-Reply-To")}), sop.Unproven, "dkim-unsigned-in-reply-to"},
		{"no Date", sign(t, strings.Replace(reply, "Date: {date}\r\n", "", 1), dkim.SignOptions{HeaderKeys: without("Date")}), sop.Unproven, "missing-date"},
		{"a line that is no field", "hello\r\n" + good, sop.Unproven, "malformed-header"},
		{"bare carriage return", "X: a\rFrom: b\r\n" + good, sop.Unproven, "malformed-header"},
		{"no body", "From: admin@gov.example", sop.Unproven, "malformed-header"},
		{"header of 1 MB", "X: " + strings.Repeat("a", 1<<20) + "\r\n" + good, sop.Unproven, "malformed-header"},
		{"five signatures before the good one", strings.Repeat("DKIM-Signature: v=1; d=evil.example\r\n", 5) + good, sop.Unproven, "dkim-not-aligned"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := strict(t, c.raw, arrival, goodZone())
			if p.Result != c.want || p.Reason != c.reason {
				t.Errorf("%s (%s), want %s (%s)\n%s", p.Result, p.Reason, c.want, c.reason, strings.Join(p.Detail, "\n"))
			}
		})
	}
}

func TestStrictAge(t *testing.T) {
	good := sign(t, reply, dkim.SignOptions{})
	for _, c := range []struct {
		later  time.Duration
		want   sop.Result
		reason string
	}{
		{71 * time.Hour, sop.Proven, "dkim-pass"}, {73 * time.Hour, sop.Unproven, "dkim-too-old"}, {30 * 24 * time.Hour, sop.Unproven, "dkim-too-old"},
		{-10 * time.Minute, sop.Proven, "dkim-pass"}, {-time.Hour, sop.Unproven, "dkim-from-the-future"},
	} {
		if p := strict(t, good, arrival.Add(c.later), goodZone()); p.Result != c.want || p.Reason != c.reason {
			t.Errorf("%s later: %s (%s)", c.later, p.Result, p.Reason)
		}
	}
}

func TestStrictDNS(t *testing.T) {
	good := sign(t, reply, dkim.SignOptions{})
	timeout := &zone{err: &net.DNSError{Err: "i/o timeout", IsTimeout: true}}
	if p := strict(t, good, arrival, timeout); p.Result != sop.Temporary || p.Reason != "dkim-key-unavailable" {
		t.Errorf("time-out: %s (%s)", p.Result, p.Reason)
	}
	if p := strict(t, good, arrival, &zone{err: errors.New("connection refused")}); p.Result != sop.Temporary {
		t.Errorf("refused: %s (%s)", p.Result, p.Reason)
	}
	if p := strict(t, good, arrival, nil); p.Result != sop.Temporary || p.Reason != "dkim-no-resolver" {
		t.Errorf("no resolver: %s (%s)", p.Result, p.Reason)
	}
	z := goodZone()
	strict(t, sign(t, reply, dkim.SignOptions{Domain: "mail.example"}), arrival, z)
	if len(z.asked) != 0 {
		t.Errorf("asked for foreign keys: %v", z.asked)
	}
}

// Level strict stands on the mail server's verdict; without it a good signature proves nothing.
func TestStrictNeedsTheVerdict(t *testing.T) {
	o := office()
	o.Level, o.Resolver = sop.Strict, goodZone()
	raw := fail + "\r\n" + border + "\r\n" + sign(t, reply, dkim.SignOptions{})
	if p := msgauth.CheckRaw(t.Context(), []byte(raw), arrival, fields(raw), approver, o); p.Result != sop.Failed || p.Reason != "dmarc-fail" {
		t.Errorf("%s (%s)", p.Result, p.Reason)
	}
	o.Level = sop.Signed
	if p := msgauth.CheckRaw(t.Context(), []byte(raw), arrival, fields(raw), approver, o); p.Result != sop.Failed || p.Level != sop.Signed {
		t.Errorf("signed: %s (%s)", p.Result, p.Reason)
	}
}

func FuzzStrict(f *testing.F) {
	f.Add("From: admin@gov.example\r\nDKIM-Signature: v=1; a=rsa-sha256; d=gov.example; s=s1; h=from; bh=AAAA; b=AAAA; t=1\r\n\r\nx")
	f.Add("A:\n\n")
	f.Fuzz(func(t *testing.T, raw string) {
		if p := strict(t, raw, arrival, goodZone()); p.Result == sop.Proven {
			t.Fatalf("proven: %q", raw)
		}
	})
}

// TestOwnDKIMWhereTheServerIsSilent (issue 11, B1c): where the mail server says nothing of the sender, our own check of the signature proves
// at standard. What the server did say stands, and so does what of it cannot be read; and strict asks for both.
func TestOwnDKIMWhereTheServerIsSilent(t *testing.T) {
	good := sign(t, reply, dkim.SignOptions{})
	slow := &zone{err: &net.DNSError{Err: "i/o timeout", IsTimeout: true}}
	for _, c := range []struct {
		name, verdict, raw string
		dns                msgauth.Resolver
		want               sop.Result
		reason             string
	}{
		{"nothing said", "", good, goodZone(), sop.Proven, "dkim-pass"},
		{"no DMARC record", "dmarc=none header.from=gov.example", good, goodZone(), sop.Proven, "dkim-pass"},
		{"spf alone", "spf=pass smtp.mailfrom=admin@gov.example", good, goodZone(), sop.Proven, "dkim-pass"},
		{"dmarc=fail", "dmarc=fail header.from=gov.example", good, goodZone(), sop.Failed, "dmarc-fail"},
		{"dmarc=temperror", "dmarc=temperror header.from=gov.example", good, goodZone(), sop.Temporary, "dmarc-temperror"},
		{"another signed in", "auth=pass smtp.auth=staf@gov.example", good, goodZone(), sop.Failed, "auth-names-another"},
		{"not to be read", "dmarc=pass (header.from=gov.example", good, goodZone(), sop.Unproven, "malformed-verdict"},
		{"no signature", "", strings.ReplaceAll(reply, "{date}", arrival.Format(time.RFC1123Z)), goodZone(), sop.Unproven, "no-verdict"},
		{"another's signature", "", sign(t, reply, dkim.SignOptions{Domain: "mail.example"}), goodZone(), sop.Unproven, "no-verdict"},
		{"changed", "", strings.Replace(good, "SETUJU", "SETUJ U", 1), goodZone(), sop.Unproven, "no-verdict"},
		{"a second From", "", "From: x@evil.example\r\n" + good, goodZone(), sop.Unproven, "no-verdict"},
		{"short key", "", sign(t, reply, dkim.SignOptions{Selector: "weak", Signer: rsaKeys()[1024]}), goodZone(), sop.Unproven, "no-verdict"},
		{"DNS does not answer", "", good, slow, sop.Temporary, "dkim-key-unavailable"},
		{"nobody is asked", "", good, nil, sop.Unproven, "no-verdict"},
	} {
		for _, level := range []sop.Level{sop.Standard, sop.Strict} {
			o := office()
			o.Level, o.Resolver = level, c.dns
			raw := border + "\r\n" + c.raw
			if c.verdict != "" {
				raw = "Authentication-Results: " + o.AuthservID + "; " + c.verdict + "\r\n" + raw
			}
			p := msgauth.CheckRaw(t.Context(), []byte(raw), arrival, fields(raw), approver, o)
			want := c.want
			if level == sop.Strict && (want == sop.Proven || c.reason == "dkim-key-unavailable") {
				want, c.reason = sop.Unproven, p.Reason
			}
			if p.Result != want || p.Reason != c.reason || p.Level != level {
				t.Errorf("%s at %s: %s (%s)\n%s", c.name, level, p.Result, p.Reason, strings.Join(p.Detail, "\n"))
			}
			if again := (msgauth.Options{AuthservID: o.AuthservID, ReceivedBy: o.ReceivedBy, Level: level, Resolver: msgauth.Recorded(p.Seen)}); p.Result == sop.Proven {
				if q := msgauth.CheckRaw(t.Context(), []byte(raw), arrival, fields(raw), approver, again); q.Result != sop.Proven {
					t.Errorf("%s at %s: by the key as it was seen it is %s", c.name, level, q.Reason)
				}
			}
		}
	}
}

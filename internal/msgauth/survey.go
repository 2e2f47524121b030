package msgauth

import (
	"context"
	"strings"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// Survey says what a mail carries, whatever level is asked for: what our own mail server says of it, by the same rules of which
// fields count, whether it bears a signature, and what each level makes of it.
func Survey(ctx context.Context, raw []byte, at time.Time, header []message.Field, from string, o Options) sop.Carried {
	c := sop.Carried{At: at, From: from, Signature: signatureIn(raw)}
	fields, _ := trusted(header, o)
	for _, f := range fields {
		a, ours, err := parseOurs(f, o.AuthservID)
		if !ours || err != nil {
			continue
		}
		for _, r := range a.results {
			said(&c, r)
		}
	}
	for _, l := range []sop.Level{sop.Standard, sop.Strict, sop.Signed} {
		o.Level = l
		p := CheckRaw(ctx, raw, at, header, from, o)
		p.Level, p.Detail, p.Seen = l, nil, nil
		c.Levels = append(c.Levels, p)
	}
	return c
}

func signatureIn(raw []byte) string {
	s, reason := message.CutSigned(raw)
	switch {
	case reason == "not-signed" && opaque(raw):
		return "S/MIME (application/pkcs7-mime)"
	case strings.Contains(s.Protocol, "pkcs7"):
		return "S/MIME"
	case strings.Contains(s.Protocol, "pgp"):
		return "OpenPGP"
	}
	return ""
}

// said keeps the verdict of one method with the domain or login that it names; the first is the one that stands on top.
func said(c *sop.Carried, r result) {
	for _, m := range []struct {
		method, subject string
		to              *string
	}{{"dmarc", "header.from", &c.DMARC}, {"spf", "smtp.mailfrom", &c.SPF}, {"dkim", "header.d", &c.DKIM}, {"auth", "smtp.auth", &c.Login}} {
		if r.method != m.method || *m.to != "" {
			continue
		}
		*m.to = r.value
		if subject, ok, _ := r.get(m.subject); ok {
			*m.to += " (" + subject + ")"
		}
		*m.to = (*m.to)[:min(len(*m.to), maxNote)]
	}
}

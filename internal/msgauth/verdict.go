package msgauth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// maxNotes bounds what is kept of verdicts for `why`, maxNote each line.
const (
	maxNotes = 40
	maxNote  = 300
)

// verdict is what one method says of this sender.
type verdict struct {
	method, value, subject string
	result                 sop.Result
	reason                 string
}

// judge reads the trusted fields and brings their verdicts together (DESIGN, "Trust", standard).
func judge(fields []string, login string, notes []string, from sender, o Options) sop.Proof {
	var all []verdict
	aligned := false // the author's own domain signed it, says the server
	for _, f := range fields {
		a, ours, err := parseOurs(f, o.AuthservID)
		switch {
		case !ours:
			notes = note(notes, "ignored, not ours: %s", quote(f))
			continue
		case err != nil: // half understood is not understood, whatever another field says
			reason := "malformed-verdict"
			if errors.Is(err, errTooLong) {
				reason = "verdict-too-long"
			}
			return refuse(o.Level, sop.Unproven, reason, note(notes, "%v: %s", err, quote(f))...)
		case a.version != "" && a.version != "1":
			notes = note(notes, "ignored, version %s: %s", a.version, quote(f))
			continue
		}
		for _, r := range a.results {
			v, counts := weigh(r, from)
			if counts {
				all = append(all, v)
			}
			if d, found, contradicts := r.get("header.d"); r.method == "dkim" && r.value == "pass" && found && !contradicts && same(d, from.domain) {
				aligned = true
			}
			notes = note(notes, "%s=%s %s", r.method, r.value, describe(v, counts))
		}
	}
	if len(fields) > maxTrusted {
		return refuse(o.Level, sop.Unproven, "too-many-verdicts", notes...)
	}
	if login != "" && !same(login, from.local) { // a bare name says nothing of the domain, but it can be another's
		v, _ := weigh(result{method: "auth", value: "pass", props: []prop{{"smtp.auth", login}}}, from)
		all, notes = append(all, v), note(notes, "signed in at our border: %s", describe(v, true))
	}
	result, reason := combine(all)
	if aligned && (reason == "no-verdict" || strings.HasSuffix(reason, "-none")) { // a domain without a DMARC record
		result, reason = sop.Proven, "dkim-pass"
	}
	return sop.Proof{Level: o.Level, Result: result, Reason: reason, Detail: notes}
}

// parseOurs parses the field if it is of the given authserv-id. A field whose id cannot be read is nobody's, unless it is
// too long to be looked at.
func parseOurs(field, id string) (a authres, ours bool, err error) {
	head := field[:min(len(field), maxField)]
	p, err := newScanner(head)
	if err != nil {
		return a, true, err
	}
	if a.id, err = p.authservID(); err != nil || !same(a.id, id) {
		return a, false, nil
	}
	if len(field) > maxField {
		return a, true, errTooLong
	}
	return a, true, p.rest(&a)
}

// weigh says what a result means for this sender; only dmarc and auth name the author of a mail, spf does not, and dkim only where the
// domain is the author's own and those two are silent (judge).
func weigh(r result, from sender) (verdict, bool) {
	v := verdict{method: r.method, value: r.value}
	var key string
	var fits func(string) bool
	switch r.method {
	case "dmarc":
		key, fits = "header.from", from.within
	case "auth":
		key, fits = "smtp.auth", from.is
	default:
		return v, false
	}
	subject, found, contradicts := r.get(key)
	v.subject = lower(subject)
	switch {
	case contradicts:
		v.result, v.reason = sop.Ambiguous, r.method+"-contradicts-itself"
	case r.value == "pass" && !found:
		v.result, v.reason = sop.Unproven, r.method+"-names-nobody"
	case r.value == "pass" && !fits(subject):
		v.result, v.reason = sop.Failed, r.method+"-names-another"
	case r.value == "pass":
		v.result, v.reason = sop.Proven, r.method+"-pass"
	default:
		v.result, v.reason = short(r)
	}
	return v, true
}

// short names every result but pass (RFC 8601 §2.7).
func short(r result) (sop.Result, string) {
	if result, known := results[r.value]; known {
		return result, r.method + "-" + r.value
	}
	return sop.Unproven, r.method + "-unknown-result"
}

var results = map[string]sop.Result{"none": sop.Unproven, "permerror": sop.Unproven, "bestguesspass": sop.Unproven, "neutral": sop.Unproven,
	"policy": sop.Unproven, "fail": sop.Failed, "temperror": sop.Temporary}

// combine gives the one verdict of all. "none" of one method is silent beside the other method (a signed-in sender gets
// no DMARC verdict, mail from outside no auth); everything else that differs is held.
func combine(all []verdict) (sop.Result, string) {
	var heard *verdict
	silent := ""
	for i := range all {
		v := &all[i]
		for _, o := range all[:i] {
			if o.method == v.method && (o.value != v.value || o.subject != v.subject && o.value != "none") {
				return sop.Ambiguous, "verdicts-differ"
			}
		}
		switch {
		case v.value == "none":
			silent = v.reason
		case heard == nil || heard.method == v.method:
			heard = v
		case heard.result != v.result:
			return sop.Ambiguous, "verdicts-differ"
		}
	}
	switch {
	case heard != nil:
		return heard.result, heard.reason
	case silent != "":
		return sop.Unproven, silent
	}
	return sop.Unproven, "no-verdict"
}

func describe(v verdict, counts bool) string {
	if !counts {
		return "(says nothing about the author)"
	}
	return fmt.Sprintf("%q: %s", v.subject, v.reason)
}

func note(notes []string, format string, args ...any) []string {
	if len(notes) >= maxNotes {
		return notes
	}
	n := fmt.Sprintf(format, args...)
	return append(notes, n[:min(len(n), maxNote)])
}

// quote shows foreign text so that it can stand in a log or on a page.
func quote(s string) string { return fmt.Sprintf("%.200q", s) }

// Survey says what a mail carries, whatever level is asked for: what our own mail server says of it, by the same rules of which
// fields count, whether it bears a signature, and what each level makes of it.
func Survey(ctx context.Context, raw []byte, at time.Time, header []message.Field, from string, o Options) sop.Carried {
	c := sop.Carried{At: at, From: from, Signature: signatureIn(raw)}
	fields, login, _ := trusted(header, o)
	for _, f := range fields {
		a, ours, err := parseOurs(f, o.AuthservID)
		if !ours || err != nil {
			continue
		}
		for _, r := range a.results {
			said(&c, r)
		}
	}
	if c.Login == "" && login != "" {
		c.Login = ("pass (" + login + ")")[:min(len(login)+7, maxNote)]
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

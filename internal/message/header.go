package message

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// onceOnly are the fields of which RFC 5322 §3.6 and RFC 2045 allow one. A reader that takes the first and one that takes
// the last see two different mails.
var onceOnly = []string{
	"from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references",
	"mime-version", "content-type", "content-transfer-encoding", "content-disposition",
}

// splitMail cuts raw at the first empty line. The mbox line that some stores leave in front is passed over.
func splitMail(raw []byte) (head, body []byte) {
	raw = skipMboxLine(raw)
	at := 0
	for line := range bytes.Lines(raw) {
		if string(line) == "\n" || string(line) == "\r\n" {
			return raw[:at], raw[at+len(line):]
		}
		at += len(line)
	}
	return raw, nil
}

// mboxLine: "From budi@kantor.example Tue May  5 10:15:00 2026"; never "From : budi@…", which is a field to some readers.
var mboxLine = regexp.MustCompile(`^>?From [^\s:]\S{0,300}(?: [^\n]{0,200}\d\d:\d\d[^\n]{0,100})?[ \t]*\r?\n`)

func skipMboxLine(raw []byte) []byte { return raw[len(mboxLine.Find(raw[:min(len(raw), 700)])):] }

// headerReader collects fields in order and every fault by which another program could see other fields.
type headerReader struct {
	fields   []Field
	problems []Problem
	reported map[string]bool
	lim      Limits
	value    strings.Builder // of the open field
	open     bool
	first    bool
	crlf, lf int
}

func readHeader(head []byte, lim Limits) ([]Field, []Problem) {
	r := &headerReader{lim: lim, reported: map[string]bool{}, first: true}
	for len(head) > 0 && len(r.fields) < lim.HeaderCount {
		line, rest, ended := bytes.Cut(head, []byte("\n"))
		cut, crlf := bytes.CutSuffix(line, []byte("\r"))
		switch {
		case ended && crlf:
			r.crlf++
			line = cut
		case ended:
			r.lf++
		}
		head = rest
		r.line(line)
	}
	r.close()
	if len(head) > 0 {
		r.fault("too-many-headers", "")
	}
	if r.crlf > 0 && r.lf > 0 {
		r.fault("mixed-line-ends", "header")
	}
	r.duplicates()
	return r.fields, r.problems
}

// fault keeps a problem once. Each of a header is severe.
func (r *headerReader) fault(name, detail string) {
	if key := name + detail; len(r.problems) < 50 && !r.reported[key] {
		r.reported[key] = true
		r.problems = append(r.problems, Problem{Name: name, Detail: fmt.Sprintf("%.80q", detail), Severe: true})
	}
}

func (r *headerReader) line(line []byte) {
	if bytes.IndexByte(line, '\r') >= 0 {
		r.fault("bare-cr", "header")
	}
	if bytes.IndexByte(line, 0) >= 0 {
		r.fault("nul-byte", "header")
	}
	if line = bytes.TrimRight(line, "\r"); len(line) == 0 {
		return
	}
	if line[0] == ' ' || line[0] == '\t' {
		r.continued(line)
	} else {
		r.close()
		r.begin(line)
	}
	r.first = false
}

func (r *headerReader) continued(line []byte) {
	text := trimBlanks(string(line))
	switch {
	case r.first:
		r.fault("leading-space-first-line", text)
	case text == "":
		// Some readers end the header at a line of blanks, others fold it.
		r.fault("blank-continuation", "")
	case !r.open:
		r.fault("malformed-header-line", text)
	case r.value.Len()+len(text) > r.lim.HeaderLine:
		r.fault("header-too-large", r.fields[len(r.fields)-1].Name)
	default:
		r.value.WriteByte(' ')
		r.value.WriteString(text)
	}
}

func (r *headerReader) begin(line []byte) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		r.fault("malformed-header-line", string(line))
		return
	}
	name := string(line[:colon])
	if trimmed := strings.TrimRight(name, " \t"); trimmed != name {
		r.fault("space-before-colon", trimmed)
		name = trimmed
	}
	if strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		r.fault("malformed-header-name", name)
		return
	}
	value := line[colon+1:]
	if len(value) > r.lim.HeaderLine {
		r.fault("header-too-large", name)
		value = value[:r.lim.HeaderLine]
	}
	r.fields = append(r.fields, Field{Name: name})
	r.value.WriteString(trimBlanks(string(value)))
	r.open = true
}

func (r *headerReader) close() {
	if r.open {
		r.fields[len(r.fields)-1].Value = trimBlanks(r.value.String())
	}
	r.value.Reset()
	r.open = false
}

func (r *headerReader) duplicates() {
	seen := map[string]int{}
	for _, f := range r.fields {
		seen[strings.ToLower(f.Name)]++
	}
	for _, name := range onceOnly {
		if seen[name] > 1 {
			r.fault("duplicate-header", name)
		}
	}
}

// trimBlanks trims spaces and tabs only: a space of another alphabet beside an address must not vanish.
func trimBlanks(s string) string { return strings.Trim(s, " \t") }

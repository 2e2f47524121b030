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
	for at := 0; at < len(raw); {
		i := bytes.IndexByte(raw[at:], '\n')
		if i < 0 {
			return raw, nil
		}
		line := raw[at : at+i]
		if len(line) == 0 || len(line) == 1 && line[0] == '\r' {
			return raw[:at], raw[at+i+1:]
		}
		at += i + 1
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
		line := head
		if i := bytes.IndexByte(head, '\n'); i >= 0 {
			line, head = head[:i], head[i+1:]
			if bytes.HasSuffix(line, []byte("\r")) {
				r.crlf++
				line = line[:len(line)-1]
			} else {
				r.lf++
			}
		} else {
			head = nil
		}
		r.line(line)
	}
	r.close()
	if len(head) > 0 {
		r.fault("too-many-headers", "", true)
	}
	if r.crlf > 0 && r.lf > 0 {
		r.fault("mixed-line-ends", "header", true)
	}
	r.duplicates()
	return r.fields, r.problems
}

func (r *headerReader) fault(name, detail string, severe bool) {
	if key := name + detail; len(r.problems) < 50 && !r.reported[key] {
		r.reported[key] = true
		r.problems = append(r.problems, Problem{Name: name, Detail: fmt.Sprintf("%.80q", detail), Severe: severe})
	}
}

func (r *headerReader) line(line []byte) {
	r.bytesOf(line)
	if line = trimCR(line); len(line) == 0 {
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

func (r *headerReader) bytesOf(line []byte) {
	if bytes.IndexByte(line, '\r') >= 0 {
		r.fault("bare-cr", "header", true)
	}
	if bytes.IndexByte(line, 0) >= 0 {
		r.fault("nul-byte", "header", true)
	}
}

func (r *headerReader) continued(line []byte) {
	text := trimBlanks(string(line))
	switch {
	case r.first:
		r.fault("leading-space-first-line", text, true)
	case text == "":
		// Some readers end the header at a line of blanks, others fold it.
		r.fault("blank-continuation", "", true)
	case !r.open:
		r.fault("malformed-header-line", text, true)
	case r.value.Len()+len(text) > r.lim.HeaderLine:
		r.fault("header-too-large", r.fields[len(r.fields)-1].Name, true)
	default:
		r.value.WriteByte(' ')
		r.value.WriteString(text)
	}
}

func (r *headerReader) begin(line []byte) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		r.fault("malformed-header-line", string(line), true)
		return
	}
	name := string(line[:colon])
	if trimmed := strings.TrimRight(name, " \t"); trimmed != name {
		r.fault("space-before-colon", trimmed, true)
		name = trimmed
	}
	for i := 0; i < len(name); i++ {
		if name[i] <= ' ' || name[i] >= 0x7f {
			r.fault("malformed-header-name", name, true)
			return
		}
	}
	value := line[colon+1:]
	if len(value) > r.lim.HeaderLine {
		r.fault("header-too-large", name, true)
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
			r.fault("duplicate-header", name, true)
		}
	}
}

func trimCR(line []byte) []byte {
	for len(line) > 0 && line[len(line)-1] == '\r' {
		line = line[:len(line)-1]
	}
	return line
}

// trimBlanks trims spaces and tabs only: a space of another alphabet beside an address must not vanish.
func trimBlanks(s string) string { return strings.Trim(s, " \t") }

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

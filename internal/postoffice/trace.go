package postoffice

import (
	"bytes"
	"cmp"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// addTraceHeaders puts the verdict and the trace of this office on top of a mail, after taking off verdicts that claim our name.
func (o *Office) addTraceHeaders(raw []byte, login, via string) []byte {
	if !o.opt.KeepForged {
		raw = stripVerdicts(raw, o.opt.AuthservID)
	}
	date := o.opt.Now().Format(time.RFC1123Z)
	received := fmt.Sprintf("Received: %s;\r\n\t%s\r\n", via, date)
	return slices.Concat([]byte(o.verdicts(raw, login)), []byte(received), raw)
}

// verdicts: RFC 8601 §2.7.4 for a signed-in sender, §2.7.2 style dmarc for mail from outside.
func (o *Office) verdicts(raw []byte, login string) string {
	from := ""
	if all := fromAddresses(raw); len(all) > 0 {
		from = domainOf(all[0])
	}
	id := "Authentication-Results: " + o.opt.AuthservID + "; "
	if login == "" {
		verdict := cmp.Or(o.opt.DMARC[from], "none")
		if from == "" {
			return id + "dmarc=" + verdict + "\r\n"
		}
		return id + "dmarc=" + verdict + " header.from=" + clean(from) + "\r\n"
	}
	s := id + "auth=pass smtp.auth=" + login + "\r\n"
	if o.opt.Misconfigured && o.domains[from] {
		// Such a server signs whatever a login submits, and then believes its own signature.
		s = id + "dmarc=pass header.from=" + from + "\r\n" + s
	}
	return s
}

// stripVerdicts removes every Authentication-Results field of id, RFC 8601 §5.
func stripVerdicts(raw []byte, id string) []byte {
	out, n := make([]byte, 0, len(raw)), 0
	for _, field := range fields(raw) {
		n += len(field)
		if !claims(field, id) {
			out = append(out, field...)
		}
	}
	return append(out, raw[n:]...)
}

// fieldLength is the length of the first field with its folded lines.
func fieldLength(raw []byte) int {
	n := 0
	for {
		nl := bytes.IndexByte(raw[n:], '\n')
		if nl < 0 {
			return len(raw)
		}
		first := n == 0
		n += nl + 1
		if n >= len(raw) || first && len(bytes.TrimRight(raw[:n], "\r\n")) == 0 || raw[n] != ' ' && raw[n] != '\t' {
			return n
		}
	}
}

func claims(field []byte, id string) bool {
	name, value, ok := strings.Cut(string(field), ":")
	if !ok || !strings.EqualFold(strings.TrimSpace(name), "Authentication-Results") {
		return false
	}
	value = strings.TrimSpace(uncomment(value))
	end := strings.IndexAny(value, "; \t\r\n")
	if end < 0 {
		end = len(value)
	}
	return strings.EqualFold(strings.Trim(value[:end], `"`), id)
}

// uncomment leaves out comments in parentheses; a forger may begin with one.
func uncomment(s string) string {
	var out strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && depth > 0:
			i++
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// fields are the fields of the header, each with its folded lines, and an mbox line among them. They end where the body begins,
// or something that is no header at all.
func fields(raw []byte) [][]byte {
	var list [][]byte
	for len(raw) > 0 {
		n := fieldLength(raw)
		if !bytes.Contains(raw[:n], []byte(":")) && !bytes.HasPrefix(raw, []byte("From ")) {
			break
		}
		list = append(list, raw[:n])
		raw = raw[n:]
	}
	return list
}

// fromAddresses gives every address of every From field; a field that cannot be read counts as one foreign address.
func fromAddresses(raw []byte) []string {
	var all []string
	for _, f := range fields(raw) {
		name, value, _ := strings.Cut(string(f), ":")
		if !strings.EqualFold(strings.TrimSpace(name), "From") {
			continue
		}
		list, err := mail.ParseAddressList(strings.TrimSpace(value))
		if err != nil {
			all = append(all, "unreadable")
		}
		for _, a := range list {
			all = append(all, a.Address)
		}
	}
	return all
}

// headerOf is the header with its last line break.
func headerOf(raw []byte) []byte {
	for _, blank := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw, []byte(blank)); i >= 0 {
			return raw[:i+len(blank)/2]
		}
	}
	return raw
}

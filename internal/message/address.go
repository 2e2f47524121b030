package message

import "strings"

const maxAddresses = 1000

// readAddresses reads an address list leniently: what cannot be read as a mailbox is still listed with its text as Addr.
// Decisions never rest on this; see SoleFrom.
func readAddresses(values []string) []Address {
	var out []Address
	for _, v := range values {
		for _, piece := range splitAddresses(v) {
			if a, ok := readAddress(piece); ok && len(out) < maxAddresses {
				out = append(out, a)
			}
		}
	}
	return out
}

// splitAddresses cuts at commas and semicolons outside quotes, comments and angle brackets; a group's name is dropped.
func splitAddresses(s string) []string {
	var out []string
	start := 0
	scanAddress(s, func(i int, c byte) {
		switch c {
		case ',', ';':
			out = append(out, s[start:i])
			start = i + 1
		case ':':
			start = i + 1
		}
	})
	return append(out, s[start:])
}

// scanAddress calls at for each byte that stands outside quotes, comments and angle brackets; "<", ">", "(", ")" and the
// quotes themselves are reported too.
func scanAddress(s string, at func(i int, c byte)) {
	depth, quoted, angle := 0, false, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && (quoted || depth > 0):
			i++
		case quoted:
			quoted = c != '"'
		case depth > 0 && c == ')':
			depth--
		case c == '(' && !angle:
			if depth == 0 {
				at(i, c)
			}
			depth++
		case depth > 0:
		case c == '"':
			quoted = true
			at(i, c)
		case angle && c == '>':
			angle = false
			at(i, c)
		case angle:
		case c == '<':
			angle = true
			at(i, c)
		default:
			at(i, c)
		}
	}
}

func readAddress(piece string) (Address, bool) {
	lt, gt := -1, -1
	scanAddress(piece, func(i int, c byte) {
		if c == '<' && lt < 0 {
			lt = i
		} else if c == '>' && gt < 0 {
			gt = i
		}
	})
	if lt < 0 {
		addr := strings.TrimSpace(dropComments(piece))
		return Address{Addr: validUTF8(addr)}, addr != ""
	}
	if gt < lt {
		gt = len(piece)
	}
	addr := strings.TrimSpace(piece[lt+1 : gt])
	if strings.HasPrefix(addr, "@") { // RFC 5322 §4.4 route
		if i := strings.LastIndexByte(addr, ':'); i >= 0 {
			addr = addr[i+1:]
		}
	}
	return Address{Name: displayName(piece[:lt]), Addr: validUTF8(addr)}, true
}

func dropComments(s string) string {
	var out strings.Builder
	scanAddress(s, func(i int, c byte) {
		if c == '"' {
			if j := strings.IndexByte(s[i+1:], '"'); j >= 0 {
				out.WriteString(s[i : i+j+2])
			}
		} else if c != '(' && c != ')' {
			out.WriteByte(c)
		}
	})
	return out.String()
}

func displayName(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(s[1 : len(s)-1])
	}
	return strings.TrimSpace(decodeWords(s))
}

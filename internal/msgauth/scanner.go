package msgauth

import (
	"errors"
	"strings"

	"ukpbjd/internal/message"
)

// Bounds of one field. Real ones are under 4 KB with a dozen results.
const (
	maxField   = 32 << 10
	maxResults = 100
	maxProps   = 400 // of one field
	maxNesting = 32  // of comments
)

var (
	errControl  = errors.New("control character")
	errComment  = errors.New("comment without end")
	errNesting  = errors.New("comments nested too deep")
	errQuote    = errors.New("quoted string without end")
	errExpected = errors.New("unexpected character")
	errTooLong  = errors.New("too long")
)

// scanner reads structured field text (RFC 5322 §3.2): comments, quoted strings and runs between them. It keeps the first
// error and stands at the end from then on.
type scanner struct {
	s   string
	i   int
	err error
}

// newScanner refuses what no structured field may hold. A fold that was left in counts as white space.
func newScanner(s string) (*scanner, error) {
	if len(s) > maxField {
		return nil, errTooLong
	}
	if strings.ContainsAny(s, "\r\n") {
		s = strings.NewReplacer("\r\n ", " ", "\r\n\t", " ", "\n ", " ", "\n\t", " ").Replace(s)
		s = strings.TrimRight(s, "\r\n")
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return nil, errControl
		}
	}
	return &scanner{s: s}, nil
}

func (p *scanner) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.i = len(p.s)
}

func (p *scanner) end() bool { return p.i >= len(p.s) }

// peek is the next byte, 0 at the end.
func (p *scanner) peek() byte {
	if p.end() {
		return 0
	}
	return p.s[p.i]
}

func (p *scanner) take(c byte) bool {
	if p.peek() != c || p.end() {
		return false
	}
	p.i++
	return true
}

func (p *scanner) want(c byte) {
	if !p.take(c) {
		p.fail(errExpected)
	}
}

// space skips CFWS: white space and nested comments. It gives what the comments say, joined.
func (p *scanner) space() string {
	var all []string
	for {
		switch p.peek() {
		case ' ', '\t':
			p.i++
		case '(':
			all = append(all, p.comment())
		default:
			return strings.Join(all, " ")
		}
	}
}

// comment reads one comment and gives what stands inside the outer brackets.
func (p *scanner) comment() string {
	start, depth := p.i+1, 0
	for ; !p.end(); p.i++ {
		switch p.s[p.i] {
		case '\\':
			p.i++
		case '(':
			if depth++; depth > maxNesting {
				p.fail(errNesting)
			}
		case ')':
			if depth--; depth == 0 {
				p.i++
				return p.s[start : p.i-1]
			}
		}
	}
	p.fail(errComment)
	return ""
}

// quoted reads a quoted string and gives its content, escapes resolved.
func (p *scanner) quoted() string {
	var b strings.Builder
	for p.i++; !p.end(); p.i++ {
		switch c := p.s[p.i]; c {
		case '"':
			p.i++
			return b.String()
		case '\\':
			if p.i++; !p.end() {
				b.WriteByte(p.s[p.i])
			}
		default:
			b.WriteByte(c)
		}
	}
	p.fail(errQuote)
	return ""
}

// run reads bytes as long as ok holds.
func (p *scanner) run(ok func(byte) bool) string {
	start := p.i
	for !p.end() && ok(p.s[p.i]) {
		p.i++
	}
	return p.s[start:p.i]
}

// keyword of RFC 8601 §2.2; an underscore is let through, as real filters write it.
func keyword(c byte) bool { return letter(c) || digit(c) || c == '-' || c == '_' }

// loose is what an unquoted value may hold: more than an RFC 2045 token, because servers write addresses, slashes and
// colons unquoted; never what ends a value or starts a comment or a quoted string.
func loose(c byte) bool { return c > ' ' && c != 0x7f && !strings.ContainsRune(`;()"\`, rune(c)) }

// sender is the one From address, taken apart. In a verdict it may stand in other letter case: logins are kept as they were typed.
type sender struct{ local, domain string }

// parseSender takes only a plain ASCII dot-atom address; everything else is left to a person.
func parseSender(s string) (sender, bool) {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || !message.DotAtom(local) || !hostName(domain) || len(s) > 254 {
		return sender{}, false
	}
	return sender{local, lower(domain)}, true
}

// is says that a verdict's address is the sender's.
func (s sender) is(address string) bool {
	o, ok := parseSender(address)
	return ok && same(o.local, s.local) && o.domain == s.domain
}

// within says that header.from of a verdict names the sender's domain; some servers write the whole address there.
func (s sender) within(from string) bool {
	if strings.Contains(from, "@") {
		return s.is(from)
	}
	return hostName(from) && lower(from) == s.domain
}

// hostName is a domain with at least two labels.
func hostName(s string) bool { return strings.Contains(s, ".") && message.HostName(s) }

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func digit(c byte) bool  { return '0' <= c && c <= '9' }

// lower folds ASCII only: strings.EqualFold would take U+017F for an s and U+212A for a k.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func same(a, b string) bool { return lower(a) == lower(b) }

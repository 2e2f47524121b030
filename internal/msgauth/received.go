package msgauth

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ukpbjd/internal/message"
)

// maxTrusted bounds the verdict fields of one mail; a filter chain writes a handful.
const maxTrusted = 50

// trusted gives the Authentication-Results values that our own hosts wrote, top down, and notes on those left aside.
//
// Every host puts its fields on top, so what a sender wrote stands below the Received line of the host that took the mail
// from outside: our border. That line is the first one that says so itself: it is by a host of ours, from none of ours.
// A sender can write more lines "by" our hosts below it, so those prove nothing; nor does anything under them.
func trusted(header []message.Field, o Options) (fields, notes []string) {
	border := false
	for i, f := range header {
		switch lower(f.Name) {
		case "received":
			hop, ok := parseReceived(f.Value)
			ours := ok && !border && listed(o.ReceivedBy, hop.by)
			switch {
			case ours && hop.inside(o.ReceivedBy):
			case ours && o.BelowReceived:
				border = true
			default:
				return fields, left(header[i:], o)
			}
		case "authentication-results":
			if fields = append(fields, f.Value); len(fields) > maxTrusted {
				return fields, notes
			}
		}
	}
	return fields, notes
}

// left notes the fields of our id that stand too low to count: a forgery, or a server whose filters write below its own line.
func left(header []message.Field, o Options) (notes []string) {
	for _, f := range header {
		if lower(f.Name) != "authentication-results" || len(notes) >= maxNotes {
			continue
		}
		if p, err := newScanner(f.Value); err == nil {
			if id, err := p.authservID(); err == nil && same(id, o.AuthservID) {
				notes = append(notes, fmt.Sprintf("ignored, below the border: %s", quote(f.Value)))
			}
		}
	}
	return notes
}

// hop is one Received line (RFC 5321 §4.4).
type hop struct {
	by, with string
	peer     string // comment after from: what the host itself saw of its client
}

// parseReceived reads `[from X (peer)] by Y … with Z`, and refuses every other order: the name after from is the client's.
func parseReceived(s string) (hop, bool) {
	var h hop
	p, err := newScanner(s)
	if err != nil {
		return h, false
	}
	p.space()
	word := p.atom()
	if same(word, "from") {
		p.space()
		p.atom()
		h.peer = p.space()
		word = p.atom()
	}
	if !same(word, "by") {
		return h, false
	}
	p.space()
	h.by = p.atom()
	ok := h.by != "" && p.protocol(&h) && p.err == nil
	return h, ok
}

// protocol reads on to the semicolon for the with clause. A second "by" says that the client put one into its HELO, which
// some servers write down with spaces in it.
func (p *scanner) protocol(h *hop) bool {
	for !p.end() {
		p.space()
		word := p.atom()
		switch {
		case word == "":
			return p.end() || p.peek() == ';'
		case same(word, "by"):
			return false
		case same(word, "with") && h.with == "":
			p.space()
			h.with = lower(p.atom())
		}
	}
	return true
}

func (p *scanner) atom() string {
	return p.run(func(c byte) bool { return c > ' ' && c != '(' && c != ')' && c != '"' && c != ';' && c != 0x7f })
}

// inside says that one of our hosts handed the mail to the next one. The name after from is what the client said (HELO) and
// counts for nothing; the address that the host saw, or the name that it looked up for it, must be listed. Loopback is no
// exception: webmail and scripts submit from there too, so an office lists 127.0.0.1 only for a filter that hands mail back.
// LMTP (RFC 2033) is spoken by nobody but a mail server to its store; a signed-in client is nobody's mail server.
func (h hop) inside(ours []string) bool {
	switch {
	case strings.HasPrefix(h.with, "lmtp"):
		return true
	case slices.Contains(signedIn, h.with):
		return false
	case strings.Contains(lower(h.peer), "forged"): // sendmail: (name [address] (may be forged))
		return false
	}
	name, literal, ok := strings.Cut(h.peer, "[") // Exchange writes the bare address
	if literal, _, _ = strings.Cut(literal, "]"); !ok {
		name, literal = "", h.peer
	}
	if len(literal) > 5 && same(literal[:5], "ipv6:") {
		literal = literal[5:]
	}
	ip, err := netip.ParseAddr(literal)
	if err != nil {
		return false
	}
	return listed(ours, ip.Unmap().String()) || listed(ours, strings.TrimSpace(name))
}

// signedIn: the protocols of RFC 3848 that tell of AUTH.
var signedIn = []string{"esmtpa", "esmtpsa", "utf8smtpa", "utf8smtpsa", "asmtp", "smtpa", "smtpsa"}

func listed(ours []string, host string) bool {
	host = lower(strings.TrimSuffix(host, "."))
	return host != "" && slices.ContainsFunc(ours, func(o string) bool { return same(strings.TrimSuffix(o, "."), host) })
}

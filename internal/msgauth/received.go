package msgauth

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"ukpbjd/internal/message"
)

// maxTrusted bounds the verdict fields of one mail; a filter chain writes a handful.
const maxTrusted = 50

// trusted gives the Authentication-Results values that our own hosts wrote, top down, who signed in at our border, and notes on
// those left aside.
//
// Every host puts its fields on top, so what a sender wrote stands below the Received line of the host that took the mail
// from outside: our border. That line is the first one that says so itself: it is by a host of ours, from none of ours.
// A sender can write more lines "by" our hosts below it, so those prove nothing; nor does anything under them.
func trusted(header []message.Field, o Options) (fields []string, login string, notes []string) {
	border := false
	for i, f := range header {
		switch lower(f.Name) {
		case "received":
			hop, ok := parseReceived(f.Value)
			ours := ok && !border && listed(o.ReceivedBy, hop.by)
			switch {
			case ours && hop.inside(o.ReceivedBy):
			case ours && o.BelowReceived:
				border, login = true, hop.login
			case ours:
				return fields, hop.login, left(header[i:], o)
			default:
				return fields, login, left(header[i:], o)
			}
		case "authentication-results":
			if fields = append(fields, f.Value); len(fields) > maxTrusted {
				return fields, login, notes
			}
		}
	}
	return fields, login, notes
}

// Written is what a header says of the servers that it passed, top down: the ids that they write verdicts under, and the hosts that wrote
// Received lines. It may all be forged.
func Written(header []message.Field) (ids, hosts []string) {
	for _, f := range header {
		switch lower(f.Name) {
		case "received":
			if hop, ok := parseReceived(f.Value); ok && !listed(hosts, hop.by) {
				hosts = append(hosts, lower(hop.by))
			}
		case "authentication-results":
			if id, err := idOf(f.Value); err == nil && !listed(ids, id) {
				ids = append(ids, lower(id))
			}
		}
	}
	return ids, hosts
}

// left notes the fields of our id that stand too low to count: a forgery, or a server whose filters write below its own line.
func left(header []message.Field, o Options) (notes []string) {
	for _, f := range header {
		if lower(f.Name) != "authentication-results" || len(notes) >= maxNotes {
			continue
		}
		if id, err := idOf(f.Value); err == nil && same(id, o.AuthservID) {
			notes = append(notes, fmt.Sprintf("ignored, below the border: %s", quote(f.Value)))
		}
	}
	return notes
}

// idOf is the authserv-id of one Authentication-Results field.
func idOf(field string) (string, error) {
	p, err := newScanner(field)
	if err != nil {
		return "", err
	}
	return p.authservID()
}

// hop is one Received line (RFC 5321 §4.4), and what the host that wrote it knows of its client: not what the client said.
type hop struct {
	by, with string
	client   netip.Addr // the address that it saw
	name     string     // the name of that address, of servers that confirm one
	signedIn bool
	login    string // who signed in, where it says so
}

// parseReceived reads `[from X (notes)] by Y (notes) … with Z …; date`, and refuses every other order: what a client says in HELO,
// some servers write down with blanks and brackets in it.
func parseReceived(s string) (hop, bool) {
	var h hop
	p, err := newScanner(s)
	if err != nil {
		return h, false
	}
	p.space()
	word, said := p.atom(), ""
	var notes []string
	if same(word, "from") {
		p.blanks()
		said = p.atom()
		notes = p.notes()
		word = p.atom()
	}
	if !same(word, "by") {
		return h, false
	}
	p.space()
	h.by = p.atom()
	software, ok := p.protocol(&h)
	if h.by == "" || !ok || p.err != nil {
		return h, false
	}
	h.witnessed(said, notes, software)
	return h, true
}

// protocol reads on to the date for the with clause and the comments, which name the software. A second "by" or "from", or
// anything but a date behind the semicolon, is the client's.
func (p *scanner) protocol(h *hop) (software []string, ok bool) {
	for !p.end() {
		software = append(software, p.notes()...)
		word := p.atom()
		switch {
		case word == "":
			return software, p.end() || p.take(';') && p.date()
		case same(word, "by"), same(word, "from"):
			return nil, false
		case same(word, "auth"): // with ESMTP AUTH
			h.signedIn = true
		case same(word, "with") && h.with == "":
			p.space()
			h.with = lower(p.atom())
		}
	}
	return software, true
}

// date passes over what may be one: a few words and comments to the end.
func (p *scanner) date() bool {
	for range 8 {
		p.space()
		if word := p.atom(); word == "" || same(word, "by") {
			break
		}
	}
	p.space()
	return p.end() && p.err == nil
}

func (p *scanner) atom() string {
	return p.run(func(c byte) bool { return c > ' ' && c != '(' && c != ')' && c != '"' && c != ';' && c != 0x7f })
}

func (p *scanner) blanks() { p.run(func(c byte) bool { return c == ' ' || c == '\t' }) }

// notes are the comments that stand here, each by itself.
func (p *scanner) notes() (all []string) {
	for p.blanks(); p.peek() == '('; p.blanks() {
		all = append(all, p.comment())
	}
	return all
}

// witnessed finds the address where each server writes the one that it saw. What stands before that place, the client said; a
// second address in the clause came out of its HELO, and then neither counts.
//
//	from HELO (name [address])             Postfix, sendmail, Google, Stalwart, MDaemon …
//	from HELO ([address]) · (address)      mox, sendmail, Windows · Exchange
//	from NAME ([address]:port helo=HELO)   Exim that confirmed the name (its host.c, host_build_sender_fullhost)
//	from [address] (port=… helo=HELO)      Exim that did not
//	from NAME (HELO said) (ident@address)  qmail, qpsmtpd, Courier, Yahoo; Zimbra's store with LHLO
func (h *hop) witnessed(said string, notes, software []string) {
	exim := slices.ContainsFunc(software, func(s string) bool { return strings.HasPrefix(s, "Exim ") })
	h.signed(notes, software)
	if exim && strings.HasPrefix(said, "[") {
		if len(notes) > 0 && eximSays.MatchString(notes[0]) {
			notes = notes[1:]
		}
		notes = slices.Insert(notes, 0, said)
	}
	if len(notes) > 0 && greeting.MatchString(notes[0]) {
		notes = notes[1:]
	}
	for i, n := range notes {
		name, ip, ok := peer(n, exim)
		switch {
		case ok && i == 0 && exim && name == "" && n != said:
			h.client, h.name = ip, said
		case ok && i == 0:
			h.client, h.name = ip, name
		case ok:
			h.client, h.name = netip.Addr{}, ""
			return
		}
	}
	if _, err := netip.ParseAddr(h.name); err == nil || !exim && !slices.ContainsFunc(software, confirms.MatchString) {
		h.name = "" // whoever runs a reverse zone may put an address into it
	}
}

var (
	greeting = regexp.MustCompile(`^(?i:HELO|EHLO|LHLO) `)
	eximSays = regexp.MustCompile(`^(?:port|helo|ident)=`)
	confirms = regexp.MustCompile(`^(?:Postfix|\d+\.\d+\.\d+/\d)`) // the name leads back to the address, else it is unknown or may be forged
)

// peer reads what one comment says of the client. Behind the address may stand a port, what Exim adds, Stalwart's network, or
// sendmail's doubt; another address may not.
func peer(note string, exim bool) (name string, ip netip.Addr, ok bool) {
	literal, rest := note[strings.LastIndexByte(note, '@')+1:], "" // qmail writes ident@address
	if before, in, found := strings.Cut(note, "["); found {
		if name = strings.TrimSpace(before); strings.ContainsAny(name, "@ ") { // ident is the client's own word
			name = ""
		}
		literal, rest, _ = strings.Cut(in, "]")
	}
	if strings.Contains(rest, "[") && !exim {
		return "", ip, false
	}
	if strings.Contains(rest, "forged") {
		name = ""
	}
	if len(literal) > 5 && same(literal[:5], "ipv6:") {
		literal = literal[5:]
	}
	ip, err := netip.ParseAddr(literal)
	return name, ip.Unmap(), err == nil
}

// signed finds who signed in: Postfix (smtpd_sasl_authenticated_header), Exim and others where they are told to write it so,
// Kerio, chasquid. Two such comments, or one without the protocol of a signed-in client, are a HELO.
func (h *hop) signed(notes, software []string) {
	for _, n := range notes {
		if !authenticated.MatchString(n) {
			continue
		}
		login := ""
		if g := loginNote.FindStringSubmatch(n); g != nil && !h.signedIn {
			login = g[1]
		}
		h.signedIn, h.login = true, login
	}
	if !slices.Contains(signedIn, h.with) {
		h.login = ""
	}
	h.signedIn = h.signedIn || slices.Contains(signedIn, h.with)
}

var (
	authenticated = regexp.MustCompile(`^(?i:authenticated|auth:|account )`)
	loginNote     = regexp.MustCompile(`^(?i:authenticated (?:sender:|user|as)) (\S+)$`)
)

// inside says that one of our hosts handed the mail to the next one: the address that the host saw, or the name that it confirmed,
// must be listed. Loopback is no exception: webmail and scripts submit from there too, so an office lists 127.0.0.1 only for a
// filter that hands mail back. LMTP (RFC 2033) is spoken by nobody but a mail server to its store; a signed-in client is nobody's
// mail server.
func (h hop) inside(ours []string) bool {
	switch {
	case strings.HasPrefix(h.with, "lmtp"):
		return true
	case h.signedIn || !h.client.IsValid():
		return false
	}
	return listed(ours, h.client.WithZone("").String()) || listed(ours, h.name)
}

// signedIn: the protocols of RFC 3848 that tell of AUTH.
var signedIn = []string{"esmtpa", "esmtpsa", "utf8smtpa", "utf8smtpsa", "asmtp", "smtpa", "smtpsa"}

func listed(ours []string, host string) bool {
	host = lower(strings.TrimSuffix(host, "."))
	return host != "" && slices.ContainsFunc(ours, func(o string) bool { return same(strings.TrimSuffix(o, "."), host) })
}

package sop

import (
	"slices"
	"strings"
	"unicode"

	"ukpbjd/internal/document"
)

// Past is what earlier cases know of the people of this one.
type Past struct {
	Stranger  bool              // no case of this requester was ever approved
	Confirmed map[string]string // by NIP: the address to which receipt was confirmed last
	Repeats   string            // the case that asks for the same, where the requester wants one of its own all the same
}

// Risks that the approver must see. They keep the undo window open for at least riskWindow.
const (
	markRequesterAddress = "alamat-pemohon"
	markOutside          = "domain-luar"
	markAnotherAddress   = "alamat-berbeda"
	markDomainAlike      = "domain-mirip"
	markPunycode         = "domain-sandi"
	markAddressAlike     = "alamat-mirip"
	markNameAlike        = "nama-mirip"
	markFirstTime        = "pemohon-baru"
	markOfficialName     = "nama-pejabat"
)

// risks are the marks of a row or a request.
type risks []string

func (r *risks) mark(is bool, name string) {
	if is {
		*r = append(*r, name)
	}
}

// marks are the risks of one row (DESIGN, "Credentials").
func (d *decision) marks(row document.Row, roster []document.Row, past Past) []string {
	var out risks
	known := past.Confirmed[row.NIP]
	out.mark(sameAddress(row.Email, d.c.Requester.Address), markRequesterAddress)
	out.mark(host(row.Email) != host(d.o.Mailbox.Address), markOutside)
	out.mark(known != "" && !sameAddress(known, row.Email), markAnotherAddress)
	out.mark(d.domainAlike(row.Email), markDomainAlike)
	out.mark(coded(host(row.Email)), markPunycode)
	out.mark(d.addressAlike(row, roster), markAddressAlike)
	out.mark(d.nameAlike(row, roster), markNameAlike)
	return out
}

// requestMarks are the risks of the request as a whole.
func (d *decision) requestMarks(past Past) []string {
	var out risks
	r := d.c.Requester
	out.mark(past.Stranger, markFirstTime)
	out.mark(d.domainAlike(r.Address), markDomainAlike)
	out.mark(coded(host(r.Address)), markPunycode)
	out.mark(slices.ContainsFunc(d.officials(), func(p Person) bool {
		heard := nameOf(p.Name) == nameOf(r.Name) && r.Name != ""
		return !sameAddress(p.Address, r.Address) && (alike(mailbox(p.Address), mailbox(r.Address)) || heard)
	}), markOfficialName)
	return out
}

// officials are the people for whom somebody may want to be taken.
func (d *decision) officials() []Person {
	out := []Person{d.o.KepalaLPSE, d.o.KepalaBagian, d.o.Operator, d.o.Mailbox}
	for _, a := range d.o.registered() {
		out = append(out, a.Person)
	}
	return out
}

// domainAlike: nearly a domain that takes part, and not it. The requester's own counts only for others: whoever asks may come
// from a false one.
func (d *decision) domainAlike(address string) bool {
	h := host(address)
	var ours []string
	for _, p := range d.officials() {
		ours = append(ours, host(p.Address))
	}
	if slices.Contains(ours, h) {
		return false
	}
	if asks := host(d.c.Requester.Address); asks != h {
		ours = append(ours, asks)
	}
	return slices.ContainsFunc(ours, func(o string) bool { return nearDomain(o, h) })
}

// nearDomain: the same to the eye, or one letter off; domains as short as a.example and b.example are simply two.
func nearDomain(a, b string) bool {
	x, restX, _ := strings.Cut(a, ".")
	y, restY, _ := strings.Cut(b, ".")
	short := min(len(x), len(y)) < 4 && restX == restY
	return alike(a, b) || oneOff(a, b) && !short
}

// addressAlike: looks like the address of an official, of the requester or of another member, and is not it.
func (d *decision) addressAlike(row document.Row, roster []document.Row) bool {
	others := []string{d.c.Requester.Address}
	for _, p := range d.officials() {
		others = append(others, p.Address)
	}
	for _, r := range roster {
		if r.NIP != row.NIP {
			others = append(others, r.Email)
		}
	}
	return slices.ContainsFunc(others, func(o string) bool { return !sameAddress(o, row.Email) && alike(o, row.Email) })
}

// nameAlike: another member of nearly the same name, who is somebody else; or an official's name.
func (d *decision) nameAlike(row document.Row, roster []document.Row) bool {
	return slices.ContainsFunc(roster, func(r document.Row) bool { return r.NIP != row.NIP && nearName(row.Nama, r.Nama) }) ||
		slices.ContainsFunc(d.officials(), func(p Person) bool { return nearName(row.Nama, p.Name) })
}

// nearName: the same name, the same to the eye, or one word of it one letter off. Names that are numbered are no names.
func nearName(a, b string) bool {
	x, y := nameWords(a), nameWords(b)
	one, other := strings.Join(x, ""), strings.Join(y, "")
	switch {
	case len(one) < 6 || strings.ContainsFunc(one+other, unicode.IsDigit):
		return false
	case one == other || alike(one, other):
		return true
	case len(x) != len(y):
		return false
	}
	off := 0
	for i := range x {
		switch {
		case x[i] == y[i]:
		case oneOff(x[i], y[i]) && min(len(x[i]), len(y[i])) >= 5:
			off++
		default:
			return false
		}
	}
	return off == 1
}

func mailbox(address string) string { return address[:max(strings.LastIndexByte(address, '@'), 0)] }

// coded is a domain that is not written as people read it (RFC 5891), or not in ASCII at all.
func coded(domain string) bool {
	for label := range strings.SplitSeq(domain, ".") {
		if strings.HasPrefix(label, "xn--") {
			return true
		}
	}
	return strings.ContainsFunc(domain, func(r rune) bool { return r > unicode.MaxASCII })
}

// nameOf is a name as it is heard.
func nameOf(name string) string { return strings.Join(nameWords(name), "") }

// nameWords are the words of a name in small letters, without titles and dots.
func nameWords(name string) (out []string) {
	name, _, _ = strings.Cut(name, ",")
	for w := range strings.FieldsSeq(strings.ToLower(name)) {
		if strings.HasSuffix(w, ".") && len(w) <= 5 { // Dr. Ir. Drs.
			continue
		}
		w = strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, w)
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}

// alike: one and the same to the eye (Unicode TR39, skeleton), and not the same text.
func alike(a, b string) bool {
	return a != b && a != "" && !strings.EqualFold(a, b) && skeleton(a) == skeleton(b)
}

// skeleton puts one character for all that look like it. The table holds what can be typed into a mail address or a name
// and fools a reader of Latin text; it need not be complete, for what is not ASCII is marked or refused as such.
func skeleton(s string) string {
	var out strings.Builder
	for _, r := range strings.ToLower(s) {
		if seen, ok := prototypes[r]; ok {
			out.WriteString(seen)
		} else if !unicode.In(r, unicode.Mn, unicode.Cf) {
			out.WriteRune(r)
		}
	}
	return pairs.Replace(out.String())
}

var pairs = strings.NewReplacer("rn", "m", "vv", "w", "cl", "d", "-", "", "_", "", ".", "")

var prototypes = map[rune]string{
	'0': "o", '1': "l", 'i': "l", '|': "l", '!': "l", '5': "s", '$': "s", '3': "e", '8': "b", 'q': "g",
	// Cyrillic and Greek that look Latin
	'а': "a", 'в': "b", 'е': "e", 'ё': "e", 'к': "k", 'м': "m", 'н': "h", 'о': "o", 'р': "p", 'с': "c", 'т': "t", 'у': "y", 'х': "x", 'ѕ': "s", 'і': "l", 'ї': "l",
	'ј': "l", 'ԁ': "d", 'ԛ': "g", 'ԝ': "w", 'һ': "h", 'ӏ': "l", 'ԍ': "g", 'α': "a", 'β': "b", 'ε': "e", 'ι': "l", 'κ': "k", 'ν': "v", 'ο': "o", 'ρ': "p",
	'τ': "t", 'υ': "u", 'χ': "x", 'γ': "y", 'η': "n", 'ω': "w",
	// Latin with marks, and letters made of others
	'á': "a", 'à': "a", 'â': "a", 'ä': "a", 'ã': "a", 'å': "a", 'ā': "a", 'ą': "a", 'ç': "c", 'ć': "c", 'č': "c", 'ď': "d", 'đ': "d", 'é': "e", 'è': "e", 'ê': "e",
	'ë': "e", 'ē': "e", 'ė': "e", 'ę': "e", 'ğ': "g", 'í': "l", 'ì': "l", 'î': "l", 'ï': "l", 'ī': "l", 'ı': "l", 'ł': "l", 'ń': "n", 'ñ': "n", 'ň': "n", 'ó': "o",
	'ò': "o", 'ô': "o", 'ö': "o", 'õ': "o", 'ø': "o", 'ō': "o", 'ő': "o", 'ř': "r", 'ś': "s", 'š': "s", 'ş': "s", 'ţ': "t", 'ť': "t", 'ú': "u", 'ù': "u", 'û': "u",
	'ü': "u", 'ū': "u", 'ů': "u", 'ű': "u", 'ý': "y", 'ÿ': "y", 'ź': "z", 'ž': "z", 'ż': "z", 'ɑ': "a", 'ɡ': "g", 'ʟ': "l", 'ᴏ': "o", 'ꜱ': "s", 'ſ': "s", 'ß': "ss", 'ﬁ': "fl",
}

// oneOff: one letter more, less or other, or two neighbours exchanged.
func oneOff(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) < len(y) {
		x, y = y, x
	}
	if len(x)-len(y) > 1 || slices.Equal(x, y) {
		return false
	}
	i := 0
	for i < len(y) && x[i] == y[i] {
		i++
	}
	rest, other := x[i:], y[i:]
	if len(x) > len(y) {
		return slices.Equal(rest[1:], other)
	}
	swapped := len(rest) > 1 && rest[0] == other[1] && rest[1] == other[0] && slices.Equal(rest[2:], other[2:])
	return slices.Equal(rest[1:], other[1:]) || swapped
}

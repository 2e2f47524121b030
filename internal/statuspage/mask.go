package statuspage

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
)

const dots = "•••"

// bare takes academic titles off a name: words that end in a full stop before it, everything after a comma.
func bare(name string) string {
	name, _, _ = strings.Cut(name, ",")
	words := strings.Fields(name)
	for len(words) > 1 && strings.HasSuffix(words[0], ".") && len(words[0]) > 2 {
		words = words[1:]
	}
	return strings.Join(words, " ")
}

// short is a name as the pages show it: I Made Yasa Artawan, S.T. becomes I Made Y. A.
func short(name string) string {
	words := strings.Fields(bare(name))
	keep := 1
	if len(words) > 0 {
		switch strings.ToLower(words[0]) {
		case "i", "ni", "ida", "anak", "gusti", "si", "a.a.", "aa":
			keep = 2
		}
	}
	if len(words) == 1 && utf8.RuneCountInString(words[0]) > 3 {
		return string([]rune(words[0])[:3]) + "…"
	}
	for i, w := range words {
		if i >= keep {
			r, _ := utf8.DecodeRuneInString(w)
			words[i] = string(unicode.ToUpper(r)) + "."
		}
		if utf8.RuneCountInString(words[i]) > 20 {
			words[i] = string([]rune(words[i])[:20]) + "…"
		}
	}
	return strings.Join(words[:min(len(words), 7)], " ")
}

// maskNumber leaves the last four digits of a NIP, NIK or telephone number.
func maskNumber(n string) string {
	d := document.Digits(n)
	if len(d) < 8 {
		return dots
	}
	return dots + " " + d[len(d)-4:]
}

// maskAddress leaves the first letter and the domain.
func maskAddress(a string) string {
	local, domain, ok := strings.Cut(strings.Trim(a, "<>"), "@")
	if !ok {
		return dots
	}
	r, _ := utf8.DecodeRuneInString(local)
	if len(domain) > 60 {
		domain = domain[:20] + "…"
	}
	return string(r) + dots + "@" + domain
}

var (
	addresses = regexp.MustCompile(`<?[^\s<>@"(),;:]+@[^\s<>@"(),;]+>?`)
	numbers   = regexp.MustCompile(`(?:UID )?\d[\d .\-]{7,30}\d`)
	uids      = regexp.MustCompile(`^UID \d{1,10}-\d{1,10}$`)
	dates     = regexp.MustCompile(`^20\d\d-[01]\d-[0-3]\d( \d\d(.\d\d)?)?$`)
	named     = regexp.MustCompile(`(?i)\b(kode|code|password|sandi|kata sandi|pin)(\s*[:=]?\s*)(\S*[0-9A-Z]\S*)`)
	revised   = regexp.MustCompile(`(?:anggota baru|alamat berubah|data berubah|tidak lagi tercantum): ([^;\n]{4,200})`)
	codes     = regexp.MustCompile(`\b[0-9A-Z]{6}\b`)
)

// scrub masks what may stand in anybody's own words: addresses and Message-IDs, long numbers, codes.
func scrub(s string) string {
	const most = 600
	if len(s) > 4*most {
		s = s[:4*most]
	}
	s = strings.ToValidUTF8(s, "?")
	s = addresses.ReplaceAllStringFunc(s, maskAddress)
	s = numbers.ReplaceAllStringFunc(s, func(n string) string {
		if dates.MatchString(n) || uids.MatchString(n) || len(document.Digits(n)) < 9 {
			return n
		}
		return maskNumber(n)
	})
	s = named.ReplaceAllString(s, "${1}${2}"+dots)
	s = codes.ReplaceAllStringFunc(s, func(c string) string {
		if strings.ContainsAny(c, "0123456789") && strings.ContainsFunc(c, unicode.IsLetter) {
			return dots
		}
		return c
	})
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return s
}

// veil scrubs texts of one case: the people that it knows are shortened wherever they are named, in any letter case.
type veil struct {
	names *regexp.Regexp
	known map[string]string // lower-case address → how the pages name its owner
}

func newVeil(c sop.Case, events []sop.Event) veil {
	v := veil{known: map[string]string{}}
	var people []string
	add := func(name, part string, addresses ...string) {
		people = append(people, name)
		for _, a := range addresses {
			if name != "" && a != "" {
				v.known[strings.ToLower(a)] = short(name) + " (" + part + ")"
			}
		}
	}
	for _, r := range c.Reading.Roster {
		add(r.Nama, "anggota", r.Email)
	}
	for _, m := range c.Members {
		add(m.Row.Nama, "anggota", m.Row.Email, m.Address)
	}
	for _, a := range c.Votes {
		add(a.By.Name, "penyetuju", a.By.Address, a.Address)
	}
	if a := c.Approval; a != nil {
		add(a.By.Name, "penyetuju", a.By.Address, a.Address)
	}
	add(c.Requester.Name, "pemohon", c.Requester.Address)
	for _, e := range events {
		people = append(people, formerly(e.Text)...)
	}
	people = append(people, formerly(strings.Join(c.Changes, ";"))...)
	v.names = namesPattern(people)
	return v
}

// actor is who did something: an address, or the daemon itself.
func (v veil) actor(a string) string {
	switch {
	case v.known[strings.ToLower(a)] != "":
		return v.known[strings.ToLower(a)]
	case a == "daemon":
		return "sistem"
	case strings.Contains(a, "@"):
		return maskAddress(a)
	}
	return v.text(a)
}

// formerly finds the people whom a revision brought, changed or dropped; a roster of today need not know them.
func formerly(text string) []string {
	var out []string
	for _, m := range revised.FindAllStringSubmatch(text, 50) {
		out = append(out, m[1])
	}
	return out
}

// namesPattern finds any of the names, with or without titles; nil when there are none.
func namesPattern(people []string) *regexp.Regexp {
	const most, longest = 500, 200
	var all []string
	for _, name := range people[:min(len(people), most)] {
		for _, n := range []string{strings.Join(strings.Fields(name), " "), bare(name)} {
			if utf8.RuneCountInString(n) > 3 && len(n) <= longest && utf8.ValidString(n) {
				all = append(all, n)
			}
		}
	}
	// The longest first: a name without titles is part of the name with them.
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	all = slices.Compact(all)
	for i := range all {
		all[i] = strings.ReplaceAll(regexp.QuoteMeta(all[i]), " ", `\s+`)
	}
	re, err := regexp.Compile(`(?i)(` + strings.Join(all, "|") + `)\.?`)
	if len(all) == 0 || err != nil {
		return nil
	}
	return re
}

func (v veil) text(s string) string {
	const most = 8 << 10
	s = strings.ToValidUTF8(s[:min(len(s), most)], "?")
	if v.names != nil {
		s = v.names.ReplaceAllStringFunc(s, func(name string) string {
			n := short(name)
			if strings.HasSuffix(name, ".") && !strings.HasSuffix(n, ".") {
				n += "." // the end of the sentence
			}
			return n
		})
	}
	return scrub(s)
}

package document

import (
	"strings"
	"unicode"
)

// commonWords are parts of names that very many people bear (Balinese order of birth, caste and sex; Muhammad). That they agree
// says little about who somebody is; that they stand as initials is usual.
var commonWords = map[string]bool{"i": true, "ni": true, "ida": true, "made": true, "kadek": true, "nengah": true, "wayan": true, "putu": true, "gede": true,
	"luh": true, "nyoman": true, "komang": true, "ketut": true, "bagus": true, "ayu": true, "anak": true, "agung": true, "dewa": true, "desak": true,
	"gusti": true, "ngurah": true, "cokorda": true, "sang": true, "istri": true, "pande": true, "muhammad": true, "mohammad": true, "muhamad": true,
	"mohamad": true, "abdul": true, "siti": true, "sri": true, "raden": true}

// nameWord is one word of a name without titles.
type nameWord struct {
	text   string // lower case, letters only
	dotted bool   // a full stop stands behind it
}

// shortened says that two names are one name, some of whose words are abbreviated in one of them: "I Md. Adi", "I.B. Oka". The
// caller knows that both bear one NIP. At least one telling word must agree in full, and no word may be left out or differ:
// else it may be another person, whose NIP was put in the wrong row.
func shortened(a, b string) bool {
	x, y := nameWords(a), nameWords(b)
	telling := false
	for len(x) > 0 && len(y) > 0 {
		switch n, m := cluster(x[0], y), cluster(y[0], x); {
		case x[0].text == y[0].text:
			telling = telling || len(x[0].text) >= 3 && !commonWords[x[0].text]
			x, y = x[1:], y[1:]
		case n > 0:
			x, y = x[1:], y[n:]
		case m > 0:
			x, y = x[m:], y[1:]
		case abbreviates(x[0], y[0]), abbreviates(y[0], x[0]):
			x, y = x[1:], y[1:]
		default:
			return false
		}
	}
	return telling && len(x) == 0 && len(y) == 0
}

func nameWords(name string) []nameWord {
	name, _, _ = strings.Cut(name, ",")
	var words []nameWord
	for _, w := range strings.FieldsFunc(strings.ReplaceAll(name, ".", ". "), func(c rune) bool { return unicode.IsSpace(c) || c == '-' }) {
		nw := nameWord{text: strings.ToLower(letters(w)), dotted: strings.HasSuffix(w, ".")}
		if nw.text == "" || len(words) == 0 && leadingTitles[nw.text] {
			continue
		}
		words = append(words, nw)
	}
	var plain []string
	for _, w := range words {
		plain = append(plain, w.text)
	}
	return words[:len(dropTrailingTitles(plain))]
}

// cluster says how many words of the other name a word stands for by their first letters ("IB" Oka, "IGN"), all of them common.
func cluster(w nameWord, other []nameWord) int {
	n := len(w.text)
	if n < 2 || n > 4 || n > len(other) {
		return 0
	}
	for i := range n {
		if o := other[i].text; len(o) < 1 || o[0] != w.text[i] || !commonWords[o] {
			return 0
		}
	}
	return n
}

// abbreviates says whether the word is the other one cut short: an initial, the beginning with a full stop ("Abd."), or its
// consonants ("Md", "Wyn", "Gst").
func abbreviates(short, long nameWord) bool {
	s, l := short.text, long.text
	if len(s) >= len(l) || s[0] != l[0] {
		return false
	}
	switch {
	case len(s) == 1:
		return short.dotted || s != "i" // "I" alone is a word of its own
	case short.dotted && strings.HasPrefix(l, s):
		return true
	}
	return len(s) <= 4 && commonWords[l] && !strings.ContainsAny(s[1:], "aeiou") && inOrder(s, l)
}

// inOrder says whether the letters of s stand in l in the same order.
func inOrder(s, l string) bool {
	for i := range len(l) {
		if s != "" && s[0] == l[i] {
			s = s[1:]
		}
	}
	return s == ""
}

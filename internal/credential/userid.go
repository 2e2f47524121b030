// Package credential makes the accounts of Pokja members and keeps their secrets: user IDs and passwords, the vault in which
// a secret is sealed under its member's own key until that key is destroyed, the account sheet that the approver types
// from and returns, the codes and Message-IDs that follow from the master key, and the search for live secrets in what
// comes in. A secret leaves here as a secret.Secret only. State on disk:
//
//	keys.db   wrapped data keys, rewritten as a whole and synced at each change; see vaultfile.go
package credential

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"ukpbjd/internal/document"
)

const maxID = 30

// UserID makes a user ID out of a name as printed, and a number behind it while taken says so. Balinese marks of sex, caste
// and order of honour (I, Ni, Ida Bagus, Anak Agung …) are skipped where a name of the person's own remains.
func UserID(pattern, nama, nip string, taken func(string) bool) string {
	words := ownNames(nama)
	if len(words) == 0 {
		words = []string{"pokja"}
	}
	first, last := words[0], words[len(words)-1]
	if first == last && strings.Contains(pattern, "{first}") {
		last = "" // a person of one name
	}
	base := strings.NewReplacer("{first}", first, "{last}", last, "{initial}", first[:1], "{nip}", document.Digits(nip),
		"{nip4}", tail(document.Digits(nip), 4)).Replace(pattern)
	base = fold(base)
	for _, twice := range []string{"..", "__", "--"} {
		base = strings.ReplaceAll(base, twice, twice[:1])
	}
	base = cmp.Or(strings.Trim(cut(base, maxID), "._-"), "pokja")
	id := base
	for n := 2; taken(id) && n < 10_000; n++ {
		suffix := strconv.Itoa(n)
		id = strings.TrimRight(cut(base, maxID-len(suffix)), "._-") + suffix
	}
	return id
}

func cut(s string, n int) string { return s[:min(len(s), n)] }

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// plain are Latin letters with marks, as they are typed without.
var plain = strings.NewReplacer("á", "a", "à", "a", "â", "a", "ä", "a", "ã", "a", "å", "a", "é", "e", "è", "e", "ê", "e", "ë", "e",
	"í", "i", "ì", "i", "î", "i", "ï", "i", "ó", "o", "ò", "o", "ô", "o", "ö", "o", "õ", "o", "ú", "u", "ù", "u", "û", "u", "ü", "u",
	"ñ", "n", "ç", "c", "ý", "y", "ß", "ss", "ø", "o", "æ", "ae")

// fold keeps lower-case ASCII letters, digits and . _ -
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-' {
			return r
		}
		return -1
	}, plain.Replace(strings.ToLower(s)))
}

// before are titles in front of a name, without full stops; honours are Balinese name parts that many people share.
const (
	before  = " dr drs dra drg drh ir prof h hj hajjah haji kh rr st mt sh mh se mm "
	honours = " i ni ida gusti bagus ayu anak agung dewa dewi cokorda cok tjokorda istri desak sang si ngakan gst ign igst aa igd ig ib ia "
	after   = " st mt sh mh se mm msi skom mkom ssos sip map mpd spd amd amdkom ak ca cpa ssi mkn mpa mba phd sp mp skm mkes sst spt sag mag shi mhi mtp mars cipm ppk "
)

// ownNames gives the words of a name that tell people apart, folded.
func ownNames(nama string) []string {
	nama, _, _ = strings.Cut(nama, ",")
	fields := strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '/' || r == '(' || r == ')' {
			return ' '
		}
		return r
	}, nama))
	var all []string
	for i, f := range fields {
		w := strings.NewReplacer(".", "", "_", "", "-", "").Replace(fold(f))
		atEnd := i > 0 && (strings.Contains(after, " "+w+" ") || strings.Count(f, ".") > 0 && len(w) > 1 && strings.Contains(strings.TrimRight(f, "."), "."))
		if w == "" || len(all) == 0 && strings.Contains(before, " "+w+" ") || atEnd && i >= len(fields)-2 && len(all) > 0 {
			continue
		}
		all = append(all, w)
	}
	own := slices.DeleteFunc(slices.Clone(all), func(w string) bool { return len(w) == 1 || strings.Contains(honours, " "+w+" ") })
	if len(own) > 0 {
		return own
	}
	return all
}

package document

import (
	"strings"
	"unicode"
)

// leading titles; a name part such as "I", "Ni" or "Ida Bagus" is none of them.
var leadingTitles = map[string]bool{"dr": true, "drs": true, "dra": true, "ir": true, "prof": true, "h": true, "hj": true, "drg": true, "drh": true, "apt": true, "ns": true, "kh": true, "rr": false}

// NameKey is a name for matching: without titles before it and after the first comma, letters only, lower case.
func NameKey(name string) string {
	name, _, _ = strings.Cut(name, ",")
	words := strings.FieldsFunc(name, func(c rune) bool { return !unicode.IsLetter(c) && c != '\'' && c != '’' && c != '`' && c != '-' })
	for len(words) > 1 && leadingTitles[strings.ToLower(words[0])] {
		words = words[1:]
	}
	return strings.ToLower(letters(strings.Join(dropTrailingTitles(words), "")))
}

// trailingTitles stand after a name where somebody forgot the comma.
var trailingTitles = map[string]bool{"st": true, "se": true, "sh": true, "ssos": true, "skom": true, "msi": true, "mm": true, "mt": true, "mkom": true, "mh": true, "map": true, "spd": true, "ssi": true, "sip": true, "amd": true, "mak": true, "sak": true, "meng": true, "sstp": true, "mpd": true}

func dropTrailingTitles(words []string) []string {
	for len(words) > 2 {
		if n := len(words); n > 3 && len(words[n-2]) == 1 && trailingTitles[strings.ToLower(words[n-2]+words[n-1])] { // "S.Kom"
			words = words[:n-2]
			continue
		}
		last := strings.ToLower(words[len(words)-1])
		if !trailingTitles[last] || last == "map" && words[len(words)-1] != "MAP" {
			break
		}
		words = words[:len(words)-1]
	}
	return words
}

// sameName compares two names as printed. Between papers read by machine a few letters may differ.
func sameName(a, b string, machine bool) bool {
	ka, kb := NameKey(a), NameKey(b)
	if ka == "" || kb == "" {
		return false
	}
	if ka == kb {
		return true
	}
	return machine && len(ka) >= 6 && Distance(ka, kb, 3) <= 1+len(ka)/10
}

// Distance is the edit distance, or limit+1 as soon as it is larger.
func Distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit || len(a) > 200 || len(b) > 200 {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return min(row[len(b)], limit+1)
}

package document

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	// roleRE is a part in the Pokja, alone.
	roleRE = regexp.MustCompile(`(?i)^(selaku |sebagai )?((wakil )?ketua|sekretaris|anggota|koordinator|bendahara|penanggung ?jawab|pengarah)( ?(tim|pokja|kelompok kerja|merangkap anggota|/ ?anggota|[ivx]{1,4}|\d{1,2}))*$`)
	// gradeRE is a rank or a grade, alone: "Penata Muda Tk. I (III/b)", "Gol. IX", "PPPK", "III/c".
	gradeRE = regexp.MustCompile(`(?i)^(pangkat\W*)?((juru|pengatur|penata|pembina)( (muda|utama|madya))*( (tk|tingkat)\.? ?(I|1))?|(tk|tingkat)\.? ?(I|1)|pppk)?[ ,/(\-–]*((gol(ongan)?|ruang)\.?[ /]*(ruang)?[ :]*)?(IV|I{1,3}) ?[/.] ?[a-e]\)?$|^(pppk)?[ ,(/\-–]*gol(ongan)?\.?[ :]*[XVI]{1,5}\)?( ?\(pppk\))?$|^(juru|pengatur|penata|pembina)( (muda|utama|madya))*( (tk|tingkat)\.? ?(I|1))?$|^pppk$`)
	// behindRE is what people put between a name and something that is no part of it.
	behindRE   = regexp.MustCompile(`\s+[–—-]+\s+|\s*[–—]\s*|\s+/\s+|\s*[(;|]|\s+(?i:selaku|sebagai)\s+|,\s*(?i:(?:selaku|sebagai)\s)`)
	tailRE     = regexp.MustCompile(`[ ,]+(?i:(?:juru|pengatur|penata|pembina)(?: (?:muda|utama|madya))*(?: (?:tk|tingkat)\.? ?(?:I|1))?[ ,/(]*(?:gol(?:ongan)?\.? ?)?(?:IV|I{1,3}) ?/ ?[a-e]\)?|gol(?:ongan)?\.? ?(?:IV|I{1,3}) ?/ ?[a-e]|(?:IV|I{1,3})/[a-e]|gol(?:ongan)?\.? ?[XVI]{1,5})$`)
	danglingRE = regexp.MustCompile(`(?i)[ ,]+(selaku|sebagai)$`)
	// loneGradeRE is a grade of PPPK; "I" and "II" alone may be parts of a name.
	loneGradeRE = regexp.MustCompile(`^(XVII|XVI|XV|XIV|XIII|XII|XI|IX|X|VIII|VII|VI|V)$`)
	lowerRE     = regexp.MustCompile(`^(?:[a-z]{3,}|di|ke) `)
)

// setName takes the name out of a text, and puts what stands behind it, above it or below it where it belongs: a NIP, a rank, a
// part in the Pokja. What is left over and is none of these leaves the name in doubt.
func (p *person) setName(text string) {
	if nip, from, to := findNIP(text); nip != "" {
		if p.NIP == "" {
			p.NIP = nip
		}
		text = text[:from] + "\n" + text[to:]
	}
	text = nipLabelRE.ReplaceAllString(text, "")
	var lines []string
	for l := range strings.SplitSeq(strings.ReplaceAll(text, "\t", "\n"), "\n") {
		if l = strings.TrimRight(strings.TrimLeft(l, " ,;/()"), " ;/("); strings.Trim(l, " ,)") == "" {
			continue
		}
		switch {
		case len(lines) > 0 && lowerRE.MatchString(l) && !strings.HasSuffix(lines[len(lines)-1], ",") && strings.Count(l, " ") > 2:
			continue // a sentence that begins below the list
		case p.takesBehind(l), len(lines) > 0 && loneGradeRE.MatchString(l) && p.takesGrade(l):
			continue
		}
		lines = append(lines, l)
	}
	name := danglingRE.ReplaceAllString(cleanName(strings.Join(lines, "\n")), "")
	for {
		at := behindRE.FindStringIndex(name)
		if at == nil || at[0] == 0 {
			break
		}
		behind := strings.Trim(name[at[1]:], " ,;/()-–—")
		if name = cleanName(name[:at[0]]); behind != "" {
			p.leftOver(behind)
		}
	}
	if at := tailRE.FindStringIndex(name); at != nil && at[0] > 0 {
		p.leftOver(strings.Trim(name[at[0]:], " ,"))
		name = cleanName(name[:at[0]])
	}
	if words := strings.Fields(name); len(words) > 2 && loneGradeRE.MatchString(words[len(words)-1]) && p.takesGrade(words[len(words)-1]) {
		p.doubt(fieldNama, fieldGolongan) // … or the tenth of their name
		name = cleanName(strings.Join(words[:len(words)-1], " "))
	}
	p.Nama = p.titles(name)
}

// titles looks at what stands behind the commas: titles belong to the name, a part or a rank does not, and anything else is in doubt.
func (p *person) titles(name string) string {
	parts := strings.Split(name, ",")
	kept := parts[:1]
	for i, t := range parts[1:] {
		switch t = strings.TrimSpace(t); {
		case t == "":
		case p.takesBehind(t) || i+2 < len(parts) && p.takesBehind(strings.Join(parts[i+1:], ",")):
			return strings.Join(kept, ",")
		default:
			if !titleLike(t) {
				p.doubt(fieldNama)
			}
			kept = append(kept, parts[i+1])
		}
	}
	name = strings.Join(kept, ",")
	if words := strings.Fields(parts[0]); len(words) > 2 && roleWords[letters(words[len(words)-1])] {
		p.doubt(fieldNama) // "I Made Ketua": a name, or a part without anything before it
	}
	if strings.ContainsAny(name, "0123456789<>@|=:;*_[]{}\"") {
		p.doubt(fieldNama)
	}
	return name
}

// titleLike says that what stands behind a comma may be academic titles: short, dotted or in capitals.
func titleLike(text string) bool {
	if strings.HasPrefix(text, ".") || len(text) < 2 {
		return false // the rest of one
	}
	for w := range strings.FieldsSeq(text) {
		bare := strings.Trim(w, "().;")
		if !strings.Contains(w, ".") && len(bare) > 3 && strings.ToUpper(bare) != bare && !knownTitles[strings.ToLower(bare)] || len(bare) > 12 {
			return false
		}
		if len(bare) > 6 && strings.ToUpper(bare) == bare && !strings.Contains(w, ".") {
			return false
		}
	}
	return true
}

var knownTitles = map[string]bool{"ners": true, "sstp": true, "mars": true, "skep": true, "akt": true}

// leftOver is what a separator parts from a name.
func (p *person) leftOver(text string) {
	if !p.takesBehind(text) {
		p.doubt(fieldNama)
	}
}

func (p *person) takesGrade(text string) bool {
	if g := golongan(text); g != "" && p.Golongan == "" {
		p.Golongan = g
	}
	return true
}

// takesBehind takes what can only be a part in the Pokja, or a grade, for that.
func (p *person) takesBehind(text string) bool {
	text = strings.Trim(strings.Join(strings.Fields(text), " "), " ,;./()-–—")
	switch {
	case roleRE.MatchString(text):
		return true
	case gradeRE.MatchString(text), gradeRE.MatchString(text + ")"):
		return p.takesGrade(text)
	}
	for _, sep := range []string{" – ", " - ", ", ", " / ", "; "} { // one behind the other
		if a, b, ok := strings.Cut(text, sep); ok && (roleRE.MatchString(a) || gradeRE.MatchString(a)) {
			return p.takesBehind(a) && p.takesBehind(b)
		}
	}
	return false
}

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

package document

import (
	"regexp"
	"strings"
)

var (
	entryRE = regexp.MustCompile(`^\s*(?:(?i:kepada)\s*:?\s*)?\(?(\d{1,2})\s*[.)]\s*(\S.*)$`)
	labelRE = regexp.MustCompile(`(?i)\b(NIP|NIK|Gol(?:ongan)?(?:\s*Ruang)?|Pangkat(?:\s*/\s*Gol\.?)?|Jabatan(?: dalam Pokja)?|Kedudukan|Peran|E-?mail|Surel|Alamat Email|(?:No\.? ?)?(?:HP|WA|Telp|Telepon)(?:/WA)?|User ?ID)\b\.?(?:\s*PPPK)?\s*[:.]?\s+`)
)

// entries reads members written as numbered sentences: "1. Nama, S.T. (NIP 19…) – Ketua;", labels in any order.
func entries(s *section) []person {
	var people []person
	var cur strings.Builder
	flush := func() {
		if p, ok := entry(cur.String()); ok {
			people = append(people, p)
		}
		cur.Reset()
	}
	for _, r := range s.rows {
		if m := entryRE.FindStringSubmatch(r.text); m != nil {
			flush()
			cur.WriteString(m[2])
			continue
		}
		if closes(r.text) || cur.Len() > 1000 {
			flush()
			continue
		}
		if cur.Len() > 0 {
			cur.WriteString("\n" + r.text)
		}
	}
	flush()
	return people
}

// entry reads one sentence; it must hold a NIP.
func entry(text string) (person, bool) {
	var p person
	if text == "" {
		return p, false
	}
	if nip, _, _ := findNIP(text); nip == "" && !strings.Contains(text, "@") {
		return p, false
	}
	marks := labelRE.FindAllStringSubmatchIndex(text, 40)
	end := len(text)
	if len(marks) > 0 {
		end = marks[0][0]
	}
	seen := map[field]bool{}
	for i, m := range marks {
		if f := fieldsOf(text[m[2]:m[3]]); len(f) == 0 || seen[f[0]] {
			continue // what comes a second time is the signatory's
		} else {
			seen[f[0]] = true
		}
		if i+1 < len(marks) {
			p.labelled(text[m[2]:m[3]], wrapRE.ReplaceAllString(text[m[1]:marks[i+1][0]], "$1$2"), true)
			continue
		}
		p.labelled(text[m[2]:m[3]], text[m[1]:], false)
	}
	head := text[:end]
	if nip, from, to := findNIP(head); nip != "" && p.NIP == "" {
		p.NIP = nip
		head = head[:from] + "\n" + head[to:]
	}
	if at := strings.IndexByte(head, '@'); at > 0 && p.Email == "" {
		head = p.takeEmail(head)
	}
	p.setName(nameLabelRE.ReplaceAllString(head, ""))
	if p.listed = ValidNIP(p.NIP) && validEmail(p.Email); p.listed && p.Nama == "" {
		return p, true
	}
	return p, p.Nama != "" && len(p.Nama) < 100 && len(strings.Fields(p.Nama)) < 12
}

var nameLabelRE = regexp.MustCompile(`(?i)^\s*n\s?a\s?m\s?a\b[^:\n]{0,30}:\s*`)

var wrapRE = regexp.MustCompile(`([-._@])[ ]*\n[ ]*|[ ]*\n[ ]*([-._@])`)

// takeEmail finds the address in running text, joined where a line broke at a mark inside it; what stands before it is given
// back. An address that begins with a line may have lost its head: a person looks.
func (p *person) takeEmail(text string) string {
	text = wrapRE.ReplaceAllString(text, "$1$2")
	m := emailRE.FindStringIndex(text)
	if m == nil {
		return text
	}
	p.Email = strings.ToLower(strings.Trim(text[m[0]:m[1]], "'"))
	before := strings.TrimRight(text[:m[0]], " ")
	if labels := labelRE.FindStringIndex(before + " "); strings.HasSuffix(before, "\n") && (labels == nil || strings.TrimSpace(before[min(labels[1], len(before)):]) != "") {
		p.doubt(fieldEmail)
	}
	if next, ok := strings.CutPrefix(text[m[1]:], "\n"); ok && addressPartRE.MatchString(next) {
		p.doubt(fieldEmail)
	}
	return text[:m[0]]
}

// addressPartRE is how a line begins that may carry on an address: small letters and dots up to a blank or the end.
var addressPartRE = regexp.MustCompile(`^[a-z][a-z0-9.]{0,20}(\s|$)`)

// labelled sets the field of a label inside a sentence. The value goes as far as the next label; behind the last one nobody knows
// where it ends, so it is taken to end with its line.
func (p *person) labelled(label, value string, bounded bool) {
	fields := fieldsOf(label)
	if len(fields) == 0 {
		return
	}
	if bounded {
		value = strings.ReplaceAll(value, "\n", " ")
	} else if fields[0] == fieldHP {
		value = phoneRE.FindString(strings.ReplaceAll(value, "\n", " "))
	}
	line, _, _ := strings.Cut(value, "\n")
	switch fields[0] {
	case fieldNIP:
		if nip, _, _ := findNIP(value); nip != "" {
			p.NIP = nip
		} else if d := Digits(line); p.NIP == "" && len(d) > 5 {
			p.NIP = d
		}
	case fieldEmail:
		p.takeEmail(value)
	case fieldJabatan:
		p.Jabatan = strings.TrimRight(oneLine(line), " ;,.)(")
	case fieldNIK:
		p.NIK = Digits(line)
	default:
		p.set(fields[:1], Cell{Text: strings.TrimRight(strings.TrimSpace(line), ";,)")})
	}
}

package document

import (
	"regexp"
	"strings"
)

// CodeStruckOut names what a paper shows and does not mean; CodeWithdrawn a member whose row says that they are none any more.
const (
	CodeStruckOut = "struck_out"
	CodeWithdrawn = "withdrawn"
)

// withdrawnRE is what people note beside somebody who has left.
var withdrawnRE = regexp.MustCompile(`(?i)\b(di)?coret\b|\b(ber|di)?mutasi(kan)?\b|\bpindah( tugas)?\b|\bpensiun\b|\bpurna ?tugas\b|\bmeninggal\b|\bdi ?ganti(kan)?\b|\bbatal\b|\bmengundurkan diri\b|\btidak (aktif|berlaku|jadi)\b|\bnon-? ?aktif\b|\bdihapus\b`)

// tellStruckOut names what the papers show and do not mean, where it tells a person or an address; a form in which one strikes out
// what does not apply has more of that than anybody reads.
func (r *Reading) tellStruckOut(all []*section) {
	told := map[string]bool{}
	for _, s := range all {
		if s.kind == Other || s.kind == Unreadable {
			continue
		}
		for _, p := range s.pages() {
			for _, text := range p.Withdrawn {
				if !tellsSomebody(text, s.people) || told[text] || len(told) >= maxStruck {
					continue
				}
				told[text] = true
				if len(text) > maxStruckText {
					text = strings.ToValidUTF8(text[:maxStruckText], "") + " …"
				}
				r.add(0, "roster", CodeStruckOut, "Dalam %s tertulis %q, tetapi dicoret, dihapus, atau disembunyikan. Bagian itu tidak dipakai; mohon beri tahu kami bila seharusnya berlaku.", s.src.File, text)
			}
		}
	}
}

const (
	maxStruck     = 20
	maxStruckText = 240
)

func tellsSomebody(text string, people []person) bool {
	if nip, _, _ := findNIP(text); nip != "" || strings.Contains(text, "@") {
		return true
	}
	return len(people) > 0 && len(strings.Fields(text)) >= 2 && len(letters(text)) > 6
}

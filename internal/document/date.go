package document

import (
	"regexp"
	"strings"
)

// dateRE is a date as an SK prints it: 5 Januari 2026, or in digits. OCR may join the words.
var dateRE = regexp.MustCompile(`(?i)\b(\d{1,2})\s*(Jan(?:uari)?|Feb(?:ruari)?|Mar(?:et)?|Apr(?:il)?|Mei|Jun[i1]?|Jul[i1]?|Agt|Ags|Agustus|Sep(?:t(?:ember)?)?|Okt(?:ober)?|Nov(?:ember)?|Des(?:ember)?)\.?\s*(20\d\d)\b|\b\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?20\d\d\b`)

// dated finds the date of an SK: beside "pada tanggal" under its text, else beside "Tanggal", else behind its own number.
func (s *section) dated() string {
	var own, title string
	for i, r := range s.rows {
		l := letters(r.text)
		if begins(l, "DITETAPKANDI", "PADATANGGAL") || strings.Contains(l, "PADATANGGAL") && len(l) < 60 {
			for _, x := range s.rows[i:min(i+3, len(s.rows))] { // place, date and the office that signs stand below one another
				if d := dateIn(x.text); d != "" {
					return d
				}
			}
		}
		if d := dateIn(r.text); d != "" && own == "" && (begins(l, "TANGGAL", "TGL") || begins(l, "NOMOR") && i < 12) {
			own = d
		} else if d != "" && title == "" && s.number != "" && strings.Contains(r.text, s.number) && holds(l, "TANGGAL", "TGL") {
			title = d
		}
	}
	if own != "" {
		return own
	}
	return title
}

func dateIn(text string) string { return strings.Join(strings.Fields(dateRE.FindString(text)), " ") }

package document

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// verdict is a title that was found.
type verdict struct {
	kind   Kind
	title  string
	number string
	page   int
	strong int // 2: a title line; 1: a subject line or the title of another kind of letter
}

// letters is the text in capitals without anything but letters, so that spacing and OCR specks do not matter.
func letters(s string) string {
	var out strings.Builder
	out.Grow(len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			return lettersOfAny(s)
		case 'a' <= c && c <= 'z':
			out.WriteByte(c - 'a' + 'A')
		case 'A' <= c && c <= 'Z':
			out.WriteByte(c)
		}
	}
	return out.String()
}

// lettersOfAny is letters where not all is ASCII.
func lettersOfAny(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) {
			return unicode.ToUpper(c)
		}
		return -1
	}, s)
}

// outlineRE is the number or letter of a heading: "I.", "B.", "3)".
var outlineRE = regexp.MustCompile(`^\s*\(?([IVX]{1,5}|[A-Za-z]|\d{1,2})[.)]\s+`)

// headed are the letters of a heading without its number.
func headed(text string) string { return letters(outlineRE.ReplaceAllString(text, "")) }

// besideRE is what stands beside a title in a cell of its own: a date, the number of the page or of the form.
var besideRE = regexp.MustCompile(`(?i)^(tanggal|tgl|hal(aman)?|form|no(mor)?|kode|rev(isi)?|lembar)\b`)

// titleText is the text that may be a title: the row, or its first cell where beside that stands only what stands beside titles.
func titleText(r row) (text string, alone bool) {
	if filled(r.cells) < 2 {
		return r.text, true
	}
	for i, c := range r.cells {
		if c.Text == "" {
			continue
		}
		for _, o := range r.cells[i+1:] {
			if o.Text != "" && !besideRE.MatchString(o.Text) {
				return r.text, false
			}
		}
		return c.Text, true
	}
	return r.text, false
}

// titleAt judges the row i as a title.
func titleAt(rows []row, i int) verdict {
	text, alone := titleText(rows[i])
	l := headed(text)
	subject := begins(l, "HAL", "PERIHAL")
	if len(l) < 4 || len(l) > 160 || strings.HasPrefix(l, "LAMPIRAN") || !subject && underLampiran(rows, i) {
		return verdict{}
	}
	v := verdict{title: strings.Join(strings.Fields(text), " "), page: rows[i].page, strong: 2}
	if !alone {
		return lesserTitle(rows, i, l, v)
	}
	switch {
	case isSK(rows, i, l):
		v.kind = SK
		v.title = skTitle(rows, i)
	case isSuratTugas(rows, i, l):
		v.kind = SuratTugas
	case isForm(rows, i, text, l):
		v.kind = Formulir
	default:
		return lesserTitle(rows, i, l, v)
	}
	v.number = numberBelow(rows, i)
	return v
}

// underLampiran says whether the row belongs to the heading of an annex, which repeats the title of its paper.
func underLampiran(rows []row, i int) bool {
	for j := i - 1; j >= 0 && j >= i-2; j-- {
		if rows[j].page != rows[i].page {
			return false
		}
		if strings.HasPrefix(letters(rows[j].text), "LAMPIRAN") && len(rows[j].text) < 60 {
			return true
		}
	}
	return false
}

// isSK wants KEPUTUSAN, then NOMOR, then TENTANG: alone on its line, or in capitals with what it is about.
func isSK(rows []row, i int, l string) bool {
	l = strings.TrimPrefix(strings.TrimPrefix(l, "SALINAN"), "PETIKAN")
	if !begins(l, "KEPUTUSAN", "SURATKEPUTUSAN") || mixedCase(rows[i].text) && len(l) > 60 {
		return false // … or a sentence that begins with the word
	}
	number := false
	for j := i; j < len(rows) && j <= i+10; j++ {
		m := letters(rows[j].text)
		number = number || strings.Contains(m, "NOMOR")
		if number && (strings.HasSuffix(m, "TENTANG") && len(m) < 60 || about(rows[j].text) != "") {
			return true
		}
	}
	return false
}

// about is what a title in capitals is about, where that stands behind TENTANG on the same line.
func about(text string) string {
	_, after, ok := strings.Cut(text, "TENTANG ")
	if !ok || mixedCase(text) {
		return ""
	}
	return strings.TrimSpace(after)
}

func skTitle(rows []row, i int) string {
	for j := i; j < len(rows) && j <= i+10; j++ {
		if a := about(rows[j].text); a != "" && j > i {
			return strings.TrimSpace(rows[i].text + " … TENTANG " + a)
		} else if a != "" {
			break
		}
		if strings.HasSuffix(letters(rows[j].text), "TENTANG") && j+1 < len(rows) {
			return strings.TrimSpace(rows[i].text + " … TENTANG " + rows[j+1].text)
		}
	}
	return rows[i].text
}

var assignments = []string{"SURATPERINTAHPENUGASAN", "SURATPERINTAHTUGAS", "SURATPENUGASAN", "SURATPENUNJUKAN", "SURATTUGAS", "SURATPERINTAH"}

// isSuratTugas wants the title alone on its line, or with its number, and a number nearby.
func isSuratTugas(rows []row, i int, l string) bool {
	for _, a := range assignments {
		rest, ok := strings.CutPrefix(l, a)
		if !ok {
			continue
		}
		if rest != "" && (mixedCase(rows[i].text) || len(rest) > 50) {
			return false
		}
		return strings.HasPrefix(rest, "NOMOR") || numberBelow(rows, i) != ""
	}
	return false
}

// isForm wants the word of a form or of a request with AKUN or USER ID, on one line or over two.
func isForm(rows []row, i int, text, l string) bool {
	starts := begins(l, "FORM", "PERMOHONAN", "PERMINTAAN", "BLANGKO", "USULAN", "PENGAJUAN", "PENDAFTARAN", "REGISTRASI", "PENAMBAHAN", "LEMBARISIAN", "LEMBARPER",
		"LEMBARPENDAFTARAN", "ISIANDATA", "ISIANAKUN") || begins(l, "DAFTAR", "DATA", "LEMBAR", "ISIAN", "PEMBUATAN") && (!mixedCase(text) || len(strings.Fields(text)) < 8)
	if !starts || strings.Contains(text, ";") && mixedCase(text) || begins(l, "FORMASI", "PERMOHONANMAAF") || sentence(text) || labelled(text) {
		return false
	}
	if asksForAccount(l) {
		return true
	}
	return i+1 < len(rows) && len(l) < 60 && asksForAccount(l+letters(rows[i+1].text)) && (!mixedCase(rows[i+1].text) || len(strings.Fields(rows[i+1].text)) < 4)
}

// labelled is a line of a member's card that goes over to a new page: "Usulan User ID : AGUS".
func labelled(text string) bool {
	label, value, found := strings.Cut(text, ":")
	return found && strings.HasPrefix(letters(label), "USULAN") && strings.TrimSpace(value) != "" && len(strings.Fields(label)) <= 3 && len(fieldsOf(label)) == 1
}

func sentence(text string) bool {
	return mixedCase(text) && (strings.HasSuffix(strings.TrimSpace(text), ".") || strings.Count(text, " ") > 14)
}

func asksForAccount(l string) bool {
	return holds(l, "AKUN", "USERID", "USERNAME", "HAKAKSES", "PASSWORD", "KATASANDI", "LOGIN") ||
		holds(l, "SPSE", "LPSE") && holds(l, "PENGGUNA", "USER", "AKSES")
}

// asks says whether a subject begins with the word of a request.
func asks(l string) bool {
	return begins(l, "PERMOHONAN", "PERMINTAAN", "USULAN", "PENGAJUAN", "PEMBUATAN", "MOHON")
}

// otherTitles are papers that are none of the three, by the words their title begins with.
var otherTitles = []string{"SURATPENGANTAR", "PAKTAINTEGRITAS", "DAFTARHADIR", "BERITAACARA", "SURATPERNYATAAN", "NOTADINAS", "SURATEDARAN", "SURATKETERANGAN",
	"PENGUMUMAN", "SERTIFIKAT", "KARTUTANDAPENDUDUK", "RENCANAUMUMPENGADAAN", "SURATKUASA", "LEMBARDISPOSISI", "TELAAHANSTAF", "NOTULEN", "SURATUNDANGAN", "UNDANGAN"}

// lesserTitle knows subject lines and the titles of other papers.
func lesserTitle(rows []row, i int, l string, v verdict) verdict {
	v.strong = 1
	for _, p := range []string{"HAL", "PERIHAL"} {
		rest, ok := strings.CutPrefix(l, p)
		if !ok || !strings.Contains(rows[i].text, ":") && !asks(rest) {
			continue
		}
		if i+1 < len(rows) {
			rest += letters(rows[i+1].text)
		}
		v.number = numberAround(rows, i)
		if v.kind = Other; asks(rest) && asksForAccount(rest) {
			v.kind = Formulir
		}
		return v
	}
	for _, t := range otherTitles {
		if rest, ok := strings.CutPrefix(l, t); ok && filled(rows[i].cells) <= 1 && (rest == "" || !mixedCase(rows[i].text)) {
			v.kind = Other
			if v.strong = 2; t == "NOTADINAS" {
				v.strong = 0 // its subject says more
			}
			return v
		}
	}
	return verdict{}
}

// mixedCase says that a title is not in capitals throughout.
func mixedCase(s string) bool {
	lower, upper := 0, 0
	for _, c := range s {
		switch {
		case unicode.IsLower(c):
			lower++
		case unicode.IsUpper(c):
			upper++
		}
	}
	return lower > upper/3
}

// numberBelow is the NOMOR within four rows of a title.
func numberBelow(rows []row, i int) string {
	for k, r := range rows[i:min(i+7, len(rows))] {
		if n := numberIn(r.text); n != "" || k > 0 && strings.HasPrefix(letters(r.text), "TENTANG") {
			return n
		}
	}
	return ""
}

func numberAround(rows []row, i int) string {
	for _, r := range rows[max(0, i-4) : i+1] {
		if n := numberIn(r.text); n != "" {
			return n
		}
	}
	return ""
}

// dateTailRE is what stands behind a number on its line and is none of it.
var dateTailRE = regexp.MustCompile(`(?i)[\s,]+(tanggal|tgl)\b.*$`)

func numberIn(text string) string {
	up := strings.ToUpper(text)
	at := strings.Index(up, "NOMOR")
	cut := 5
	if at < 0 {
		at, cut = strings.Index(up, "NO."), 3
	}
	if at < 0 || at > 40 || len(up) != len(text) {
		return ""
	}
	n := strings.TrimSpace(dateTailRE.ReplaceAllString(strings.TrimLeft(text[at+cut:], " :.\t"), ""))
	if len(n) > 60 {
		n = n[:60]
	}
	if Digits(n) == "" && !strings.Contains(n, "/") && !strings.Contains(n, "...") {
		return ""
	}
	return n
}

var skMarks = []string{"MENIMBANG", "MENGINGAT", "MEMUTUSKAN", "MENETAPKAN"}

// markers counts the parts of an SK that stand at the beginning of a row.
func (s *section) markers() int {
	seen := map[string]bool{}
	for _, r := range s.rows {
		l := headed(r.text)
		for _, m := range skMarks {
			if strings.HasPrefix(l, m) || len(l) < 40 && s.machine() && strings.Contains(l, m) {
				seen[m] = true
			}
		}
		if begins(l, "KESATU", "PERTAMA") {
			seen["KESATU"] = true
		}
	}
	return len(seen)
}

// confirm checks the structure that must follow a title, and says what the section is.
func (s *section) confirm() Kind {
	switch s.kind {
	case SK:
		if (s.markers() >= 3 || s.machine() && s.markers() >= 1) && aboutPokja(s.text()) {
			return SK
		}
	case SuratTugas:
		text := s.text()
		if !strings.Contains(letters(text), "MEMUTUSKAN") && aboutPokja(text) && s.assigns() {
			return SuratTugas
		}
	case Formulir:
		if len(s.people) > 0 || s.src == nil || s.asksForMembers() {
			return Formulir
		}
	}
	return Other
}

// assigns wants two of Dasar, Kepada, Untuk, or a word of command.
func (s *section) assigns() bool {
	n := count(s.rows, func(r row) bool {
		return begins(headed(r.text), "DASAR", "KEPADA", "UNTUK", "MENUGASKAN", "MEMERINTAHKAN", "MEMBERI", "MENIMBANG", "BERDASARKAN",
			"YANGBERTANDATANGAN", "DENGANINI")
	})
	return n >= 2 || s.machine() && n >= 1
}

func aboutPokja(text string) bool {
	return holds(letters(text), "POKJA", "KELOMPOKKERJA", "POKMIL")
}

package triage

import (
	"bytes"
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// Below SETUJU may stand lines about accounts, and courtesies. Whatever is not understood as one of the two stops the approval: a
// release is unconditional or it is none (DESIGN, "Mail grammar"). To ask once too often costs a letter; the other mistake is for ever.

// accountWords begin the lines about accounts, with their English twins.
var accountWords = map[string]sop.Verb{"TETAP": sop.Tetap, "KEEP": sop.Tetap, "BARU": sop.Baru, "NEW": sop.Baru, "USER": sop.GantiUser}

// lookAgain asks for another look where it stands behind a word of asking: "sudah saya cek" does not.
var (
	lookAgain = wordSet("cek dicek periksa diperiksa teliti diteliti check checked")
	asked     = wordSet("mohon tolong perlu coba harap agar harus please")
)

func wordSet(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

// conditions reads what stands with a SETUJU, in every part of the mail: lines about accounts, or the words that stop it. About
// accounts is obeyed what stands in the text part alone.
func (t Triage) conditions(msg *message.Message, c *sop.Case) (lines []sop.Line, why, quote string) {
	plain, html := ownLines(msg.Own), ownLines(msg.HTMLOwn)
	said := map[string]bool{}
	for _, l := range plain {
		some, _, _ := accountLine(l)
		for _, s := range some {
			said[s.Who] = true
		}
	}
	r := t.listen(msg, c, said)
	for i, l := range slices.Concat(plain, html, ownLines(msg.Beside)) {
		if i < len(plain)+len(html) && isCommand(l) {
			r.closed = false
			continue
		}
		some, about, readable := accountLine(l)
		switch {
		case about && !readable:
			return nil, "line-unread", l
		case about && (!says(plain, some) || len(html) > 0 && !says(html, some)):
			return nil, "line-in-html", l
		case about && i < len(plain):
			lines = append(lines, some...)
		case !about && !r.understood(l):
			return nil, "reservation", l
		}
	}
	if l := ownSubject(msg.Subject); r.takesBack(l) {
		return nil, "reservation", l
	}
	return lines, "", ""
}

// says: among lines there is one that says the same about accounts.
func says(lines []string, want []sop.Line) bool {
	return slices.ContainsFunc(lines, func(l string) bool {
		some, _, _ := accountLine(l)
		return slices.Equal(some, want)
	})
}

var (
	manyMembers = regexp.MustCompile(`^\d{1,3}(\d{15})?((\s*,\s*|\s+dan\s+|\s+and\s+|\s+)\d{1,3}(\d{15})?)*$`)
	oneMember   = regexp.MustCompile(`^(\d{1,3}|\d{18})\s+(\S+)$`)
	numbers     = regexp.MustCompile(`\d+`)
	spacedNIP   = regexp.MustCompile(`\b(\d{8})[ .](\d{6})[ .](\d)[ .](\d{3})\b`) // as our letters print it
)

// accountLine reads "TETAP 2", "BARU 2, 5" or "USER 2 made.wirawan2". about: the line begins like one.
func accountLine(line string) (lines []sop.Line, about, readable bool) {
	line = spacedNIP.ReplaceAllString(strings.TrimLeft(strings.Join(strings.Fields(visible(line)), " "), "-–—*• "), "$1$2$3$4")
	first, rest, _ := strings.Cut(line, " ")
	verb, about := accountWords[strings.ToUpper(strings.TrimRight(first, ":.,"))]
	if !about { // "nomor 2 TETAP" says as much, and is not read
		return nil, numbers.MatchString(line) && slices.ContainsFunc(strings.FieldsFunc(strings.ToUpper(line), noLetter), func(w string) bool {
			return accountWords[w] != "" && w != "USER"
		}), false
	}
	rest = strings.TrimSuffix(rest, ".")
	if verb == sop.GantiUser {
		m := oneMember.FindStringSubmatch(rest)
		if m == nil {
			return nil, true, false
		}
		return []sop.Line{{Verb: verb, Who: m[1], Arg: m[2]}}, true, true
	}
	if !manyMembers.MatchString(rest) {
		return nil, true, false
	}
	for _, who := range numbers.FindAllString(rest, -1) {
		lines = append(lines, sop.Line{Verb: verb, Who: who})
	}
	return lines, true, true
}

// lookAlike are Cyrillic and Greek letters, and the Latin ones that they are taken for.
var lookAlike = func() map[rune]rune {
	out := map[rune]rune{}
	like := []rune("aАaаeЕeеoОoоpРpрcСcсyУyуxХxхiІiіjЈjјsЅsѕkКkкmМhНtТbВdԁaΑaαeΕeεoΟoοpΡpρiΙiιkΚkκtΤtτnΝvνuυmΜhΗbΒzΖxΧyΥgɡiı")
	for i := 0; i < len(like); i += 2 {
		out[like[i+1]] = like[i]
	}
	return out
}()

// visible leaves out marks that nobody sees, and writes letters of compatibility forms, and those that look alike, as their plain ones.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Variation_Selector) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return cmp.Or(lookAlike[r], r)
	}, norm.NFKD.String(s))
}

// reserved: some word of a line makes an approval conditional.
func reserved(line string) bool {
	words := wordsOf(strings.ToLower(line))
	for i, w := range words {
		if lookAgain[w] && i > 0 && asked[words[i-1]] {
			return true
		}
		for _, end := range []string{"", "lah", "nya", "kan"} {
			stem := strings.TrimSuffix(w, end)
			if reservations[stem] && (stem != "sampai" || w == stem) { // sampaikan: tell it
				return true
			}
		}
	}
	return spelt.MatchString(visible(line))
}

func noLetter(r rune) bool { return !unicode.IsLetter(r) }

// spelt are the plainest of these words with blanks or hyphens between the letters.
var spelt = regexp.MustCompile(`(?i)\b(j[ .-]?a[ .-]?n[ .-]?g[ .-]?a[ .-]?n|t[ .-]?a[ .-]?p[ .-]?i|t[ .-]?u[ .-]?n[ .-]?d[ .-]?a|k[ .-]?e[ .-]?c[ .-]?u[ .-]?a[ .-]?l[ .-]?i|b[ .-]?a[ .-]?t[ .-]?a[ .-]?l)\b`)

// Books are the workbooks among a mail's files, and whatever may hold one: every file but pictures, words, cards and signatures.
func Books(files []message.Attachment) (out []Book) {
	for _, f := range files {
		if mayBeBook(f) {
			out = append(out, Book{f.Name, f.SHA256})
		}
	}
	return out
}

var bookEndings = wordSet(".xlsx .xls .xlsm .xlsb .xlt .xltx .xltm .ods .fods .ots .et .csv .tsv .numbers")

func mayBeBook(f message.Attachment) bool {
	ending, name := strings.ToLower(path.Ext(f.Name)), strings.ToLower(f.Name)
	begins := func(magic string) bool { return bytes.HasPrefix(f.Bytes, []byte(magic)) }
	switch {
	case bookEndings[ending], strings.Contains(name, sop.SheetPrefix), strings.Contains(f.ContentType, "sheet"), strings.Contains(f.ContentType, "excel"):
		return true
	case strings.HasPrefix(f.ContentType, "image/"):
		return !slices.ContainsFunc(pictures, begins) || bytes.Contains(f.Bytes, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
	}
	signature := strings.HasSuffix(f.ContentType, "pkcs7-signature") || strings.HasPrefix(f.ContentType, "application/pgp-")
	return !signature && !strings.HasPrefix(f.ContentType, "text/") || begins("PK") || begins("\xd0\xcf\x11\xe0") || begins("%PDF-")
}

// pictures are what the files of PNG, JPEG, GIF, BMP, TIFF and WebP begin with, and HEIC of a phone.
var pictures = []string{"\x89PNG", "\xff\xd8\xff", "GIF8", "BM", "II*\x00", "MM\x00*", "RIFF", "\x00\x00\x00\x18ftyp", "\x00\x00\x00\x1cftyp", "\x00\x00\x00\x24ftyp"}

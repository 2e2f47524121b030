package triage

import (
	_ "embed"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

//go:embed words.txt
var wordsText string

// sections are the lists of words.txt, by their headings.
var sections = func() map[string][]string {
	out, head := map[string][]string{}, ""
	for line := range strings.Lines(wordsText) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "["):
			head = strings.Trim(line, "[]")
		case line != "" && !strings.HasPrefix(line, "#"):
			out[head] = append(out[head], line)
		}
	}
	return out
}()

func section(heads ...string) map[string]bool {
	var all []string
	for _, h := range heads {
		all = append(all, sections[h]...)
	}
	return wordSet(strings.Join(all, " "))
}

var (
	reservations = section("reservation")
	graceful     = section("courtesy", "office", "name") // words that may stand beside a name
	anchors      = section("office", "name")             // of which one tells that a line holds a name
	innocent     = section("courtesy", "office", "name", "plain")
	devices      = section("device")
	besideLines  = section("beside an account line")
	commonNames  = section("name") // too many people bear them
	honorifics   = wordSet("pak bu bapak ibu bpk mas mbak bli sdr sdri saudara mr mrs")
	phrases      = regexp.MustCompile(`(?i)\b(?:` + strings.Join(sections["phrase"], "|") + `)\b`)
)

// listener knows whose names may stand in an approval, and which refer to a member of the case.
type listener struct {
	ours, members map[string]bool
	count         int             // of members
	nips          []string        // theirs
	said          map[string]bool // numbers that stand in lines about accounts
	own           []string        // addresses of sender and office
	closed        bool            // a closing formula stood above: what follows is a name
}

// listen: the names of the office, of the sender and of the case's requester are ours.
func (t Triage) listen(msg *message.Message, c *sop.Case, said map[string]bool) *listener {
	o := t.Office
	names := []string{o.Name, o.Mailbox.Name, o.KepalaLPSE.Name, o.KepalaBagian.Name, o.Operator.Name, c.Requester.Name}
	for _, a := range o.Approvers {
		names = append(names, a.Name)
		for _, d := range a.Deputies {
			names = append(names, d.Name)
		}
	}
	r := &listener{ours: map[string]bool{}, members: map[string]bool{}, count: len(c.Members), said: said}
	for _, a := range slices.Concat(msg.From, msg.To) {
		r.own = append(r.own, strings.ToLower(a.Addr))
	}
	for _, a := range msg.From {
		names = append(names, a.Name)
	}
	for _, w := range wordsOf(strings.Join(names, " ")) {
		r.ours[strings.ToLower(w)] = true
	}
	for _, m := range c.Members {
		r.nips = append(r.nips, m.Row.NIP)
		for _, w := range wordsOf(m.Row.Nama) {
			w = strings.ToLower(w)
			r.members[w] = len(w) > 1 && !r.ours[w] && (commonNames[w] || !innocent[w])
		}
	}
	return r
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.NewReplacer("'", "", "’", "").Replace(visible(s)), noLetter)
}

// Figures that are no number of a member, and addresses.
var (
	letterNumber = regexp.MustCompile(`(?i)\b\d+/[\w./-]+`)
	someDate     = regexp.MustCompile(`(?i)\b\d{1,2}\s+(?:januari|februari|maret|april|mei|juni|juli|agustus|september|oktober|november|desember)\s+\d{4}\b`)
	inSentence   = regexp.MustCompile(`(?i)\b(?:pokja(?:\s+pemilihan)?|tahun(?:\s+anggaran)?|(?:sk|nota dinas|surat tugas)(?:\s+no(?:mor)?\.?)?)\s+\d+(?:\s+tahun\s+\d{4})?\b`)
	phone        = regexp.MustCompile(`\+?\(?\b0?\d{2,4}\)?[\s.-]*\d{3,4}[\s.-]*\d{3,5}\b`)
	postCode     = regexp.MustCompile(`\b\d{5}\b`)
	ownNIP       = regexp.MustCompile(`(?i)^nip[. :]*\d{8}\s?\d{6}\s?\d\s?\d{3}$`)
	street       = regexp.MustCompile(`(?i)^(?:jl|jln|jalan|gedung)\b`)
	place        = regexp.MustCompile(`(?i)https?://\S+|\b(?:[a-z0-9-]+\.)+(?:id|com|net|org|example)\b(?:/\S*)?`)
	mailAddress  = regexp.MustCompile(`[^\s<>()",;:]+@[^\s<>()",;:]+`)
	sentBy       = regexp.MustCompile(`(?i)^(?:(?:di|ter)kirim (?:dari|melalui) |sent (?:from|via) |get |dapatkan |unduh )`)
	closingLine  = regexp.MustCompile(`(?i)^(?:hormat (?:saya|kami)|salam(?: hormat)?|wassalam\w*|ttd|(?:best |kind )?regards|thanks and regards)\W*$`)
	upToAll      = regexp.MustCompile(`\b1\s?(?:-|–|s/d|sd)\s?(\d{1,3})\b`)
	sending      = regexp.MustCompile(`(?i)kirim|proses|aktif|berlaku|lanjut|send`)
	toWhom       = regexp.MustCompile(`(?i)kirim\w*\s+(?:ke|kepada)\s+(\w+)`)
)

var recipients = wordSet("para anggota masing semua seluruh pokja yang kepala lpse")

// numerals may stand for a member, or count them: all, where accounts or people follow.
var numerals = map[string]int{"satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8, "sembilan": 9, "sepuluh": 10,
	"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "pertama": 1, "terakhir": 0, "kalih": 2, "loro": 2, "telu": 3, "siji": 1, "papat": 4}

// queryMarks are marks of a question, and those that show a line in another order than it is read.
const queryMarks = "?？¿\u202d\u202e"

// understood: a line says nothing that could take an approval back in part. What it does not know, it does not understand.
func (r *listener) understood(line string) bool {
	closed := r.closed
	r.closed = r.closed || closingLine.MatchString(strings.TrimSpace(line))
	if strings.ContainsAny(place.ReplaceAllString(line, " "), queryMarks) {
		return false
	}
	line = phrases.ReplaceAllString(strings.TrimSpace(visible(line)), " ")
	if reserved(line) {
		return false
	}
	for _, a := range mailAddress.FindAllString(line, -1) {
		a = strings.ToLower(strings.Trim(a, "."))
		name, _, _ := strings.Cut(a, "@")
		if !slices.Contains(r.own, a) && (!anchors[name] || commonNames[name]) { // the office's, or the sender's own
			return false
		}
	}
	line = place.ReplaceAllString(mailAddress.ReplaceAllString(line, " "), " ")
	if m := toWhom.FindStringSubmatch(line); m != nil && !recipients[strings.ToLower(m[1])] || someDate.MatchString(line) && sending.MatchString(line) {
		return false
	}
	sent := sentBy.MatchString(line)
	return !r.numbersOne(line, sent) && r.knows(wordsOf(someDate.ReplaceAllString(line, " ")), sent, closed)
}

// numbersOne: a line names a number that may be a member's.
func (r *listener) numbersOne(line string, sent bool) bool {
	if ownNIP.MatchString(line) && slices.Contains(r.nips, strings.Join(numbers.FindAllString(line, -1), "")) {
		return true
	}
	if m := upToAll.FindStringSubmatch(line); m != nil && m[1] == strconv.Itoa(r.count) {
		line = upToAll.ReplaceAllString(line, " ")
	}
	for _, known := range []*regexp.Regexp{ownNIP, letterNumber, someDate, inSentence, phone, postCode} {
		line = known.ReplaceAllString(line, " ")
	}
	words := strings.FieldsFunc(strings.ToLower(line), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	for i, w := range words {
		n, numeral := numerals[strings.TrimPrefix(w, "ke")]
		next := slices.Concat(words[i+1:], []string{""})[0]
		counts := next == "akun" || next == "anggota" || next == "orang"
		switch {
		case counts && n > 0 && (n == r.count || r.count == 0 && strings.HasPrefix(w, "ke")), numeral && r.said[strconv.Itoa(n)]:
		case numeral, strings.IndexFunc(w, unicode.IsDigit) >= 0 && !sent && !r.said[w] && !street.MatchString(line):
			return true
		}
	}
	return false
}

// knows: every word of a line is known, or is a name in a line that holds names and no statement.
func (r *listener) knows(words []string, sent, closed bool) bool {
	names, says, named, polite := 0, false, sent || closed && len(words) > 1, slices.ContainsFunc(words, func(w string) bool { return honorifics[strings.ToLower(w)] })
	for _, w := range words {
		l := strings.ToLower(w)
		n, numeral := numerals[strings.TrimPrefix(l, "ke")]
		switch {
		case r.members[l] && (polite || !commonNames[l]):
			return false
		case r.ours[l]:
			named = true
		case sent && devices[l]:
		case innocent[l] || numeral && n > 0 || len(r.said) > 0 && besideLines[l]:
			named = named || anchors[l] && !honorifics[l]
			says = says || !graceful[l]
		case unicode.IsUpper([]rune(w)[0]):
			names++
		default:
			return false
		}
	}
	return names == 0 || named && !says
}

// takesBack: of a subject only what holds a reservation, asks or names a number; it is free otherwise.
func (r *listener) takesBack(s string) bool {
	return s != "" && (strings.ContainsAny(s, queryMarks) || reserved(phrases.ReplaceAllString(s, " ")) || r.numbersOne(visible(s), false))
}

var (
	replyMarks  = regexp.MustCompile(`(?i)\b[a-z]{2,7}\s?:|\[[^\]]*\]`)
	ourSubjects = regexp.MustCompile(`(?i)(?:permohonan persetujuan akun SPSE Pokja|persetujuan alamat baru anggota Pokja)`)
)

// ownSubject is what a subject holds beside ours: before the number of the case and behind the code. Between the two stands the
// subject of some letter of ours, which is known where it is that of an approval letter.
func ownSubject(s string) string {
	if at := caseTag.FindStringIndex(s); at != nil {
		ours, behind := s[at[1]:], ""
		if code := subjectCode.FindStringIndex(ours); code != nil {
			ours, behind = ours[:code[0]], ours[code[1]:]
		}
		known := ourSubjects.ReplaceAllString(ours, " ")
		if known == ours {
			known = ""
		}
		s = s[:at[0]] + known + " " + behind
	}
	return strings.TrimSpace(replyMarks.ReplaceAllString(s, " "))
}

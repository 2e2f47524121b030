package message

import (
	"regexp"
	"strings"
	"unicode"
)

const maxOwnLines = 5000

// stripQuotes returns the sender's own words of a plain text: quotes, forwarded mail, signature and banners aside. The danger is
// one-sided: a quoted line taken for an own one can release something, an own line taken for a quote makes us ask again. So
// whatever may be quoted is dropped. Where nothing is left, and unmarked words stand below an opener or the head of another
// mail, they are returned, but not certain: nobody can tell whose they are, and nothing in them may be obeyed.
//
// beside is what was set aside and may yet be the sender's: below a signature's mark, under a closing formula, and without a mark
// under a quoted line that was hardly broken (whole: none ever is, as in HTML). What takes an approval back may stand there.
func stripQuotes(text string, banners []string, limit int, whole bool) (own, beside string, certain bool) {
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "")
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\uFEFF", "", "\u2028", "\n", "\u2029", "\n").Replace(text)
	r := quoteStripper{lines: strings.SplitN(text, "\n", maxOwnLines), whole: whole}
	r.at = skipBanners(r.lines, banners)
	if own = r.read(); own != "" {
		r.signature()
		return own, strings.Join(r.beside, "\n"), true
	}
	for range maxWrapped {
		if !r.enter() {
			break
		}
		if own = r.read(); own != "" {
			return own, "", false
		}
	}
	return "", "", true
}

// maxWrapped bounds how many mails, one in the other, are looked into for words.
const maxWrapped = 4

// read takes what the sender wrote from where it stands.
func (r *quoteStripper) read() string {
	r.own, r.beside, r.wrapped = nil, nil, false
	for r.at < len(r.lines) && r.step() {
	}
	all := trimBlank(r.own)
	own := dropClosing(all)
	r.beside = append(r.beside, all[len(own):]...)
	return strings.Join(dropDecoration(own), "\n")
}

// signature sets aside what stands below a signature's mark, until another mail begins.
func (r *quoteStripper) signature() {
	if r.at >= len(r.lines) || !isSignature(r.lines[r.at]) {
		return
	}
	for ; r.at < len(r.lines); r.at++ {
		line := r.lines[r.at]
		switch {
		case isSeparator(visible(line)), headerBlock(r.lines, r.at), isQuoted(line), quoteHeaderAt(r.lines, r.at) > 0:
			return
		case strings.TrimSpace(line) != "":
			r.beside = append(r.beside, line)
		}
	}
}

// enter goes below the rule and the head of another mail that ended the sender's words. An opener is passed already, and below a
// signature there is nothing to look for.
func (r *quoteStripper) enter() bool {
	if r.at < len(r.lines) && isSeparator(visible(r.lines[r.at])) {
		r.at++
	}
	r.skip(true)
	if r.at < len(r.lines) && headerBlock(r.lines, r.at) {
		r.skip(false)
	}
	return r.at < len(r.lines) && !isSignature(r.lines[r.at])
}

// quoteStripper walks down a text. wrapped is set while an unmarked line may still be the rest of a quoted one that was broken, broken
// while that is likely.
type quoteStripper struct {
	lines           []string
	at              int
	own, beside     []string
	whole           bool
	wrapped, broken bool
}

// brokenLength is less than any program breaks a line at, in bytes.
const brokenLength = 50

// step takes one line, or one quote opener; it reports false where the sender's words end for good.
func (r *quoteStripper) step() bool {
	line := r.lines[r.at]
	switch {
	case isQuoted(line):
		said := strings.Trim(line, "> \t")
		r.wrapped, r.broken = said != "", !r.whole && len(line) >= brokenLength && !strings.ContainsAny(said[len(said)-1:], ".!?:;")
	case strings.TrimSpace(line) == "":
		r.wrapped = false
		r.own = append(r.own, "")
	case r.wrapped:
		if !r.broken {
			r.beside = append(r.beside, line)
		}
	case isSeparator(visible(line)) || isSignature(line) || headerBlock(r.lines, r.at):
		return false
	default:
		if n := quoteHeaderAt(r.lines, r.at); n > 0 {
			return r.quote(n)
		}
		r.own = append(r.own, strings.TrimRight(line, " \t"))
	}
	r.at++
	return true
}

// quote passes over an opener. If what follows is marked, the sender may go on below it; if not, nobody can tell where the
// quote ends, and the sender's words end here.
func (r *quoteStripper) quote(n int) bool {
	r.at += n
	r.skip(true)
	return r.at < len(r.lines) && strings.HasPrefix(strings.TrimLeft(r.lines[r.at], " \t"), ">")
}

// skip passes over blank lines, or over others.
func (r *quoteStripper) skip(blank bool) {
	for r.at < len(r.lines) && (strings.TrimSpace(r.lines[r.at]) == "") == blank {
		r.at++
	}
}

// quoteMark: ">" at the start, or after the initials of the quoted person.
var quoteMark = regexp.MustCompile(`^[\s\x{200b}-\x{200f}]{0,8}(?:\p{L}{1,12})?(?:>|＞|»|&gt;)`)

func isQuoted(line string) bool {
	return (strings.ContainsAny(line, ">＞»") || strings.Contains(line, "&gt;")) && quoteMark.MatchString(line)
}

func trimBlank(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// dropDecoration takes rules and other lines without a letter or digit off the end, but keeps a smile.
func dropDecoration(lines []string) []string {
	for {
		lines = trimBlank(lines)
		if len(lines) == 0 || !decoration.MatchString(lines[len(lines)-1]) {
			return lines
		}
		lines = lines[:len(lines)-1]
	}
}

var decoration = regexp.MustCompile(`^\s*(?:[-_=*#~+.\x{2014}\x{2013}\x{1427}]\s*)+$`)

// skipBanners passes over the lines that a gateway puts on top. A banner may be broken over several lines.
func skipBanners(lines []string, banners []string) (at int) {
	for n := 1; n > 0 && at < len(lines); at += n {
		n = bannerAt(lines[at:], banners)
	}
	return at
}

func bannerAt(lines []string, banners []string) int {
	if folded(lines[0]) == "" {
		return 1
	}
	joined := ""
	for i := 0; i < len(lines) && i < 8; i++ {
		joined = folded(joined + " " + lines[i])
		for _, b := range banners {
			if b = folded(b); b != "" && joined == b {
				return i + 1
			}
		}
	}
	if knownBanner.MatchString(lines[0]) {
		return len(paragraph(lines))
	}
	return 0
}

// knownBanner are warnings that common gateways put before every mail from outside.
var knownBanner = regexp.MustCompile(`(?i)^\s*[\[*<(]*\s*(?:caution|warning|external|perhatian|peringatan|eksternal|email eksternal|external (?:e-?mail|sender)|achtung)\b[^a-z]{0,6}.*` +
	`(?:e-?mail|message|sender|surel|pesan|external|eksternal|organi[sz]ation|luar)|^\s*\[(?:eksternal|external)\]\s*$|^\s*\[?(?:you don['’]t often get|anda (?:jarang|tidak sering) (?:menerima|mendapatkan)) e-?mail (?:from|dari)`)

func paragraph(lines []string) []string {
	for i, l := range lines {
		if folded(l) == "" {
			return lines[:i]
		}
	}
	return lines[:1]
}

func folded(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// visible drops the direction marks that some languages put around an opener.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

var (
	// "-- ", a rule, or a row of underscores: nothing below is taken for own words.
	signatureRule = regexp.MustCompile(`^\s*(?:-{2,}|[\x{2013}\x{2014}]{1,3}|_{2,}|-\s-(?:\s-)*)\s*$`)
	// "-------- Pesan Asli --------" in any language.
	separatorLine = regexp.MustCompile(`^[\s*_>]*[-=_]{4,}\s*[^\s\-=_].{0,90}?\s*[-=_]{2,}[\s*_]*$`)
	separatorWord = regexp.MustCompile(`(?i)^[\s*_\-=>]*(?:original message|forwarded message|begin forwarded message|pesan asli|pesan asal|pesan diteruskan|` +
		`pesan terusan|pesan yang diteruskan|mulai pesan yang diteruskan|awal pesan yang diteruskan|ursprüngliche nachricht|original ?nachricht|` +
		`weitergeleitete nachricht|anfang der weitergeleiteten (?:nachricht|e-mail)|message d'origine|message original|courriel original|` +
		`début du message (?:réexpédié|transféré)|mensaje original|inicio del mensaje reenviado|messaggio originale|inizio messaggio inoltrato|` +
		`mensagem original|oorspronkelijk bericht|oprindelig (?:besked|meddelelse)|ursprungligt meddelande|opprinnelig melding)[\s*_\-=]*:?[\s*_\-=]*$`)
	// "Dikirim dari iPhone saya", "Sent from my …", in short lines only: a sentence may begin with the same words.
	sentFrom = regexp.MustCompile(`(?i)^[\s*_<(\[]*(?:` +
		`(?:di|ter)?kirim(?:kan)? (?:dari|melalui|menggunakan|dengan|lewat) |sent (?:from|via|with|by|using) |get (?:\[)?outlook (?:for|untuk) |dapatkan (?:\[)?outlook |` +
		`unduh (?:\[)?outlook|download (?:\[)?outlook|envoyé (?:depuis|de|à partir d|avec) ?|télécharge[rz] outlook|gesendet (?:von|mit|über) |von meine[mr] .{1,40} gesendet|` +
		`diese nachricht wurde von mein|enviado (?:desde|do|de|pelo|con) |enviada (?:do|de) |inviato da[l ]|verzonden (?:vanaf|met|via) |verstuurd (?:vanaf|met|via) |` +
		`skickat från |sendt fra |lähetetty |wysłan[eo] z |отправлено (?:с|из) |trimis de |odesláno z |.{1,20} from mobile$|from my |` +
		`從我的 .{1,30} 傳送|发自我的|從我的|iphoneから送信|iphoneから)`)
	link = regexp.MustCompile(`<[^<>]{0,300}>|\(?https?://\S+|\[[^\]]{0,80}\]\([^)]{0,300}\)`)
	// A closing formula, alone on its line.
	closing = regexp.MustCompile(`(?i)^\s*(?:(?:best|kind|warm|with kind|with best|many)\s+)?(?:regards|wishes)[,.!]?\s*$|^\s*(?:sincerely|yours sincerely|cheers)[,.]?\s*$|` +
		`^\s*(?:hormat (?:saya|kami)|salam(?: hormat| hangat)?|wassalam|mit freundlichen grü(?:ß|ss)en|cordialement|saludos|cordiali saluti|` +
		`met vriendelijke groet(?:en)?|atenciosamente)[,.]?\s*$`)
)

const sentFromLength = 75

func isSignature(line string) bool {
	if strings.ContainsAny(line, "-_\u2013\u2014") && signatureRule.MatchString(line) {
		return true
	}
	if !sentFrom.MatchString(line) {
		return false
	}
	plain := strings.TrimSpace(link.ReplaceAllString(line, " "))
	if len(plain) > sentFromLength || strings.HasSuffix(plain, "?") {
		return false
	}
	return !strings.Contains(plain, ", ") || strings.Contains(strings.ToLower(plain), "excuse")
}

// separatorLength is more than the longest words of separatorWord, in bytes.
const separatorLength = 64

func isSeparator(line string) bool {
	words := strings.Trim(line, " \t\f*_-=>:")
	return words != "" && len(words) < separatorLength && separatorWord.MatchString(line) || strings.ContainsAny(line, "-=_") && separatorLine.MatchString(line)
}

// dropClosing takes a closing formula off with the name and post under it. A formula with one name or none stays: it is the
// sender's own greeting.
func dropClosing(lines []string) []string {
	for i := len(lines) - 1; i > 0 && i > len(lines)-14; i-- {
		if closing.MatchString(lines[i]) {
			if below := nonBlank(lines[i+1:]); below >= 2 && below <= 8 {
				return trimBlank(lines[:i])
			}
		}
	}
	return lines
}

func nonBlank(lines []string) int {
	n := 0
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			n++
		}
	}
	return n
}

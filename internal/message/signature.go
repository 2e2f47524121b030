package message

import (
	"regexp"
	"strings"
)

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

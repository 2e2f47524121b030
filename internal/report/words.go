package report

import (
	"strings"
	"time"
	"unicode"
)

// stamp is "05-05-2026 09.27", or a dash where there is no time.
func stamp(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(zone).Format("02-01-2006 15.04")
}

// letterStates are the states of the outbox.
var letterStates = map[string]string{"queued": "antre", "sending": "sedang dikirim", "accepted": "terkirim", "deferred": "ditunda", "failed": "gagal",
	"in-doubt": "diragukan"}

func yes(b bool) string {
	if b {
		return "ya"
	}
	return "tidak"
}

// maxText bounds one cell; a spreadsheet takes 32,767 characters.
const maxText = 2000

// plain makes text from outside fit one line of a cell or form.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.In(r, unicode.Cf):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxText {
		s = string(r[:maxText-1]) + "…"
	}
	return s
}

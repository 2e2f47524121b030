package document

import (
	"regexp"
	"strings"
)

var (
	uncheckedRE = regexp.MustCompile(`(?i)(\[\s*\]|☐|□)\s*[^\[☐□☑☒\n]*`)
	sentenceRE  = regexp.MustCompile(`[.;!?]\s|\n\s*\n`)
	accountRE   = regexp.MustCompile(`(?i)\b(akun|user ?id|user ?name|password|kata sandi|spse|lpse)`)
	createRE    = regexp.MustCompile(`(?i)\b(pembuatan|dibuatkan|buatkan|membuat|pendaftaran|akun baru|user ?id baru|penerbitan)\b`)
	wantRE      = regexp.MustCompile(`(?i)\b(permohonan|permintaan|mohon|minta|ajukan) (akun|user ?id|hak akses)`)
	onBehalfRE  = regexp.MustCompile(`(?i)\ba\.?n\. `)
	resetRE     = regexp.MustCompile(`(?i)\b(di)?reset\b|\blupa\b|\bkehilangan\b|\bganti (password|kata sandi)|\bpenggantian (password|kata sandi)|\b(password|kata sandi) (baru|tidak bisa|salah)|\bterkunci\b`)
	nonaktifRE  = regexp.MustCompile(`(?i)\b(di|me|pe)?non-? ?aktif(kan|an|asi)?\b|\bpenonaktifan\b|\bmenonaktifkan\b|\b(peng)?hapus(an|kan)? (akun|user)|\bdihapus\b|\bdeactivat|\bpencabutan (akun|hak akses|user)`)
	mutasiRE    = regexp.MustCompile(`(?i)\bmutasi\b|\b(pe)?mindah(an|kan)\b|\bdipindahkan\b|\bpindah (akun|tugas|instansi|satuan)|\btransfer akun|\balih(kan)? (akun|kepemilikan)|\bpengalihan akun`)
)

// OtherProcedure recognises what the SOP for new accounts does not cover: "reset" of a password (SPSE's own self-service),
// "nonaktif", "mutasi"; "" when the text asks for none of them, or asks for new accounts as well.
func OtherProcedure(text string) string {
	if len(text) > 64<<10 {
		text = text[:64<<10]
	}
	text = onBehalfRE.ReplaceAllString(uncheckedRE.ReplaceAllString(text, " "), "atas nama ")
	found := ""
	for _, s := range sentenceRE.Split(text, 400) {
		s = strings.Join(strings.Fields(s), " ")
		if !accountRE.MatchString(s) {
			continue
		}
		if createRE.MatchString(s) {
			return ""
		}
		switch {
		case found != "":
		case nonaktifRE.MatchString(s):
			found = "nonaktif"
		case mutasiRE.MatchString(s):
			found = "mutasi"
		case resetRE.MatchString(s):
			found = "reset"
		case wantRE.MatchString(s):
			return ""
		}
	}
	return found
}

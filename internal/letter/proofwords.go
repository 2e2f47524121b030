package letter

import (
	"cmp"
	"strings"
)

// proofWords say the reason of a verdict as one says it to an approver. A reason that ends with a hyphen stands for all that begin
// with it; the longest wins.
var proofWords = map[string]string{
	"no-verdict":                "server surat tidak menyatakan apa pun tentang pengirim",
	"no-authserv-id":            "pernyataan server surat belum diatur pada layanan ini",
	"verdicts-differ":           "pernyataan server surat saling bertentangan",
	"malformed-verdict":         "pernyataan server surat tidak dapat dibaca",
	"verdict-too-long":          "pernyataan server surat tidak dapat dibaca",
	"too-many-verdicts":         "pernyataan server surat terlalu banyak",
	"dmarc-":                    "pemeriksaan DMARC tidak memberikan hasil yang dapat dipakai",
	"dmarc-pass":                "domain pengirim lulus pemeriksaan DMARC",
	"dmarc-none":                "domain pengirim tidak mempunyai kebijakan DMARC",
	"dmarc-fail":                "domain pengirim tidak lulus pemeriksaan DMARC",
	"dmarc-temperror":           "pemeriksaan DMARC terganggu untuk sementara",
	"dmarc-names-":              "pemeriksaan DMARC tidak menyebut domain pengirim ini",
	"auth-":                     "server surat tidak dapat memastikan nama masuk pengirim",
	"auth-pass":                 "pengirim masuk ke server surat dengan namanya sendiri",
	"auth-none":                 "pengirim tidak masuk ke server surat",
	"auth-names-":               "nama masuk pada server surat bukan nama pengirim ini",
	"dkim-":                     "tanda tangan DKIM tidak dapat dipakai",
	"dkim-pass":                 "tanda tangan DKIM sah",
	"dkim-no-signature":         "surel tidak bertanda tangan DKIM",
	"dkim-no-key":               "kunci DKIM domain pengirim tidak ditemukan",
	"dkim-no-resolver":          "kunci DKIM domain pengirim tidak dapat dicari",
	"dkim-key":                  "kunci DKIM domain pengirim tidak dapat dipakai",
	"dkim-key-":                 "kunci DKIM domain pengirim tidak dapat dipakai",
	"dkim-key-short":            "kunci DKIM domain pengirim terlalu pendek",
	"dkim-key-testing":          "kunci DKIM domain pengirim masih bertanda uji coba",
	"dkim-not-aligned":          "tanda tangan DKIM bukan dari domain pengirim",
	"dkim-fail":                 "tanda tangan DKIM tidak cocok dengan isi surel",
	"dkim-too-old":              "tanda tangan DKIM sudah terlalu lama",
	"dkim-unsigned-":            "tanda tangan DKIM tidak mencakup seluruh kepala surel",
	"dkim-body-length":          "tanda tangan DKIM tidak mencakup seluruh isi surel",
	"nothing-pinned":            "sertifikat atau kunci Saudara belum didaftarkan",
	"not-signed":                "surel tidak ditandatangani dengan sertifikat atau kunci pribadi",
	"signed-":                   "tanda tangan pribadi tidak dapat dipakai",
	"signed-pass":               "tanda tangan pribadi sah",
	"signed-opaque":             "tanda tangan menyatu dengan isi surel; mohon dipilih tanda tangan terpisah",
	"signature-":                "tanda tangan pribadi tidak dapat dipakai",
	"signature-bad":             "tanda tangan pribadi tidak cocok dengan isi surel",
	"signature-too-old":         "tanda tangan pribadi sudah terlalu lama",
	"smime-":                    "tanda tangan S/MIME tidak dapat dipakai",
	"smime-digest":              "tanda tangan pribadi tidak cocok dengan isi surel",
	"smime-not-pinned":          "sertifikat penanda tangan tidak terdaftar",
	"openpgp-":                  "tanda tangan OpenPGP tidak dapat dipakai",
	"openpgp-not-pinned":        "kunci penanda tangan tidak terdaftar",
	"smime-certificate-expired": "masa berlaku sertifikat telah habis",
	"openpgp-key-expired":       "masa berlaku kunci telah habis",
}

// faultWords say what is odd about the shape of a mail.
var faultWords = map[string]string{
	"sender-differs": "surel dikirim atas nama alamat lain",
	"duplicate-":     "satu baris pada kepala surel tertulis dua kali",
	"from-":          "alamat pengirim tidak tertulis dengan jelas",
	"malformed-":     "kepala surel tidak tersusun dengan benar",
	"signed-":        "bagian yang ditandatangani tidak mencakup seluruh surel",
}

// resultWords are the results of RFC 8601 §2.7.
var resultWords = map[string]string{"pass": "lulus", "fail": "tidak lulus", "none": "tidak ada", "softfail": "meragukan", "neutral": "tidak memutuskan",
	"policy": "ditolak oleh aturan server", "temperror": "terganggu untuk sementara", "permerror": "keliru", "bestguesspass": "diperkirakan lulus"}

// wordsFor finds the words of a code, or of the longest beginning that has some.
func wordsFor(in map[string]string, code string) string {
	if w := in[code]; w != "" {
		return w
	}
	for i := strings.LastIndexByte(code, '-'); i >= 0; i = strings.LastIndexByte(code[:i], '-') {
		if w := in[code[:i+1]]; w != "" {
			return w
		}
	}
	return ""
}

// inWords puts words before a code; one that has none stands behind general ones.
func inWords(in map[string]string, code, other string) (words, rest string) {
	return cmp.Or(wordsFor(in, code), other), clean(code, maxName)
}

// resultInWords translates the first word of "pass (kantor.example)".
func resultInWords(s string) string {
	word, rest, _ := strings.Cut(s, " ")
	if w := resultWords[word]; w != "" {
		return strings.TrimSpace(w + " " + rest)
	}
	return s
}

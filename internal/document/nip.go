package document

import (
	"strconv"
	"strings"
	"time"
)

// NIPFault says what is wrong with a NIP in words for a letter, or "" when it can be one. 18 digits: birth date, year and
// month of appointment, sex, serial. PPPK numbers carry other digits at 13–14, so these are not checked.
func NIPFault(nip string) string {
	switch {
	case nip == "":
		return "NIP belum diisi"
	case Digits(nip) != nip:
		return "NIP memuat karakter selain angka"
	case len(nip) != 18:
		return "NIP terbaca " + strconv.Itoa(len(nip)) + " angka, seharusnya 18 angka"
	case !validDate(nip[:8]):
		return "delapan angka pertama NIP bukan tanggal lahir yang mungkin"
	case nip[14] != '1' && nip[14] != '2':
		return "angka ke-15 NIP (jenis kelamin) seharusnya 1 atau 2"
	}
	year, _ := strconv.Atoi(nip[8:12])
	born, _ := strconv.Atoi(nip[:4])
	if year < born+15 || year > born+65 {
		return "tahun pengangkatan dalam NIP tidak sesuai dengan tahun lahir"
	}
	return ""
}

// ValidNIP says whether the digits can be a NIP.
func ValidNIP(nip string) bool { return NIPFault(nip) == "" }

// GroupNIP writes 18 digits as people do: 19860926 201505 1 001. Anything else stays as it is.
func GroupNIP(s string) string {
	if len(s) != 18 || Digits(s) != s {
		return s
	}
	return s[:8] + " " + s[8:14] + " " + s[14:15] + " " + s[15:]
}

// validDate checks YYYYMMDD for somebody who can be in service: born 1940–2015.
func validDate(d string) bool {
	t, err := time.Parse("20060102", d)
	return err == nil && t.Year() >= 1940 && t.Year() <= 2015
}

// Digits are those of a text, without what people put between them.
func Digits(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, s)
}

// findNIP looks for a NIP inside running text: groups of digits that add up to 18, parted by single blanks, dots or
// hyphens. It gives the digits and where they stand. A number close to a NIP, as people mistype it, is found as well.
func findNIP(s string) (nip string, from, to int) {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' || i > 0 && s[i-1] >= '0' && s[i-1] <= '9' {
			continue
		}
		d, end := digitGroups(s, i)
		if len(d) >= 15 && len(d) <= 20 && (strings.HasPrefix(d, "19") || strings.HasPrefix(d, "20")) && birthLike(d) {
			return d, i, end
		}
	}
	return "", 0, 0
}

// digitGroups joins digit groups from i on; it stops as soon as 18 digits are complete at the end of a group.
func digitGroups(s string, i int) (string, int) {
	var d []byte
	end := i
	for i < len(s) {
		c := s[i]
		if c >= '0' && c <= '9' {
			d = append(d, c)
			i++
			end = i
			continue
		}
		if len(d) >= 18 || i+1 >= len(s) || !strings.ContainsRune(" .-\n\t", rune(c)) || s[i+1] < '0' || s[i+1] > '9' {
			break
		}
		i++
	}
	return string(d), end
}

// birthLike tells a NIP, even one with a digit lost or doubled, from a NIK or a telephone number.
func birthLike(d string) bool {
	y, _ := strconv.Atoi(d[:4])
	m, _ := strconv.Atoi(d[4:6])
	return y >= 1940 && y <= 2015 && m <= 13
}

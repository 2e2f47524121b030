package document

import (
	"slices"
	"strings"
	"unicode"
)

// field of a roster row, as JSON names it.
type field string

const (
	fieldNo       field = "no"
	fieldNama     field = "nama"
	fieldNIP      field = "nip"
	fieldNIK      field = "nik"
	fieldEmail    field = "email"
	fieldJabatan  field = "jabatan"
	fieldGolongan field = "golongan"
	fieldHP       field = "hp"
	fieldUserID   field = "user_id"
	fieldRole     field = "kedudukan" // part in the Pokja; read so that it is not taken for the office post
	fieldIgnored  field = "-"
	fieldBefore   field = "gelar depan" // titles in columns of their own
	fieldAfter    field = "gelar belakang"
)

// fieldsOf says what a column header or a label means, in the order of its words; nil when it is neither.
func fieldsOf(text string) []field {
	text = strings.TrimRight(strings.TrimSpace(text), ":. ")
	if text == "#" {
		return []field{fieldNo}
	}
	if text == "" || strings.HasPrefix(text, "#") || len(text) > 70 || len(digits(text)) > 2 || strings.Contains(text, "@") {
		return nil
	}
	ws := headerWords(text)
	if len(ws) == 0 || len(ws) > 9 {
		return nil
	}
	all := strings.Join(ws, "")
	if f, whole := wholeHeader(all); whole {
		return f
	}
	var out []field
	add := func(f field) {
		if slices.Contains(out, f) {
			return
		}
		out = append(out, f)
	}
	for i, w := range ws {
		if f := wordField(w, ws, i); f != "" {
			add(f)
		}
	}
	return tidyFields(out, all)
}

// headerWords are the words in lower case; a letterspaced "N I P" is one word.
func headerWords(text string) []string {
	ws := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) })
	var out []string
	for i := 0; i < len(ws); i++ {
		j := i
		for j < len(ws) && len(ws[j]) == 1 {
			j++
		}
		if j-i >= 2 {
			out = append(out, strings.Join(ws[i:j], ""))
			i = j - 1
			continue
		}
		out = append(out, ws[i])
	}
	return out
}

// wholeHeader knows headers whose words mean something else alone.
func wholeHeader(all string) ([]field, bool) {
	for _, p := range []string{"namapokja", "namaukpbj", "namaopd", "namaskpd", "namaperangkat", "namapaket", "namapekerjaan", "namasatuan", "namaunit", "namainstansi",
		"namakelompok", "namakegiatan", "nomorsk", "nosk", "nomorsurat", "nomorformulir", "noformulir", "nomorsertifikat", "nosertifikat", "namaibu", "tahun", "tanggal", "tgl",
		"dasar", "perihal", "lampiran", "sifat", "masaberlaku", "alamatrumah", "alamatkantor", "kodepos"} {
		if strings.HasPrefix(all, p) {
			return nil, true
		}
	}
	switch {
	case strings.HasPrefix(all, "namajabatan"):
		return []field{fieldJabatan}, true
	case strings.HasPrefix(all, "gelardepan"), strings.HasPrefix(all, "gelardimuka"):
		return []field{fieldBefore}, true
	case strings.HasPrefix(all, "gelarbelakang"), strings.HasPrefix(all, "gelardibelakang"), all == "gelar":
		return []field{fieldAfter}, true
	case strings.HasPrefix(all, "kedudukan") && (strings.Contains(all, "dinas") || strings.Contains(all, "instansi") || strings.Contains(all, "kantor")):
		return []field{fieldJabatan}, true
	case all == "kontak", all == "kontakperson", all == "kontakpribadi":
		return []field{fieldHP, fieldEmail}, true // what it holds tells which
	case all == "nomorkontak", all == "nokontak":
		return []field{fieldHP}, true
	case strings.Contains(all, "namapengguna"), strings.Contains(all, "namauser"), strings.Contains(all, "userid"), strings.Contains(all, "username"),
		strings.Contains(all, "idpengguna"), strings.Contains(all, "loginid"):
		return []field{fieldUserID}, true
	case strings.Contains(all, "jabatan") && (strings.Contains(all, "pokja") || strings.Contains(all, "kelompok") || strings.Contains(all, "dalamtim") || strings.Contains(all, "dalamsk") || strings.HasSuffix(all, "tim") || strings.Contains(all, "keanggotaan")):
		return []field{fieldRole}, true
	case all == "no", all == "nomor", all == "nourut", all == "nomorurut", all == "nr", all == "urut":
		return []field{fieldNo}, true
	case all == "password", all == "katasandi", all == "alamat", all == "ttd", all == "tandatangan", all == "paraf":
		return []field{fieldIgnored}, true
	}
	return nil, false
}

func wordField(w string, ws []string, i int) field {
	if strings.HasPrefix(w, "nip") && strings.HasSuffix(w, "ppk") {
		return fieldNIP // with a slash that OCR took for a letter
	}
	switch w {
	case "nama":
		return fieldNama
	case "nip":
		return fieldNIP
	case "nik", "ktp":
		return fieldNIK
	case "email", "surel", "posel", "imel", "mail":
		return fieldEmail
	case "el":
		if i > 0 && ws[i-1] == "pos" {
			return fieldEmail
		}
	case "elektronik":
		if i > 0 && (ws[i-1] == "surat" || ws[i-1] == "pos" || ws[i-1] == "alamat") {
			return fieldEmail
		}
	case "hp", "wa", "whatsapp", "telepon", "telp", "tlp", "tlpn", "telpon", "handphone", "ponsel", "seluler", "gawai", "phone":
		return fieldHP
	case "gol", "golongan", "pangkat", "golruang":
		return fieldGolongan
	case "jabatan":
		return fieldJabatan
	case "sebagai":
		if i+1 < len(ws) && ws[i+1] == "berikut" {
			return ""
		}
		return fieldRole
	case "kedudukan", "peran", "keterangan", "ket", "tugas", "posisi", "status":
		return fieldRole
	case "kependudukan":
		return fieldNIK
	case "kepegawaian", "induk":
		if strings.Contains(strings.Join(ws, ""), "indukpegawai") {
			return fieldNIP
		}
	case "pegawai":
		if len(ws) == 1 {
			return fieldNama
		}
		if i > 0 && ws[i-1] == "induk" {
			return fieldNIP
		}
	case "personel", "personil":
		if len(ws) == 1 {
			return fieldNama
		}
	case "instansi", "unit":
		if len(ws) <= 2 {
			return fieldIgnored
		}
	}
	return ""
}

// tidyFields settles what two words say together.
func tidyFields(out []field, all string) []field {
	has := func(f field) bool {
		return slices.Contains(out, f)
	}
	var kept []field
	for _, f := range out {
		switch {
		case f == fieldRole && (has(fieldNama) || has(fieldJabatan) || has(fieldNIP)):
			continue // "Nama Anggota/Keterangan": the role is no column of its own
		case f == fieldIgnored && len(out) > 1:
			continue
		case f == fieldJabatan && strings.HasPrefix(all, "golonganjabatan"):
			continue
		}
		kept = append(kept, f)
	}
	return kept
}

func hasField(list []field, f field) bool {
	return slices.Contains(list, f)
}

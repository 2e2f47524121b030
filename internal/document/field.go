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
	if text == "" || strings.HasPrefix(text, "#") || len(text) > 70 || len(Digits(text)) > 2 || strings.Contains(text, "@") {
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
	for i := range ws {
		if f := wordField(ws, i); f != "" && !slices.Contains(out, f) {
			out = append(out, f)
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
	switch {
	case begins(all, "namapokja", "namaukpbj", "namaopd", "namaskpd", "namaperangkat", "namapaket", "namapekerjaan", "namasatuan", "namaunit",
		"namainstansi", "namakelompok", "namakegiatan", "nomorsk", "nosk", "nomorsurat", "nomorformulir", "noformulir", "nomorsertifikat", "nosertifikat",
		"namaibu", "tahun", "tanggal", "tgl", "dasar", "perihal", "lampiran", "sifat", "masaberlaku", "alamatrumah", "alamatkantor", "kodepos"):
		return nil, true
	case strings.HasPrefix(all, "namajabatan"), strings.HasPrefix(all, "kedudukan") && holds(all, "dinas", "instansi", "kantor"):
		return []field{fieldJabatan}, true
	case begins(all, "gelardepan", "gelardimuka"):
		return []field{fieldBefore}, true
	case begins(all, "gelarbelakang", "gelardibelakang"), all == "gelar":
		return []field{fieldAfter}, true
	case all == "kontak", all == "kontakperson", all == "kontakpribadi":
		return []field{fieldHP, fieldEmail}, true // what it holds tells which
	case all == "nomorkontak", all == "nokontak":
		return []field{fieldHP}, true
	case holds(all, "namapengguna", "namauser", "userid", "username", "idpengguna", "loginid"):
		return []field{fieldUserID}, true
	case strings.Contains(all, "jabatan") && (holds(all, "pokja", "kelompok", "dalamtim", "dalamsk", "keanggotaan") || strings.HasSuffix(all, "tim")):
		return []field{fieldRole}, true
	case all == "no", all == "nomor", all == "nourut", all == "nomorurut", all == "nr", all == "urut":
		return []field{fieldNo}, true
	case all == "password", all == "katasandi", all == "alamat", all == "ttd", all == "tandatangan", all == "paraf":
		return []field{fieldIgnored}, true
	}
	return nil, false
}

// wordFields are words that mean one thing wherever they stand.
var wordFields = map[string]field{"nama": fieldNama, "nip": fieldNIP, "nik": fieldNIK, "ktp": fieldNIK, "kependudukan": fieldNIK,
	"email": fieldEmail, "surel": fieldEmail, "posel": fieldEmail, "imel": fieldEmail, "mail": fieldEmail,
	"hp": fieldHP, "wa": fieldHP, "whatsapp": fieldHP, "telepon": fieldHP, "telp": fieldHP, "tlp": fieldHP, "tlpn": fieldHP, "telpon": fieldHP,
	"handphone": fieldHP, "ponsel": fieldHP, "seluler": fieldHP, "gawai": fieldHP, "phone": fieldHP,
	"gol": fieldGolongan, "golongan": fieldGolongan, "pangkat": fieldGolongan, "golruang": fieldGolongan, "jabatan": fieldJabatan,
	"kedudukan": fieldRole, "peran": fieldRole, "keterangan": fieldRole, "ket": fieldRole, "tugas": fieldRole, "posisi": fieldRole,
	"status": fieldRole}

// wordField is what the word i means among the others.
func wordField(ws []string, i int) field {
	w, before, behind := ws[i], "", ""
	if i > 0 {
		before = ws[i-1]
	}
	if i+1 < len(ws) {
		behind = ws[i+1]
	}
	switch {
	case wordFields[w] != "":
		return wordFields[w]
	case strings.HasPrefix(w, "nip") && strings.HasSuffix(w, "ppk"): // with a slash that OCR took for a letter
		return fieldNIP
	case w == "el" && before == "pos", w == "elektronik" && (before == "surat" || before == "pos" || before == "alamat"):
		return fieldEmail
	case w == "sebagai" && behind != "berikut":
		return fieldRole
	case (w == "kepegawaian" || w == "induk") && strings.Contains(strings.Join(ws, ""), "indukpegawai"), w == "pegawai" && before == "induk":
		return fieldNIP
	case len(ws) == 1 && (w == "pegawai" || w == "personel" || w == "personil"):
		return fieldNama
	case len(ws) <= 2 && (w == "instansi" || w == "unit"):
		return fieldIgnored
	}
	return ""
}

// tidyFields settles what two words say together.
func tidyFields(out []field, all string) []field {
	told, many := slices.Contains(out, fieldNama) || slices.Contains(out, fieldJabatan) || slices.Contains(out, fieldNIP), len(out) > 1
	return slices.DeleteFunc(out, func(f field) bool {
		return f == fieldRole && told || // "Nama Anggota/Keterangan": the role is no column of its own
			f == fieldIgnored && many || f == fieldJabatan && strings.HasPrefix(all, "golonganjabatan")
	})
}

// begins says whether a text begins with one of the words.
func begins(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(text, w) })
}

// holds says whether one of the words stands in a text.
func holds(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

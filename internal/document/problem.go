package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Codes of problems, as `read --json` prints them.
const (
	CodeBadNIP         = "bad_nip"
	CodePrecisionLost  = "nip_precision_lost"
	CodeDuplicateNIP   = "duplicate_nip"
	CodeMissingEmail   = "missing_email"
	CodeBadEmail       = "bad_email"
	CodeDuplicateEmail = "duplicate_email"
	CodeDisagrees      = "disagrees"
	CodeEvenNumber     = "even_number"
	CodeMissingInSK    = "missing_in_sk"
	CodeMissingInST    = "missing_in_surat_tugas"
	CodeLookalike      = "lookalike_domain"
	CodeMissingName    = "missing_name"
	CodeBrokenCell     = "broken_cell"
)

// rules is the one table of what stops a case, what only warns the approver, and what a person must settle.
var rules = map[string]struct {
	severity Severity
	person   bool
}{
	CodeBadNIP:         {Stop, false},
	CodePrecisionLost:  {Warn, false}, // where no other paper has the digits, bad_nip stops the row
	CodeDuplicateNIP:   {Stop, false},
	CodeMissingEmail:   {Stop, false},
	CodeBadEmail:       {Stop, false},
	CodeDuplicateEmail: {Stop, false},
	CodeDisagrees:      {Stop, true},
	CodeEvenNumber:     {Warn, false}, // Pokja: odd, at least three; a warning, not a refusal (DOMAIN)
	CodeMissingInSK:    {Stop, true},
	CodeMissingInST:    {Stop, true},
	CodeLookalike:      {Warn, false},
	CodeMissingName:    {Stop, false},
	CodeStruckOut:      {Warn, false},
	CodeWithdrawn:      {Stop, false},
	CodeBrokenCell:     {Warn, false}, // where name, NIP or address is gone, that stops the row by its own code
}

const maxProblems = 500 // of one reading: more are no help to anybody

// add names a problem. row counts from 1; 0 is the whole roster.
func (r *Reading) add(row int, f field, code, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if row > 0 && row <= len(r.Roster) {
		text = r.Roster[row-1].Called(row) + text
	}
	if len(r.Problems) >= maxProblems || slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Row == row && p.Code == code && p.Text == text }) {
		return
	}
	rule := rules[code]
	r.NeedsPerson = r.NeedsPerson || rule.person
	r.Problems = append(r.Problems, Problem{Row: row, Field: string(f), Code: code, Severity: rule.severity, Text: text})
}

// Called begins every text about the row n of a roster; a row without name goes by its NIP.
func (r Row) Called(n int) string {
	if r.Nama == "" {
		return fmt.Sprintf("Baris %d (tanpa nama, NIP %s): ", n, r.NIP)
	}
	return fmt.Sprintf("Baris %d (%s): ", n, r.Nama)
}

// checkRows looks at each row by itself and at rows against each other.
func (r *Reading) checkRows(people []person, own []string, listed bool) {
	for i := range r.Roster {
		row, n := &r.Roster[i], i+1
		r.checkCells(people[i], n)
		if people[i].machine && (!ValidNIP(row.NIP) || !validEmail(row.Email)) {
			// What OCR could not read is no fault of the requester: a person looks at the picture first.
			r.NeedsPerson = true
			continue
		}
		if people[i].lossy {
			r.add(n, fieldNIP, CodePrecisionLost, "NIP diketik sebagai bilangan di lembar kerja sehingga angka terakhirnya hilang. Mohon ubah kolom NIP menjadi teks, lalu ketik ulang 18 angkanya.")
		}
		switch fault := NIPFault(row.NIP); {
		case fault != "":
			r.add(n, fieldNIP, CodeBadNIP, "%s. Mohon periksa NIP dan kirim kembali formulir yang sudah diperbaiki.", fault)
		case people[i].lossy && !people[i].settled:
			r.add(n, fieldNIP, CodeBadNIP, "NIP lengkap tidak dapat dipastikan dari berkas. Mohon ketik ulang 18 angkanya sebagai teks.")
		}
		if row.Email != "" || listed { // without a form there is nobody who left an address out
			r.checkEmail(row, n, own)
		}
	}
	r.checkDuplicates(fieldNIP, CodeDuplicateNIP, func(row Row) string { return row.NIP },
		"NIP sama dengan baris %s. Setiap anggota memiliki NIP sendiri; mohon perbaiki.")
	r.checkDuplicates(fieldEmail, CodeDuplicateEmail, func(row Row) string { return row.Email },
		"alamat surel sama dengan baris %s. Kata sandi dikirim kepada setiap anggota sendiri-sendiri; mohon tulis alamat surel masing-masing.")
	if n := len(r.Roster); n > 0 && (n%2 == 0 || n < 3) {
		r.add(0, "roster", CodeEvenNumber, "Jumlah anggota Pokja %d orang, sedangkan Pokja lazimnya berjumlah gasal dan paling sedikit tiga orang.", n)
	}
}

// checkCells names what is not there: a person without a name, and cells in which a spreadsheet shows its own error.
func (r *Reading) checkCells(p person, n int) {
	if p.note != "" {
		r.add(n, fieldNama, CodeWithdrawn, "di sampingnya tertulis %q. Mohon kirim daftar tanpa anggota ini, atau jelaskan bahwa ia tetap anggota.", p.note)
	}
	if len(p.unlike) > 0 {
		r.add(n, fieldEmail, CodeDisagrees, "alamat surel tertulis %s dan %s dalam berkas yang sama. Mohon pastikan alamat yang benar.", p.Email, strings.Join(p.unlike, ", "))
	}
	if p.Nama == "" {
		r.add(n, fieldNama, CodeMissingName, "nama belum diisi. Mohon tulis nama lengkap pemilik NIP ini.")
	}
	for _, f := range p.broken {
		r.add(n, f, CodeBrokenCell, "kolom %s berisi tanda galat lembar kerja, bukan isian. Mohon ketik isinya sebagai teks biasa, bukan sebagai rumus.", strings.ToUpper(string(f)))
	}
}

func (r *Reading) checkEmail(row *Row, n int, own []string) {
	switch {
	case row.Email == "":
		r.add(n, fieldEmail, CodeMissingEmail, "alamat surel belum diisi. Mohon lengkapi alamat surel pribadi yang aktif.")
		return
	case !validEmail(row.Email):
		r.add(n, fieldEmail, CodeBadEmail, "alamat surel %q tidak dapat dipakai. Mohon tulis satu alamat surel yang benar.", row.Email)
		return
	}
	if like := lookalike(row.Email, own); like != "" {
		r.add(n, fieldEmail, CodeLookalike, "domain surel %q mirip dengan %q; mohon pastikan tidak salah ketik.", domain(row.Email), like)
	}
}

// checkDuplicates names a value that stands in several rows, though each member has their own.
func (r *Reading) checkDuplicates(f field, code string, value func(Row) string, text string) {
	rows := map[string][]string{}
	for i, row := range r.Roster {
		rows[value(row)] = append(rows[value(row)], strconv.Itoa(i+1))
	}
	for i, row := range r.Roster {
		if same := rows[value(row)]; value(row) != "" && len(same) > 1 {
			others := slices.DeleteFunc(slices.Clone(same), func(n string) bool { return n == strconv.Itoa(i+1) })
			r.add(i+1, f, code, text, strings.Join(others, ", "))
		}
	}
}

// validEmail accepts one plain ASCII address (RFC 5321 §4.1.2 without quoted local parts).
func validEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > 254 || strings.Count(s, "@") != 1 {
		return false
	}
	return dotAtom(s[:at], "!#$%&'*+/=?^_`{|}~-") && dotAtom(s[at+1:], "-") && strings.Contains(s[at+1:], ".") && topLevel(s)
}

func topLevel(s string) bool {
	tld := s[strings.LastIndexByte(s, '.')+1:]
	return len(tld) >= 2 && strings.Trim(tld, smallLetters) == "" || strings.HasPrefix(tld, "xn--")
}

const smallLetters = "abcdefghijklmnopqrstuvwxyz"

func dotAtom(s, extra string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.Trim(part, smallLetters+"0123456789"+extra) != "" {
			return false
		}
	}
	return true
}

func domain(email string) string { return email[strings.LastIndexByte(email, '@')+1:] }

// knownDomains are what people mistype most.
var knownDomains = []string{"gmail.com", "yahoo.com", "yahoo.co.id", "hotmail.com", "outlook.com", "icloud.com", "ymail.com", "rocketmail.com"}

// lookalike is the domain that this one nearly is, or "".
func lookalike(email string, own []string) string {
	d := domain(email)
	all := slices.Concat(own, knownDomains)
	for _, k := range all {
		if d == k || strings.HasSuffix(d, "."+k) {
			return ""
		}
	}
	for _, k := range all {
		limit := 1
		if len(k) >= 12 {
			limit = 2
		}
		if n := Distance(d, strings.ToLower(k), limit); n > 0 && n <= limit || transposed(d, k) {
			return k
		}
	}
	return ""
}

// transposed says that two neighbouring letters are exchanged.
func transposed(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i+1 < len(a); i++ {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}

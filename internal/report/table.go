package report

import (
	"cmp"
	"iter"
	"time"

	"ukpbjd/internal/letter"
)

// Head is what a register says of itself.
type Head struct {
	Office string         `json:"office"`
	Year   int            `json:"year"`
	Made   time.Time      `json:"made"`
	Zone   *time.Location `json:"-"`
}

// Entries streams cases in order of number; an error ends it.
type Entries = iter.Seq2[Entry, error]

// kind of a column is what its cells hold. A text stays text, whatever it looks like.
type kind int

const (
	text kind = iota
	moment
	number
)

type column struct {
	title string
	kind  kind
	width float64
}

// table is one sheet of the register: a line for the case, or for each thing that the case has many of.
type table struct {
	name, file string
	columns    []column
	rows       func(e *Entry) [][]any
}

var tables = []table{
	{"Kasus", "", []column{{"Nomor", text, 16}, {"Status", text, 22}, {"Dibuka", moment, 17}, {"Pemohon", text, 26}, {"Surel pemohon", text, 30},
		{"Hal", text, 44}, {"Nomor SK", text, 22}, {"Nomor surat tugas", text, 22}, {"Tembusan Kepala LPSE dari pemohon", text, 24}, {"Revisi", number, 8}, {"Anggota", number, 9},
		{"Disetujui oleh", text, 24}, {"Disetujui", moment, 17}, {"Semua terkirim", moment, 17}, {"Semua diterima", moment, 17}, {"Ditutup", moment, 17},
		{"Pelaksana langkah", text, 18}, {"Tenggat", moment, 17}, {"Penyimpangan", number, 16}, {"Insiden", number, 9}, {"Keterangan", text, 40}}, caseRows},
	{"Anggota", "-anggota", []column{{"Nomor", text, 16}, {"No", number, 6}, {"Nama", text, 34}, {"NIP", text, 21}, {"Jabatan", text, 26},
		{"Golongan", text, 10}, {"Surel", text, 32}, {"User ID", text, 22}, {"Keadaan", text, 18}, {"Pengiriman ke-", number, 10}, {"Terkirim", moment, 17},
		{"Diterima", moment, 17}, {"Bukti penerimaan", text, 16}, {"Terpapar", text, 10}, {"Catatan", text, 40}}, memberRows},
	{"Penyimpangan", "-penyimpangan", []column{{"Nomor", text, 16}, {"Jenis", text, 16}, {"Langkah SOP", text, 12}, {"Pelaksana", text, 18},
		{"Waktu", moment, 17}, {"Sebesar", text, 22}, {"Uraian", text, 60}, {"Penjelasan", text, 60}}, deviationRows},
	{"Surat", "-surat", []column{{"Nomor", text, 16}, {"Surat", text, 24}, {"Jenis", text, 22}, {"Kepada", text, 30}, {"Surel", text, 32},
		{"Sebagai", text, 16}, {"Keadaan", text, 15}, {"Percobaan", number, 11}, {"Dibuat", moment, 17}, {"Selesai", moment, 17}, {"Jawaban server", text, 50}}, letterRows},
	{"Akun", "-akun", []column{{"NIP", text, 21}, {"Nama", text, 34}, {"User ID", text, 26}, {"Sejak", moment, 17}, {"Password dari", text, 18},
		{"Keadaan password", text, 24}}, accountRows},
}

func caseRows(e *Entry) [][]any {
	if e.Number == "" {
		return nil
	}
	remark := e.Outcome
	if e.Held != "" {
		remark = "Ditahan: " + e.Held
	}
	return [][]any{{e.Number, e.Status.Label(), e.Opened, e.Requester.Name, e.Requester.Address, e.Subject, e.SK, e.SuratTugas, yes(e.KepalaCopied),
		e.Revision, len(e.Members), e.Approver, e.Approved, e.Sent, e.Confirmed, e.Closed, letter.PartyName(e.Owes), e.Due,
		len(e.Deviations), e.Incidents, remark}}
}

func memberRows(e *Entry) (rows [][]any) {
	for _, m := range e.Members {
		rows = append(rows, []any{e.Number, m.No, m.Nama, m.NIP, m.Jabatan, m.Golongan, m.Email, m.UserID, string(m.State), m.Sends, m.SentAt, m.Confirmed,
			m.Proof, yes(m.Exposed), m.Note})
	}
	return rows
}

func deviationRows(e *Entry) (rows [][]any) {
	for _, x := range e.Deviations { // SOP W.2
		rows = append(rows, []any{e.Number, x.Kind, x.Step, letter.PartyName(x.Owed), x.At, x.By, x.Text, x.Reply})
	}
	return rows
}

func letterRows(e *Entry) (rows [][]any) {
	for _, l := range e.Letters {
		rows = append(rows, []any{e.Number, l.Ref, string(l.Kind), l.To.Name, l.To.Address, letter.PartyName(string(l.Role)),
			cmp.Or(letterStates[l.State], l.State), l.Attempts, l.Made, l.Ended, l.Answer})
	}
	return rows
}

func accountRows(e *Entry) (rows [][]any) {
	for _, a := range e.Accounts {
		rows = append(rows, []any{a.NIP, a.Nama, a.UserID, a.Since, a.Case, a.State})
	}
	return rows
}

// each streams every entry through every table.
func each(entries Entries, put func(table int, cells []any) error) error {
	for e, err := range entries {
		if err != nil {
			return err
		}
		for i, t := range tables {
			for _, cells := range t.rows(&e) {
				if err := put(i, cells); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

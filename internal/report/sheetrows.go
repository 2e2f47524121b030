package report

import (
	"fmt"
	"strings"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/sop"
)

// papers shows the three papers of SOP 1.3 with their sums, and any other that was read.
func (p *form) papers(c sop.Case) {
	p.section("B. Berkas permohonan (SOP 1.3)")
	var rows [][]string
	for _, k := range document.Required {
		found := false
		for _, x := range c.Reading.Papers {
			if x.Kind == k && !x.Replaced {
				rows, found = append(rows, paperRow(len(rows)+1, x)), true
			}
		}
		if !found {
			rows = append(rows, []string{fmt.Sprint(len(rows) + 1), k.Label(), "tidak ada", ""})
		}
	}
	p.grid([]gridColumn{{"No", 8, false}, {"Jenis dan nomor", 62, false}, {"Berkas", 50, false}, {"SHA-256", 55, true}}, rows, "")
}

func paperRow(no int, x document.Paper) []string {
	kind := x.Kind.Label()
	if x.Number != "" && !strings.Contains(x.Number, ":") { // a form quotes the number of its SK
		kind += "\nNomor " + x.Number
	}
	file := x.File
	if x.Pages != "" {
		file += ", hlm. " + x.Pages
	}
	return []string{fmt.Sprint(no), kind, file, halves(x.SHA256)}
}

// halves breaks a sum where the eye can compare it.
func halves(sum string) string {
	if len(sum) != 64 {
		return sum
	}
	return sum[:32] + "\n" + sum[32:]
}

// path is the way of the case through the procedure.
func (p *form) path(s Sheet) {
	c := s.Case
	p.section("C. Pelaksanaan menurut SOP")
	last := func(kind string) (last Line) {
		for _, e := range s.Journal {
			if e.Kind == kind && (kind != "letter-accepted" || e.Data["kind"] == string(sop.Kredensial)) {
				last = e
			}
		}
		return last
	}
	at := func(t time.Time, kind string) Line {
		e := last(kind)
		e.At = t
		return e
	}
	every := func(t time.Time, kind string) Line {
		if t.IsZero() { // not of every member yet
			return Line{}
		}
		return at(t, kind)
	}
	var approved time.Time
	if c.Approval != nil {
		approved = c.Approval.At
	}
	var rows [][]string
	for _, x := range []struct {
		step, what string
		Line
	}{
		{"1.1-1.4", "Permohonan diterima dan dibuka", at(c.Opened, "case-opened")},
		{"1.5", "Persetujuan diminta kepada Admin Agency", last("approval-asked")},
		{"2.1", "Permohonan disetujui Admin Agency", at(approved, "approved")},
		{"2.2", "Tembusan kepada Kepala LPSE", last("tembusan")},
		{"2.3", "Surat kredensial terkirim kepada seluruh anggota", every(lastSent(c.Members), "letter-accepted")},
		{"3.1", "Penerimaan dinyatakan seluruh anggota", every(lastConfirmed(c.Members), "receipt-confirmed")},
		{"R.2", "Permohonan ditutup", at(c.Closed, "closed")},
	} {
		proof := "-"
		if x.N > 0 {
			proof = fmt.Sprintf("J-%d", x.N)
		}
		rows = append(rows, []string{x.step, x.what, stamp(x.At, p.zone), proof})
	}
	p.grid([]gridColumn{{"SOP", 18, false}, {"Langkah", 97, false}, {"Waktu", 40, false}, {"Bukti", 20, false}}, rows, "")
}

// decided are the events that are somebody's decision.
var decided = map[string]string{"approved": "Disetujui", "rejected": "Ditolak", "returned": "Dikembalikan untuk dilengkapi",
	"approval-withdrawn": "Persetujuan ditarik kembali", "cancelled": "Dibatalkan pemohon", "sheet-taken": "Lembar akun yang diperbarui dipakai",
	"resend": "Kirim ulang kredensial"}

func (p *form) decisions(s Sheet) {
	p.section("D. Keputusan")
	var rows [][]string
	for _, e := range s.Journal {
		what, ok := decided[e.Kind]
		if !ok {
			continue
		}
		if proof := e.Data["proof"]; proof != "" {
			what += "\nkeaslian pengirim: " + proof
		}
		for _, k := range []string{"reason", "note"} {
			if w := e.Data[k]; w != "" {
				what += "\n" + w
			}
		}
		rows = append(rows, []string{fmt.Sprintf("J-%d", e.N), what, e.Actor + "\n" + stamp(e.At, p.zone), halves(evidenceOf(s.Case, e))})
	}
	p.grid([]gridColumn{{"Bukti", 16, false}, {"Keputusan", 52, false}, {"Oleh, waktu", 52, false}, {"SHA-256 surel", 55, true}}, rows, "Belum ada keputusan.")
}

// evidenceOf is the sum of the mail that a decision rests on: the actor's last one that had come by then.
func evidenceOf(c sop.Case, e Line) string {
	if a := c.Approval; a != nil && e.Kind == "approved" && a.At.Equal(e.At) {
		return a.Mail
	}
	for i := len(c.Mails) - 1; i >= 0; i-- {
		if m := c.Mails[i]; strings.EqualFold(m.From, e.Actor) && !m.At.After(e.At) {
			return m.SHA256
		}
	}
	return "-"
}

// members shows delivery and receipt. SOP 2.3, SOP 3.1
func (p *form) members(c sop.Case) {
	p.section("E. Penyampaian dan penerimaan user ID dan password (SOP 2.3, 3.1)")
	var rows [][]string
	for i, m := range c.Members {
		got := stamp(m.Confirmed, p.zone)
		if m.Confirmed.IsZero() {
			got = string(m.State)
		} else if m.Proof != "" {
			got += "\n" + m.Proof
		}
		if m.Exposed {
			got += "\nkredensial terpapar"
		}
		rows = append(rows, []string{fmt.Sprint(i + 1), m.Row.Nama + "\nNIP " + document.GroupNIP(m.Row.NIP),
			reach(m) + "\n" + c.Accounts[m.Row.NIP].UserID, stamp(m.SentAt, p.zone), got})
	}
	p.grid([]gridColumn{{"No", 8, false}, {"Nama, NIP", 57, false}, {"Surel, user ID", 54, false}, {"Terkirim", 28, false}, {"Diterima", 28, false}}, rows, "Daftar anggota belum terbaca.")
}

// deviations are the penyimpangan with who owed the step. SOP W.1, SOP W.2
func (p *form) deviations(c sop.Case) {
	p.section("F. Penyimpangan (SOP W.2)")
	var rows [][]string
	for _, x := range c.Deviations {
		what := x.Text
		if x.Reply != "" {
			what += "\nPenjelasan: " + x.Reply
		}
		kind := x.Kind + "\nSOP " + x.Step
		rows = append(rows, []string{kind, letter.PartyName(x.Owed), stamp(x.At, p.zone) + "\n" + x.By, what})
	}
	p.grid([]gridColumn{{"Jenis, langkah", 28, false}, {"Pelaksana", 28, false}, {"Waktu, besarnya", 34, false}, {"Uraian dan penjelasan", 85, false}}, rows, "Tidak ada penyimpangan yang tercatat.")
}

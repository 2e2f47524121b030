package letter

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

var update = flag.Bool("update", false, "rewrite testdata/*.txt and *.html, then read the diff")

// sample is one letter of the golden set: kind, topic and role give the file name.
type sample struct {
	kind  sop.LetterKind
	topic string
	role  sop.Role
	note  string
}

var samples = []sample{
	{sop.TandaTerima, "", sop.RoleRequester, ""},
	{sop.TandaTerima, "supplement", sop.RoleRequester, ""},
	{sop.TandaTerima, "repeat", sop.RoleRequester, ""},
	{sop.Kekurangan, "", sop.RoleRequester, ""},
	{sop.Kekurangan, "needs-person", sop.RoleRequester, ""},
	{sop.PermohonanTembusan, "", sop.RoleKepala, ""},
	{sop.Persetujuan, "", sop.RoleApprover, ""},
	{sop.Persetujuan, "code-in-sheet", sop.RoleApprover, ""},
	{sop.Kredensial, "", sop.RoleMember, ""},
	{sop.Kredensial, "kept", sop.RoleMember, ""},
	{sop.Kredensial, "locked", sop.RoleMember, ""},
	{sop.Tembusan, "", sop.RoleKepala, ""},
	{sop.Tembusan, "full", sop.RoleKepala, ""},
	{sop.Persetujuan, "full", sop.RoleApprover, ""},
	{sop.Persetujuan, "mend", sop.RoleApprover, ""},
	{sop.Pemberitahuan, "mend-asked", sop.RoleRequester, "ni.luh.lestari@dinas.example"},
	{sop.TidakDikenali, "mend-unclear", sop.RoleRequester, "alamatnya jadi a@dinas.example atau b@dinas.example"},
	{sop.Kredensial, "full", sop.RoleMember, ""},
	{sop.Penolakan, "", sop.RoleRequester, "SK belum ditandatangani oleh pejabat yang berwenang, mohon diajukan kembali setelah ditetapkan"},
	{sop.Dikembalikan, "", sop.RoleRequester, "surat tugas yang dilampirkan masih surat tugas tahun 2025"},
	{sop.Dibatalkan, "", sop.RoleRequester, ""},
	{sop.Dibatalkan, "", sop.RoleApprover, "daftar anggota akan diubah"},
	{sop.TidakDikenali, "not-a-command", sop.RoleApprover, "setuju, tapi tunggu SK revisi"},
	{sop.TidakDikenali, "user-id-taken", sop.RoleApprover, "USER 2 made.wirawan"},
	{sop.TidakDikenali, "html-only", sop.RoleMember, ""},
	{sop.Dibatalkan, "person", sop.RoleRequester, "bukan permohonan"},
	{sop.Dibatalkan, "abandoned", sop.RoleRequester, ""},
	{sop.Penolakan, "person", sop.RoleRequester, "bukan SK"},
	{sop.TandaTerima, "accepted", sop.RoleRequester, ""},
	{sop.RingkasanOperator, "", sop.RoleOperator, ""},
	{sop.Pengingat, "approval", sop.RoleApprover, ""},
	{sop.Pengingat, "completion", sop.RoleRequester, ""},
	{sop.Pengingat, "receipt", sop.RoleMember, ""},
	{sop.Eskalasi, "approval", sop.RoleBagian, ""},
	{sop.Eskalasi, "receipt", sop.RoleKepala, ""},
	{sop.GagalKirim, "kredensial", sop.RoleRequester, "550 5.1.1 <ni.luh@dinas.example>: Recipient address rejected: User unknown"},
	{sop.GagalKirim, "kredensial", sop.RoleApprover, "550 5.1.1 User unknown"},
	{sop.Selesai, "", sop.RoleRequester, ""},
	{sop.StatusKasus, "", sop.RoleRequester, ""},
	{sop.StatusKasus, "repeat", sop.RoleRequester, ""},
	{sop.StatusKasus, "", sop.RoleMember, ""},
	{sop.Bantuan, "", sop.RoleApprover, ""},
	{sop.Bantuan, "", sop.RoleMember, ""},
	{sop.Bantuan, "other-procedure-reset", sop.RoleRequester, ""},
	{sop.LaporanBulanan, "", sop.RoleBagian, ""},
	{sop.TitikPeriksa, "", sop.RoleKepala, ""},
	{sop.Pendaftaran, "", sop.RoleApprover, ""},
	{sop.HasilPendaftaran, "", sop.RoleApprover, ""},
	{sop.HasilPendaftaran, "short", sop.RoleApprover, ""},
	{sop.PeringatanOperator, "accounts-failed", sop.RoleOperator, "credentials.command: exit status 3"},
	{sop.BacaUlang, "", sop.RoleRequester, ""},
	{sop.BacaUlang, "open", sop.RoleRequester, ""},
	{sop.Pemberitahuan, "approved", sop.RoleApprover, ""},
	{sop.Pemberitahuan, "problem-reported", sop.RoleApprover, "muncul pesan user tidak ditemukan"},
	{sop.Pemberitahuan, "exposed", sop.RoleMember, ""},
}

func (s sample) name() string {
	n := string(s.kind)
	if s.topic != "" {
		n += "." + s.topic
	}
	return n + "." + string(s.role)
}

var wita = time.FixedZone("WITA", 8*3600)

func at(day, hour, minute int) time.Time {
	return time.Date(2026, 5, day, hour, minute, 0, 0, wita).UTC()
}

const madeUp = "Contoh-7xK!mawar"

// data is an ordinary case of an invented office, at the stage at which the letter is sent.
func (s sample) data() Data {
	d := Data{
		Office: sop.Office{
			Name: "Bagian Pengadaan Barang/Jasa Setda Kabupaten Contoh", CasePrefix: "PKJ", Quorum: 1, Sheet: "encrypted", Papers: 10 << 20,
			Mailbox:    sop.Person{Name: "UKPBJ Contoh", Address: "ukpbj@dinas.example"},
			KepalaLPSE: sop.Person{Name: "I Gede Teladan, S.Kom.", Address: "kepala.lpse@dinas.example"},
			UndoWindow: 30 * time.Minute, Expires: 3, ApprovalDays: 1, CompletionDays: 3, ReceiptDays: 1, ExpiryDays: 7,
			Calendar: workday.Calendar{Zone: wita}, CodeInSheet: s.topic == "code-in-sheet",
		},
		Case:   ordinary(),
		Letter: sop.Letter{Key: "7/" + string(s.kind), Kind: s.kind, To: addresses[s.role], Role: s.role, Revision: 1, Issue: 1, Topic: s.topic, Note: s.note},
		Now:    at(5, 9, 27),
	}
	if s.kind == sop.Persetujuan && !d.Office.CodeInSheet || s.role == sop.RoleMember {
		d.Code = "7KQF3M"
	}
	s.stage(&d)
	return d
}

func (s sample) stage(d *Data) {
	c := &d.Case
	aboutMember := s.role == sop.RoleMember || s.kind == sop.GagalKirim || s.topic == "problem-reported" || strings.HasPrefix(s.topic, "mend")
	if aboutMember {
		d.Letter.NIP = c.Members[1].Row.NIP
	}
	switch s.kind {
	case sop.Kekurangan:
		c.Status, c.Reading.Missing, c.Reading.Papers = sop.Incomplete, []document.Kind{document.SuratTugas}, c.Reading.Papers[:2]
		c.Reading.Problems = append(c.Reading.Problems, document.Problem{Row: 2, Field: "email", Code: "missing_email", Severity: document.Stop,
			Text: "alamat email kosong; mohon tuliskan alamat email kedinasan anggota ini"})
		d.Letter.Files = []sop.File{{Name: "daftar.xlsx"}}
	case sop.BacaUlang:
		c.Status, c.Due = sop.AwaitingRequester, at(7, 16, 0)
		c.Members[1].Row.Doubts = []string{"nama", "email"}
		d.Letter.Files = []sop.File{{Name: "formulir-perbaikan-PKJ-2026-0001.xlsx"}, {Name: "baris-2.png", ContentID: "baris-2.1.pkj-2026-0001@dinas.example"}}
		c.Reading.Problems = append(c.Reading.Problems, document.Problem{Row: 1, Field: "nip", Code: document.CodeDisagrees, Severity: document.Stop,
			Text: "NIP dalam formulir (198609262015051001) berbeda dengan NIP dalam SK (198609262015051002). Mohon pastikan NIP yang benar."})
		if s.topic == "open" {
			c.Members[2].Row.Email = ""
			c.Reading.Problems = append(c.Reading.Problems, document.Problem{Row: 3, Field: "email", Code: document.CodeMissingEmail, Severity: document.Stop,
				Text: "alamat surel belum diisi. Mohon lengkapi alamat surel pribadi yang aktif."})
		}
	case sop.Persetujuan:
		c.ReadBack = &sop.ReadBack{By: c.Requester, Answered: at(5, 9, 0), Corrected: []string{"Baris 2 (Ni Luh): email a@dinas.example menjadi b@dinas.example"}}
		if s.topic == "code-in-sheet" || s.topic == "mend" {
			c.ReadBack = nil
		}
		d.Letter.Files, d.Letter.Revision = []sop.File{{Name: "lembar-akun-PKJ-2026-0001.xlsx"}}, 2
		for i, p := range c.Reading.Papers {
			if c.Reading.Papers[i].Size = 240 << 10; i != 1 && s.topic != "mend" {
				d.Letter.Files = append(d.Letter.Files, sop.File{Name: p.File, Paper: p.SHA256})
			}
		}
		c.Reading.Papers[1].Size, c.Reading.Papers[1].Date = 12<<20+300<<10, "5 Januari 2026"
		if s.topic == "mend" {
			c.Members[1].Mend = &sop.Mend{Address: "ni.luh.lestari@mail.example", Marks: []string{"domain-luar"}, Fresh: true, Due: at(6, 16, 0), Expires: at(8, 16, 0)}
		}
		c.Changes = []string{"berkas baru: Surat penugasan Pokja (ST-17.pdf)", "alamat berubah: Ni Luh Contoh Lestari, S.T., M.Si."}
	case sop.Kredensial:
		d.UserID, d.Password = "niluh.lestari", secret.New([]byte(madeUp))
		if s.topic == "locked" {
			d.Password, d.Locked, d.Letter.Files = secret.Secret{}, true, []sop.File{{Name: "akun-PKJ-2026-0001.pdf"}}
		}
		if s.topic == "kept" {
			d.Password, c.Accounts[d.Letter.NIP] = secret.Secret{}, sop.Account{UserID: "niluh.lestari", Kept: true}
		}
	case sop.LaporanBulanan:
		d.Report = monthly()
		d.Case, d.Letter.Key = sop.Case{}, "2026-05/laporan-bulanan"
	case sop.Pendaftaran:
		d.Case, d.Letter.Key = sop.Case{Number: "office"}, "1777946400/pendaftaran/1"
	case sop.HasilPendaftaran:
		d.Case, d.Letter.Key = sop.Case{Number: "office"}, "0f3a/hasil-pendaftaran"
		d.Carried = &sop.Carried{At: at(5, 8, 0), From: "admin@dinas.example", DMARC: "pass (dinas.example)", DKIM: "pass (dinas.example)", SPF: "pass (dinas.example)",
			Signature: "S/MIME", Levels: []sop.Proof{{Level: sop.Standard, Result: sop.Proven, Reason: "dmarc-pass"},
				{Level: sop.Strict, Result: sop.Proven, Reason: "dkim-pass"}, {Level: sop.Signed, Result: sop.Unproven, Reason: "nothing-pinned"}}}
		if s.topic == "short" {
			d.Office.Level = sop.Strict
			d.Carried = &sop.Carried{At: at(5, 8, 0), From: "admin@dinas.example", DMARC: "none (dinas.example)", Fault: "sender-differs",
				Levels: []sop.Proof{{Level: sop.Standard, Result: sop.Unproven, Reason: "dmarc-none"}, {Level: sop.Strict, Result: sop.Unproven, Reason: "dmarc-none"},
					{Level: sop.Signed, Result: sop.Unproven, Reason: "dmarc-none"}}}
		}
	case sop.TitikPeriksa:
		d.Case, d.Letter.Key = sop.Case{Number: "office"}, "2026-05-05/titik-periksa/kepala-lpse"
		d.Letter.Files = []sop.File{{Name: "titik-periksa-2026-05-05.txt"}}
		d.Journal = &Journal{Lines: 12345, At: at(5, 8, 0)}
	case sop.RingkasanOperator:
		d.Case, d.Letter.Key = sop.Case{Number: "office"}, "2026-05-05/ringkasan-operator"
		refused := Alarm("request-unproven")
		d.Waiting = []Waiting{{What: "mail", ID: "UID 12-34", At: at(5, 9, 3), From: "staf@dinas.example", Subject: "SETUJU", Why: "refused, dmarc-none", Text: refused.Why, Remedy: refused.Next},
			{What: "case", ID: "PKJ-2026-0001", Case: "PKJ-2026-0001", At: at(4, 9, 3), From: "staf@dinas.example", Subject: "Permohonan akun", Why: "SK.pdf", Text: Alarm("needs-person").Why,
				Remedy: Alarm("needs-person").Next}}
	case sop.Bantuan:
		if s.topic != "" {
			d.Case, d.Letter.Key = sop.Case{Number: "office"}, "0f3a/bantuan"
		}
	case sop.Selesai:
		d.Letter.Files = []sop.File{{Name: "lembar-kendali.pdf"}}
	}
	s.progress(d)
	if s.topic == "full" {
		s.full(d)
	}
}

// full is an office that has chosen credentials.tembusan: full; one password was seen by others, one account exists already.
func (s sample) full(d *Data) {
	c := &d.Case
	d.Office.FullCopy = true
	if c.Approval == nil {
		c.Approval = &sop.Approval{}
	}
	c.Approval.Copy = d.Office.KepalaLPSE
	if s.kind != sop.Tembusan {
		return
	}
	for i := range 3 {
		c.Members[i].Row.No = i + 1
	}
	four := c.Members[0]
	four.Row.Nama, four.Row.NIP, four.Row.Email = "Ketut Contoh Sanjaya, S.E.", "199203152019031005", "ketut.contoh@dinas.example"
	c.Members = append(c.Members, four)
	c.Accounts[four.Row.NIP] = sop.Account{UserID: "ketut.sanjaya", Kept: true}
	c.Members[1].Exposed, c.Members[1].State = true, sop.MemberWrong
	d.Letter.Of = []string{c.Members[0].Row.NIP, c.Members[2].Row.NIP}
	d.Passwords = map[string]secret.Secret{d.Letter.Of[0]: secret.New([]byte(madeUp)), d.Letter.Of[1]: secret.New([]byte("Terima#2Kenari%x"))}
}

func (s sample) progress(d *Data) {
	c := &d.Case
	switch s.kind {
	case sop.Tembusan, sop.Selesai, sop.StatusKasus, sop.Eskalasi, sop.Pemberitahuan, sop.GagalKirim:
		if s.topic == "approval" {
			break
		}
		c.Approval = &sop.Approval{By: addresses[sop.RoleApprover], Address: "admin@dinas.example", At: at(5, 11, 2), Revision: 1, Mail: "m",
			Release: at(5, 11, 32), Released: s.topic != "approved"}
		c.Status, c.Owes, c.Due = sop.AwaitingReceipt, "member", at(7, 16, 0)
		for i := range c.Members {
			c.Members[i].State, c.Members[i].SentAt = sop.MemberSent, at(5, 11, 40+i)
		}
		c.Members[0].State, c.Members[0].Confirmed = sop.MemberConfirmed, at(5, 13, 5)
	}
	if s.kind == sop.GagalKirim || s.kind == sop.Tembusan {
		c.Members[1].State, c.Members[1].Note, c.Members[1].SentAt = sop.MemberFailed, "550 5.1.1 User unknown", time.Time{}
	}
	if s.topic == "approved" {
		c.Status = sop.Approved
	}
	if s.kind == sop.Eskalasi && s.topic != "approval" || s.kind == sop.Selesai {
		c.Deviations = []sop.Deviation{{Kind: "waktu", Step: "3.1", Owed: "member", At: at(7, 16, 0), By: "1 hari kerja",
			Text: "Penerimaan belum dikonfirmasi sampai tenggat", Reply: "anggota sedang dinas luar"}}
	}
	if s.kind == sop.Selesai {
		c.Status, c.Closed = sop.Done, at(8, 10, 15)
		for i := range c.Members {
			c.Members[i].State, c.Members[i].Confirmed = sop.MemberConfirmed, at(8, 9, i)
		}
		c.Members[2].Proof = "tanpa bukti"
	}
	if s.kind == sop.Penolakan || s.kind == sop.Dibatalkan {
		c.Status, c.Closed = sop.Rejected, at(5, 14, 0)
	}
}

var addresses = map[sop.Role]sop.Person{
	sop.RoleRequester: {Name: "Putu Staf Contoh", Address: "staf@dinas.example"},
	sop.RoleApprover:  {Name: "Admin Agency", Address: "admin@dinas.example"},
	sop.RoleMember:    {Name: "Ni Luh Contoh Lestari, S.T., M.Si.", Address: "ni.luh@dinas.example"},
	sop.RoleKepala:    {Name: "I Gede Teladan, S.Kom.", Address: "kepala.lpse@dinas.example"},
	sop.RoleBagian:    {Name: "Ida Ayu Misal, S.H.", Address: "kabag@dinas.example"},
	sop.RoleOperator:  {Name: "Operator", Address: "operator@dinas.example"},
}

func ordinary() sop.Case {
	rows := []document.Row{
		{No: 1, Nama: "I Made Contoh Wirawan, S.T.", NIP: "198609262015051001", Email: "made@dinas.example", Golongan: "III/c", Jabatan: "Pengelola PBJ Ahli Muda"},
		{No: 2, Nama: "Ni Luh Contoh Lestari, S.T., M.Si.", NIP: "199001152018012002", Email: "ni.luh@dinas.example", Golongan: "III/b", Jabatan: "Pengelola PBJ Ahli Pertama"},
		{No: 3, Nama: "Anak Agung Gede Contoh Putra", NIP: "198804302019031004", Email: "agung.putra@surel.example", Golongan: "III/a", Jabatan: "Staf Teknis", Doubts: []string{"nip"}},
	}
	hash := "3f7a09c41b52d86e90aa4471c0ffee5566778899aabbccddeeff001122334455"
	c := sop.Case{
		Number: "PKJ-2026-0001", Status: sop.AwaitingApproval, Opened: at(5, 9, 27), Requester: addresses[sop.RoleRequester],
		Subject: "Permohonan user ID dan password SPSE Pokja Pemilihan 12", Due: at(6, 16, 0), Expires: at(8, 16, 0), Owes: "approver",
		Revision: 1, Issue: 1, Accounts: map[string]sop.Account{},
		Reading: document.Reading{Roster: rows, Complete: true, Papers: []document.Paper{
			{File: "formulir.docx", SHA256: hash, Kind: document.Formulir, Title: "FORMULIR PERMOHONAN PEMBUATAN AKUN POKJA"},
			{File: "SK-12.pdf", SHA256: "b" + hash[1:], Pages: "1-6", Kind: document.SK, Number: "027/12/2026", MachineRead: true,
				Title: "KEPUTUSAN KEPALA BAGIAN PENGADAAN BARANG/JASA TENTANG PENETAPAN KELOMPOK KERJA PEMILIHAN"},
			{File: "ST-17.pdf", SHA256: "c" + hash[1:], Pages: "1", Kind: document.SuratTugas, Number: "094/17/2026", Title: "SURAT TUGAS"},
		}, Problems: []document.Problem{{Row: 3, Field: "nip", Code: "disagrees", Severity: document.Warn,
			Text: "NIP pada formulir berbeda satu angka dari NIP pada SK; mohon dicocokkan"}}},
	}
	for i, r := range rows {
		c.Members = append(c.Members, sop.Member{Row: r, State: sop.MemberWaiting})
		c.Accounts[r.NIP] = sop.Account{UserID: []string{"made.wirawan", "niluh.lestari", "agung.putra"}[i]}
	}
	c.Members[2].Marks = []string{"domain-luar"}
	return c
}

func monthly() *Report {
	return &Report{Month: at(15, 12, 0), Closed: 8, Open: 3, Charts: []Chart{{"grafik-status@laporan.ukpbjd", "Grafik: 11 permohonan menurut status"}},
		Shares: []Share{{"Persetujuan Admin Agency", "2.1", 9, 10}, {"Penerimaan oleh anggota", "3.1", 7, 7}}, Counts: []Count{{sop.AwaitingApproval, 1}, {sop.AwaitingReceipt, 2}, {sop.Done, 7}, {sop.Rejected, 1}},
		Medians: []Median{{"Permohonan sampai persetujuan", "4 jam 10 menit"}, {"Persetujuan sampai surat terkirim", "3 menit"},
			{"Surat terkirim sampai konfirmasi terakhir", "1 hari kerja"}},
		Deviations: []Lapse{{"PKJ-2026-0004", sop.Deviation{Kind: "waktu", Step: "1.5", Owed: "approver", At: at(12, 16, 0), By: "1 hari kerja",
			Text: "Persetujuan melampaui tenggat"}}}}
}

func TestGolden(t *testing.T) {
	set := shipped(t)
	for _, s := range samples {
		t.Run(s.name(), func(t *testing.T) {
			r, err := set.Render(s.data())
			if err != nil {
				t.Fatal(err)
			}
			golden(t, s.name()+".txt", "Subject: "+r.Subject+"\n\n"+r.Text)
			golden(t, s.name()+".html", r.HTML)
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the diff\n--- got\n%s", name, got)
	}
}

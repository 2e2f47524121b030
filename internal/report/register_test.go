package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
)

var wita = time.FixedZone("WITA", 8*3600)

func at(day, hour, minute int) time.Time {
	return time.Date(2026, 5, day, hour, minute, 0, 0, wita).UTC()
}

var head = Head{Office: "Bagian Pengadaan Barang/Jasa Setda Kabupaten Contoh", Year: 2026, Made: at(29, 9, 0), Zone: wita}

// ordinary is a closed case of an invented office.
func ordinary(n int) sop.Case {
	sha := func(c string) string { return strings.Repeat(c, 64) }
	c := sop.Case{
		Number: fmt.Sprintf("PKJ-2026-%04d", n), Status: sop.Done, Opened: at(5, 9, 27), Closed: at(7, 10, 15), Revision: 1, Issue: 1,
		Requester: sop.Person{Name: "Putu Staf Contoh", Address: "staf@dinas.example"}, Subject: "Permohonan user ID dan password SPSE Pokja Pemilihan 12",
		Accounts: map[string]sop.Account{}, KepalaCopied: true,
		Reading: document.Reading{Complete: true, Papers: []document.Paper{
			{File: "formulir.docx", SHA256: sha("a"), Kind: document.Formulir, Title: "FORMULIR PERMOHONAN PEMBUATAN AKUN POKJA"},
			{File: "SK-12.pdf", SHA256: sha("b"), Pages: "1-6", Kind: document.SK, Number: "027/12/2026", Title: "KEPUTUSAN KEPALA BAGIAN"},
			{File: "ST-17.pdf", SHA256: sha("c"), Pages: "1", Kind: document.SuratTugas, Number: "094/17/2026", Title: "SURAT TUGAS"}}},
		Approval: &sop.Approval{By: sop.Person{Name: "Admin Agency", Address: "admin@dinas.example"}, Address: "admin@dinas.example", At: at(5, 11, 2),
			Revision: 1, Issue: 1, Mail: sha("d"), Proof: "dmarc-pass", Release: at(5, 11, 2), Released: true, Papers: []string{sha("a"), sha("b"), sha("c")}, Roster: sha("e")},
	}
	for i, r := range []document.Row{
		{No: 1, Nama: "I Made Contoh Wirawan, S.T.", NIP: "198609262015051001", Email: "made@dinas.example", Golongan: "III/c", Jabatan: "Pengelola PBJ Ahli Muda"},
		{No: 2, Nama: "Ni Luh Contoh Lestari, S.T., M.Si.", NIP: "199001152018012002", Email: "ni.luh@dinas.example", Golongan: "III/b", Jabatan: "Pengelola PBJ Ahli Pertama"},
		{No: 3, Nama: "Anak Agung Gede Contoh Putra", NIP: "198804302019031004", Email: "agung.putra@surel.example", Golongan: "III/a", Jabatan: "Staf Teknis"},
	} {
		c.Members = append(c.Members, sop.Member{Row: r, Address: r.Email, State: sop.MemberConfirmed, Sends: 1, SentAt: at(5, 11, 3), Confirmed: at(6+i/2, 8, 30+i), Proof: "terbukti"})
		c.Accounts[r.NIP] = sop.Account{UserID: []string{"made.wirawan", "niluh.lestari", "agung.putra"}[i], Sealed: []byte("sealed-bytes")}
	}
	c.Members[2].Proof = "tanpa bukti"
	c.Deviations = []sop.Deviation{{Kind: "waktu", Step: "3.1", Owed: "member", At: at(7, 7, 30), By: "1 hari kerja",
		Text: "Penerimaan belum dikonfirmasi sampai tenggat.", Reply: "anggota sedang dinas luar"}}
	return c
}

func letters(c sop.Case) []Letter {
	out := []Letter{{Ref: "1/tanda-terima", Kind: sop.TandaTerima, To: c.Requester, Role: sop.RoleRequester, State: "accepted", Attempts: 1, Made: at(5, 9, 27), Ended: at(5, 9, 28), Answer: "250 2.0.0 Ok"},
		{Ref: "2/persetujuan", Kind: sop.Persetujuan, To: c.Approval.By, Role: sop.RoleApprover, State: "accepted", Attempts: 1, Made: at(5, 9, 28), Ended: at(5, 9, 28)}}
	for i, m := range c.Members {
		out = append(out, Letter{Ref: fmt.Sprintf("%d/kredensial", 3+i), Kind: sop.Kredensial, To: sop.Person{Name: m.Row.Nama, Address: m.Address}, Role: sop.RoleMember,
			State: "accepted", Attempts: 1, Made: at(5, 11, 2), Ended: at(5, 11, 3)})
	}
	return append(out, Letter{Ref: "7/tembusan", Kind: sop.Tembusan, To: sop.Person{Name: "I Gede Teladan", Address: "kepala.lpse@dinas.example"}, Role: sop.RoleKepala,
		State: "failed", Attempts: 3, Made: at(5, 11, 3), Ended: at(6, 11, 3), Answer: "550 5.1.1 User unknown"})
}

func entry(n int) Entry {
	c := ordinary(n)
	e := EntryOf(c)
	e.Letters = letters(c)
	return e
}

func seq(es ...Entry) Entries {
	return func(yield func(Entry, error) bool) {
		for _, e := range es {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func workbook(t testing.TB, entries Entries) *excelize.File {
	t.Helper()
	var b bytes.Buffer
	if err := WriteXLSX(&b, t.TempDir(), head, entries); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestWorkbook(t *testing.T) {
	f := workbook(t, seq(entry(1), entry(2), Entry{Letters: []Letter{{Ref: "2026-05/laporan-bulanan", Kind: sop.LaporanBulanan, State: "queued", Made: at(29, 8, 0)}},
		Accounts: []Account{{NIP: "199001152018012002", Nama: "Contoh", UserID: "=contoh", Since: at(4, 9, 0), Case: "PKJ-2026-0001", State: "kunci masih ada"}}}))
	if got := strings.Join(f.GetSheetList(), " "); got != "Kasus Anggota Penyimpangan Surat Akun" {
		t.Fatalf("sheets: %s", got)
	}
	for sheet, want := range map[string]int{"Kasus": 3, "Anggota": 7, "Penyimpangan": 3, "Surat": 14, "Akun": 2} {
		rows, err := f.GetRows(sheet)
		if err != nil || len(rows) != want {
			t.Errorf("%s has %d rows, want %d (%v)", sheet, len(rows), want, err)
		}
		panes, err := f.GetPanes(sheet)
		if err != nil || !panes.Freeze || panes.YSplit != 1 {
			t.Errorf("%s: the header is not frozen: %+v %v", sheet, panes, err)
		}
	}
	nip, _ := f.GetCellValue("Anggota", "D2")
	if kind, _ := f.GetCellType("Anggota", "D2"); nip != "198609262015051001" || kind != excelize.CellTypeInlineString {
		t.Errorf("NIP is %q of type %v, want text", nip, kind)
	}
	raw, _ := f.GetCellValue("Kasus", "C2", excelize.Options{RawCellValue: true})
	shown, _ := f.GetCellValue("Kasus", "C2")
	if !strings.HasPrefix(raw, "46147.39") || shown != "05-05-2026 09:27" {
		t.Errorf("opened is %q, shown as %q; want the serial of 5 May 2026 09:27 in the office's zone", raw, shown)
	}
	names := f.GetDefinedName()
	if len(names) != len(tables) {
		t.Errorf("filters: %d, want %d", len(names), len(tables))
	}
	for _, n := range names {
		if n.Name != "_xlnm._FilterDatabase" {
			t.Errorf("unexpected name %q", n.Name)
		}
	}
}

func TestEmptyRegister(t *testing.T) {
	f := workbook(t, seq())
	rows, err := f.GetRows("Kasus")
	if err != nil || len(rows) != 1 || rows[0][0] != "Nomor" {
		t.Errorf("an empty year: %v %v", rows, err)
	}
}

// TestOverflow: what has no room on a sheet goes on in a further one, with its own header.
func TestOverflow(t *testing.T) {
	b, err := newBook(t.TempDir(), head)
	if err != nil {
		t.Fatal(err)
	}
	defer b.f.Close()
	b.most = 3
	for _, x := range tables {
		b.leaves = append(b.leaves, b.leaf(x, 1))
	}
	if err := each(seq(entry(1), entry(2)), b.put); err != nil {
		t.Fatal(err)
	}
	for _, l := range b.leaves {
		b.finish(l)
	}
	var out bytes.Buffer
	if err := b.write(&out); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Anggota (3)")
	if err != nil || len(rows) != 3 || rows[0][3] != "NIP" || rows[2][3] != "198804302019031004" {
		t.Errorf("the third sheet of members: %v %v", rows, err)
	}
}

var hostile = []string{"=1+1", "+62 811", "-2+3", "@SUM(A1)", "\t=1", "=HYPERLINK(\"http://x.example\")", "|calc", "%0A=1", "\u200b=1", "\r\n=cmd", "198609262015051001", strings.Repeat("ы", 40000), "a\x00b", "\xff\xfe"}

// TestNoFormula: nothing that came by mail is a formula in a workbook, nor looks like one in a CSV.
func TestNoFormula(t *testing.T) {
	var es []Entry
	for i, s := range hostile {
		e := entry(i + 1)
		e.Subject, e.Requester.Name, e.Outcome = s, s, s
		e.Members[0].Nama, e.Members[0].Note, e.Deviations[0].Reply, e.Letters[0].Answer = s, s, s, s
		es = append(es, e)
	}
	f := workbook(t, seq(es...))
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for y, r := range rows {
			for x := range r {
				name, _ := excelize.CoordinatesToCellName(x+1, y+1)
				if formula, _ := f.GetCellFormula(sheet, name); formula != "" {
					t.Errorf("%s!%s is the formula %q", sheet, name, formula)
				}
			}
		}
	}
	for _, lines := range csvOf(t, seq(es...)) {
		for _, line := range lines {
			for _, cell := range line {
				if cell != "" && strings.ContainsRune("=+-@\t\r|%", rune(cell[0])) && cell != "-" {
					t.Errorf("a CSV cell begins like a formula: %.40q", cell)
				}
			}
		}
	}
}

func csvOf(t testing.TB, entries Entries) [][][]string {
	t.Helper()
	bufs := make([]bytes.Buffer, len(tables))
	var files []io.Writer
	for i := range bufs {
		files = append(files, &bufs[i])
	}
	if err := WriteCSV(files, head, entries); err != nil {
		t.Fatal(err)
	}
	var out [][][]string
	for i := range bufs {
		lines, err := csv.NewReader(&bufs[i]).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, lines)
	}
	return out
}

func TestCSV(t *testing.T) {
	files := csvOf(t, seq(entry(1)))
	if got := files[0][1][2]; got != "2026-05-05 09:27:00" {
		t.Errorf("opened: %q", got)
	}
	if got := files[1][1][3]; got != "'198609262015051001" {
		t.Errorf("a NIP of 18 digits would be rounded: %q", got)
	}
	if len(files[3]) != 7 {
		t.Errorf("%d lines of letters, want 7", len(files[3]))
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, head, seq(entry(1), entry(2))); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Year  int     `json:"year"`
		Cases []Entry `json:"cases"`
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Year != 2026 || len(got.Cases) != 2 || got.Cases[1].Members[0].NIP != "198609262015051001" {
		t.Errorf("%+v", got)
	}
	if strings.Contains(b.String(), "sealed") {
		t.Error("the register shows what is sealed")
	}
	b.Reset()
	if err := WriteJSON(&b, head, seq()); err != nil || !json.Valid(b.Bytes()) {
		t.Errorf("empty: %v %s", err, b.String())
	}
}

// TestErrorEndsIt: a register that could not be read to its end is an error, in every format.
func TestErrorEndsIt(t *testing.T) {
	gone := errors.New("gone")
	broken := func(yield func(Entry, error) bool) {
		if yield(entry(1), nil) {
			yield(Entry{}, gone)
		}
	}
	for name, write := range map[string]func() error{
		"xlsx": func() error { return WriteXLSX(io.Discard, t.TempDir(), head, broken) },
		"json": func() error { return WriteJSON(io.Discard, head, broken) },
		"csv": func() error {
			return WriteCSV([]io.Writer{io.Discard, io.Discard, io.Discard, io.Discard, io.Discard}, head, broken)
		},
	} {
		if err := write(); !errors.Is(err, gone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSameBytes(t *testing.T) {
	make := func() []byte {
		var b bytes.Buffer
		if err := WriteXLSX(&b, t.TempDir(), head, seq(entry(1))); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	sheet := func(raw []byte) string {
		f, err := excelize.OpenReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, _ := f.GetRows("Surat")
		return fmt.Sprint(rows)
	}
	if a, b := make(), make(); len(a) != len(b) || sheet(a) != sheet(b) {
		t.Error("the same cases give different workbooks")
	}
}

// TestSerial: a workbook's number means the wall-clock time that was written.
func TestSerial(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := time.Unix(rapid.Int64Range(0, 4102444800).Draw(t, "unix"), 0).In(wita)
		got, err := excelize.ExcelDateToTime(serial(want), false)
		if err != nil || got.Round(time.Second).Format(time.DateTime) != want.Format(time.DateTime) {
			t.Fatalf("%s became %s (%v)", want, got, err)
		}
	})
}

// TestHundredThousand holds issue 5's bound: 100,000 cases within 60 s and 200 MiB. It takes a while, so it runs on request.
func TestHundredThousand(t *testing.T) {
	if os.Getenv("UKPBJD_LONG") == "" {
		t.Skip("UKPBJD_LONG is not set")
	}
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "register.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var most uint64
	entries := func(yield func(Entry, error) bool) {
		var m runtime.MemStats
		for i := range 100_000 {
			if i%5000 == 0 {
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
			if !yield(entry(i+1), nil) {
				return
			}
		}
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(MemoryWanted))
	began := time.Now()
	if err := WriteXLSX(f, dir, head, entries); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("%s, heap at most %d MiB, from the system %d MiB", took, most>>20, m.Sys>>20)
	if took > 60*time.Second || m.Sys > 200<<20 {
		t.Errorf("took %s and %d MiB; at most 60 s and 200 MiB", took, m.Sys>>20)
	}
}

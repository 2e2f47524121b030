package report

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
)

func sheetOf(c sop.Case) Sheet {
	s := Sheet{Office: "Bagian Pengadaan Barang/Jasa Setda Kabupaten Contoh", Mailbox: "ukpbj@dinas.example", Case: c, Zone: wita, Made: at(7, 10, 15),
		KepalaLPSE: "I Gede Teladan, S.Kom.", KepalaBagian: "Ida Ayu Misal, S.H.",
		Evidence: Evidence{Label: "Titik periksa jurnal kantor (banyaknya baris, akar pohon SHA-256 menurut RFC 6962)", Value: "1234 0f3a9c41" + strings.Repeat("Qx", 17) + "0="}}
	for i, e := range []sop.Event{{Kind: "case-opened", At: at(5, 9, 27)}, {Kind: "approval-asked", At: at(5, 9, 28)},
		{Kind: "approved", At: at(5, 11, 2), Actor: "admin@dinas.example", Data: map[string]string{"proof": "dmarc-pass"}},
		{Kind: "letter-accepted", At: at(5, 11, 3), Data: map[string]string{"kind": "kredensial"}}, {Kind: "tembusan", At: at(5, 11, 3)}, {Kind: "receipt-confirmed", At: at(7, 8, 32)}, {Kind: "closed", At: at(7, 10, 15)},
		{Kind: "letter-accepted", At: at(7, 10, 16), Data: map[string]string{"kind": "selesai"}}} {
		s.Journal = append(s.Journal, Line{3*i + 1, e})
	}
	return s
}

func pdfOf(t testing.TB, s Sheet) []byte {
	t.Helper()
	b, err := s.PDF()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// textOf reads a PDF back with poppler, where there is one.
func textOf(t testing.TB, pdf []byte) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("UKPBJD_REAL") == "1" {
			t.Fatal("UKPBJD_REAL=1 and no pdftotext")
		}
		t.Skip("pdftotext is not installed")
	}
	cmd := exec.Command("pdftotext", "-layout", "-enc", "UTF-8", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestSheetSays(t *testing.T) {
	got := textOf(t, pdfOf(t, sheetOf(ordinary(1))))
	for _, want := range []string{"SEKRETARIAT DAERAH", "PEMERINTAH KABUPATEN CONTOH", "LEMBAR KENDALI", "Nomor PKJ-2026-0001", "Ni Luh Contoh Lestari, S.T., M.Si.",
		"19860926 201505 1 001", "027/12/2026", "094/17/2026", "05-05-2026 11.03", "tanpa bukti", "Disetujui", "J-7", "J-10", "J-16", "anggota sedang dinas luar", "(tanda tangan dan cap)",
		"0f3a9c41", "Halaman 1 dari"} {
		if !strings.Contains(got, want) {
			t.Errorf("the sheet does not say %q", want)
		}
	}
	if strings.Contains(got, "J-22") {
		t.Error("row 2.3 cites a letter that carries no credential")
	}
	if flat := strings.Join(strings.Fields(got), ""); strings.Contains(flat, "sealed-bytes") {
		t.Error("the sheet shows what is sealed")
	}
}

func TestSheetSameBytes(t *testing.T) {
	if s := sheetOf(ordinary(1)); !bytes.Equal(pdfOf(t, s), pdfOf(t, s)) {
		t.Error("the same case gives different sheets")
	}
}

// TestJoint: a long word is torn where it is read easily, and always loses something to the next line.
func TestJoint(t *testing.T) {
	for head, want := range map[string]string{"gede.yudiana78@tirtawana.exampl": "gede.yudiana78", "@tirtawana.kabupaten.exa": "@tirtawana.kabupaten.",
		"abcdef0123": "abcdef0123", "a.bcdefghijkl": "a.bcdefghijkl", "": "", ".": "."} {
		if got := joint(head); got != want {
			t.Errorf("%q is torn after %q, want %q", head, got, want)
		}
	}
}

// TestSheetBears whatever a case may hold: nothing, very much, and letters that no font of a PDF has.
func TestSheetBears(t *testing.T) {
	for _, c := range []sop.Case{{Number: "PKJ-2026-0001"}, large(75), strange()} {
		s := sheetOf(c)
		got := textOf(t, pdfOf(t, s))
		if !strings.Contains(got, "LEMBAR KENDALI") {
			t.Errorf("%s: %.200s", c.Number, got)
		}
		if n := len(c.Members); n > 50 && strings.Count(got, "NIP 1986") != n {
			t.Errorf("%d members are printed, want %d", strings.Count(got, "NIP 1986"), n)
		}
	}
}

func large(n int) sop.Case {
	c := ordinary(2)
	c.Members = nil
	for i := range n {
		c.Members = append(c.Members, sop.Member{Row: document.Row{Nama: fmt.Sprintf("Anggota Contoh ke-%d dengan nama yang panjang sekali, S.T., M.Si.", i+1),
			NIP: fmt.Sprintf("1986092620150510%02d", i), Email: fmt.Sprintf("alamat.yang.panjang.sekali.tanpa.putus.nomor.%d@dinas.example", i)}, State: sop.MemberSent, SentAt: at(5, 11, 3)})
	}
	return c
}

func strange() sop.Case {
	c := ordinary(3)
	for i, s := range hostile[:3] {
		c.Members[i].Row.Nama, c.Members[i].Note = s, s
	}
	c.Members[0].Row.Nama = "Ꝑŭťų 𝔅𝔞𝔩𝔦 ᬩᬮᬶ \u202e Contoh"
	c.Subject = strings.Repeat("x", 500) + "\x00\xff"
	c.Deviations[0].Text = strings.Repeat("kata panjang sekali ", 200)
	return c
}

// TestLook writes pictures for a person to look at: UKPBJD_LOOK=dir go test -run Look ./internal/report
func TestLook(t *testing.T) {
	dir := os.Getenv("UKPBJD_LOOK")
	if dir == "" {
		t.Skip("UKPBJD_LOOK is not set")
	}
	for name, c := range map[string]sop.Case{"one": ordinary(1), "large": large(25), "strange": strange(), "empty": {Number: "PKJ-2026-0001"}} {
		path := filepath.Join(dir, name+".pdf")
		if err := os.WriteFile(path, pdfOf(t, sheetOf(c)), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("pdftoppm", "-r", "70", "-png", path, filepath.Join(dir, name)).CombinedOutput(); err != nil {
			t.Fatal(string(out))
		}
	}
}

func BenchmarkSheet(b *testing.B) {
	s := sheetOf(ordinary(1))
	for b.Loop() {
		if _, err := s.PDF(); err != nil {
			b.Fatal(err)
		}
	}
}

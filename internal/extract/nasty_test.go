package extract

import (
	"archive/zip"
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"codeberg.org/go-pdf/fpdf"
	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
)

func lockedXLSX(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetCellStr("Sheet1", "A1", "FORMULIR PERMOHONAN PEMBUATAN AKUN POKJA"); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out, excelize.Options{Password: "rahasia"}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func lockedPDF(t *testing.T) []byte {
	t.Helper()
	p := fpdf.New("P", "mm", "A4", "")
	p.SetProtection(fpdf.CnProtectPrint, "rahasia", "pemilik")
	p.AddPage()
	p.SetFont("Helvetica", "", 12)
	p.Cell(100, 10, "FORMULIR PERMOHONAN PEMBUATAN AKUN POKJA")
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// lockedZIP says of its member that it is encrypted, as every reader must believe.
func lockedZIP(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "formulir.xlsx", Method: zip.Store, Flags: 1, CompressedSize64: 20, UncompressedSize64: 8})
	if err == nil {
		_, err = w.Write(bytes.Repeat([]byte{0xA5}, 20))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Whatever an office sends, each file has its row in the answer: read as what it is, or named by why it was not. None of them
// lets a request pass for complete, and a file that nobody can read is never called missing.
func TestNastyAttachments(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 1))
	people := invent(rnd, 3)
	grid := gridOf(columnsOf(rnd), people)
	pdf, xlsx := makePDF(t, rnd, ruled, formHead, grid, formFoot), makeXLSX(t, rnd, grid)
	ole := func(names ...string) []byte {
		b := append([]byte{}, oleMagic...)
		b = append(b, make([]byte, 600)...)
		for _, n := range names {
			b = append(b, utf16le(n)...)
		}
		return b
	}
	for _, c := range []struct {
		name   string
		data   []byte
		kind   document.Kind
		reason string
	}{
		{"terkunci.xlsx", lockedXLSX(t), document.Unreadable, document.ReasonEncrypted},
		{"terkunci.pdf", lockedPDF(t), document.Unreadable, document.ReasonEncrypted},
		{"terkunci.zip", lockedZIP(t), document.Unreadable, document.ReasonEncrypted},
		{"sebenarnya-pdf.xlsx", pdf, document.Formulir, ""},
		{"sebenarnya-xlsx.pdf", xlsx, document.Formulir, ""},
		{"sebenarnya-xlsx.jpg", xlsx, document.Formulir, ""},
		{"kosong.pdf", nil, document.Unreadable, document.ReasonEmpty},
		{"kosong.zip", zipOf(t, map[string]string{}), document.Unreadable, document.ReasonEmpty},
		{"berkas.rar", []byte("Rar!\x1a\x07\x01\x00" + "invented"), document.Unreadable, document.ReasonUnsupported},
		{"berkas.7z", []byte("7z\xBC\xAF\x27\x1C\x00\x04invented"), document.Unreadable, document.ReasonUnsupported},
		{"IMG_0001.HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + "invented"), document.Unreadable, document.ReasonUnsupported},
		{"surat.msg", ole("__substg1.0_0037001F"), document.Unreadable, document.ReasonUnsupported},
		{"surat-dengan-lampiran.msg", ole("__substg1.0_37010102", "WordDocument", "EncryptedPackage"), document.Unreadable, document.ReasonUnsupported},
	} {
		files := []message.Attachment{{Name: c.name, Bytes: c.data}}
		r := document.Read(document.Bundle{Sources: New(Options{OCR: "off", TempDir: t.TempDir()}).All(context.Background(), files)})
		if len(r.Papers) != 1 || r.Papers[0].Kind != c.kind || r.Papers[0].Reason != c.reason {
			t.Errorf("%s: %+v, want %s %s", c.name, r.Papers, c.kind, c.reason)
			continue
		}
		if unread := c.kind == document.Unreadable; r.Complete || r.NeedsPerson != unread || !unread && len(r.Roster) != 3 || unread && len(r.Missing) > 2+len(r.Papers) {
			t.Errorf("%s: complete %v, needs a person %v, %d rows, missing %v", c.name, r.Complete, r.NeedsPerson, len(r.Roster), r.Missing)
		}
	}
}

package stage

import (
	"archive/zip"
	"bytes"
	"image"
	"image/color"
	"image/png"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"
	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/document"
	"ukpbjd/internal/extract/clamdtest"
	"ukpbjd/internal/form"
	"ukpbjd/internal/message"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// papers is one play about papers.
type papers struct {
	*play
	style rehearsal.Style // of the requester's answers
}

func playPapers(t *testing.T, members []sop.Person, change func(*config.Config)) papers {
	t.Helper()
	x := open(t, rehearsal.Bundle{}, Options{Members: members, Change: change})
	x.do(x.Start(x.ctx))
	return papers{x, rehearsal.Outlook}
}

func parsed(raw []byte) *message.Message { return message.Parse(raw, message.DefaultLimits(), nil) }

// await waits for a letter of a case.
func (p papers) await(to sop.Person, kind sop.LetterKind) Letter {
	p.t.Helper()
	l, err := p.Await(p.ctx, to, "PKJ-", kind)
	p.do(err)
	return l
}

// shown is the only case, as `show` tells of it.
func (p papers) shown() control.CaseView {
	p.t.Helper()
	v, err := p.Daemon.Control.Show(p.ctx, p.only().Number)
	p.do(err)
	return v
}

func (p papers) ask(b rehearsal.Bundle) {
	p.t.Helper()
	p.do(p.Request(b, true))
}

func (p papers) answer(l Letter, text string, files ...sop.File) {
	p.t.Helper()
	p.do(p.Answer(l, text, p.style, files...))
}

// unasked wants nothing to have been asked of the approver, and the books in order.
func (p papers) unasked() {
	p.t.Helper()
	mails, err := p.Post.Messages(p.Cast.Admin.Address, "INBOX")
	if err != nil || len(mails) > 0 {
		p.t.Errorf("the approver has %d letters, %v", len(mails), err)
	}
	p.sound()
}

func invented(t *testing.T, o rehearsal.Office) rehearsal.Bundle {
	t.Helper()
	o.Domain = Domain
	b, err := rehearsal.Papers(7, 3, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// edited is a workbook after a person typed into it: what by the text of the cell to its left or in the same row.
func edited(t *testing.T, f sop.File, change func(book *excelize.File, tab string, rows [][]string)) sop.File {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(f.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close() //nolint:errcheck // nothing of it is on disk
	tab := book.GetSheetName(0)
	rows, err := book.GetRows(tab)
	if err != nil {
		t.Fatal(err)
	}
	change(book, tab, rows)
	out, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	f.Bytes = out.Bytes()
	return f
}

// typed writes text into the column under head, in the row of the member with that number.
func typed(t *testing.T, book *excelize.File, tab string, rows [][]string, no, head, text string) {
	t.Helper()
	col, row := 0, 0
	for r, cells := range rows {
		for c, x := range cells {
			if x == head {
				col = c + 1
			}
		}
		if col > 0 && len(cells) > 0 && cells[0] == no && row == 0 {
			row = r + 1
		}
	}
	name, err := excelize.CoordinatesToCellName(col, row)
	if err == nil {
		err = book.SetCellStr(tab, name, text)
	}
	if err != nil {
		t.Fatalf("no cell for %q of number %s: %v", head, no, err)
	}
}

func markedUp(t *testing.T, l Letter) sop.File {
	t.Helper()
	for _, f := range l.Msg.Files {
		if strings.HasPrefix(f.Name, "formulir-perbaikan-PKJ-") {
			return sop.File{Name: f.Name, MediaType: f.ContentType, Bytes: f.Bytes}
		}
	}
	t.Fatalf("the letter carries no marked-up return: %d files", len(l.Msg.Files))
	return sop.File{}
}

// TestMarkedUpReturn: a wrong NIP and a missing address come back in the office's own workbook, mended, and the request goes on,
// whatever of our letter the answer quotes.
func TestMarkedUpReturn(t *testing.T) {
	for _, style := range rehearsal.Styles {
		t.Run(string(style), func(t *testing.T) {
			t.Parallel()
			mendsAndReturns(t, style)
		})
	}
}

func mendsAndReturns(t *testing.T, style rehearsal.Style) {
	b := invented(t, rehearsal.Office{Fault: document.CodeBadNIP})
	want := invented(t, rehearsal.Office{}).Roster
	b.Files[0] = edited(t, b.Files[0], func(book *excelize.File, tab string, rows [][]string) {
		typed(t, book, tab, rows, "2", "Email", "")
	})
	p := playPapers(t, People(b), nil)
	p.style = style
	p.ask(b)
	lack := p.await(p.Cast.Staff, sop.Kekurangan)
	v := p.shown()
	if v.Status != sop.Incomplete.Label() || !strings.Contains(lack.Msg.Text, "beri tanda terlampir") {
		t.Fatalf("%s: %s", v.Status, lack.Msg.Text)
	}
	before := v.Reading.Papers
	mended := edited(t, markedUp(t, lack), func(book *excelize.File, tab string, rows [][]string) {
		typed(t, book, tab, rows, "2", "Email", want[1].Email)
		typed(t, book, tab, rows, "3", "NIP", want[2].NIP)
	})
	p.answer(lack, "Terlampir formulir yang sudah diperbaiki.", mended)
	approval := p.await(p.Cast.Admin, sop.Persetujuan)
	v = p.shown()
	if v.Revision != 2 || len(v.Members) != 3 || len(v.Reading.Papers) != len(before)+1 {
		t.Fatalf("revision %d, %d members, papers %+v", v.Revision, len(v.Members), v.Reading.Papers)
	}
	for i, m := range v.Members {
		if m.NIP != want[i].NIP || m.Email != want[i].Email || m.Nama != want[i].Nama {
			t.Errorf("member %d: %+v, want %+v", i+1, m, want[i])
		}
	}
	for _, x := range v.Reading.Papers {
		fresh := strings.HasPrefix(x.File, "formulir-perbaikan-")
		if x.Replaced != (x.Kind == document.Formulir && !fresh) {
			t.Errorf("%+v", x)
		}
	}
	p.answer(approval, "SETUJU")
	for _, m := range People(rehearsal.Bundle{Roster: want}) {
		p.await(m, sop.Kredensial)
	}
	p.sound()
}

// A return that nobody has mended is no step forward: the same letter comes again, and the approver hears nothing.
func TestUnmendedReturn(t *testing.T) {
	b := invented(t, rehearsal.Office{Fault: document.CodeMissingEmail})
	p := playPapers(t, nil, nil)
	p.ask(b)
	lack := p.await(p.Cast.Staff, sop.Kekurangan)
	file := markedUp(t, lack)
	p.answer(lack, "Terlampir.", file)
	again := p.newest(p.Cast.Staff, sop.Kekurangan, lack)
	if !bytes.Equal(markedUp(t, again).Bytes, file.Bytes) {
		t.Error("the same roster made another workbook")
	}
	p.unasked()
}

// sealedPDF needs a password to be read.
func sealedPDF(t *testing.T) []byte {
	t.Helper()
	d := fpdf.New("P", "mm", "A4", "")
	d.SetProtection(0, "buka-1", "milik-2")
	d.AddPage()
	d.SetFont("Helvetica", "", 12)
	d.Cell(100, 10, "SURAT TUGAS")
	var b bytes.Buffer
	if err := d.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// scan is a page that is a picture only.
func scan(t *testing.T) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 1240, 1754))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for y := 200; y < 1500; y += 40 {
		for x := 150; x < 1100; x++ {
			if x%7 < 4 {
				img.SetGray(x, y, color.Gray{})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWhatCannotBeReadIsLookedAt: never "missing", never passed on; the requester is told and the operator warned.
func TestWhatCannotBeReadIsLookedAt(t *testing.T) {
	for _, c := range []struct {
		name   string
		spoil  func(t *testing.T, f *sop.File)
		clamd  func(t *testing.T) string
		reason string
	}{
		{"encrypted PDF", func(t *testing.T, f *sop.File) { f.Bytes = sealedPDF(t) }, nil, document.ReasonEncrypted},
		{"corrupt DOCX", func(t *testing.T, f *sop.File) {
			_, docx, err := form.Blank("")
			if err != nil {
				t.Fatal(err)
			}
			f.Name, f.Bytes = "Surat Tugas.docx", docx[:len(docx)/2]
		}, nil, document.ReasonCorrupt},
		{"scan without OCR", func(t *testing.T, f *sop.File) {
			f.Name, f.MediaType, f.Bytes = "scan001.png", "image/png", scan(t)
		}, nil, document.ReasonNoText},
		{"empty file", func(_ *testing.T, f *sop.File) { f.Bytes = nil }, nil, document.ReasonEmpty},
		{"scanner is down", nil, func(t *testing.T) string { return filepath.Join(t.TempDir(), "nobody") }, document.ReasonUnscanned},
		{"scanner hangs up", nil, func(t *testing.T) string { return clamdtest.Listen(t, clamdtest.Always("")) }, document.ReasonUnscanned},
		{"over the scanner's limit", nil, func(t *testing.T) string { return clamdtest.Listen(t, clamdtest.Always(clamdtest.TooLarge)) }, document.ReasonUnscanned},
		{"malware", nil, func(t *testing.T) string { return clamdtest.Listen(t, clamdtest.Always(clamdtest.Malware)) }, document.ReasonMalware},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := invented(t, rehearsal.Office{})
			if c.spoil != nil {
				c.spoil(t, &b.Files[2])
			}
			p := playPapers(t, nil, func(k *config.Config) {
				k.Extract.OCR = "off"
				if c.clamd != nil {
					k.Extract.Clamd = c.clamd(t)
				}
			})
			p.ask(b)
			lack := p.await(p.Cast.Staff, sop.Kekurangan)
			p.await(p.Cast.Operator, sop.PeringatanOperator)
			v := p.shown()
			if v.Status != sop.NeedsReview.Label() || len(v.Reading.Missing) > 0 || v.Owes != "operator" {
				t.Errorf("%s, missing %v, owes %s", v.Status, v.Reading.Missing, v.Owes)
			}
			if strings.Contains(lack.Msg.Text, "Belum ada:") {
				t.Errorf("called missing:\n%s", lack.Msg.Text)
			}
			found := false
			for _, x := range v.Reading.Papers {
				found = found || x.Kind == document.Unreadable && x.Reason == c.reason
			}
			if !found {
				t.Errorf("papers %+v, want one that is %s", v.Reading.Papers, c.reason)
			}
			p.unasked()
			if c.clamd != nil {
				return
			}
			whole := invented(t, rehearsal.Office{}).Files[2]
			whole.Name = "Surat Tugas (baru).pdf"
			p.answer(lack, "Terlampir surat tugas yang dapat dibaca.", whole)
			p.await(p.Cast.Admin, sop.Persetujuan)
			p.sound()
		})
	}
}

// The control: with a scanner that finds nothing, the same request goes on.
func TestCleanPapersPassTheScanner(t *testing.T) {
	socket := clamdtest.Listen(t, clamdtest.Always(clamdtest.Clean))
	p := playPapers(t, nil, func(k *config.Config) { k.Extract.Clamd = socket })
	p.ask(invented(t, rehearsal.Office{}))
	p.await(p.Cast.Admin, sop.Persetujuan)
	p.sound()
}

// TestArchiveSupplemented: papers that came in a ZIP are still there when the one that was missing follows.
func TestArchiveSupplemented(t *testing.T) {
	b := invented(t, rehearsal.Office{})
	task := b.Files[2]
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, f := range b.Files[:2] {
		w, err := z.Create(f.Name)
		if err == nil {
			_, err = w.Write(f.Bytes)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	b.Files = []sop.File{{Name: "berkas.zip", MediaType: "application/zip", Bytes: packed.Bytes()}}
	p := playPapers(t, nil, nil)
	p.ask(b)
	lack := p.await(p.Cast.Staff, sop.Kekurangan)
	p.answer(lack, "Terlampir surat tugas.", task)
	p.await(p.Cast.Admin, sop.Persetujuan)
	v := p.shown()
	if len(v.Reading.Papers) != 3 || len(v.Members) != 3 {
		t.Errorf("%+v", v.Reading.Papers)
	}
	p.sound()
}

package intake

import (
	"bytes"
	"encoding/base64"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Attacks on what is approved: the account sheet that comes back with SETUJU, and papers that change around the answer.

const firstRow = 8 // of the members in the account sheet; B name, C NIP, D address, E User ID, F password

// sheetEdit changes the opened account sheet of the approval letter.
type sheetEdit func(b *excelize.File, tab string) error

func cells(pairs ...string) sheetEdit {
	return func(b *excelize.File, tab string) (err error) {
		for i := 0; i < len(pairs); i += 2 {
			err = errors.Join(err, b.SetCellStr(tab, pairs[i], pairs[i+1]))
		}
		return err
	}
}

func swapped(one, other string) sheetEdit {
	return func(b *excelize.File, tab string) error {
		x, err := b.GetCellValue(tab, one)
		y, err2 := b.GetCellValue(tab, other)
		return errors.Join(err, err2, b.SetCellStr(tab, one, y), b.SetCellStr(tab, other, x))
	}
}

func all(edits ...sheetEdit) sheetEdit {
	return func(b *excelize.File, tab string) (err error) {
		for _, e := range edits {
			err = errors.Join(err, e(b, tab))
		}
		return err
	}
}

// withSheet is an approval with the sheet as edit leaves it, saved with a passphrase; an empty one saves it in the clear.
func (t *target) withSheet(tb testing.TB, edit sheetEdit, save string) *bent {
	tb.Helper()
	const pass = "frasa sandi lembar akun"
	var sheet []byte
	for _, f := range message.Parse(t.raw, message.DefaultLimits(), nil).Files {
		if strings.HasPrefix(f.Name, "lembar-akun-") {
			sheet = f.Bytes
		}
	}
	book, err := excelize.OpenReader(bytes.NewReader(sheet), excelize.Options{Password: pass})
	if err != nil {
		tb.Fatal("open the sheet: ", err)
	}
	defer book.Close()
	if edit != nil {
		err = edit(book, book.GetSheetName(0))
	}
	var out bytes.Buffer
	if err = errors.Join(err, book.Write(&out, excelize.Options{Password: save})); err != nil {
		tb.Fatal("edit the sheet: ", err)
	}
	m := t.answer()
	m.kind = `multipart/mixed; boundary="b"`
	return m.text("--b\nContent-Type: text/plain; charset=utf-8\n\nSETUJU " + t.code + "\n--b\nContent-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet; name=lembar-akun.xlsx\n" +
		"Content-Disposition: attachment; filename=lembar-akun.xlsx\nContent-Transfer-Encoding: base64\n\n" + wrapped(out.Bytes()) + "\n--b--")
}

func wrapped(raw []byte) string {
	s := base64.StdEncoding.EncodeToString(raw)
	var b strings.Builder
	for ; len(s) > 76; s = s[76:] {
		b.WriteString(s[:76] + "\n")
	}
	return b.String() + s
}

// TestEditedSheets: an authentic approval with a sheet in which more than User IDs and passwords differ releases nothing. The
// controls are the sheet as it was, and one with another password and User ID, from the same hands.
func TestEditedSheets(t *testing.T) {
	const pass = "frasa sandi lembar akun"
	refused := map[string]struct {
		edit sheetEdit
		save string
	}{
		"credentials of two rows exchanged": {all(swapped("E8", "E9"), swapped("F8", "F9")), pass},
		"passwords of two rows exchanged":   {swapped("F8", "F9"), pass},
		"User IDs of two rows exchanged":    {swapped("E8", "E9"), pass},
		"one password on two rows": {func(b *excelize.File, tab string) error {
			v, _ := b.GetCellValue(tab, "F8")
			return b.SetCellStr(tab, "F9", v)
		}, pass},
		"another person's row":          {cells("B8", "Penyusup", "C8", "198001012005011009", "D8", evil), pass},
		"another address":               {cells("D8", evil), pass},
		"another NIP":                   {cells("C8", "198001012005011009"), pass},
		"another name":                  {cells("B8", "Penyusup"), pass},
		"rows of two persons exchanged": {all(swapped("B8", "B9"), swapped("C8", "C9"), swapped("D8", "D9")), pass},
		"a row is missing":              {func(b *excelize.File, tab string) error { return b.RemoveRow(tab, firstRow) }, pass},
		"a row more":                    {cells("A11", "4", "B11", "Penyusup", "C11", "198001012005011009", "D11", evil, "E11", "penyusup", "F11", "Kp7#xTeRa9zQ"), pass},
		"a formula":                     {func(b *excelize.File, tab string) error { return b.SetCellFormula(tab, "F8", `CONCATENATE("a","b")`) }, pass},
		"a hidden sheet": {func(b *excelize.File, tab string) error {
			_, err := b.NewSheet("Lain")
			return errors.Join(err, b.SetSheetVisible("Lain", false))
		}, pass},
		"one User ID twice":                      {cells("E8", "sama.saja", "E9", "sama.saja"), pass},
		"an empty password":                      {cells("F8", ""), pass},
		"a password that SPSE does not take":     {cells("F8", "rahasia"), pass},
		"in the clear":                           {nil, ""},
		"under another passphrase":               {nil, "frasa lain yang panjang"},
		"a password changed, saved in the clear": {cells("F8", "Kp7#xTeRa9zQ"), ""},
	}
	accepted := map[string]sheetEdit{"as it was": nil, "another password": cells("F8", "Kp7#xTeRa9zQ"), "another User ID": cells("E8", "nama.lain"), "the account exists": cells("F8", "TETAP")}
	for i, level := range allLevels {
		x := newTarget(t, level)
		for j, name := range slices.Sorted(maps.Keys(refused)) {
			if j%len(allLevels) != i && os.Getenv("UKPBJD_LONG") == "" { // to encrypt a workbook takes time; the level stands before the sheet
				continue
			}
			c := refused[name]
			e := x.send(x.withSheet(t, c.edit, c.save))
			if e.released || len(e.strangers) > 0 {
				t.Errorf("%s: %s: %s %s (%s), letters to %v", level, name, e.outcome, e.gate, e.reason, e.strangers)
			}
		}
		for name, edit := range accepted {
			if name != "another password" && level != sop.Standard && os.Getenv("UKPBJD_LONG") == "" {
				continue
			}
			if e := x.send(x.withSheet(t, edit, pass)); !e.released || e.outcome != "obeyed" {
				t.Errorf("control, %s: %s: %s %s (%s)", level, name, e.outcome, e.gate, e.reason)
			}
		}
	}
}

// supplement is a mail of the requester with one more paper.
func (t *target) supplement(tb testing.TB, name, kind, content string) string {
	tb.Helper()
	ours := ""
	if err := t.c.View(tb.Context(), func(b store.Books) error {
		rows, err := b.Letters.Of(attacked)
		for _, l := range rows {
			if l.Letter.Role == sop.RoleRequester {
				ours = l.MessageID
			}
		}
		return err
	}); err != nil || ours == "" {
		tb.Fatal("no letter to the requester: ", err)
	}
	m := t.answer()
	m.kind = `multipart/mixed; boundary="b"`
	raw, err := m.set("From", "staf@gov.example").set("In-Reply-To", ours).set("References", ours).set("Subject", "Re: ["+attacked+"] Permohonan akun").
		text("--b\nContent-Type: text/plain\n\nTerlampir berkas pengganti.\n--b\nContent-Type: " + kind + "; name=" + name +
			"\nContent-Disposition: attachment; filename=" + name + "\n\n" + content + "\n--b--").compose(t.level)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

const otherRoster = "FORMULIR PERMOHONAN AKUN SPSE POKJA\nNo,Nama,NIP,Email\n1,Anggota Satu,198001012005011001,penyusup@gov.example\n2,Anggota Dua,198001012005011002,anggota2@gov.example\n3,Anggota Tiga,198001012005011003,anggota3@gov.example"

// TestPapersChangedAroundTheAnswer: what was approved is what was asked. After any change of papers or rows the old code works
// no more; and after the approval no paper changes where a password goes. In each the control is the same mail without the
// other.
func TestPapersChangedAroundTheAnswer(t *testing.T) {
	changes := map[string]struct{ name, kind, content string }{
		"a roster with another address": {"formulir.csv", "text/csv", otherRoster},
		"a paper replaced":              {"sk.txt", "text/plain", "KEPUTUSAN KEPALA DINAS\nNOMOR 12 TAHUN 2026\nTENTANG PEMBENTUKAN KELOMPOK KERJA PEMILIHAN\nMEMUTUSKAN: menetapkan anggota Pokja."},
	}
	for name, c := range changes {
		for _, level := range allLevels {
			x := newTarget(t, level)
			answer, err := x.answer().compose(level)
			if err != nil {
				t.Fatal(err)
			}
			raw := x.supplement(t, c.name, c.kind, c.content)
			before := x.members(t)
			if e := x.take(answer, 0, nil, true); !e.released { // control: without the change it is obeyed
				t.Errorf("%s, %s: control: %s (%s)", level, name, e.outcome, e.reason)
			}
			if e := x.take(raw, 0, nil, false); e.outcome != "obeyed" || x.members(t) == before { // control: before the approval it counts
				t.Errorf("%s, %s: the supplement changes nothing: %s (%s)", level, name, e.outcome, e.reason)
			}
			if e := x.take(answer, 0, nil, false); e.released || len(e.strangers) > 0 {
				t.Errorf("%s, %s: the old code releases: %s (%s)", level, name, e.outcome, e.reason)
			}
			x = newTarget(t, level)
			if e := x.send(x.answer()); !e.released {
				t.Errorf("%s: %s (%s)", level, e.outcome, e.reason)
			}
			later, err := x.answer().compose(level)
			if err != nil {
				t.Fatal(err)
			}
			x.take(later, 0, nil, false)
			frozen := x.members(t)
			if e := x.take(x.supplement(t, c.name, c.kind, c.content), 0, nil, false); len(e.strangers) > 0 || x.members(t) != frozen {
				t.Errorf("%s, %s: after the approval: %s (%s), members %s, before %s", level, name, e.outcome, e.reason, x.members(t), frozen)
			}
		}
	}
}

// TestRevisionInTheCode: a code holds for one revision and one approver; with the case's number or another's it opens nothing.
func TestRevisionInTheCode(t *testing.T) {
	for _, level := range allLevels {
		x := newTarget(t, level)
		for name, code := range map[string]string{"the next revision": x.c.Codes.ApprovalCode(attacked, 2, 1, admin), "the next issue": x.c.Codes.ApprovalCode(attacked, 1, 2, admin),
			"another approver": x.c.Codes.ApprovalCode(attacked, 1, 1, "wakil@gov.example"), "another case": x.c.Codes.ApprovalCode("PKJ-2026-0002", 1, 1, admin)} {
			if code == x.code {
				t.Fatalf("%s has the same code", name)
			}
			m := x.answer().drop("In-Reply-To").drop("References").set("Subject", "Re: ["+attacked+"] Permohonan persetujuan").text("SETUJU " + code)
			if e := x.send(m); e.released {
				t.Errorf("%s: the code of %s releases: %s (%s)", level, name, e.outcome, e.reason)
			}
		}
		m := x.answer().drop("In-Reply-To").drop("References").set("Subject", "Re: ["+attacked+"] Permohonan persetujuan").text("SETUJU " + x.code)
		if e := x.send(m); !e.released {
			t.Errorf("control, %s: the right code alone: %s %s (%s)", level, e.outcome, e.gate, e.reason)
		}
	}
}

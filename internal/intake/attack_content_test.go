package intake

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Attacks on what is approved: the account sheet that comes back with SETUJU, and papers that change around the answer.

// withFile is an approval that carries a file.
func (t *target) withFile(name, kind string, content []byte) *bent {
	m := t.answer()
	m.kind = `multipart/mixed; boundary="b"`
	head := "--b\nContent-Type: text/plain; charset=utf-8\n\nSETUJU " + t.code + "\n--b\nContent-Type: " + kind + "\nContent-Disposition: attachment"
	if name != "" {
		head += "; filename=" + name
	}
	return m.text(head + "\nContent-Transfer-Encoding: base64\n\n" + wrapped(content) + "\n--b--")
}

// sheet is the account sheet of the approval letter; changed, as a spreadsheet program saves it with another password in it.
func (t *target) sheet(tb testing.TB) (sent, changed []byte) {
	tb.Helper()
	for _, f := range message.Parse(t.raw, message.DefaultLimits(), nil).Files {
		if sop.IsSheetName(f.Name) {
			sent = f.Bytes
		}
	}
	const pass = "frasa sandi lembar akun"
	book, err := excelize.OpenReader(bytes.NewReader(sent), excelize.Options{Password: pass})
	if err != nil {
		tb.Fatal("open the sheet: ", err)
	}
	defer book.Close()
	var out bytes.Buffer
	if err := errors.Join(book.SetCellStr(book.GetSheetName(0), "F8", "Kp7#xTeRa9zQ"), book.Write(&out, excelize.Options{Password: pass})); err != nil {
		tb.Fatal("edit the sheet: ", err)
	}
	return sent, out.Bytes()
}

func wrapped(raw []byte) string {
	s := base64.StdEncoding.EncodeToString(raw)
	var b strings.Builder
	for ; len(s) > 76; s = s[76:] {
		b.WriteString(s[:76] + "\n")
	}
	return b.String() + s
}

// TestReturnedSheets: an authentic approval with a workbook that is not ours byte for byte releases nothing, whatever it is called
// and in whatever state it is; the approver hears why. Controls: the sheet as it was sent, and files that are no workbooks.
func TestReturnedSheets(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	for _, level := range allLevels {
		x := newTarget(t, level)
		sent, changed := x.sheet(t)
		for name, f := range map[string]struct {
			name, kind string
			content    []byte
		}{
			"edited": {"lembar-akun-" + attacked + ".xlsx", xlsx, changed}, "as .xls": {"akun.xls", "application/vnd.ms-excel", changed},
			"as .xlsm": {"akun.xlsm", "application/octet-stream", changed}, "without an ending": {"akun", "application/octet-stream", changed},
			"without a name": {"", "application/octet-stream", changed}, "damaged": {"akun.xlsx", xlsx, changed[:len(changed)/2]},
			"as a text": {"akun.txt", "text/plain", changed}, "as a picture of another kind": {"akun.bin", "application/x-anything", changed},
			"a byte more": {"akun.xlsx", xlsx, append(bytes.Clone(sent), 0)}, "as CSV": {"akun.csv", "text/csv", []byte("1,Anggota,x")},
			"empty": {"akun.xlsx", xlsx, nil}, "OpenDocument": {"akun.ods", "application/vnd.oasis.opendocument.spreadsheet", []byte("PK\x03\x04")},
		} {
			if e := x.send(x.withFile(f.name, f.kind, f.content)); e.released || len(e.strangers) > 0 || e.reason != "workbook" {
				t.Errorf("%s: %s: %s %s (%s), letters to %v", level, name, e.outcome, e.gate, e.reason, e.strangers)
			}
		}
		second := x.withFile("akun.xlsx", xlsx, sent)
		second.text(strings.TrimSuffix(strings.ReplaceAll(second.body, "\r\n", "\n"), "--b--\n") + "--b\nContent-Type: " + xlsx + "; name=dua.xlsx\nContent-Disposition: attachment; filename=dua.xlsx\nContent-Transfer-Encoding: base64\n\n" + wrapped(changed) + "\n--b--")
		if e := x.send(second); e.released {
			t.Errorf("%s: attached second: %s (%s)", level, e.outcome, e.reason)
		}
		for name, f := range map[string]*bent{"the sheet as it was": x.withFile("lembar-akun.xlsx", xlsx, sent),
			"a logo": x.withFile("logo.png", "image/png", []byte("\x89PNG")), "a card": x.withFile("admin.vcf", "text/vcard", []byte("BEGIN:VCARD"))} {
			if e := x.send(f); !e.released || e.outcome != "obeyed" {
				t.Errorf("control, %s: %s: %s %s (%s)", level, name, e.outcome, e.gate, e.reason)
			}
		}
	}
}

// TestSheetInOtherClothes: whatever our sheet is wrapped in when it comes back with a SETUJU, nothing is released and nothing of it is archived
// in the clear; unlocked, it is an exposure. Controls: a picture, and a text.
func TestSheetInOtherClothes(t *testing.T) {
	x := newTarget(t, sop.Standard)
	sent, _ := x.sheet(t)
	plain, err := excelize.Decrypt(sent, &excelize.Options{Password: "frasa sandi lembar akun"})
	if err != nil {
		t.Fatal(err)
	}
	zipped := func(name string, b []byte) []byte {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(b)
		}
		if err := errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	tnef := append([]byte{0x78, 0x9f, 0x3e, 0x22, 1, 0}, make([]byte, 200)...)
	inner := "From: admin@gov.example\nContent-Type: application/octet-stream; name=akun.xlsx\nContent-Transfer-Encoding: base64\n\n" + wrapped(sent)
	for name, f := range map[string]struct {
		name, kind  string
		content     []byte
		sealed, hit bool
	}{
		"zip":             {"hasil.zip", "application/zip", zipped("a.xlsx", sent), true, false},
		"zip in zip":      {"hasil.dat", "application/x-dat", zipped("a.png", zipped("b.bin", sent)), true, false},
		"winmail":         {"winmail.dat", "application/ms-tnef", append(bytes.Clone(tnef), sent...), true, false},
		"behind a byte":   {"akun.dat", "application/x-dat", append([]byte("x"), sent...), true, false},
		"mail":            {"surat.eml", "message/rfc822", []byte(inner), true, false},
		"as a picture":    {"foto.png", "image/png", append([]byte("\x89PNG"), sent...), true, false},
		"PDF":             {"akun.pdf", "application/pdf", []byte("%PDF-1.4 "), true, false},
		"unlocked zip":    {"hasil.zip", "application/zip", zipped("a.png", plain), true, true},
		"unlocked TNEF":   {"winmail.dat", "application/ms-tnef", append(bytes.Clone(tnef), plain...), true, true},
		"control: logo":   {"logo.png", "image/png", []byte("\x89PNG"), false, false},
		"control: a text": {"catatan.txt", "text/plain", []byte("EncryptedPackage"), false, false},
	} {
		m := x.withFile(f.name, f.kind, f.content)
		raw, err := m.compose(x.level)
		if err != nil {
			t.Fatal(err)
		}
		p := x.c.Read(t.Context(), Incoming{UID: store.UID{Validity: 9, UID: 9}, Arrived: x.now, Size: int64(len(raw)), Raw: []byte(raw)})
		if p.err != nil || (p.leak != nil) != f.sealed || p.leak != nil && (len(p.leak.hits) > 0) != f.hit {
			t.Errorf("%s: sealed %v, %v", name, p.leak != nil, p.err)
		}
		if e := x.send(m); e.released && f.sealed {
			t.Errorf("%s: released, %s", name, e.reason)
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

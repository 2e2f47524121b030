package stage

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/message"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// SheetRow is one row of an account sheet as the approver reads it in a spreadsheet program.
type SheetRow struct{ No, Nama, NIP, Email, UserID, Password string }

const sheetHead = 7 // row of the column names

// SheetFile is the account sheet of a letter; false when it carries none.
func SheetFile(m *message.Message) (sop.File, bool) {
	for _, f := range m.Files {
		if strings.HasPrefix(f.Name, "lembar-akun-") {
			return sop.File{Name: f.Name, MediaType: f.ContentType, Bytes: f.Bytes}, true
		}
	}
	return sop.File{}, false
}

// SheetIn reads the account sheet of a letter, as someone does who knows the passphrase.
func SheetIn(m *message.Message, pass secret.Secret) ([]SheetRow, error) {
	file, ok := SheetFile(m)
	if !ok {
		return nil, nil
	}
	book, err := excelize.OpenReader(bytes.NewReader(file.Bytes), excelize.Options{Password: pass.Reveal()})
	if err != nil {
		return nil, fmt.Errorf("open the account sheet: %w", err)
	}
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(rows) < sheetHead {
		return nil, fmt.Errorf("read the account sheet: %d rows: %w", len(rows), err)
	}
	var out []SheetRow
	for _, r := range rows[sheetHead:] {
		r = append(r, make([]string, 6)...)
		out = append(out, SheetRow{r[0], r[1], r[2], r[3], r[4], r[5]})
	}
	return out, nil
}

// EditSheet gives the account sheet of a letter after change, saved with the passphrase; without one it is not encrypted.
func EditSheet(m *message.Message, open, save secret.Secret, change func(*excelize.File, string) error) (sop.File, error) {
	file, ok := SheetFile(m)
	if !ok {
		return file, fmt.Errorf("the letter carries no account sheet")
	}
	book, err := excelize.OpenReader(bytes.NewReader(file.Bytes), excelize.Options{Password: open.Reveal()})
	if err != nil {
		return file, fmt.Errorf("open the account sheet: %w", err)
	}
	defer book.Close()
	if err := change(book, book.GetSheetName(0)); err != nil {
		return file, fmt.Errorf("edit the account sheet: %w", err)
	}
	var out bytes.Buffer
	if err := book.Write(&out, excelize.Options{Password: save.Reveal()}); err != nil {
		return file, fmt.Errorf("save the account sheet: %w", err)
	}
	file.Bytes = out.Bytes()
	return file, nil
}

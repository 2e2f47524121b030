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
type SheetRow struct {
	No, Nama, NIP, NIK, Golongan, Pangkat, Jabatan, HP, Email, SK, SKDate, UserID, Password string
}

const sheetHead = 7 // row of the column names

// SheetFile is the account sheet of a letter; false when it carries none.
func SheetFile(m *message.Message) (sop.File, bool) {
	for _, f := range m.Files {
		if sop.IsSheetName(f.Name) {
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
		r = append(r, make([]string, 13)...)
		out = append(out, SheetRow{r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12]})
	}
	return out, nil
}

// PasswordIn finds the password in a credential letter: it stands alone on its line, and keeps SPSE's rule.
func PasswordIn(m *message.Message) string {
	if KindOf(m) != sop.Kredensial {
		return ""
	}
	for line := range strings.Lines(m.Text) {
		line = strings.TrimSpace(line)
		if !strings.ContainsAny(line, " \t") && !strings.Contains(line, "://") && !strings.Contains(line, "."+"example") && secret.Strong(secret.New([]byte(line))) {
			return line
		}
	}
	return ""
}

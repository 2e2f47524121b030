package office

import (
	"slices"

	"ukpbjd/internal/document"
	"ukpbjd/internal/form"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/sop"
)

const workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// enclose adds the marked-up return to the letter that names what is missing or reads the roster back, and the blank formulir where that is (SOP 1.3). It takes some milliseconds, and the
// same case gives the same bytes. The letter says everything by itself, so it goes out even where the workbook cannot be made.
func (c *Clerk) enclose(cs sop.Case, l sop.Letter) sop.Letter {
	if l.Kind != sop.Kekurangan && l.Kind != sop.BacaUlang {
		return l
	}
	b, err := form.Markup(cs.Reading, cs.Number)
	if err != nil {
		c.Log.Warn("mark up the roster", "case", cs.Number, "error", err)
	}
	if len(b) > 0 {
		l.Files = append(l.Files, sop.File{Name: form.MarkupName(cs.Number), MediaType: workbookType, Bytes: b})
	}
	if slices.Contains(cs.Reading.Missing, document.Formulir) {
		blank, _, err := form.Blank(c.Office.Name)
		if err != nil {
			c.Log.Warn("make the blank formulir", "case", cs.Number, "error", err)
			return l
		}
		l.Files = append(l.Files, sop.File{Name: letter.BlankForm, MediaType: workbookType, Bytes: blank})
	}
	return l
}

package office

import (
	"ukpbjd/internal/form"
	"ukpbjd/internal/sop"
)

const workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// enclose adds the marked-up return to the letter that names what is missing (SOP 1.3). It takes some milliseconds, and the
// same case gives the same bytes. The letter says everything by itself, so it goes out even where the workbook cannot be made.
func (c *Clerk) enclose(cs sop.Case, l sop.Letter) sop.Letter {
	if l.Kind != sop.Kekurangan {
		return l
	}
	b, err := form.Markup(cs.Reading, cs.Number)
	if err != nil {
		c.Log.Warn("mark up the roster", "case", cs.Number, "error", err)
	}
	if len(b) > 0 {
		l.Files = append(l.Files, sop.File{Name: form.MarkupName(cs.Number), MediaType: workbookType, Bytes: b})
	}
	return l
}

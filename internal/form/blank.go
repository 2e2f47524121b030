package form

import "fmt"

// Blank is the office's own empty formulir, as a workbook and as a text document. The name of the office may be empty.
func Blank(office string) (xlsx, docx []byte, err error) {
	if xlsx, err = blankWorkbook(office); err != nil {
		return nil, nil, wrap("the blank workbook", err)
	}
	docx, err = blankDocument(office)
	return xlsx, docx, wrap("the blank document", err)
}

func blankWorkbook(office string) ([]byte, error) {
	w := newWriter(columns(), "Formulir permohonan pembuatan akun Pokja")
	w.line(title, heavy)
	w.row++
	for _, h := range heading(office) {
		w.cell(0, h[0], words)
		w.do(w.f.MergeCell(tab, at(0, w.row), at(1, w.row)))
		for i := 2; i < 6; i++ {
			w.cell(i, "", spare)
		}
		w.cell(2, h[1], spare)
		w.do(w.f.MergeCell(tab, at(2, w.row), at(5, w.row)))
		w.height(1, 18)
		w.row++
	}
	w.row++
	w.heads()
	first := w.row
	for n := range blankRows {
		w.blankRow(n + 1)
	}
	w.guard(first, w.row-1)
	w.row++
	for _, text := range closing() {
		w.cell(5, text, words)
		w.do(w.f.SetCellStyle(tab, at(5, w.row), at(5, w.row), w.styles[open]))
		w.do(w.f.MergeCell(tab, at(5, w.row), at(7, w.row)))
		w.row++
	}
	w.row++
	w.line("Petunjuk pengisian", words)
	for i, rule := range rules() {
		w.line(fmt.Sprintf("%d. %s", i+1, rule), words)
	}
	return w.finish()
}

package credential

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"
)

// sheetReader walks through the XML of one worksheet.
type sheetReader struct {
	d      *xml.Decoder
	shared []string
	ws     *worksheet
	row    int // of the row element that is open
	col    int // of the cell before
	hidden bool
	cells  int
}

func (r *sheetReader) read() (*worksheet, error) {
	for {
		t, err := r.d.Token()
		if err == io.EOF {
			return r.ws, nil
		}
		if err != nil {
			return nil, errWorkbook
		}
		if e, ok := t.(xml.StartElement); ok {
			if err := r.element(e); err != nil {
				return nil, err
			}
		}
	}
}

func (r *sheetReader) element(e xml.StartElement) error {
	switch e.Name.Local {
	case "col":
		return r.column(e)
	case "row":
		r.row, r.col = r.row+1, -1
		if s := attr(e, "r"); s != "" {
			n, err := strconv.Atoi(s)
			if err != nil || n < r.row || n > lastRowAllowed { // rows out of order are read differently by different programs
				return errWorkbook
			}
			r.row = n
		}
		r.hidden = yes(attr(e, "hidden")) || zero(attr(e, "ht"))
	case "c":
		return r.cell(e)
	case "mergeCell":
		from, _, _ := strings.Cut(attr(e, "ref"), ":")
		_, row, ok := position(from)
		if !ok || len(r.ws.merged) > 1000 {
			return errWorkbook
		}
		r.ws.merged = append(r.ws.merged, row)
	}
	return nil
}

func (r *sheetReader) column(e xml.StartElement) error {
	from, err1 := strconv.Atoi(attr(e, "min"))
	to, err2 := strconv.Atoi(attr(e, "max"))
	if err1 != nil || err2 != nil || from < 1 {
		return errWorkbook
	}
	if yes(attr(e, "hidden")) || zero(attr(e, "width")) {
		for c := from; c <= min(to, len(columns)); c++ {
			r.ws.cols[c-1] = true
		}
	}
	return nil
}

// cell reads one to its end.
func (r *sheetReader) cell(e xml.StartElement) error {
	col, row := r.col+1, r.row
	if ref := attr(e, "r"); ref != "" {
		var ok bool
		if col, row, ok = position(ref); !ok || row != r.row || col <= r.col {
			return errWorkbook
		}
	}
	r.col = col
	text, formula, err := r.value(attr(e, "t"))
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" && !formula {
		return nil
	}
	if r.cells++; r.cells > maxCells {
		return errWorkbook
	}
	line := r.ws.rows[row]
	if line == nil {
		line = &sheetLine{cells: map[int]string{}, hidden: r.hidden}
		r.ws.rows[row] = line
	}
	line.cells[col] = text
	line.formulas = line.formulas || formula
	r.ws.last = max(r.ws.last, row)
	return nil
}

// value reads what a cell holds, as text, and whether it is computed.
func (r *sheetReader) value(kind string) (text string, formula bool, err error) {
	var v strings.Builder
	inValue := false
	for {
		t, err := r.d.Token()
		if err != nil {
			return "", false, errWorkbook
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "f":
				formula = true
			case "is":
				s, err := richText(r.d)
				if err != nil {
					return "", false, err
				}
				v.WriteString(s)
			}
			inValue = t.Name.Local == "v"
		case xml.CharData:
			if inValue && v.Len() < maxCell {
				v.Write(t)
			}
		case xml.EndElement:
			inValue = false
			if t.Name.Local == "c" {
				text, err := r.text(kind, v.String())
				return text, formula, err
			}
		}
	}
}

func (r *sheetReader) text(kind, v string) (string, error) {
	if kind == "s" {
		n, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil || n < 0 || n >= len(r.shared) {
			return "", errWorkbook
		}
		v = r.shared[n]
	}
	return strings.ToValidUTF8(v[:min(len(v), maxCell)], ""), nil
}

package extract

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"golang.org/x/net/html/charset"

	"ukpbjd/internal/document"
	"ukpbjd/internal/htmltext"
)

// readHTML reads text and tables of a page; spreadsheets saved as "xls" are often that.
func readHTML(r *Reader, ctx context.Context, src *document.Source, data []byte, _ *budget) error {
	text, err := charset.NewReader(bytes.NewReader(data), "")
	if err != nil {
		return err
	}
	h := &htmlReader{doc: newDocBuilder()}
	if err := htmltext.Read(ctx, text, htmltext.Events{Text: h.text, Open: h.open, Close: h.close}); err != nil {
		return err
	}
	return h.doc.finishInto(src)
}

type htmlReader struct{ doc *docBuilder }

func (h *htmlReader) text(s string) {
	h.doc.WriteString(strings.Join(strings.Fields(s), " ") + " ")
}

func (h *htmlReader) open(name string, attr []htmltext.Attr) {
	switch name {
	case "br":
		h.doc.WriteString("\n")
	case "p", "div", "h1", "h2", "h3", "h4", "li":
		h.doc.endParagraph()
	case "table":
		h.doc.openTable()
	case "tr":
		h.endCell()
		h.doc.openRow()
	case "td", "th":
		h.endCell()
		h.doc.openCell()
		for _, a := range attr {
			n, err := strconv.Atoi(a.Val)
			if err != nil || h.doc.top() == nil {
				continue
			}
			switch a.Key {
			case "colspan":
				h.doc.top().span = n
			case "rowspan":
				h.doc.top().down = n
			}
		}
	}
}

func (h *htmlReader) endCell() {
	if t := h.doc.top(); t != nil && t.in {
		h.doc.closeCell()
	}
}

func (h *htmlReader) close(name string) {
	switch name {
	case "p", "div", "h1", "h2", "h3", "h4", "li":
		h.doc.endParagraph()
	case "td", "th":
		h.endCell()
	case "tr":
		h.endCell()
		h.doc.closeRow()
	case "table":
		h.endCell()
		h.doc.closeTable()
	}
}

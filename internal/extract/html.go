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
func readHTML(r *Reader, ctx context.Context, src *document.Source, data []byte, _ *budget) {
	text, err := charset.NewReader(bytes.NewReader(data), "")
	if err != nil {
		src.Unreadable = document.ReasonCorrupt
		return
	}
	h := &htmlReader{flow: newFlow(r.opt)}
	if err := htmltext.Read(ctx, text, htmltext.Events{Text: h.text, Open: h.open, Close: h.close}); err != nil {
		src.Unreadable = reasonOf(err)
		return
	}
	h.flow.finishInto(src)
}

type htmlReader struct{ flow *flow }

func (h *htmlReader) text(s string) {
	h.flow.write(strings.Join(strings.Fields(s), " ") + " ")
}

func (h *htmlReader) open(name string, attr []htmltext.Attr) {
	switch name {
	case "br":
		h.flow.write("\n")
	case "p", "div", "h1", "h2", "h3", "h4", "li":
		h.flow.endParagraph()
	case "table":
		h.flow.openTable()
	case "tr":
		h.endCell()
		h.flow.openRow()
	case "td", "th":
		h.endCell()
		h.flow.openCell()
		for _, a := range attr {
			n, err := strconv.Atoi(a.Val)
			if err != nil || h.flow.top() == nil {
				continue
			}
			switch a.Key {
			case "colspan":
				h.flow.top().span = n
			case "rowspan":
				h.flow.top().down = n
			}
		}
	}
}

func (h *htmlReader) endCell() {
	if t := h.flow.top(); t != nil && t.in {
		h.flow.closeCell()
	}
}

func (h *htmlReader) close(name string) {
	switch name {
	case "p", "div", "h1", "h2", "h3", "h4", "li":
		h.flow.endParagraph()
	case "td", "th":
		h.endCell()
	case "tr":
		h.endCell()
		h.flow.closeRow()
	case "table":
		h.endCell()
		h.flow.closeTable()
	}
}

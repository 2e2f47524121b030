package extract

import (
	"bytes"
	"context"
	"slices"
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

type htmlReader struct {
	doc  *docBuilder
	gone string // the element that is struck out or hidden
	deep int    // … and how many of its name are open
}

func (h *htmlReader) text(s string) {
	if s = strings.Join(strings.Fields(s), " ") + " "; h.gone != "" {
		h.doc.strike(s)
		return
	}
	h.doc.WriteString(s)
}

// withdraws says that an element strikes out or hides what it holds.
func withdraws(name string, attr []htmltext.Attr) bool {
	if name == "s" || name == "strike" || name == "del" {
		return true
	}
	return slices.ContainsFunc(attr, func(a htmltext.Attr) bool {
		style := strings.ReplaceAll(strings.ToLower(a.Val), " ", "")
		return a.Key == "hidden" || a.Key == "style" && (strings.Contains(style, "line-through") || strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden"))
	})
}

// void elements have no end.
var void = []string{"br", "img", "hr", "input", "col", "meta", "link", "wbr"}

// follow keeps to the element that is struck out; one whose end was left out ends where the next of its kind begins.
func (h *htmlReader) follow(name string, attr []htmltext.Attr) {
	open := name == h.gone && slices.Contains([]string{"tr", "td", "th", "p", "li"}, name)
	switch {
	case h.gone == "" || open:
		if h.gone, h.deep = "", 0; withdraws(name, attr) && !slices.Contains(void, name) {
			h.gone, h.deep = name, 1
		}
	case name == h.gone:
		h.deep++
	}
}

func (h *htmlReader) open(name string, attr []htmltext.Attr) {
	h.follow(name, attr)
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
	if name == h.gone {
		if h.deep--; h.deep == 0 {
			h.gone = ""
		}
	}
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

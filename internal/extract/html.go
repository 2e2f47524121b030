package extract

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"ukpbjd/internal/document"
)

// readHTML reads text and tables of a page; spreadsheets saved as "xls" are often that.
func readHTML(r *Reader, ctx context.Context, src *document.Source, data []byte, _ *budget) {
	text, err := charset.NewReader(bytes.NewReader(data), "")
	if err != nil {
		src.Unreadable = document.ReasonCorrupt
		return
	}
	f := newFlow(r.opt)
	h := &htmlReader{flow: f}
	tok := html.NewTokenizer(text)
	tok.SetMaxBuf(4 << 20)
	for n := 0; ; n++ {
		if n&0xfff == 0 && ctx.Err() != nil {
			src.Unreadable = document.ReasonTimeout
			return
		}
		if t := tok.Next(); t == html.ErrorToken {
			break
		}
		h.token(tok.Token())
	}
	f.finishInto(src)
}

type htmlReader struct {
	flow *flow
	skip int
}

func (h *htmlReader) token(t html.Token) {
	switch t.Type {
	case html.TextToken:
		if h.skip == 0 {
			h.flow.write(strings.Join(strings.Fields(" "+t.Data+" "), " ") + " ")
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		h.open(t)
	case html.EndTagToken:
		h.close(t.Data)
	}
}

func (h *htmlReader) open(t html.Token) {
	switch t.Data {
	case "script", "style", "head", "title":
		if t.Type == html.StartTagToken {
			h.skip++
		}
	case "body":
		h.skip = 0
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
		for _, a := range t.Attr {
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
	case "script", "style", "head", "title":
		h.skip = max(0, h.skip-1)
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

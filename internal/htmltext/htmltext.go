// Package htmltext walks through HTML as browsers take it apart, and leaves out what no browser shows: scripts, styles, the head.
// Broken and unknown tags are passed over. It builds no tree: what a tag means is for its users.
package htmltext

import (
	"context"
	"errors"
	"io"

	"golang.org/x/net/html"
)

// Attr is one attribute of a tag; keys are in lower case.
type Attr = html.Attribute

// Events are told in order. Text has its entities resolved; names are in lower case. Void elements have no end.
type Events struct {
	Text  func(text string)
	Open  func(name string, attr []Attr)
	Close func(name string)
}

// maxToken bounds one tag or one text.
const maxToken = 4 << 20

// unseen are elements whose content no browser shows as text.
var unseen = map[string]bool{"script": true, "style": true, "head": true, "title": true, "xml": true, "svg": true}

// Read tells what stands in r until its end. An error says that the rest was not seen: the context ended, reading failed, or a
// single tag or text is longer than 4 MiB.
func Read(ctx context.Context, r io.Reader, ev Events) error {
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxToken)
	hidden := "" // the element inside which nothing is shown
	for n := 0; ; n++ {
		if n&0xfff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		kind := z.Next()
		if kind == html.ErrorToken {
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return err
			}
			return nil
		}
		t := z.Token()
		if kind == html.StartTagToken && t.Data == "body" {
			hidden = "" // a head need not be closed
		}
		if hidden != "" {
			if kind == html.EndTagToken && t.Data == hidden {
				hidden = ""
			}
			continue
		}
		switch kind {
		case html.TextToken:
			ev.Text(t.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			if unseen[t.Data] {
				hidden = t.Data
				continue
			}
			ev.Open(t.Data, t.Attr)
		case html.EndTagToken:
			ev.Close(t.Data)
		}
	}
}

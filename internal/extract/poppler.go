package extract

import (
	"bytes"
	"context"
	"encoding/xml"
	"strconv"
	"strings"

	"ukpbjd/internal/document"
)

// poppler reads word boxes with pdftotext: it repairs broken cross-references and opens what has no user password.
func (r *Reader) poppler(ctx context.Context, data []byte) (pages []document.Page, reason string) {
	err := r.inFolder("in.pdf", data, func(dir string) error {
		out, errs, err := r.tools.run(ctx, r.opt.FileTime, dir, "pdftotext", "-bbox", "-l", strconv.Itoa(r.opt.MaxPages+1), "in.pdf", "-")
		if err != nil {
			if bytes.Contains(errs, []byte("Incorrect password")) {
				reason = document.ReasonEncrypted
			}
			return err
		}
		pages, err = boxPages(ctx, out)
		return err
	})
	if err != nil && reason == "" {
		reason = reasonOfTool(err)
	}
	return pages, reason
}

// boxPages reads the XHTML of pdftotext -bbox.
func boxPages(ctx context.Context, out []byte) (pages []document.Page, err error) {
	var cur *sheet
	var w word
	inWord := false
	num := func(at []xml.Attr, name string) float64 {
		v, _ := strconv.ParseFloat(attr(at, name), 64)
		return v
	}
	err = walkReader(ctx, bytes.NewReader(out), xmlEvents{
		start: func(name string, at []xml.Attr) {
			switch name {
			case "page":
				cur = &sheet{width: num(at, "width"), height: num(at, "height")}
			case "word":
				w = word{x0: num(at, "xMin"), x1: num(at, "xMax"), y0: num(at, "yMin"), y1: num(at, "yMax")}
				w.size = 0.8 * (w.y1 - w.y0)
				w.base = w.y1 - 0.2*(w.y1-w.y0)
				inWord = true
			}
		},
		end: func(name string) {
			switch {
			case name == "word" && cur != nil:
				if w.text = squeeze(w.text); w.text != "" {
					cur.words = append(cur.words, w)
				}
				inWord = false
			case name == "page" && cur != nil:
				p := cur.layout()
				p.Number = len(pages) + 1
				pages = append(pages, p)
				cur = nil
			}
		},
		text: func(b []byte) {
			if inWord {
				w.text += strings.TrimSpace(string(b))
			}
		},
	})
	return pages, err
}

package extract

import (
	"bytes"
	"context"
	"encoding/xml"
	"strconv"

	"ukpbjd/internal/document"
	"ukpbjd/internal/ooxml"
)

// poppler reads word boxes with pdftotext: it repairs broken cross-references and opens what has no user password.
func (r *Reader) poppler(ctx context.Context, data []byte) (pages []document.Page, reason string) {
	err := r.inFolder("in.pdf", data, func(dir string) error {
		out, errs, err := r.tools.run(ctx, r.opt.FileTime, dir, "pdftotext", "-bbox", "-l", strconv.Itoa(maxPages+1), "in.pdf", "-")
		if err != nil && bytes.Contains(errs, []byte("Incorrect password")) {
			return ooxml.ErrEncrypted
		} else if err != nil {
			return err
		}
		pages, err = boxPages(out)
		return err
	})
	if err != nil {
		return nil, reasonOf(err)
	}
	return pages, ""
}

// boxPages reads the XHTML of pdftotext -bbox.
func boxPages(out []byte) (pages []document.Page, err error) {
	var doc struct {
		Pages []struct {
			Width  float64 `xml:"width,attr"`
			Height float64 `xml:"height,attr"`
			Words  []struct {
				X0   float64 `xml:"xMin,attr"`
				X1   float64 `xml:"xMax,attr"`
				Y0   float64 `xml:"yMin,attr"`
				Y1   float64 `xml:"yMax,attr"`
				Text string  `xml:",chardata"`
			} `xml:"word"`
		} `xml:"body>doc>page"`
	}
	dec := xml.NewDecoder(bytes.NewReader(out))
	dec.Strict = false
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	for i, page := range doc.Pages {
		s := &sheet{width: page.Width, height: page.Height}
		for _, w := range page.Words {
			if text := squeeze(w.Text); text != "" {
				high := w.Y1 - w.Y0
				s.words = append(s.words, word{text: text, x0: w.X0, x1: w.X1, y0: w.Y0, y1: w.Y1, size: 0.8 * high, base: w.Y1 - 0.2*high})
			}
		}
		p := s.layout()
		p.Number = i + 1
		pages = append(pages, p)
	}
	return pages, nil
}

package extract

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ledongthuc/pdf"

	"ukpbjd/internal/document"
	"ukpbjd/internal/ooxml"
)

// builtInTime is how long the built-in reader may take; it needs 2–4 ms for a paper.
const builtInTime = 5 * time.Second

// readPDF tries the built-in reader first, poppler where that one yields nothing, and OCR for pages that are pictures.
func readPDF(r *Reader, ctx context.Context, src *document.Source, data []byte, budget *budget) error {
	src.Paged = true
	if cutOff(data) {
		return refusal(document.ReasonCorrupt)
	}
	pages, err := r.builtIn(ctx, data)
	if err != nil || blank(pages) {
		if more, reason := r.poppler(ctx, data); reason == "" && !blank(more) {
			pages = more
		} else if err != nil {
			return whyNoPDF(data, err, reason)
		}
	}
	if len(pages) > maxPages {
		return errTooLarge
	}
	src.Pages = pages
	r.readScans(ctx, src, data, budget)
	return nil
}

// whyNoPDF names why neither reader could open the file.
func whyNoPDF(data []byte, err error, poppler string) error {
	switch {
	case poppler != "" && poppler != document.ReasonUnsupported:
		return refusal(poppler)
	case err == errTooLarge, err == context.DeadlineExceeded:
		return err
	case err == pdf.ErrInvalidPassword, bytes.Contains(data, []byte("/Encrypt")):
		return ooxml.ErrEncrypted
	}
	return err
}

func blank(pages []document.Page) bool {
	return !slices.ContainsFunc(pages, func(p document.Page) bool { return hasText(&p) })
}

// builtIn reads with the Go library. The library cannot be interrupted inside one object, so it runs beside a clock; a
// reader that never ends keeps its slot, and when all slots are gone only poppler is left.
func (r *Reader) builtIn(ctx context.Context, data []byte) ([]document.Page, error) {
	if hostilePDF(data) {
		return nil, errTooLarge
	}
	select {
	case r.slots <- struct{}{}:
	default:
		return nil, fmt.Errorf("read pdf: all readers busy")
	}
	type result struct {
		pages []document.Page
		err   error
	}
	done := make(chan result, 1)
	ctx, cancel := context.WithTimeout(ctx, builtInTime)
	defer cancel()
	go func() {
		defer func() { <-r.slots }()
		pages, err := builtInPages(ctx, data)
		done <- result{pages, err}
	}()
	select {
	case res := <-done:
		return res.pages, res.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hostilePDF refuses what is known to make the library allocate without bound: a cross-reference stream of absurd size.
func hostilePDF(data []byte) bool {
	for _, key := range [][]byte{[]byte("/Size"), []byte("/Count"), []byte("/N "), []byte("/Columns")} {
		for rest := range bytes.SplitSeq(data, key) {
			if leadingNumber(rest) > 5_000_000 {
				return true
			}
		}
	}
	return false
}

func leadingNumber(b []byte) int64 {
	i := 0
	for i < len(b) && i < 16 && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	var n int64
	for ; i < len(b) && b[i] >= '0' && b[i] <= '9' && n < 1<<50; i++ {
		n = n*10 + int64(b[i]-'0')
	}
	return n
}

// cutOff says that the end of the file is not there. A repairing reader would show the pages that are left, or an older
// revision, as if they were the whole paper.
func cutOff(data []byte) bool {
	i := bytes.LastIndex(data, []byte("%%EOF"))
	return i < 0 || len(data)-i > 4096 || bytes.Contains(data[i:], []byte(" obj"))
}

// trimPDF leaves out what mailers put before and after the file, and calls PDF 2.0 by the version that the library knows.
func trimPDF(data []byte) []byte {
	if i := bytes.Index(head(data, 1024), []byte("%PDF-")); i > 0 {
		data = data[i:]
	}
	if i := bytes.LastIndex(data, []byte("%%EOF")); i > 0 {
		data = data[:i+5]
	}
	if bytes.HasPrefix(data, []byte("%PDF-2.")) {
		data = append([]byte("%PDF-1.7"), data[8:]...)
	}
	return data
}

func builtInPages(ctx context.Context, data []byte) (pages []document.Page, err error) {
	defer func() {
		if x := recover(); x != nil {
			pages, err = nil, fmt.Errorf("read pdf: %v", x)
		}
	}()
	data = trimPDF(data)
	doc, err := pdf.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	n := doc.NumPage()
	if n > maxPages {
		return nil, errTooLarge
	}
	over := typed{placed: map[string]bool{}}
	for i := 1; i <= n; i++ {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		page := doc.Page(i) // looks through the tree of pages each time
		sheet, err := builtInPage(ctx, page)
		if err != nil {
			return nil, err
		}
		gone := sheet.strikeOut()
		unsure := over.add(sheet, page.V)
		p := sheet.layout()
		p.Withdrawn = gone
		p.Number = i
		if unsure {
			forPerson(&p)
		}
		pages = append(pages, p)
	}
	if len(pages) > 0 && over.lost(doc) {
		forPerson(&pages[0])
	}
	return pages, nil
}

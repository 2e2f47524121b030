package extract

import (
	"bytes"
	"context"
	"math"
	"strconv"
	"strings"

	"ukpbjd/internal/document"
)

func isTIFF(data []byte) bool {
	return bytes.HasPrefix(data, []byte("II*\x00")) || bytes.HasPrefix(data, []byte("MM\x00*"))
}

// readTIFF leaves the decoding to tesseract: office scanners put many pages into one file, in codings that Go does not know.
// Ruled lines are not seen this way, so lists are read by the position of their words.
func (r *Reader) readTIFF(ctx context.Context, src *document.Source, data []byte, b *budget) {
	if r.tools.found["tesseract"] == "" || !b.take() {
		src.Unreadable = document.ReasonNoText
		return
	}
	var out []byte
	err := r.inFolder("in.tif", data, func(dir string) error {
		var err error
		out, _, err = r.tools.run(ctx, r.opt.PageTime*4, dir, "tesseract", "in.tif", "-", "-l", "ind", "--psm", "11", "tsv")
		return err
	})
	if err != nil {
		src.Unreadable = reasonOfTool(err)
		return
	}
	src.Paged = true
	for i, table := range tsvPages(string(out)) {
		if i >= r.opt.MaxOCR {
			src.Pages, src.Unreadable = nil, document.ReasonTooLarge
			return
		}
		src.Pages = append(src.Pages, tiffPage(i+1, table))
	}
}

// tsvPages cuts tesseract's table where a row of level 1 begins a page.
func tsvPages(out string) []string {
	var pages []string
	for _, l := range strings.Split(out, "\n") {
		switch {
		case strings.HasPrefix(l, "1\t"):
			pages = append(pages, l+"\n")
		case len(pages) > 0:
			pages[len(pages)-1] += l + "\n"
		}
	}
	return pages
}

func tiffPage(n int, table string) document.Page {
	first := strings.Split(strings.SplitN(table, "\n", 2)[0], "\t")
	var side float64
	for _, i := range []int{8, 9} {
		if i < len(first) {
			v, _ := strconv.ParseFloat(first[i], 64)
			side = math.Max(side, v)
		}
	}
	scale := 842 / math.Max(side, 1)
	words, conf := tsvWords([]byte(table), scale)
	page := (&sheet{words: words}).layout()
	page.Number, page.MachineRead, page.Confidence = n, true, conf
	if len(words) < 5 || conf < unreadableBelow {
		page = document.Page{Number: n, Unreadable: document.ReasonNoText}
	}
	return page
}

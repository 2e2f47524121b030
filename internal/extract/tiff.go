package extract

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	_ "golang.org/x/image/tiff" // decoded as any other picture

	"ukpbjd/internal/document"
)

func isTIFF(data []byte) bool {
	return bytes.HasPrefix(data, []byte("II*\x00")) || bytes.HasPrefix(data, []byte("MM\x00*"))
}

// readTIFF reads the pages of a scan as any other picture. Office scanners put many into one file.
func (r *Reader) readTIFF(ctx context.Context, src *document.Source, data []byte, b *budget) error {
	pages, err := tiffPages(data, maxOCR)
	if errors.Is(err, errTooLarge) {
		return err
	}
	if err != nil || len(pages) == 0 {
		return r.readOddTIFF(ctx, src, data, b)
	}
	src.Paged = true
	for i, at := range pages {
		pic, err := decodePicture(tiffPage(data, at))
		if err != nil {
			pic, err = jpegPage(data, at)
		}
		if err != nil {
			src.Pages = nil
			return r.readOddTIFF(ctx, src, data, b)
		}
		page := r.ocrPage(ctx, pic, pageDPI(pic), b)
		page.Number = i + 1
		src.Pages = append(src.Pages, page)
	}
	return nil
}

// tiffPages are the offsets of the image file directories, one for each page (TIFF 6.0, section 2).
func tiffPages(data []byte, most int) (pages []uint32, err error) {
	if len(data) < 8 {
		return nil, io.ErrUnexpectedEOF
	}
	order := byteOrder(data)
	for at := order.Uint32(data[4:]); at != 0; {
		if len(pages) >= most || slices.Contains(pages, at) {
			return nil, errTooLarge
		}
		if uint64(at)+2 > uint64(len(data)) {
			return nil, io.ErrUnexpectedEOF
		}
		next := uint64(at) + 2 + 12*uint64(order.Uint16(data[at:]))
		if next+4 > uint64(len(data)) {
			return nil, io.ErrUnexpectedEOF
		}
		pages = append(pages, at)
		at = order.Uint32(data[next:])
	}
	return pages, nil
}

func byteOrder(data []byte) binary.ByteOrder {
	if data[0] == 'M' {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// tiffPage is the same file with its first page at another place.
func tiffPage(data []byte, at uint32) []byte {
	out := slices.Clone(data)
	byteOrder(data).PutUint32(out[4:], at)
	return out
}

// readOddTIFF leaves a coding that Go does not know to tesseract. Ruled lines are not seen this way, so lists are read by the
// position of their words.
func (r *Reader) readOddTIFF(ctx context.Context, src *document.Source, data []byte, b *budget) error {
	if r.tools.found["tesseract"] == "" || !b.take() {
		return refusal(document.ReasonNoText)
	}
	out, err := r.runOn(ctx, pageTime*4, "in.tif", data, "tesseract", "in.tif", "-", "-l", "ind", "--psm", "11", "tsv")
	if err != nil {
		return err
	}
	src.Paged = true
	for i, table := range tsvPages(out, maxOCR+1) {
		if i >= maxOCR {
			return errTooLarge
		}
		src.Pages = append(src.Pages, oddPage(i+1, table))
	}
	return nil
}

// tsvPages cuts tesseract's table into pages by the number in its second column, and leaves out those above most.
func tsvPages(out []byte, most int) (pages [][]byte) {
	for l := range strings.Lines(string(out)) {
		f := strings.SplitN(l, "\t", 3)
		if len(f) < 3 {
			continue
		}
		if n, err := strconv.Atoi(f[1]); err == nil && n >= 1 && n <= most {
			for len(pages) < n {
				pages = append(pages, nil)
			}
			pages[n-1] = append(pages[n-1], l...)
		}
	}
	return pages
}

func oddPage(n int, table []byte) document.Page {
	head, _, _ := bytes.Cut(table, []byte("\n"))
	first := strings.Split(string(head), "\t")
	var side float64
	for _, i := range []int{8, 9} {
		if i < len(first) {
			v, _ := strconv.ParseFloat(first[i], 64)
			side = math.Max(side, v)
		}
	}
	scale := 842 / math.Max(side, 1)
	words, conf := tsvWords(table, scale)
	page := (&sheet{words: words}).layout()
	page.Number, page.MachineRead, page.Confidence = n, true, conf
	if len(words) < 5 || conf < unreadableBelow {
		page = document.Page{Number: n, Unreadable: document.ReasonNoText}
	}
	return page
}

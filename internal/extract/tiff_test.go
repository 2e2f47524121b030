package extract

import (
	"encoding/binary"
	"errors"
	"testing"
)

// twoPages is a TIFF whose second page is the upper half of the first.
func twoPages(p *picture) []byte {
	data := tiffOf(p, 200)
	n := int(binary.LittleEndian.Uint16(data[8:]))
	next := 8 + 2 + 12*n
	second := append([]byte{}, data[8:next+4]...)
	for i := range n {
		if e := second[2+12*i:]; binary.LittleEndian.Uint16(e) == 257 {
			binary.LittleEndian.PutUint32(e[8:], uint32(p.h/2))
		}
	}
	binary.LittleEndian.PutUint32(data[next:], uint32(len(data)))
	return append(data, second...)
}

func TestPagesOfTIFF(t *testing.T) {
	p := &picture{w: 600, h: 800, pix: make([]byte, 600*800)}
	data := twoPages(p)
	pages, err := tiffPages(data, 24)
	if err != nil || len(pages) != 2 {
		t.Fatalf("pages %v, %v", pages, err)
	}
	for i, h := range []int{800, 400} {
		if pic, err := decodePicture(tiffPage(data, pages[i])); err != nil || pic.w != 600 || pic.h != h {
			t.Errorf("page %d: %+v, %v", i+1, pic, err)
		}
	}
	if _, err := tiffPages(data, 1); !errors.Is(err, errTooLarge) {
		t.Errorf("over the limit: %v", err)
	}
	ring := append([]byte{}, data...)
	binary.LittleEndian.PutUint32(ring[len(ring)-4:], pages[0])
	if _, err := tiffPages(ring, 24); !errors.Is(err, errTooLarge) {
		t.Errorf("ring: %v", err)
	}
	for n := range len(data) {
		if n%997 == 0 || n < 300 {
			_, _ = tiffPages(data[:n], 24) // cut anywhere: no panic
		}
	}
}

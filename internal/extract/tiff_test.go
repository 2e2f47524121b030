package extract

import (
	"bytes"
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

// jpegTIFF wraps a picture as an office machine does: one strip, coded as JPEG, its tables apart where asked for.
func jpegTIFF(t *testing.T, p *picture, apart bool) []byte {
	strip := jpegOf(t, p)
	var tables []byte
	if apart {
		at := bytes.Index(strip, []byte{0xFF, 0xDB}) // the quantization table, from its mark to the next
		end := at + 2 + int(binary.BigEndian.Uint16(strip[at+2:]))
		tables = append(append([]byte{0xFF, 0xD8}, strip[at:end]...), 0xFF, 0xD9)
		strip = append(append([]byte{}, strip[:at]...), strip[end:]...)
	}
	type entry struct{ tag, kind, count, value uint32 }
	list := []entry{{256, 4, 1, uint32(p.w)}, {257, 4, 1, uint32(p.h)}, {259, 3, 1, 7}, {262, 3, 1, 1}, {273, 4, 1, 0}, {279, 4, 1, uint32(len(strip))}}
	if apart {
		list = append(list, entry{347, 7, uint32(len(tables)), 0})
	}
	body := uint32(8 + 2 + 12*len(list) + 4)
	out := binary.LittleEndian.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), uint16(len(list)))
	for _, e := range list {
		switch e.tag {
		case 273:
			e.value = body + uint32(len(tables))
		case 347:
			e.value = body
		}
		out = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(out, uint16(e.tag)), uint16(e.kind))
		out = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(out, e.count), e.value)
	}
	return append(append(append(out, 0, 0, 0, 0), tables...), strip...)
}

func TestJPEGInTIFF(t *testing.T) {
	p := &picture{w: 64, h: 48, pix: bytes.Repeat([]byte{200}, 64*48)}
	for _, apart := range []bool{false, true} {
		data := jpegTIFF(t, p, apart)
		pages, err := tiffPages(data, 4)
		if err != nil || len(pages) != 1 {
			t.Fatalf("pages %v, %v", pages, err)
		}
		pic, err := jpegPage(data, pages[0])
		if err != nil || pic.w != 64 || pic.h != 48 || pic.pix[0] < 190 || pic.pix[0] > 210 {
			t.Errorf("tables apart %v: %+v, %v", apart, pic, err)
		}
		for cut := len(data) - 1; cut > int(pages[0])+2+12*7+4; cut -= 37 { // cut files are refused, and nothing breaks
			if _, err := jpegPage(data[:cut], pages[0]); err == nil && cut < len(data)/2 {
				t.Errorf("cut at %d of %d was read", cut, len(data))
			}
		}
	}
	if _, err := jpegPage(tiffOf(p, 200), 8); !errors.Is(err, errNoJPEG) {
		t.Errorf("another coding: %v", err)
	}
}

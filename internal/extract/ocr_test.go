package extract

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ukpbjd/internal/document"
)

// needs skips a test where a program is absent, unless real neighbours are demanded.
func needs(t *testing.T, r *Reader, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if r.tools.found[p] == "" {
			if os.Getenv("UKPBJD_REAL") == "1" {
				t.Fatalf("%s is not installed", p)
			}
			t.Skipf("%s is not installed", p)
		}
	}
}

// A printed form, scanned at 200 dpi, upright and upside down: the NIPs come out, and everything is marked as read by machine.
func TestScannedForm(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	r := New(Options{TempDir: t.TempDir()})
	needs(t, r, "pdftoppm", "tesseract")
	rnd := rand.New(rand.NewPCG(5, 5))
	people := invent(rnd, 3)
	paper := makePDF(t, rnd, ruled, formHead, gridOf(columnsOf(rnd), people), formFoot)
	for _, quarters := range []int{0, 2} {
		start := time.Now()
		reading := document.Read(document.Bundle{Sources: read(t, Options{}, "scan001.pgm", scan(t, r, paper, quarters))})
		right := 0
		for _, m := range people {
			for _, row := range reading.Roster {
				if row.NIP == m.nip {
					right++
				}
			}
		}
		t.Logf("%d quarter turns: %d of %d NIPs, %s", quarters, right, len(people), time.Since(start).Round(time.Millisecond))
		if right < len(people) || reading.Papers[0].Kind != document.Formulir || !reading.Papers[0].MachineRead {
			t.Errorf("%d of %d NIPs, papers %+v", right, len(people), reading.Papers)
		}
		for _, row := range reading.Roster {
			if len(row.Doubts) == 0 {
				t.Errorf("row without a mark: %+v", row)
			}
		}
	}
	if got := read(t, Options{OCR: "off"}, "scan001.png", scan(t, r, paper, 0)); got[0].Unreadable != document.ReasonNoText {
		t.Errorf("without OCR: %q", got[0].Unreadable)
	}
}

// scan prints a PDF as a picture.
func scan(t *testing.T, r *Reader, paper []byte, quarters int) (img []byte) {
	t.Helper()
	err := r.inFolder("in.pdf", paper, func(dir string) error {
		if _, _, err := r.tools.run(context.Background(), time.Minute, dir, "pdftoppm", "-r", "200", "-gray", "-singlefile", "in.pdf", "out"); err != nil {
			return err
		}
		out, err := os.ReadFile(filepath.Join(dir, "out.pgm"))
		if err != nil {
			return err
		}
		pic, err := decodePGM(out)
		if err != nil {
			return err
		}
		img, err = encodePNG(pic.turn(quarters))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func encodePNG(p *picture) ([]byte, error) {
	img := &image.Gray{Pix: p.pix, Stride: p.w, Rect: image.Rect(0, 0, p.w, p.h)}
	var out bytes.Buffer
	err := png.Encode(&out, img)
	return out.Bytes(), err
}

// Lines drawn into a picture are found where they are.
func TestRuledLinesInPictures(t *testing.T) {
	pic := &picture{w: 600, h: 400, dpi: 300, pix: make([]byte, 600*400)}
	for i := range pic.pix {
		pic.pix[i] = 255
	}
	for _, y := range []int{50, 150, 350} {
		for x := 40; x <= 560; x++ {
			pic.pix[y*600+x], pic.pix[(y+1)*600+x] = 0, 0
		}
	}
	for _, x := range []int{40, 200, 560} {
		for y := 50; y <= 350; y++ {
			pic.pix[y*600+x], pic.pix[y*600+x+1] = 0, 0
		}
	}
	bw := pic.binarize()
	if n := len(bw.straight(120, 2)); n != 3 {
		t.Errorf("%d lines across, want 3", n)
	}
	if n := len(bw.sideways().straight(54, 2)); n != 3 {
		t.Errorf("%d lines down, want 3", n)
	}
	if a, _ := bw.skew(); a > 0.002 || a < -0.002 {
		t.Errorf("skew = %v", a)
	}
	again := pic.turn(1).turn(1).turn(2)
	for i := range pic.pix {
		if pic.pix[i] != again.pix[i] {
			t.Fatal("four quarter turns are not one whole")
		}
	}
}

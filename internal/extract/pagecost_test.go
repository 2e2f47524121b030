package extract

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
)

// paperOf is one formulir of a layout drawn at random, in a format.
type paperOf struct {
	format string
	make   func(t *testing.T, rnd *rand.Rand, grid [][]string) []byte
}

func costlyPapers(r *Reader) []paperOf {
	pdf := func(t *testing.T, rnd *rand.Rand, grid [][]string) []byte {
		return makePDF(t, rnd, ruled, formHead, grid, formFoot)
	}
	out := []paperOf{
		{"xlsx", func(t *testing.T, rnd *rand.Rand, grid [][]string) []byte { return makeXLSX(t, rnd, grid) }},
		{"docx", func(t *testing.T, _ *rand.Rand, grid [][]string) []byte { return makeDOCX(t, grid, formHead, formFoot) }},
		{"csv", func(t *testing.T, rnd *rand.Rand, grid [][]string) []byte { return makeCSV(t, rnd, grid) }},
		{"pdf", pdf},
	}
	if r.Tools()["tesseract"] == "" || r.Tools()["pdftoppm"] == "" {
		return out
	}
	for _, s := range []struct {
		name        string
		dpi, specks int
	}{{"scan_300", 300, 0}, {"scan_200", 200, 6}, {"scan_150", 150, 12}} {
		out = append(out, paperOf{s.name, func(t *testing.T, rnd *rand.Rand, grid [][]string) []byte {
			return copied(t, rnd, pdf(t, rnd, grid), s.dpi, s.specks)
		}})
	}
	return out
}

// copied is a page from a copier: a picture with grey noise, and dots of dirt in every ten thousand pixels.
func copied(t *testing.T, rnd *rand.Rand, pdf []byte, dpi, specks int) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.pdf"), pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	tools := findTools(Options{NoSandbox: true})
	if _, _, err := tools.run(t.Context(), time.Minute, dir, "pdftoppm", "-singlefile", "-gray", "-r", fmt.Sprint(dpi), "a.pdf", "a"); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "a.pgm"))
	if err != nil {
		t.Fatal(err)
	}
	pic, err := decodePGM(raw)
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, pic.w, pic.h))
	for i, v := range pic.pix {
		img.Pix[i] = byte(max(0, min(255, int(v)-rnd.IntN(12*specks/6+1))))
	}
	for range specks * pic.w * pic.h / 10_000 / 4 {
		img.SetGray(rnd.IntN(pic.w), rnd.IntN(pic.h), color.Gray{Y: 90})
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestPageCosts prints what a page of each format costs, and how much of it is read right: figures that CI holds against
// .ci/floors. It runs where UKPBJD_FIGURES is set.
func TestPageCosts(t *testing.T) {
	if os.Getenv("UKPBJD_FIGURES") == "" {
		t.Skip("UKPBJD_FIGURES is not set")
	}
	r := New(Options{OCR: "auto", TempDir: t.TempDir(), Workers: 1})
	for _, p := range costlyPapers(r) {
		rnd := rand.New(rand.NewPCG(4711, 1))
		var c cost
		rounds := 12
		if strings.HasPrefix(p.format, "scan") {
			rounds = 3 // seconds each
		}
		for range rounds {
			people := invent(rnd, 3+2*rnd.IntN(3))
			cols := columnsOf(rnd)
			if rnd.IntN(3) == 0 && p.format != "csv" {
				cols = compound(rnd)
			}
			c.measure(r, p.make(t, rnd, gridOf(cols, people)), people)
		}
		fmt.Printf("figure own_%s_nips_pct: %.2f\n", p.format, 100*float64(c.right)/float64(c.nips))
		fmt.Printf("figure own_%s_silent: %d\n", p.format, c.silent)
		fmt.Printf("figure own_%s_seconds_per_page: %.4f\n", p.format, c.took.Seconds()/float64(c.pages))
		fmt.Printf("figure own_%s_peak_mib: %.1f\n", p.format, float64(c.peak)/1024)
	}
	var children syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children); err == nil {
		fmt.Printf("figure own_largest_program_mib: %.1f\n", float64(children.Maxrss)/1024)
	}
}

type cost struct {
	pages, nips, right, silent int
	took                       time.Duration
	peak                       int // KiB of this process
}

func (c *cost) measure(r *Reader, data []byte, people []member) {
	debug.FreeOSMemory()
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) //nolint:errcheck // elsewhere the peak is that of the whole run
	start := time.Now()
	src := r.All(context.Background(), []message.Attachment{{Name: "formulir", Bytes: data}})
	c.took += time.Since(start)
	c.peak = max(c.peak, highWater())
	reading := document.Read(document.Bundle{Sources: src})
	c.pages += len(src[0].Pages)
	for _, m := range people {
		c.nips++
		for _, row := range reading.Roster {
			if row.NIP == m.nip {
				c.right++
				break
			}
		}
	}
	for _, row := range reading.Roster {
		known := strings.Contains(strings.Join(row.Doubts, " "), "nip") || !document.ValidNIP(row.NIP)
		for _, m := range people {
			known = known || m.nip == row.NIP
		}
		if !known {
			c.silent++
		}
	}
}

// highWater is the largest resident size since it was last cleared, in KiB.
func highWater() int {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	n := 0
	fmt.Sscan(rest, &n) //nolint:errcheck // then it is 0
	return n
}

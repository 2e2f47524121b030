package report

import (
	"image/color"

	"github.com/boombuler/barcode/qr"
)

// qr draws a QR code as squares, so that it prints sharply at any size. Level M bears a stamp's edge over it.
func (p *form) qr(content string, x, y, size float64) error {
	code, err := qr.Encode(content, qr.M, qr.Auto)
	if err != nil {
		return err
	}
	n := code.Bounds().Dx()
	dot := size / float64(n)
	p.SetFillColor(0, 0, 0)
	for j := range n {
		for i := 0; i < n; i++ {
			run := 0
			for i+run < n && code.At(i+run, j) == color.Black {
				run++
			}
			if run > 0 {
				p.Rect(x+float64(i)*dot, y+float64(j)*dot, float64(run)*dot, dot*1.02, "F")
				i += run
			}
		}
	}
	return nil
}

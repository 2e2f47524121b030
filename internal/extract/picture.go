package extract

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif"  // decoders for image.Decode
	_ "image/jpeg" // …
	_ "image/png"  // …
	"math"
)

// picture is a grey page, 0 black.
type picture struct {
	w, h int
	dpi  float64
	pix  []byte
}

const maxPixels = 40_000_000

// decodePicture reads JPEG, PNG or GIF, upright as the camera meant it.
func decodePicture(data []byte) (*picture, error) {
	cfg, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if cfg.Width*cfg.Height > maxPixels || cfg.Width < 1 || cfg.Height < 1 {
		return nil, errTooLarge
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	quarters := map[int]int{3: 2, 6: 1, 8: 3}
	return grey(img).turn(quarters[exifOrientation(data)]), nil
}

func grey(img image.Image) *picture {
	b := img.Bounds()
	p := &picture{w: b.Dx(), h: b.Dy(), pix: make([]byte, 0, b.Dx()*b.Dy())}
	for y := range p.h {
		switch src := img.(type) {
		case *image.YCbCr:
			p.pix = append(p.pix, src.Y[y*src.YStride:][:p.w]...)
		case *image.Gray:
			p.pix = append(p.pix, src.Pix[y*src.Stride:][:p.w]...)
		default:
			for x := range p.w {
				r, g, bl, a := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
				lum := (299*r + 587*g + 114*bl) / 1000
				p.pix = append(p.pix, byte((lum+(0xffff-a))>>8)) // transparent is paper
			}
		}
	}
	return p
}

// decodePGM reads the P5 that pdftoppm writes.
func decodePGM(data []byte) (*picture, error) {
	var w, h, most int
	r := bytes.NewReader(data)
	if _, err := fmt.Fscanf(r, "P5\n%d %d\n%d\n", &w, &h, &most); err != nil {
		return nil, fmt.Errorf("read pgm: %w", err)
	}
	if w < 1 || h < 1 || w*h > maxPixels || r.Len() < w*h {
		return nil, errTooLarge
	}
	return &picture{w: w, h: h, pix: data[len(data)-r.Len():][:w*h]}, nil
}

func (p *picture) encodePGM() []byte {
	return append(fmt.Appendf(nil, "P5\n%d %d\n255\n", p.w, p.h), p.pix...)
}

// turn rotates by quarter turns clockwise.
func (p *picture) turn(quarters int) *picture {
	for range quarters & 3 {
		p = &picture{w: p.h, h: p.w, dpi: p.dpi, pix: turned(p.pix, p.w)}
	}
	return p
}

// turned are the points of a picture of width w after a quarter turn clockwise.
func turned[T any](points []T, w int) []T {
	out, h := make([]T, len(points)), len(points)/w
	for y := range h {
		for x, v := range points[y*w : (y+1)*w] {
			out[x*h+h-1-y] = v
		}
	}
	return out
}

// part is the page within frame, white but for what lies within shown.
func (p *picture) part(shown, frame image.Rectangle) *picture {
	shown = shown.Intersect(image.Rect(0, 0, p.w, p.h)).Intersect(frame)
	q := &picture{w: frame.Dx(), h: frame.Dy(), dpi: p.dpi, pix: bytes.Repeat([]byte{255}, frame.Dx()*frame.Dy())}
	for y := shown.Min.Y; y < shown.Max.Y; y++ {
		copy(q.pix[(y-frame.Min.Y)*q.w+shown.Min.X-frame.Min.X:], p.pix[y*p.w+shown.Min.X:y*p.w+shown.Max.X])
	}
	return q
}

// exifOrientation looks for the tag in a JPEG's APP1; 0 when there is none.
func exifOrientation(data []byte) int {
	i := bytes.Index(head(data, 64<<10), []byte("Exif\x00\x00"))
	if i < 0 || i+14 > len(data) {
		return 0
	}
	t := data[i+6:]
	order := byteOrder(t)
	if e := directory(t, order.Uint32(t[4:]))[tagOrientation]; e != nil {
		return int(order.Uint16(e[8:]))
	}
	return 0
}

// scaled resizes with averaging between pixels.
func (p *picture) scaled(f float64) *picture {
	if math.Abs(f-1) < 0.02 {
		return p
	}
	q := &picture{w: int(float64(p.w) * f), h: int(float64(p.h) * f), dpi: p.dpi * f}
	if q.w < 1 || q.h < 1 || q.w*q.h > maxPixels {
		return p
	}
	q.pix = make([]byte, q.w*q.h)
	for y := 0; y < q.h; y++ {
		fy := math.Max(0, (float64(y)+0.5)/f-0.5)
		for x := 0; x < q.w; x++ {
			q.pix[y*q.w+x] = p.at((float64(x)+0.5)/f-0.5, fy)
		}
	}
	return q
}

// at is the value between pixels, white outside.
func (p *picture) at(x, y float64) byte {
	x0, y0 := int(math.Floor(x)), int(math.Floor(y))
	fx, fy := x-float64(x0), y-float64(y0)
	get := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= p.w || y >= p.h {
			return 255
		}
		return float64(p.pix[y*p.w+x])
	}
	top := get(x0, y0)*(1-fx) + get(x0+1, y0)*fx
	low := get(x0, y0+1)*(1-fx) + get(x0+1, y0+1)*fx
	return byte(top*(1-fy) + low*fy + 0.5)
}

// rotated turns by a small angle in radians about the middle.
func (p *picture) rotated(a float64) *picture {
	q := &picture{w: p.w, h: p.h, dpi: p.dpi, pix: make([]byte, len(p.pix))}
	sin, cos := math.Sin(a), math.Cos(a)
	cx, cy := float64(p.w)/2, float64(p.h)/2
	for y := 0; y < q.h; y++ {
		dy := float64(y) - cy
		for x := 0; x < q.w; x++ {
			dx := float64(x) - cx
			q.pix[y*q.w+x] = p.at(cx+dx*cos-dy*sin, cy+dx*sin+dy*cos)
		}
	}
	return q
}

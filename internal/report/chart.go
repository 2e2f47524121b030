package report

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

// Picture is a chart. ID names it inside a mail (RFC 2392), Alt says it to those who do not see it.
type Picture struct {
	Name, ID, Alt string
	PNG           []byte
}

// Colours of the charts, told apart in grey print and by people who do not see red and green.
var (
	paper  = color.RGBA{255, 255, 255, 255}
	ink    = color.RGBA{32, 39, 44, 255}
	soft   = color.RGBA{95, 105, 104, 255}
	rail   = color.RGBA{236, 239, 234, 255}
	calm   = color.RGBA{68, 108, 140, 255}
	good   = color.RGBA{62, 131, 96, 255}
	warned = color.RGBA{196, 138, 44, 255}
	bad    = color.RGBA{168, 62, 54, 255}
	dim    = color.RGBA{150, 156, 154, 255}
)

// The picture is drawn at twice the size at which it is shown, so that it stays sharp.
const (
	chartWidth = 1200
	scale      = 2
)

type canvas struct {
	*image.RGBA
	plain, strong font.Face
}

func newCanvas(height int, title string) (*canvas, error) {
	c := &canvas{RGBA: image.NewRGBA(image.Rect(0, 0, chartWidth, height))}
	draw.Draw(c, c.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	for _, f := range []struct {
		into *font.Face
		ttf  []byte
		size float64
	}{{&c.plain, goregular.TTF, 13 * scale}, {&c.strong, gobold.TTF, 15 * scale}} {
		parsed, err := opentype.Parse(f.ttf)
		if err != nil {
			return nil, fmt.Errorf("draw a chart: %w", err)
		}
		if *f.into, err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: f.size, DPI: 72}); err != nil {
			return nil, fmt.Errorf("draw a chart: %w", err)
		}
	}
	c.say(40, 56, title, ink, c.strong)
	return c, nil
}

// say writes a text whose baseline begins at x, y.
func (c *canvas) say(x, y int, s string, col color.Color, f font.Face) {
	d := font.Drawer{Dst: c, Src: image.NewUniform(col), Face: f, Dot: fixed.P(x, y)}
	d.DrawString(s)
}

// sayTo writes a text that ends at x; sayOn one whose middle is x.
func (c *canvas) sayTo(x, y int, s string, col color.Color) {
	c.say(x-font.MeasureString(c.plain, s).Ceil(), y, s, col, c.plain)
}

func (c *canvas) sayOn(x, y int, s string, col color.Color) {
	c.say(x-font.MeasureString(c.plain, s).Ceil()/2, y, s, col, c.plain)
}

func (c *canvas) box(x, y, w, h int, col color.Color) {
	draw.Draw(c, image.Rect(x, y, x+w, y+h), image.NewUniform(col), image.Point{}, draw.Src)
}

func (c *canvas) picture(id, alt string) (Picture, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, c); err != nil {
		return Picture{}, fmt.Errorf("draw chart %s: %w", id, err)
	}
	return Picture{Name: id + ".png", ID: id + "@laporan.ukpbjd", Alt: alt, PNG: b.Bytes()}, nil
}

// Charts draws the month: cases by status, what was on time, and the flow of the last months.
func (m Month) Charts() ([]Picture, error) {
	var out []Picture
	for _, drawOne := range []func(Month) (Picture, error){Month.statusChart, Month.shareChart, Month.trendChart} {
		p, err := drawOne(m)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

const (
	barTop, barStep, barTall = 96, 58, 34
	barLeft                  = 470
	barRoom                  = chartWidth - barLeft - 250
)

func tone(s sop.Status) color.Color {
	switch s {
	case sop.Done:
		return good
	case sop.Rejected, sop.Cancelled:
		return dim
	case sop.NeedsReview:
		return bad
	case sop.Incomplete, sop.AwaitingRequester:
		return warned
	}
	return calm
}

func (m Month) statusChart() (Picture, error) {
	c, err := newCanvas(barTop+barStep*len(sop.Statuses)+14, "Permohonan "+workday.MonthWords(m.First)+" menurut status")
	if err != nil {
		return Picture{}, err
	}
	top := 1
	for _, n := range m.Counts {
		top = max(top, n)
	}
	for i, s := range sop.Statuses {
		n := m.Counts[s]
		c.bar(i, s.Label(), n, top, fmt.Sprint(n), tone(s))
	}
	return c.picture("grafik-status", fmt.Sprintf("Grafik: %d permohonan menurut status", m.Opened))
}

// bar is one line: name, bar on its rail, figure.
func (c *canvas) bar(i int, name string, n, top int, figure string, col color.Color) {
	y := barTop + i*barStep
	c.sayTo(barLeft-24, y+barTall-8, name, ink)
	c.box(barLeft, y, barRoom, barTall, rail)
	w := n * barRoom / max(top, 1)
	if n > 0 {
		w = max(w, 4)
	}
	c.box(barLeft, y, w, barTall, col)
	c.say(barLeft+barRoom+20, y+barTall-8, figure, ink, c.plain)
}

func (m Month) shareChart() (Picture, error) {
	c, err := newCanvas(barTop+barStep*len(m.Shares)+14, "Langkah yang tepat waktu, "+workday.MonthWords(m.First))
	if err != nil {
		return Picture{}, err
	}
	var alt strings.Builder
	alt.WriteString("Grafik tepat waktu:")
	for i, s := range m.Shares {
		figure, col := "belum ada", color.Color(dim)
		if s.All > 0 {
			percent := letter.Share(s).Percent()
			figure = fmt.Sprintf("%d%% (%d/%d)", percent, s.OnTime, s.All)
			col = good
			if percent < 70 {
				col = bad
			} else if percent < 90 {
				col = warned
			}
		}
		c.bar(i, s.Step, s.OnTime, s.All, figure, col)
		alt.WriteString(fmt.Sprintf(" %s %s;", s.Step, figure))
	}
	return c.picture("grafik-tepat-waktu", alt.String()[:len(alt.String())-1])
}

func (m Month) trendChart() (Picture, error) {
	const height, base, room = 470, 400, 260
	c, err := newCanvas(height, "Permohonan dibuka dan ditutup, enam bulan terakhir")
	if err != nil {
		return Picture{}, err
	}
	c.box(880, 36, 22, 22, calm)
	c.say(912, 56, "dibuka", ink, c.plain)
	c.box(1030, 36, 22, 22, good)
	c.say(1062, 56, "ditutup", ink, c.plain)
	top := 1
	for _, f := range m.Trend {
		top = max(top, f.Opened, f.Closed)
	}
	const left, wide = 60, 180
	for i, f := range m.Trend {
		mid := left + i*wide + wide/2
		c.column(mid-62, base, f.Opened, top, room, calm)
		c.column(mid+6, base, f.Closed, top, room, good)
		c.sayOn(mid, base+42, fmt.Sprintf("%.3s %d", workday.MonthName(f.Month.Month()), f.Month.Year()), soft)
	}
	c.box(left, base, wide*trendMonths, 2, soft)
	last := m.Trend[trendMonths-1]
	return c.picture("grafik-bulan", fmt.Sprintf("Grafik: bulan ini %d dibuka dan %d ditutup", last.Opened, last.Closed))
}

func (c *canvas) column(x, base, n, top, room int, col color.Color) {
	const wide = 56
	h := n * room / top
	if n > 0 {
		h = max(h, 4)
	}
	c.box(x, base-h, wide, h, col)
	c.sayOn(x+wide/2, base-h-10, fmt.Sprint(n), ink)
}

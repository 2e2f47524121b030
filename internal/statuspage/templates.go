package statuspage

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"time"

	"ukpbjd/internal/workday"
)

//go:embed pages/*.tmpl
var pages embed.FS

// templates are the parsed pages, with the hash under which browsers accept their style.
type templates struct {
	set       *template.Template
	zone      *time.Location
	styleHash string
}

func parse(zone *time.Location) (*templates, error) {
	t := &templates{zone: zone}
	set, err := template.New("").Funcs(template.FuncMap{"clock": t.clock, "stamp": t.stamp, "dayof": t.day, "add": func(a, b int) int { return a + b }}).
		ParseFS(pages, "pages/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	t.set = set
	out, err := t.render("notice", notice{})
	if err != nil {
		return nil, err
	}
	// The hash is of what the browser gets; html/template may change white space on the way.
	_, style, ok := bytes.Cut(out, []byte("<style>"))
	style, _, end := bytes.Cut(style, []byte("</style>"))
	if !ok || !end {
		return nil, errors.New("read the pages: no style in the layout")
	}
	sum := sha256.Sum256(style)
	t.styleHash = "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	return t, nil
}

func (t *templates) render(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := t.set.ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("render page %s: %w", name, err)
	}
	return b.Bytes(), nil
}

// clock writes 4 Mei 2026 09.30 WITA.
func (t *templates) clock(at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	return t.day(at) + " " + at.In(t.zone).Format("15.04 MST")
}

func (t *templates) day(at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	at = at.In(t.zone)
	return fmt.Sprintf("%d %.3s %d", at.Day(), workday.MonthName(at.Month()), at.Year())
}

// stamp is for machines: the datetime attribute.
func (t *templates) stamp(at time.Time) string { return at.In(t.zone).Format(time.RFC3339) }

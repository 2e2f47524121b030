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

// templates are the parsed pages, with the hashes under which browsers accept their style and their script.
type templates struct {
	set         *template.Template
	zone        *time.Location
	style, live string
}

func parse(zone *time.Location) (*templates, error) {
	t := &templates{zone: zone}
	set, err := template.New("").Funcs(template.FuncMap{"clock": t.clock, "stamp": t.stamp, "dayof": t.day, "add": func(a, b int) int { return a + b }}).
		ParseFS(pages, "pages/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	t.set = set
	out, err := t.render("notice", notice{head: head{Live: true}})
	if err != nil {
		return nil, err
	}
	var fault, worse error
	t.style, fault = hashOf(out, "style")
	t.live, worse = hashOf(out, "script")
	return t, errors.Join(fault, worse)
}

// hashOf is for the Content-Security-Policy: of what the browser gets, as html/template may change white space on the way.
func hashOf(page []byte, element string) (string, error) {
	_, content, ok := bytes.Cut(page, []byte("<"+element+">"))
	content, _, end := bytes.Cut(content, []byte("</"+element+">"))
	if !ok || !end {
		return "", fmt.Errorf("read the pages: no %s in the layout", element)
	}
	sum := sha256.Sum256(content)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'", nil
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

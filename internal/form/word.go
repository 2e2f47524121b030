package form

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"ukpbjd/internal/ooxml"
)

//go:embed word.tmpl
var wordSource string

// wordWidth is what lies between the margins of A4 on its side, in twips.
const wordWidth = 15300

type wordColumn struct {
	Head  string
	Width int
}

// blankDocument lays the form out with columns as wide as their share.
func blankDocument(office string) ([]byte, error) {
	data := struct {
		Title                string
		Heading              [][2]string
		Columns              []wordColumn
		Width                int
		Rows, Closing, Rules []string
	}{Title: title, Heading: heading(office), Closing: closing()}
	total := 0.0
	for _, c := range columns() {
		total += c.width
	}
	for _, c := range columns() {
		w := int(c.width / total * wordWidth)
		data.Columns, data.Width = append(data.Columns, wordColumn{c.head, w}), data.Width+w
	}
	for n := range blankRows {
		data.Rows = append(data.Rows, fmt.Sprint(n+1))
	}
	for i, rule := range rules() {
		data.Rules = append(data.Rules, fmt.Sprintf("%d. %s", i+1, rule))
	}
	all, err := template.New("").Parse(wordSource)
	if err != nil {
		return nil, err
	}
	var parts [][2]string
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "word/_rels/document.xml.rels", "word/styles.xml", "word/document.xml"} {
		var b strings.Builder
		if err := all.ExecuteTemplate(&b, name, data); err != nil {
			return nil, err
		}
		parts = append(parts, [2]string{name, b.String()})
	}
	return ooxml.Pack(parts)
}

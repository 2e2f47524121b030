package form

import (
	"encoding/xml"
	"fmt"
	"html"
	"strconv"
	"strings"

	"ukpbjd/internal/ooxml"
)

const (
	wordNS    = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	relNS     = "http://schemas.openxmlformats.org/package/2006/relationships"
	officeRel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	typesNS   = "http://schemas.openxmlformats.org/package/2006/content-types"
	wordType  = "application/vnd.openxmlformats-officedocument.wordprocessingml."
	wordWidth = 15300 // twips between the margins of A4 on its side
)

// page collects the body of a text document.
type page struct{ strings.Builder }

// escaped is a text within XML.
var escaped = html.EscapeString

// run is a piece of text in one size, in half points.
func run(text string, size int, bold bool) string {
	weight := ""
	if bold {
		weight = "<w:b/>"
	}
	return fmt.Sprintf(`<w:r><w:rPr>%s<w:sz w:val="%d"/></w:rPr><w:t xml:space="preserve">%s</w:t></w:r>`, weight, size, escaped(text))
}

func (p *page) paragraph(runs, side string, after int) {
	fmt.Fprintf(p, `<w:p><w:pPr><w:spacing w:before="0" w:after="%d"/><w:jc w:val="%s"/></w:pPr>%s</w:p>`, after, side, runs)
}

// table begins a grid with columns of these widths in twips; ruled draws its lines.
func (p *page) table(widths []int, ruled bool) {
	line := "none"
	if ruled {
		line = "single"
	}
	total := 0
	for _, w := range widths {
		total += w
	}
	fmt.Fprintf(p, `<w:tbl><w:tblPr><w:tblW w:w="%d" w:type="dxa"/><w:tblBorders>`, total)
	for _, side := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
		fmt.Fprintf(p, `<w:%s w:val="%s" w:sz="4" w:space="0" w:color="8A948C"/>`, side, line)
	}
	p.WriteString(`</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>`)
	for _, w := range widths {
		fmt.Fprintf(p, `<w:gridCol w:w="%d"/>`, w)
	}
	p.WriteString(`</w:tblGrid>`)
}

// row writes one row; a head is shaded and comes again on every page.
func (p *page) row(widths []int, cells []string, head bool) {
	trait, shade, side := `<w:trHeight w:val="340" w:hRule="atLeast"/>`, "", "left"
	if head {
		trait, shade, side = trait+`<w:tblHeader/>`, `<w:shd w:val="clear" w:color="auto" w:fill="DCE6DE"/>`, "center"
	}
	p.WriteString(`<w:tr><w:trPr><w:cantSplit/>` + trait + `</w:trPr>`)
	for i, text := range cells {
		fmt.Fprintf(p, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>%s<w:vAlign w:val="center"/></w:tcPr>`, widths[i], shade)
		p.paragraph(run(text, 18, head), side, 0)
		p.WriteString(`</w:tc>`)
	}
	p.WriteString(`</w:tr>`)
}

func blankDocument(office string) ([]byte, error) {
	var p page
	p.paragraph(run(title, 28, true), "center", 120)
	widths := []int{2400, 7000}
	p.table(widths, false)
	for _, h := range heading(office) {
		p.row(widths, []string{h[0], ": " + h[1]}, false)
	}
	p.WriteString(`</w:tbl>`)
	p.paragraph("", "left", 0)
	p.list()
	p.paragraph("", "left", 0)
	for _, text := range closing() {
		p.WriteString(`<w:p><w:pPr><w:spacing w:before="0" w:after="0"/><w:ind w:left="9600"/></w:pPr>` + run(text, 18, false) + `</w:p>`)
	}
	p.paragraph(run("Petunjuk pengisian", 18, true), "left", 20)
	for i, rule := range rules() {
		p.paragraph(run(fmt.Sprintf("%d. %s", i+1, rule), 17, false), "left", 0)
	}
	return packWord(p.String())
}

// list is the table of members, its columns as wide as their share.
func (p *page) list() {
	cols, total := columns(), 0.0
	for _, c := range cols {
		total += c.width
	}
	var widths []int
	var heads []string
	for _, c := range cols {
		widths = append(widths, int(c.width/total*wordWidth))
		heads = append(heads, c.head)
	}
	p.table(widths, true)
	p.row(widths, heads, true)
	for n := range blankRows {
		cells := make([]string, len(cols))
		cells[0] = strconv.Itoa(n + 1)
		p.row(widths, cells, false)
	}
	p.WriteString(`</w:tbl>`)
}

func packWord(body string) ([]byte, error) {
	return ooxml.Pack([][2]string{
		{"[Content_Types].xml", xml.Header + `<Types xmlns="` + typesNS + `"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="` + wordType + `document.main+xml"/><Override PartName="/word/styles.xml" ContentType="` + wordType + `styles+xml"/></Types>`},
		{"_rels/.rels", xml.Header + `<Relationships xmlns="` + relNS + `"><Relationship Id="rId1" Type="` + officeRel + `officeDocument" Target="word/document.xml"/></Relationships>`},
		{"word/_rels/document.xml.rels", xml.Header + `<Relationships xmlns="` + relNS + `"><Relationship Id="rId1" Type="` + officeRel + `styles" Target="styles.xml"/></Relationships>`},
		{"word/styles.xml", xml.Header + `<w:styles xmlns:w="` + wordNS + `"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:cs="Calibri"/><w:sz w:val="20"/><w:lang w:val="id-ID"/></w:rPr></w:rPrDefault></w:docDefaults></w:styles>`},
		{"word/document.xml", xml.Header + `<w:document xmlns:w="` + wordNS + `"><w:body>` + body + `<w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/><w:pgMar w:top="560" w:right="720" w:bottom="500" w:left="720" w:header="400" w:footer="400" w:gutter="0"/></w:sectPr></w:body></w:document>`},
	})
}

package rehearsal

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"path"
	"strings"

	"ukpbjd/internal/ooxml"
)

const (
	wordNS     = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"`
	relNS      = "http://schemas.openxmlformats.org/package/2006/relationships"
	office     = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	typesNS    = "http://schemas.openxmlformats.org/package/2006/content-types"
	drawing    = `<w:p><w:r><w:drawing><wp:inline><wp:extent cx="720000" cy="720000"/><wp:docPr id="1" name="Lambang"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="Lambang"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rId1"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="720000" cy="720000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`
	sheetNS    = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	officeType = "application/vnd.openxmlformats-officedocument."
	sheetType  = officeType + "spreadsheetml."
	emblem     = `<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><xdr:oneCellAnchor><xdr:from><xdr:col>9</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>0</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:ext cx="720000" cy="720000"/><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="1" name="Lambang"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed="rId1"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/></xdr:oneCellAnchor></xdr:wsDr>`
)

// formDOCX writes the formulir as a word processor would: paragraphs, then one table.
func (b Bundle) formDOCX(picture []byte) ([]byte, error) {
	var doc strings.Builder
	doc.WriteString(xml.Header + `<w:document ` + wordNS + `><w:body>`)
	if picture != nil {
		doc.WriteString(drawing)
	}
	for _, l := range b.formLines() {
		doc.WriteString(paragraph(l))
	}
	doc.WriteString(`<w:tbl><w:tblPr><w:tblBorders><w:top w:val="single" w:sz="4"/><w:left w:val="single" w:sz="4"/><w:bottom w:val="single" w:sz="4"/><w:right w:val="single" w:sz="4"/><w:insideH w:val="single" w:sz="4"/><w:insideV w:val="single" w:sz="4"/></w:tblBorders></w:tblPr>`)
	for _, row := range append([][]string{formHeading()}, b.formRows()...) {
		doc.WriteString("<w:tr>")
		for _, cell := range row {
			doc.WriteString("<w:tc>" + paragraph(cell) + "</w:tc>")
		}
		doc.WriteString("</w:tr>")
	}
	doc.WriteString("</w:tbl>")
	for _, l := range b.formClosing() {
		doc.WriteString(paragraph(l))
	}
	doc.WriteString(`<w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/></w:sectPr></w:body></w:document>`)
	parts := []part{{points: [][2]string{{"officeDocument", "word/document.xml"}}},
		{name: "word/document.xml", kind: officeType + "wordprocessingml.document.main+xml", content: doc.String()}}
	if picture != nil {
		parts[1].points = [][2]string{{"image", "media/image1.png"}}
		parts = append(parts, part{name: "word/media/image1.png", content: string(picture)})
	}
	return pack(parts)
}

func paragraph(text string) string {
	return `<w:p><w:r><w:t xml:space="preserve">` + escaped(text) + `</w:t></w:r></w:p>`
}

// formXLSX writes the formulir as a spreadsheet does: all text in one table of strings, cells that point into it.
func (b Bundle) formXLSX(picture []byte) ([]byte, error) {
	var rows [][]string
	for _, l := range b.formLines() {
		rows = append(rows, []string{l})
	}
	rows = append(append(rows, formHeading()), b.formRows()...)
	for _, l := range b.formClosing() {
		rows = append(rows, []string{"", "", "", "", "", l})
	}
	cells, table := sheetRows(rows)
	var sheet strings.Builder
	sheet.WriteString(xml.Header + `<worksheet xmlns="` + sheetNS + `" xmlns:r="` + strings.TrimSuffix(office, "/") + `"><cols>`)
	for c, width := range []int{5, 36, 22, 20, 10, 40, 16, 38} {
		fmt.Fprintf(&sheet, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, c+1, c+1, width)
	}
	sheet.WriteString(`</cols><sheetData>` + cells + `</sheetData>`)
	if picture != nil {
		sheet.WriteString(`<drawing r:id="rId1"/>`)
	}
	sheet.WriteString(`</worksheet>`)
	workbook := `<workbook xmlns="` + sheetNS + `" xmlns:r="` + strings.TrimSuffix(office, "/") +
		`"><sheets><sheet name="Formulir" sheetId="1" r:id="rId1"/></sheets></workbook>`
	parts := []part{{points: [][2]string{{"officeDocument", "xl/workbook.xml"}}},
		{"xl/workbook.xml", sheetType + "sheet.main+xml", xml.Header + workbook,
			[][2]string{{"worksheet", "worksheets/sheet1.xml"}, {"sharedStrings", "sharedStrings.xml"}}},
		{name: "xl/sharedStrings.xml", kind: sheetType + "sharedStrings+xml", content: table},
		{name: "xl/worksheets/sheet1.xml", kind: sheetType + "worksheet+xml", content: sheet.String()}}
	if picture != nil {
		parts[3].points = [][2]string{{"drawing", "../drawings/drawing1.xml"}}
		parts = append(parts, part{"xl/drawings/drawing1.xml", officeType + "drawing+xml", xml.Header + emblem,
			[][2]string{{"image", "../media/image1.png"}}},
			part{name: "xl/media/image1.png", content: string(picture)})
	}
	return pack(parts)
}

// sheetRows are the rows of a sheet, and the strings that they point to.
func sheetRows(rows [][]string) (cells, table string) {
	var out, list strings.Builder
	n := 0
	for r, row := range rows {
		fmt.Fprintf(&out, `<row r="%d">`, r+1)
		for c, text := range row {
			if text == "" {
				continue
			}
			fmt.Fprintf(&out, `<c r="%c%d" t="s"><v>%d</v></c>`, 'A'+c, r+1, n)
			list.WriteString(`<si><t xml:space="preserve">` + escaped(text) + `</t></si>`)
			n++
		}
		out.WriteString(`</row>`)
	}
	return out.String(), fmt.Sprintf(`%s<sst xmlns="%s" count="%d" uniqueCount="%d">%s</sst>`, xml.Header, sheetNS, n, n, list.String())
}

func escaped(text string) string {
	var b bytes.Buffer
	if xml.EscapeText(&b, []byte(text)) != nil {
		return ""
	}
	return b.String()
}

// part is one part of an office package. points are the type and target of what it points to, in the order of rId1, rId2 …
type part struct {
	name, kind, content string
	points              [][2]string
}

func pack(parts []part) ([]byte, error) {
	types := xml.Header + `<Types xmlns="` + typesNS + `">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>`
	out := [][2]string{{"[Content_Types].xml"}}
	for _, p := range parts {
		if p.kind != "" {
			types += `<Override PartName="/` + p.name + `" ContentType="` + p.kind + `"/>`
		}
		if p.content != "" { // the package itself has none
			out = append(out, [2]string{p.name, p.content})
		}
		rels := ""
		for i, r := range p.points {
			rels += fmt.Sprintf(`<Relationship Id="rId%d" Type="%s%s" Target="%s"/>`, i+1, office, r[0], r[1])
		}
		if rels != "" {
			dir, base := path.Split(p.name)
			out = append(out, [2]string{dir + "_rels/" + base + ".rels", xml.Header + `<Relationships xmlns="` + relNS + `">` + rels + `</Relationships>`})
		}
	}
	out[0][1] = types + `</Types>`
	return ooxml.Pack(out)
}

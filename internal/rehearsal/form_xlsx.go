package rehearsal

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"ukpbjd/internal/ooxml"
)

const (
	sheetNS   = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	emblem    = `<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><xdr:oneCellAnchor><xdr:from><xdr:col>9</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>0</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:ext cx="720000" cy="720000"/><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="1" name="Lambang"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed="rId1"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/></xdr:oneCellAnchor></xdr:wsDr>`
)

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
	return packXLSX(sheet.String(), table, picture)
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

// relations is a list of what a part points to: type and target, in the order of rId1, rId2 …
func relations(list ...[2]string) string {
	var b strings.Builder
	for i, r := range list {
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s%s" Target="%s"/>`, i+1, office, r[0], r[1])
	}
	return xml.Header + `<Relationships xmlns="` + relNS + `">` + b.String() + `</Relationships>`
}

func packXLSX(sheet, table string, picture []byte) ([]byte, error) {
	override := func(part, kind string) string {
		return `<Override PartName="` + part + `" ContentType="` + kind + `"/>`
	}
	types := `<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>` +
		override("/xl/workbook.xml", sheetType+"sheet.main+xml") + override("/xl/worksheets/sheet1.xml", sheetType+"worksheet+xml") + override("/xl/sharedStrings.xml", sheetType+"sharedStrings+xml")
	if picture != nil {
		types += override("/xl/drawings/drawing1.xml", "application/vnd.openxmlformats-officedocument.drawing+xml")
	}
	parts := [][2]string{
		{"[Content_Types].xml", xml.Header + `<Types xmlns="` + typesNS + `">` + types + `</Types>`},
		{"_rels/.rels", relations([2]string{"officeDocument", "xl/workbook.xml"})},
		{"xl/workbook.xml", xml.Header + `<workbook xmlns="` + sheetNS + `" xmlns:r="` + strings.TrimSuffix(office, "/") + `"><sheets><sheet name="Formulir" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", relations([2]string{"worksheet", "worksheets/sheet1.xml"}, [2]string{"sharedStrings", "sharedStrings.xml"})},
		{"xl/sharedStrings.xml", table},
		{"xl/worksheets/sheet1.xml", sheet},
	}
	if picture != nil {
		parts = append(parts, [2]string{"xl/worksheets/_rels/sheet1.xml.rels", relations([2]string{"drawing", "../drawings/drawing1.xml"})},
			[2]string{"xl/drawings/drawing1.xml", xml.Header + emblem}, [2]string{"xl/drawings/_rels/drawing1.xml.rels", relations([2]string{"image", "../media/image1.png"})},
			[2]string{"xl/media/image1.png", string(picture)})
	}
	return ooxml.Pack(parts)
}

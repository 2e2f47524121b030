package rehearsal

import (
	"encoding/xml"
	"strings"
	"ukpbjd/internal/ooxml"
)

const (
	wordNS  = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"`
	relNS   = "http://schemas.openxmlformats.org/package/2006/relationships"
	office  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	typesNS = "http://schemas.openxmlformats.org/package/2006/content-types"
	drawing = `<w:p><w:r><w:drawing><wp:inline><wp:extent cx="720000" cy="720000"/><wp:docPr id="1" name="Lambang"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="Lambang"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rId1"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="720000" cy="720000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`
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
	return packDOCX(doc.String(), picture)
}

func paragraph(text string) string {
	return `<w:p><w:r><w:t xml:space="preserve">` + escaped(text) + `</w:t></w:r></w:p>`
}

func packDOCX(document string, picture []byte) ([]byte, error) {
	parts := [][2]string{
		{"[Content_Types].xml", xml.Header + `<Types xmlns="` + typesNS + `"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`},
		{"_rels/.rels", xml.Header + `<Relationships xmlns="` + relNS + `"><Relationship Id="rId1" Type="` + office + `officeDocument" Target="word/document.xml"/></Relationships>`},
		{"word/document.xml", document},
	}
	if picture != nil {
		parts = append(parts, [2]string{"word/_rels/document.xml.rels", xml.Header + `<Relationships xmlns="` + relNS + `"><Relationship Id="rId1" Type="` + office + `image" Target="media/image1.png"/></Relationships>`},
			[2]string{"word/media/image1.png", string(picture)})
	}
	return ooxml.Pack(parts)
}

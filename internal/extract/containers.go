package extract

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"

	"ukpbjd/internal/document"
)

// pkcs7Data is the DER of the object identifier of data, 1.2.840.113549.1.7.1: what an opaque signature wraps.
var pkcs7Data = []byte{0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01}

// signedContent is the mail inside a signature that wraps it (RFC 5652 §5.2), or nil: most signatures stand beside what they sign.
// Nothing is believed of it: a paper needs no signature, a command is not read here.
func signedContent(data []byte) []byte {
	at := bytes.Index(data, pkcs7Data)
	if at < 0 || at > 256 {
		return nil
	}
	data = data[at+len(pkcs7Data):]
	tag, body, _ := element(data)
	if tag != 0xA0 {
		return nil
	}
	tag, body, _ = element(body)
	if tag == 0x04 {
		return body
	}
	var out []byte
	for tag == 0x24 { // an octet string in pieces
		kind, piece, rest := element(body)
		if kind != 0x04 {
			break
		}
		out, body = append(out, piece...), rest
	}
	return out
}

// element takes one BER element; the body of one without length reaches to the end of what there is.
func element(data []byte) (tag byte, body, rest []byte) {
	if len(data) < 2 {
		return 0, nil, nil
	}
	tag, n, at := data[0], int(data[1]), 2
	switch {
	case n == 0x80:
		return tag, data[at:], nil
	case n > 0x84:
		return 0, nil, nil
	case n > 0x80:
		at += n - 0x80
		n = 0
		for i := 2; i < at && i < len(data); i++ {
			n = n<<8 | int(data[i])
		}
	}
	if n < 0 || at > len(data) || n > len(data)-at {
		return 0, nil, nil
	}
	return tag, data[at : at+n], data[at+n:]
}

// Attributes of TNEF that matter here (MS-OXTNEF §2.1.3.3).
const (
	tnefMagic      = "\x78\x9f\x3e\x22"
	tnefAttachment = 0x00069002
	tnefTitle      = 0x00018010
	tnefData       = 0x0006800F
)

// tnefFiles takes the files out of the envelope in which Outlook sends them. One without files is a mail's own form.
func (u *unpacking) tnefFiles(l leaf) (files []leaf, reason string) {
	data := l.data[min(len(l.data), 6):]
	name := ""
	for len(data) > 9 && len(files) <= maxMembers {
		id, n := binary.LittleEndian.Uint32(data[1:]), int64(binary.LittleEndian.Uint32(data[5:]))
		if n+11 > int64(len(data)) {
			return nil, document.ReasonCorrupt
		}
		switch body := data[9 : 9+n]; id {
		case tnefAttachment:
			name = ""
		case tnefTitle:
			name, _ = decodeText(bytes.TrimRight(body, "\x00"))
		case tnefData:
			files = append(files, newLeaf(l.src.File+"/"+memberName(name), body, ""))
		}
		data = data[9+n+2:]
	}
	return files, ""
}

// readXMLSheet reads a workbook of the years when it was one XML file (SpreadsheetML 2003).
func readXMLSheet(_ *Reader, ctx context.Context, src *document.Source, data []byte, _ *budget) error {
	x := &xmlSheet{doc: newDocBuilder()}
	if err := walkReader(ctx, bytes.NewReader(data), xmlEvents{x.start, x.end, x.text, map[string]bool{"Comment": true, "Styles": true}}); err != nil {
		return err
	}
	return x.doc.finishInto(src)
}

type xmlSheet struct {
	doc    *docBuilder
	inData bool
	number bool
}

func (x *xmlSheet) start(name string, at []xml.Attr) {
	switch name {
	case "Worksheet":
		x.doc.breakPage()
	case "Table":
		x.doc.openTable()
	case "Row":
		x.doc.openRow()
	case "Cell":
		if t := x.doc.top(); t != nil {
			for n, err := strconv.Atoi(attr(at, "Index")); err == nil && len(t.row)+1 < min(n, maxColumns); {
				t.row = append(t.row, document.Cell{})
			}
			x.doc.openCell()
			n, _ := strconv.Atoi(attr(at, "MergeAcross"))
			t.span = 1 + max(0, n)
			x.number = false
		}
	case "Data":
		x.inData, x.number = true, attr(at, "Type") == "Number"
	}
}

func (x *xmlSheet) end(name string) {
	switch name {
	case "Data":
		x.inData = false
	case "Cell":
		x.doc.endParagraph()
		x.doc.closeCell()
		if t := x.doc.top(); x.number && t != nil && len(t.row) > 0 {
			c := &t.row[len(t.row)-1]
			c.Text, c.Numeric = plainNumber(c.Text), true
		}
	case "Row":
		x.doc.closeRow()
	case "Table":
		x.doc.closeTable()
	}
}

func (x *xmlSheet) text(data []byte) {
	if x.inData {
		x.doc.Write(data)
	}
}

var fragmentRE = regexp.MustCompile(`(?i)^(att\d{4,6}|lampiran-\d+)\.(html?|txt)$`)

// fragment says that a file is a piece of the mail itself, or a program's own mark, and no paper: text between attachments, to
// which a mail program gives a name of its own, or the owner file of an open document.
func fragment(l leaf) bool {
	name := l.src.File[strings.LastIndexByte(l.src.File, '/')+1:]
	switch {
	case strings.HasPrefix(name, "~$"):
		return len(l.data) < 512
	case l.kind != formatHTML && l.kind != formatText && l.kind != formatEmpty:
		return false
	}
	return fragmentRE.MatchString(name) && len(l.data) < 16<<10 && !bytes.Contains(bytes.ToLower(l.data), []byte("<table"))
}

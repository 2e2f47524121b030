package extract

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"ukpbjd/internal/ooxml"
)

// format is what the bytes are.
type format string

const (
	formatEmpty    format = ""
	formatXLSX     format = "xlsx"
	formatDOCX     format = "docx"
	formatODT      format = "odt"
	formatODS      format = "ods"
	formatPDF      format = "pdf"
	formatImage    format = "image"
	formatDOC      format = "doc"
	formatXLS      format = "xls"
	formatRTF      format = "rtf"
	formatHTML     format = "html"
	formatText     format = "text"
	formatZIP      format = "zip"
	formatMail     format = "mail"
	formatTNEF     format = "tnef"
	formatSigned   format = "signed" // a mail inside its signature
	formatXMLSheet format = "xml sheet"
	formatSealed   format = "sealed"   // an encrypted office file
	formatEnvelope format = "envelope" // part of a mail's envelope: signature, calendar, vcard, TNEF
	formatUnknown  format = "unknown"
)

var oleMagic = []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}

var magics = []struct {
	magic string
	kind  format
}{
	{"{\\rtf", formatRTF}, {"\xFF\xD8\xFF", formatImage}, {"\x89PNG\r\n\x1a\n", formatImage}, {"GIF8", formatImage},
	{"II*\x00", formatImage}, {"MM\x00*", formatImage}, {"Rar!\x1a\x07", formatUnknown}, {"7z\xBC\xAF\x27\x1C", formatUnknown},
	{"BEGIN:VCALENDAR", formatEnvelope}, {"BEGIN:VCARD", formatEnvelope}, {tnefMagic, formatTNEF},
	{"-----BEGIN PGP SIGNATURE", formatEnvelope},
}

// sniff decides by content alone.
func sniff(data []byte) format {
	if len(bytes.TrimSpace(head(data, 4096))) == 0 && len(bytes.TrimSpace(data)) == 0 {
		return formatEmpty
	}
	if bytes.Contains(head(data, 1024), []byte("%PDF-")) && !packed(data) {
		return formatPDF // ISO 32000 allows bytes before the header
	}
	for _, m := range magics {
		if bytes.HasPrefix(data, []byte(m.magic)) {
			return m.kind
		}
	}
	switch {
	case len(data) > 12 && (string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP" || string(data[4:8]) == "ftyp"):
		return formatImage // … or HEIC of phones
	case bytes.HasPrefix(data, oleMagic):
		return sniffOLE(data)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return sniffZIP(data)
	}
	return sniffText(data)
}

// packed says that the bytes begin an archive, whatever lies in it unpacked.
func packed(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("Rar!\x1a\x07")) || bytes.HasPrefix(data, []byte("7z\xBC\xAF\x27\x1C"))
}

func head(data []byte, n int) []byte {
	return data[:min(len(data), n)]
}

// sniffOLE tells the kinds of compound files by the names in their directory (MS-CFB §2.6), which are UTF-16.
func sniffOLE(data []byte) format {
	has := func(name string) bool { return bytes.Contains(data, utf16le(name)) }
	switch {
	case has("__substg1.0_"):
		return formatUnknown // an Outlook .msg, whatever lies in it
	case has("EncryptedPackage"):
		return formatSealed
	case has("WordDocument"):
		return formatDOC
	case has("Workbook") || has("Book"):
		return formatXLS
	}
	return formatUnknown
}

func utf16le(s string) []byte {
	return []byte(strings.Join(strings.Split(s, ""), "\x00") + "\x00")
}

// sniffZIP goes by what the package's own relations say, so a plain archive that happens to hold a document stays an archive.
func sniffZIP(data []byte) format {
	p, err := ooxml.Open(data, ooxml.Limits{})
	if err != nil {
		return formatZIP
	}
	switch _, kind := p.Main(); {
	case kind == ooxml.Word:
		return formatDOCX
	case kind == ooxml.Workbook:
		return formatXLSX
	case !p.Has("content.xml"):
		return formatZIP
	}
	if kind, _ := p.Read("mimetype"); bytes.Contains(kind, []byte("spreadsheet")) {
		return formatODS
	}
	return formatODT
}

// pkcs7Signature is the DER of signedData's object identifier, 1.2.840.113549.1.7.2.
var pkcs7Signature = []byte{0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02}

func sniffText(data []byte) format {
	start := head(data, 2048)
	if bytes.Contains(head(data, 40), pkcs7Signature) {
		if len(signedContent(data)) > 0 {
			return formatSigned
		}
		return formatEnvelope
	}
	lower := bytes.ToLower(bytes.TrimLeft(start, "\xEF\xBB\xBF \t\r\n"))
	if bytes.HasPrefix(lower, []byte("<?xml")) {
		if bytes.Contains(start, []byte("urn:schemas-microsoft-com:office:spreadsheet")) {
			return formatXMLSheet
		}
		if !bytes.Contains(lower, []byte("<html")) {
			return formatUnknown // data of some program: nothing that its tags hold is understood
		}
		return formatHTML
	}
	if bytes.HasPrefix(lower, []byte("<!doctype html")) || bytes.HasPrefix(lower, []byte("<html")) || bytes.Contains(lower, []byte("<table")) && bytes.HasPrefix(lower, []byte("<")) {
		return formatHTML
	}
	if looksLikeMail(lower) {
		return formatMail
	}
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) || looksLikeText(start) {
		return formatText
	}
	return formatUnknown
}

// looksLikeMail wants at least two header fields of a mail at the very start (RFC 5322 §3.6).
func looksLikeMail(lower []byte) bool {
	n := 0
	for line := range bytes.SplitSeq(lower, []byte("\n")) {
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		for _, f := range []string{"from:", "to:", "subject:", "date:", "message-id:", "mime-version:", "received:", "content-type:"} {
			if bytes.HasPrefix(line, []byte(f)) {
				n++
			}
		}
	}
	return n >= 3
}

// looksLikeText accepts UTF-8 and the single-byte charsets: no NUL or other control characters.
func looksLikeText(b []byte) bool {
	high := 0
	for _, c := range b {
		switch {
		case c < 0x20 && !slices.Contains([]byte("\t\n\r\f"), c):
			return false
		case c >= 0x80:
			high++
		}
	}
	for cut := range min(utf8.UTFMax, len(b)) { // the window's end may have cut a rune
		if utf8.Valid(b[:len(b)-cut]) {
			return true
		}
	}
	return high*4 < len(b)
}

package extract

import (
	"context"
	"regexp"
	"strconv"

	"golang.org/x/text/encoding/charmap"

	"ukpbjd/internal/document"
)

// readRTF reads text and tables of a Rich Text file (RTF 1.9.1): control words by name, unknown destinations skipped.
func readRTF(r *Reader, ctx context.Context, src *document.Source, data []byte, _ *budget) error {
	p := &rtfReader{doc: newDocBuilder(), data: data, state: rtfState{unicodeSkip: 1}}
	for n := 0; p.pos < len(data); n++ {
		if n&0xfff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		p.step()
	}
	p.endTable()
	return p.doc.finishInto(src)
}

type rtfState struct {
	skip        bool // a destination that is not text
	hidden      bool // … struck out, or deleted
	unicodeSkip int  // \uc
}

type rtfReader struct {
	doc    *docBuilder
	data   []byte
	pos    int
	state  rtfState
	stack  []rtfState
	ignore int  // fallback characters still to drop after \u
	table  bool // a table of our document is open
	row    bool
	inTbl  bool // \intbl of the paragraph
}

func (p *rtfReader) step() {
	c := p.data[p.pos]
	p.pos++
	switch c {
	case '{':
		if len(p.stack) < 500 {
			p.stack = append(p.stack, p.state)
		}
	case '}':
		if n := len(p.stack); n > 0 {
			p.state, p.stack = p.stack[n-1], p.stack[:n-1]
		}
	case '\\':
		p.control()
	case '\r', '\n':
	default:
		p.char(charmap.Windows1252.DecodeByte(c))
	}
}

func (p *rtfReader) char(c rune) {
	if p.ignore > 0 {
		p.ignore--
		return
	}
	if p.state.skip {
		return
	}
	p.place()
	if p.state.hidden {
		p.doc.strike(string(c))
		return
	}
	p.doc.WriteString(string(c))
}

// place opens or closes our table as the paragraph's text begins.
func (p *rtfReader) place() {
	switch {
	case p.inTbl && !p.table:
		p.doc.openTable()
		p.table = true
	case !p.inTbl && p.table && !p.row:
		p.endTable()
	}
	if p.inTbl && !p.row {
		p.doc.openRow()
		p.row = true
	}
	if t := p.doc.top(); p.inTbl && t != nil && !t.in {
		p.doc.openCell()
	}
}

func (p *rtfReader) endTable() {
	if p.table {
		if p.row {
			p.endRow()
		}
		p.doc.closeTable()
		p.table = false
	}
}

func (p *rtfReader) endCell() {
	p.inTbl = true
	p.place()
	p.doc.closeCell()
}

func (p *rtfReader) endRow() {
	p.doc.closeRow()
	p.row = false
}

// control reads one control word or symbol after the backslash.
func (p *rtfReader) control() {
	if p.pos >= len(p.data) {
		return
	}
	m := controlRE.FindSubmatch(p.data[p.pos:])
	if m == nil {
		p.pos++
		p.symbol(p.data[p.pos-1])
		return
	}
	p.pos += len(m[0])
	num, err := strconv.Atoi(string(m[2]))
	p.word(string(m[1]), num, err == nil)
}

// controlRE is a control word with its number and the blank that ends it.
var controlRE = regexp.MustCompile(`^([A-Za-z]{1,32})(-?[0-9]{0,11}) ?`)

func (p *rtfReader) symbol(c byte) {
	switch c {
	case '\'':
		if p.pos+2 <= len(p.data) {
			n, err := strconv.ParseUint(string(p.data[p.pos:p.pos+2]), 16, 8)
			p.pos += 2
			if err == nil {
				p.char(charmap.Windows1252.DecodeByte(byte(n)))
			}
		}
	case '*':
		p.state.skip = true
	case '~':
		p.char(' ')
	case '_':
		p.char('-')
	case '\\', '{', '}':
		p.char(rune(c))
	case '\r', '\n':
		p.paragraph()
	}
}

// notText are destinations whose text is not the document's.
var notText = map[string]bool{"fonttbl": true, "colortbl": true, "stylesheet": true, "info": true, "pict": true, "object": true, "header": true, "footer": true,
	"headerf": true, "footerf": true, "headerl": true, "headerr": true, "footerl": true, "footerr": true, "listtable": true, "listoverridetable": true,
	"fldinst": true, "footnote": true, "annotation": true, "xe": true, "nonesttables": true, "bkmkstart": true, "bkmkend": true, "themedata": true}

func (p *rtfReader) word(word string, num int, has bool) {
	if notText[word] {
		p.state.skip = true
		return
	}
	if word == "shptxt" || word == "nesttableprops" {
		p.state.skip = word == "nesttableprops"
		return
	}
	if p.state.skip && word != "bin" {
		return
	}
	switch word {
	case "par", "line", "sect":
		p.paragraph()
	case "page", "pagebb":
		p.paragraph()
		if !p.table {
			p.doc.breakPage()
		}
	case "tab":
		p.char('\t')
	case "cell", "nestcell":
		p.endCell()
	case "row", "nestrow":
		p.endRow()
	case "trowd", "intbl":
		p.inTbl = true
	case "pard":
		p.inTbl = false
	case "v", "strike", "striked", "deleted":
		p.state.hidden = !has || num != 0
	case "plain":
		p.state.hidden = false
	case "uc":
		p.state.unicodeSkip = max(0, min(num, 8))
	case "u":
		p.unicode(num)
	case "bin":
		p.pos = min(len(p.data), p.pos+max(num, 0))
	default:
		if c, ok := rtfChars[word]; ok {
			p.char(c)
		}
	}
}

var rtfChars = map[string]rune{"emdash": '—', "endash": '–', "lquote": '‘', "rquote": '’', "ldblquote": '“', "rdblquote": '”', "bullet": '•', "emspace": ' ', "enspace": ' '}

func (p *rtfReader) unicode(num int) {
	if num < 0 {
		num += 65536
	}
	p.ignore = 0
	p.char(rune(num))
	p.ignore = p.state.unicodeSkip
}

func (p *rtfReader) paragraph() {
	if p.state.skip {
		return
	}
	if p.table && !p.inTbl && !p.row {
		p.endTable()
	}
	p.doc.endParagraph()
}

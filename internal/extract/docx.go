package extract

import (
	"context"
	"encoding/xml"
	"strconv"

	"ukpbjd/internal/document"
	"ukpbjd/internal/ooxml"
)

// readDOCX reads the body of a WordprocessingML document (ECMA-376 part 1 §17): fallback text left out; what is deleted, hidden or struck out is told apart.
func readDOCX(r *Reader, ctx context.Context, src *document.Source, data []byte, _ *budget) error {
	pkg, err := ooxml.Open(data, ooxml.Limits{})
	if err != nil {
		return err
	}
	main, _ := pkg.Main()
	w := &wordReader{doc: newDocBuilder(), numbers: map[string]int{}}
	if err := walkXML(ctx, pkg, main, xmlEvents{w.start, w.end, w.text, unseen}); err != nil {
		return err
	}
	return w.doc.finishInto(src)
}

type wordReader struct {
	doc     *docBuilder
	inText  bool
	vanish  bool   // the run is hidden
	struck  bool   // … or struck out
	deleted int    // depth of tracked deletions
	numID   string // of the paragraph's list
	level   string
	numbers map[string]int
	inRunPr bool
	started bool // the paragraph has text already
}

// unseen elements hold text that the reader of the printed page does not see.
var unseen = map[string]bool{"Fallback": true, "moveFrom": true, "instrText": true, "pPrChange": true, "rPrChange": true}

func (w *wordReader) start(name string, at []xml.Attr) {
	switch name {
	case "tbl":
		w.doc.openTable()
	case "tr":
		w.doc.openRow()
	case "tc":
		w.doc.openCell()
	case "gridSpan":
		if n, err := strconv.Atoi(attr(at, "val")); err == nil && w.doc.top() != nil {
			w.doc.top().span = n
		}
	case "vMerge":
		if v := attr(at, "val"); v != "restart" && w.doc.top() != nil {
			w.doc.top().vert = true
		}
	case "p":
		w.numID, w.level, w.started = "", "", false
	case "ilvl":
		w.level = attr(at, "val")
	case "numId":
		w.numID = attr(at, "val")
	case "pageBreakBefore":
		if on(at) {
			w.doc.breakPage()
		}
	default:
		w.inline(name, at)
	}
}

func (w *wordReader) inline(name string, at []xml.Attr) {
	switch name {
	case "r":
		w.vanish, w.struck = false, false
	case "del":
		w.deleted++
	case "rPr":
		w.inRunPr = true
	case "vanish":
		if w.inRunPr {
			w.vanish = on(at)
		}
	case "strike", "dstrike":
		if w.inRunPr {
			w.struck = w.struck || on(at)
		}
	case "t", "delText":
		w.inText = true
	case "tab":
		if !w.inRunPr {
			w.write("\t")
		}
	case "br", "cr":
		if attr(at, "type") == "page" {
			w.doc.endParagraph()
			w.doc.breakPage()
		} else {
			w.write("\n")
		}
	case "noBreakHyphen":
		w.write("-")
	}
}

func on(at []xml.Attr) bool {
	v := attr(at, "val")
	return v != "0" && v != "false" && v != "off"
}

func (w *wordReader) end(name string) {
	switch name {
	case "t", "delText":
		w.inText = false
	case "del":
		w.deleted--
	case "rPr":
		w.inRunPr = false
	case "p":
		w.autoNumber()
		w.doc.endParagraph()
	case "tc":
		w.doc.closeCell()
	case "tr":
		w.doc.closeRow()
	case "tbl":
		w.doc.closeTable()
	case "sectPr":
		w.doc.breakPage()
	}
}

// autoNumber gives an empty numbered paragraph its number: that is how Word users fill the column "No".
func (w *wordReader) autoNumber() {
	if w.numID == "" || w.numID == "0" || w.level != "" && w.level != "0" {
		return
	}
	w.numbers[w.numID]++
	if !w.started && w.doc.top() != nil {
		w.doc.WriteString(strconv.Itoa(w.numbers[w.numID]))
	}
}

func (w *wordReader) text(data []byte) {
	if w.inText {
		w.write(string(data))
	}
}

// write puts text where it is read, or where it is told that it is not meant.
func (w *wordReader) write(text string) {
	if w.vanish || w.struck || w.deleted > 0 {
		w.doc.strike(text)
		return
	}
	w.started = w.started || w.inText
	w.doc.WriteString(text)
}

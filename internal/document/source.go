package document

import "strings"

// Source is one attached file as its reader left it: text and tables page by page, or a named reason why not.
type Source struct {
	File        string
	SHA256      string // hex, of the attached file: for a member of an archive, of the archive
	Size        int64  // of the same file
	Pages       []Page
	Paged       bool   // the format has pages, so page numbers mean something to a reader
	Unreadable  string // empty, or one of the Reason constants
	Incidental  bool   // decoration or envelope of a mail (logo, signature, calendar entry): never a paper
	MachineRead bool   // some page was read by OCR
}

// Why a file could not be read. They are kept in Paper.Reason.
const (
	ReasonEncrypted   = "encrypted"
	ReasonCorrupt     = "corrupt"
	ReasonEmpty       = "empty"
	ReasonTooLarge    = "too-large"
	ReasonUnsupported = "unsupported"
	ReasonNoText      = "no-text"
	ReasonTimeout     = "timeout"
	ReasonMalware     = "malware"
	ReasonUnscanned   = "unscanned"
	ReasonAnnotated   = "annotated" // of a page: struck out, written over, or a form field that stands nowhere
)

// Page is one page, sheet or section. Tables stand beside Lines: their text is not repeated there.
type Page struct {
	Number      int
	Lines       []Line
	Tables      []Table
	Unreadable  string  // this page alone could not be read
	MachineRead bool    // read by OCR
	Confidence  float64 // of OCR, 0–100
	// Withdrawn is text that stands there and is not meant, a row or a paragraph each: struck out, deleted, or in a hidden row. It is
	// not repeated in Lines and Tables.
	Withdrawn []string
}

// Line is one printed line, cut into segments at wide gaps. Positions are points from the page's top left corner, and
// all zero where the format has none.
type Line struct {
	Segments []Segment
	Top      float64
	Height   float64
}

// Segment is a run of words.
type Segment struct {
	Text        string
	Left, Right float64
	Confidence  float64 // 0: not from OCR
}

// Table is a grid. Line is the index in Page.Lines before which it stands.
type Table struct {
	Line int
	Rows [][]Cell
	// Top and Bottom in points, zero where the format has no positions.
	Top, Bottom float64
}

// Cell is one cell; a merged cell holds its text in its first slot, the others are empty.
type Cell struct {
	Text       string  // printed lines joined by "\n"
	Confidence float64 // 0: not from OCR
	Numeric    bool    // a number cell of a spreadsheet: digits beyond the 15th are not what was typed
	Merged     bool    // covered by a cell above or to the left
	Over       string  // … and what the taller cell above says
	Unsure     bool    // without ruled lines it could not be told to which row some of it belongs
}

// Add puts a text below what the cell holds.
func (c *Cell) Add(text string, confidence float64) {
	if c.Text != "" {
		c.Text += "\n"
	}
	c.Text += text
	c.Confidence = weaker(c.Confidence, confidence)
}

// weaker is the lower of two confidences; 0 is none.
func weaker(a, b float64) float64 {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// Text is the line as one string.
func (l Line) Text() string {
	if len(l.Segments) == 1 {
		return l.Segments[0].Text
	}
	texts := make([]string, len(l.Segments))
	for i, s := range l.Segments {
		texts[i] = s.Text
	}
	return strings.Join(texts, " ")
}

// TextLine is a line without position.
func TextLine(text string) Line { return Line{Segments: []Segment{{Text: text}}} }

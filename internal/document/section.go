package document

import (
	"slices"
	"strconv"
	"strings"
)

// row is one printed row of a source: a line, or a row of a table.
type row struct {
	text  string
	page  int    // index into Source.Pages
	line  *Line  // nil for a row of a table
	cells []Cell // nil for a line
}

// section is the part of one source that is one paper.
type section struct {
	src      *Source
	rows     []row
	kind     Kind
	title    string
	number   string
	joined   bool // it goes on from another file
	untitled bool // no title says what it is
	asks     bool // a letter that asks for accounts, and has no list of members

	fromPage, toPage int // indices into the source's pages, the last not included
	people           []person
	old              bool // of an earlier mail
}

// flatten weaves lines and tables of a source in printed order.
func flatten(s *Source) []row {
	var out []row
	for pi := range s.Pages {
		p := &s.Pages[pi]
		t := 0
		for i := 0; i <= len(p.Lines); i++ {
			for t < len(p.Tables) && p.Tables[t].Line <= i {
				t++
				for _, cells := range p.Tables[t-1].Rows {
					out = append(out, row{text: rowText(cells), page: pi, cells: cells})
				}
			}
			if i < len(p.Lines) {
				out = append(out, row{text: p.Lines[i].Text(), page: pi, line: segmented(&p.Lines[i])})
			}
		}
	}
	return out
}

// segmented gives a line that has at least one segment, as everybody below relies on.
func segmented(l *Line) *Line {
	if len(l.Segments) > 0 {
		return l
	}
	return &Line{Segments: []Segment{{}}, Top: l.Top, Height: l.Height}
}

func filled(cells []Cell) int {
	return count(cells, func(c Cell) bool { return strings.TrimSpace(c.Text) != "" })
}

// count says for how many that is true.
func count[T any](all []T, is func(T) bool) (n int) {
	for _, x := range all {
		if is(x) {
			n++
		}
	}
	return n
}

// topRows is how far down a page a title may stand, below letterhead and date.
const topRows = 16

// sections cuts a source where a page begins with a title. Rows before the first title belong to the first paper.
func sections(s *Source) []*section {
	rows := flatten(s)
	var out []*section
	start, onPage := 0, 0
	var cur verdict
	for i := range rows {
		if i > 0 && rows[i].page != rows[i-1].page {
			onPage = 0
		}
		onPage++
		if onPage > topRows && s.Paged {
			continue
		}
		v := titleAt(rows, i)
		if v.kind == "" {
			continue
		}
		pageStart := i - onPage + 1
		switch {
		case cur.kind == "":
			cur = v
		case rows[i].page != rows[start].page && rows[i].page > cur.page:
			out = append(out, newSection(s, rows[start:pageStart], cur))
			start, cur = pageStart, v
		case v.strong > cur.strong && rows[i].page == cur.page:
			cur = v // "Nota Dinas" above "Hal: Permohonan akun"
		}
	}
	return append(out, newSection(s, rows[start:], cur))
}

func newSection(s *Source, rows []row, v verdict) *section {
	sec := &section{src: s, rows: rows, kind: v.kind, title: v.title, number: v.number}
	if len(rows) > 0 {
		sec.fromPage, sec.toPage = rows[0].page, rows[len(rows)-1].page+1
	}
	return sec
}

// pages are those on which the section stands.
func (s *section) pages() []Page { return s.src.Pages[s.fromPage:s.toPage] }

// tables are all that stand on its pages.
func (s *section) tables() (out []Table) {
	for _, p := range s.pages() {
		out = append(out, p.Tables...)
	}
	return out
}

// broken is why a page of it could not be read, or "".
func (s *section) broken() string {
	for _, p := range s.pages() {
		if p.Unreadable != "" {
			return p.Unreadable
		}
	}
	return ""
}

// pageRange is "1-3"; empty where the format has no pages.
func (s *section) pageRange() string {
	if !s.src.Paged || s.toPage == 0 {
		return ""
	}
	pages := s.pages()
	first, last := strconv.Itoa(pages[0].Number), strconv.Itoa(pages[len(pages)-1].Number)
	if first == last {
		return first
	}
	return first + "-" + last
}

func (s *section) text() string {
	var b strings.Builder
	for _, r := range s.rows {
		b.WriteString(r.text)
		b.WriteByte('\n')
	}
	return b.String()
}

// machine says whether a page of the section was read by OCR.
func (s *section) machine() bool {
	return slices.ContainsFunc(s.rows, func(r row) bool { return s.src.Pages[r.page].MachineRead })
}

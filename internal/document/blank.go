package document

import (
	"slices"
	"strings"
)

// asksForMembers says whether a form has the header or labels of a member list, even an empty one. That a letter names its
// signatory with a NIP is no such list.
func (s *section) asksForMembers() bool {
	if s.machine() { // letters are lost in pictures; a person looks at these anyway
		text := letters(s.text())
		return strings.Contains(text, "NAMA") && strings.Contains(text, "NIP")
	}
	c := labelSeeker{}
	for _, block := range labelValueBlocks(s) {
		c.block(block)
	}
	return c.nama && c.nip || s.hasHeader()
}

// blank says that a form was sent back as it was given out: a list in which nobody stands. What was read by machine, or has a NIP or an address
// somewhere, may be a list that was not understood.
func (s *section) blank() bool {
	return len(s.people) == 0 && !s.machine() && s.asksForMembers() && !slices.ContainsFunc(s.rows, func(r row) bool {
		nip, _, _ := findNIP(r.text)
		return nip != "" || strings.Contains(r.text, "@")
	})
}

// hasHeader says whether some row could be the header of a list of members.
func (s *section) hasHeader() bool {
	members := func(cols columns) bool {
		return cols.has(fieldNama) && (cols.has(fieldNIP) || cols.has(fieldNIK) || cols.has(fieldEmail))
	}
	return slices.ContainsFunc(s.rows, func(r row) bool {
		return members(headerRow(r.cells)) || members(columns{fieldsOf(r.text)}) ||
			r.line != nil && len(r.line.Segments) > 1 && members(headerRow(cellsOf(r.line.Segments)))
	})
}

// labelSeeker looks for the labels of a member's card outside the lines in which the signatory presents themselves.
type labelSeeker struct{ nama, nip, skip bool }

func (c *labelSeeker) block(ps []pair) {
	for _, p := range ps {
		l := letters(p.bare)
		switch {
		case p.label == "" && (strings.Contains(l, "BERTANDATANGAN") || closes(p.bare)):
			c.skip = true
		case p.label == "" && (cardHeadRE.MatchString(strings.TrimSpace(p.bare)) || strings.Contains(l, "DENGANINI") || strings.Contains(l, "BERIKUT")):
			c.skip = false
		case !c.skip:
			c.nama = c.nama || slices.Contains(fieldsOf(p.label), fieldNama)
			c.nip = c.nip || slices.Contains(fieldsOf(p.label), fieldNIP)
		}
	}
}

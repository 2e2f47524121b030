package document

import (
	"math"
	"regexp"
	"strings"
)

// closes says whether a row ends a list of members: closing words, place and date, the signature.
func closes(text string) bool {
	return closingRE.MatchString(strings.TrimLeft(text, " \t\n\"“'"))
}

var closingRE = regexp.MustCompile(`(?i)^(demikian|mengetahui|menyetujui|ditetapkan|dikeluarkan|pernyataan|jumlah\b|total\b|tembusan|catatan|keterangan\s*:|untuk\s*:|untuk$|tanda tangan|dokumen ini|hormat|terima kasih|atas perhatian|a\.?n\.? |plt\.? |plh\.? |(kepala|direktur|kuasa pengguna|pengguna anggaran|pejabat pembuat|inspektur|camat|gubernur|asisten|pimpinan|ketua ukpbj) [^:;]*,$|pengguna anggaran,$|direktur,$|sekretaris daerah|bupati|wali ?kota|[a-z .]+, *\d{1,2} +[a-z]+ +\d{4}$|kami menjamin|pemohon)`)

// labelValues reads "label : value" lists, one block for each member, from two- and four-column tables and from lines.
func labelValues(s *section) []person {
	c := &labelValueReader{edge: rightEdge(s.rows)}
	blocks := labelValueBlocks(s)
	c.read(blocks)
	stray, sure := c.stray()
	if stray {
		c = &labelValueReader{edge: c.edge, strict: true}
		c.read(blocks)
	}
	for i := range c.people {
		if !sure || c.offbeat {
			c.people[i].doubtAll()
		}
	}
	if c.broken && c.opening != fieldNama {
		return nil // a lost label has shifted the rest from card to card
	}
	return c.people
}

// cardHeadRE is the heading of one card: "DATA ANGGOTA KE-2", "Personel 3", "II.", "4.".
var cardHeadRE = regexp.MustCompile(`(?i)^[(]?((data|identitas|biodata|profil)\s+)?(anggota|personel|personil|pegawai|peserta|pengguna|calon pengguna|nama)?(\s+pokja)?\s*(ke)?\s*[-.:#]?\s*[(]?(\d{1,2}|[ivx]{1,5})\s*[).:]*$`)

// pair is one label with its value, or a bare row when the label is empty.
type pair struct {
	label string
	cell  Cell
	bare  string
	left  float64 // where the value, or the bare line, begins; 0 where that is not known
	slack float64 // … the value at most this much further
	right float64 // where the line ends
	table bool    // a row of a table
}

// under says that a line which begins at left stands below the value.
func (p pair) under(left float64) bool {
	return p.left > 0 && left > p.left-3 && left < p.left+3+math.Min(p.slack, 12)
}

type labelValueReader struct {
	people  []person
	cur     person
	set     map[field]bool
	last    field // of the last line, for a wrapped value
	fields  []field
	value   pair    // of the last line
	skip    bool    // the signatory presents themselves
	opening field   // the label with which the first card begins
	broken  bool    // a card had a NIP and no name
	offbeat bool    // a label came a second time before the one with which cards begin
	strict  bool    // cards begin with the name
	edge    float64 // where the longest line ends
	labels  []field
}

func (c *labelValueReader) read(blocks [][]pair) {
	for _, b := range blocks {
		c.block(b)
	}
	c.flush()
}

// stray says that cards begin with the name, though a label above the list was taken for the beginning of the first: what stands
// before the first name stands before no other. Not sure where the labels fit both ways.
func (c *labelValueReader) stray() (stray, sure bool) {
	var names []int
	for i, f := range c.labels {
		if f == fieldNama {
			names = append(names, i)
		}
	}
	if c.opening == fieldNama || len(names) < 2 || names[0] == 0 {
		return false, true
	}
	same := 0
	for _, n := range names[1:] {
		if c.labels[n-1] == c.labels[names[0]-1] {
			same++
		}
	}
	n := len(names)
	switch whole := len(c.labels)-names[n-1] >= names[n-1]-names[n-2]; {
	case same == 0:
		return true, true
	case same < n-1:
		return false, false
	default:
		return false, !whole // no label is missing behind the last name: all cards may begin with it
	}
}

func (c *labelValueReader) block(ps []pair) {
	for _, p := range ps {
		if p.label == "" {
			c.bare(p)
			continue
		}
		if c.skip {
			continue
		}
		fields := fieldsOf(p.label)
		if len(fields) == 0 {
			c.last = ""
			continue
		}
		c.take(fields, p.cell)
		c.fields, c.value = fields, p
	}
}

// bare is a row without label: it may begin or end a card, or carry on a value.
func (c *labelValueReader) bare(p pair) {
	text := p.bare
	l := letters(text)
	switch {
	case cardHeadRE.MatchString(strings.TrimSpace(text)):
		c.flush()
		c.last, c.skip = "", false
	case strings.Contains(l, "BERTANDATANGAN"):
		c.flush()
		c.skip = true
	case begins(l, "KEPADA", "DASAR"), holds(l, "MENUGASKAN", "MEMERINTAHKAN", "MEMBERI", "DENGANINI"):
		c.skip = false
	case closes(text):
		c.flush()
		c.last, c.skip = "", len(c.people) > 0 // what follows the list is the signatory
	case c.last != "" && p.left > 0 && c.value.under(p.left):
		c.value.cell.Text += "\n" + strings.TrimSpace(text)
		c.cur.set(c.fields, c.value.cell)
	case !c.wraps(p):
		c.last = ""
	case c.carriesOn(strings.TrimSpace(text)):
	case c.last == fieldJabatan && len(text) < 80 && !strings.Contains(text, ":"):
		c.cur.Jabatan = oneLine(c.cur.Jabatan + "\n" + text)
		c.last = ""
	case c.last == fieldNama && strings.HasSuffix(c.cur.Nama, ",") && len(text) < 60:
		c.cur.Nama += " " + cleanName(text)
	default:
		c.last = ""
	}
}

// wraps says that a line may be the rest of the value above: what a table's cell holds does not go on outside, and what a printer
// has broken fills its line.
func (c *labelValueReader) wraps(p pair) bool {
	if c.value.table {
		return p.table
	}
	return c.value.right == 0 || p.right == 0 || c.value.right > 0.7*c.edge || strings.TrimSpace(c.value.cell.Text) == ""
}

// carriesOn takes a line without label for the rest of the value above, where that cannot be all.
func (c *labelValueReader) carriesOn(text string) bool {
	if text == "" || strings.ContainsAny(text, " :") && c.last != fieldNIP && c.last != fieldHP {
		return false
	}
	number := strings.Trim(text, "0123456789 .-") == ""
	switch {
	case c.last == fieldEmail && (!validEmail(c.cur.Email) || begins(text, ".", "-")):
		c.cur.setEmail(c.cur.Email + text)
	case c.last == fieldNIP && len(c.cur.NIP) < 18 && number:
		c.cur.setNIP(c.cur.NIP+text, false)
	case c.last == fieldHP && len(c.cur.HP) < 12 && number:
		c.cur.setHP(c.cur.HP + text)
	case c.last == fieldUserID:
		c.cur.UserID += text
		c.cur.doubt(fieldUserID)
	default:
		return false
	}
	return true
}

func (c *labelValueReader) take(fields []field, cell Cell) {
	f := fields[0]
	if c.strict && c.opening == "" && f != fieldNama {
		return
	}
	c.labels = append(c.labels, f)
	c.offbeat = c.offbeat || c.set[f] && f != c.opening && c.opening != fieldNama
	if c.set == nil || c.set[f] || f == fieldNo || f == fieldNama && c.opening == fieldNama {
		c.flush()
	}
	if f == fieldNo {
		return
	}
	if c.opening == "" {
		c.opening = f
	}
	c.set[f] = true
	c.cur.set(fields, cell)
	c.last = f
}

// flush keeps a card that has a name, or a place for it, and something that tells the person.
func (c *labelValueReader) flush() {
	c.cur.listed = c.set[fieldNama] && c.cur.conf == 0 // the label was there, and nothing behind it
	if c.cur.Nama != "" && (c.cur.NIP != "" || c.cur.Email != "" || c.cur.HP != "") || c.cur.told() {
		c.people = append(c.people, c.cur)
	} else {
		c.broken = c.broken || c.cur.Nama == "" && c.cur.NIP != ""
	}
	c.cur, c.set = person{}, map[field]bool{}
}

// labelValueBlocks gives the pairs of the section in printed order.
func labelValueBlocks(s *section) [][]pair {
	var out [][]pair
	for i := 0; i < len(s.rows); {
		block, n := stacked(s.rows[i:]), 2
		switch r := s.rows[i]; {
		case block != nil:
		case r.line == nil:
			block, n = cellPairs(r.cells), 1
			for k := range block {
				block[k].table = true
			}
		default:
			block, n = positioned(r), 1
		}
		out = append(out, block)
		i += n
	}
	return out
}

// positioned reads a line of two columns whose colon OCR has lost.
func positioned(r row) []pair {
	ps := linePairs(r.text)
	if len(ps) == 1 {
		ps[0].right = lineRight(r.line)
		if ps[0].left = r.line.Segments[0].Left; ps[0].label != "" {
			ps[0].left, ps[0].slack = valueLeft(r.line.Segments)
		}
	}
	if ps[0].label != "" || r.line.Segments[0].Confidence == 0 {
		return ps
	}
	segs := r.line.Segments
	for len(segs) > 2 && (ordinal(segs[0].Text) > 0 || strings.HasPrefix(letters(segs[0].Text), "KEPADA")) {
		segs = segs[1:]
	}
	if len(segs) < 2 || fieldsOf(segs[0].Text) == nil || fieldsOf(segs[1].Text) != nil {
		return ps
	}
	value := Line{Segments: segs[1:]}
	return []pair{{label: segs[0].Text, cell: Cell{Text: strings.TrimLeft(value.Text(), " :|"), Confidence: segs[1].Confidence}}}
}

// valueLeft is where the value of a label begins, and how far to the right of it a second line may begin: behind its colon.
func valueLeft(segs []Segment) (left, slack float64) {
	for i, s := range segs {
		switch text := strings.TrimSpace(s.Text); {
		case i > 0 && strings.HasPrefix(text, ":") && len(text) > 1:
			return s.Left, s.Right - s.Left
		case strings.HasSuffix(text, ":") && i+1 < len(segs):
			return segs[i+1].Left, 0
		}
	}
	return 0, 0
}

var lineLabelRE = regexp.MustCompile(`^\s*(?:(?:kepada|Kepada|KEPADA)\s*:?\s*)?(?:[a-z]\s*[.)]\s*|\d{1,2}\s*[.)]\s*|[-•*]\s*)*([A-Za-z][A-Za-z/.,()\- ]{1,40}?)\s*:\s*(.*)$`)

func linePairs(text string) []pair {
	m := lineLabelRE.FindStringSubmatch(leaderRE.ReplaceAllString(text, "$1 : "))
	if m == nil || fieldsOf(m[1]) == nil {
		return []pair{{bare: text}}
	}
	return splitPairs(m[1], m[2])
}

var innerLabelRE = regexp.MustCompile(`[\s,;]+((?:No\.?\s*)?(?:HP|WA|NIP|NIK|Gol(?:ongan)?\.?|E-?mail|Email|Surel|Jabatan|Kedudukan|User ID|Pangkat(?:/Gol\.?)?|Telepon)(?:/WA)?)\s*:\s+`)

// splitPairs handles "Gol: IV/a  Kedudukan: Ketua" on one line.
func splitPairs(label, rest string) []pair {
	loc := innerLabelRE.FindStringSubmatchIndex(rest)
	if loc == nil {
		return []pair{{label: label, cell: Cell{Text: rest}}}
	}
	return append([]pair{{label: label, cell: Cell{Text: rest[:loc[0]]}}}, splitPairs(rest[loc[2]:loc[3]], rest[loc[1]:])...)
}

// cellPairs reads a table row as label, value, label, value. A row of one cell is bare.
func cellPairs(cells []Cell) []pair {
	var filled []Cell
	for _, c := range cells {
		for _, t := range cellParts(c) {
			if t != "" && t != ":" {
				filled = append(filled, Cell{Text: t, Confidence: c.Confidence, Numeric: c.Numeric})
			}
		}
	}
	if len(filled) > 1 && (ordinal(filled[0].Text) > 0 || strings.EqualFold(strings.TrimRight(strings.TrimSpace(filled[0].Text), " :"), "kepada")) {
		filled = filled[1:]
	}
	if len(filled) > 1 && ordinal(filled[0].Text) > 0 {
		filled = filled[1:]
	}
	if len(filled) == 1 {
		if f := fieldsOf(filled[0].Text); len(cells) > 1 && len(f) == 1 && f[0] == fieldNama && !leaderRE.MatchString(filled[0].Text) {
			return []pair{{label: filled[0].Text}} // nothing was filled in behind it
		}
	}
	var out []pair
	for i := 0; i < len(filled); i++ {
		label := strings.TrimRight(strings.TrimSpace(oneLine(filled[i].Text)), ": ")
		if fieldsOf(label) != nil && i+1 < len(filled) {
			v := filled[i+1]
			v.Text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(v.Text), ":"))
			if fieldsOf(v.Text) != nil && !strings.Contains(v.Text, " ") && !roleWords[letters(v.Text)] {
				continue // a label without value
			}
			out = append(out, pair{label: label, cell: v})
			i++
			continue
		}
		for l := range strings.SplitSeq(filled[i].Text, "\n") {
			out = append(out, linePairs(l)...)
		}
	}
	return out
}

// cellParts cuts a cell in which OCR read a faint ruled line as a bar.
func cellParts(c Cell) []string {
	if c.Confidence > 0 && strings.Contains(c.Text, "|") && !strings.Contains(c.Text, "\n") {
		parts := strings.Split(c.Text, "|")
		for i := range parts {
			parts[i] = strings.Trim(parts[i], " “”\"'_")
		}
		return parts
	}
	return []string{strings.TrimSpace(c.Text)}
}

// roleWords are parts in a Pokja: values, though they look like labels.
var roleWords = map[string]bool{"KETUA": true, "SEKRETARIS": true, "ANGGOTA": true, "WAKILKETUA": true}

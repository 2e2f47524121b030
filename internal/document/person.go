package document

import (
	"regexp"
	"slices"
	"strings"
)

// person is somebody that one paper names.
type person struct {
	Row
	lossy   bool     // the NIP came from a number cell that cannot hold 18 digits
	settled bool     // … and another paper has all of it
	machine bool     // read by OCR
	listed  bool     // a row of a table, told by its number or by NIP and address
	conf    float64  // lowest OCR confidence of nama, nip and email
	broken  []field  // in place of a value a spreadsheet shows an error
	before  string   // titles, where they have columns of their own
	after   string   // …
	unlike  []string // other addresses that the same paper gives them
	note    string   // beside them it says that they are no member any more
	heads   bool     // the first below the title of a Pokja within the list
	own     []field  // the requester has written them in answer to a letter
	groups  []int    // which of the paper's lists name them: an SK may appoint several Pokja
}

// doubt marks fields for a person to look at.
func (r *Row) doubt(fields ...field) {
	for _, f := range fields {
		if !slices.Contains(r.Doubts, string(f)) {
			r.Doubts = append(r.Doubts, string(f))
		}
	}
}

func (r *Row) doubtAll() {
	for _, x := range values {
		r.doubt(x.f)
	}
}

// values are the fields of a row, but for its number.
var values = []struct {
	f  field
	of func(*person) *string
}{
	{fieldNama, func(p *person) *string { return &p.Nama }}, {fieldNIP, func(p *person) *string { return &p.NIP }},
	{fieldNIK, func(p *person) *string { return &p.NIK }}, {fieldEmail, func(p *person) *string { return &p.Email }},
	{fieldJabatan, func(p *person) *string { return &p.Jabatan }}, {fieldGolongan, func(p *person) *string { return &p.Golongan }},
	{fieldHP, func(p *person) *string { return &p.HP }}, {fieldUserID, func(p *person) *string { return &p.UserID }},
}

var (
	emailRE      = regexp.MustCompile(`[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`)
	phoneRE      = regexp.MustCompile(`(?:\(?(?:\+|00)?62|0)[ .()-]*8(?:[ .()-]?\d){6,12}|\(0\d{2,3}\)[ -]?\d{5,8}`)
	golRE        = regexp.MustCompile(`\b(I ?V|I ?I ?I|I ?I|I)\s*[/.\-]?\s*([a-eA-E])\b`)
	pppkRE       = regexp.MustCompile(`\b(XVII|XVI|XV|XIV|XIII|XII|XI|IX|X|VIII|VII|VI|IV|V|III|II|I)\b`)
	tingkatRE    = regexp.MustCompile(`(?i)\b(tk|tingkat)\b[. ]*(I|1)\b`)
	rankRE       = regexp.MustCompile(`(?i)(juru|pengatur|penata|pembina)(\s+(muda|utama|madya))*(\s+(tk\.?\s*I|tingkat\s+I))?[\s,/(]*(gol(ongan)?\.?\s*(ruang)?\s*)?\b(IV|I{1,3})\s*/\s*[a-e]\)?`)
	pppkRankRE   = regexp.MustCompile(`(?i)(pppk\W*)?\bgol(ongan)?\b\.?\s*(XVII|XVI|XV|XIV|XIII|XII|XI|IX|X|VIII|VII|VI|IV|V|III|II|I)\b(\s*\(pppk\))?`)
	phoneWordRE  = regexp.MustCompile(`(?i)\b(no(mor)?|hp|wa|whats ?app|telp|telepon|tlp|seluler|kantor|rumah|dan|atau)\b`)
	phoneBreakRE = regexp.MustCompile(`(\d[-.])\n(\d)|(\d)\n([-.]\d)`)
	pppkLineRE   = regexp.MustCompile(`(?m)^\s*(XVII|XVI|XV|XIV|XIII|XII|XI|IX|X|VIII|VII|VI|IV|V|III|II|I)\s*$`)
	ordinalRE    = regexp.MustCompile(`^\(?\d{1,3}\s*[.)]+\s*|^\d{1,2}\s+`)
	lossyRE      = regexp.MustCompile(`^\d[.,]\d+[eE]\+?1[678]$`)
	nipLabelRE   = regexp.MustCompile(`(?i)\bN\s?I\s?P\b(\s*PPPK)?\s*[.:]*`)
	nikLabelRE   = regexp.MustCompile(`(?i)\b(NIK|KTP)\b\s*[.:]*`)
	romanRE      = regexp.MustCompile(`\b[Il1|!]{1,3}/[a-e]\b`) // I, l and 1 look alike to OCR
	// errors of Excel in English and Indonesian, of LibreOffice, and of a number too wide for its column
	brokenRE = regexp.MustCompile(`^(#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|GETTING_DATA|SPILL!|CALC!|NILAI!|NAMA\?|T/A)|#{3,}|(Err|Gal):\d{3})$`)
	nikRE    = regexp.MustCompile(`\b\d{16}\b`)
)

// set puts the text of one cell into the fields that its column holds.
func (p *person) set(fields []field, c Cell) {
	text := strings.TrimSpace(c.Text)
	if text == "" || len(fields) == 0 {
		return
	}
	if brokenRE.MatchString(text) {
		p.breakCell(fields)
		return
	}
	if c.Unsure {
		p.doubt(fields...)
	}
	if slices.Contains(fields, fieldNama) || slices.Contains(fields, fieldNIP) {
		p.conf = weaker(p.conf, c.Confidence)
	}
	if c.Confidence > 0 && slices.Contains(fields, fieldGolongan) {
		text = romanRE.ReplaceAllStringFunc(text, func(m string) string {
			return strings.Repeat("I", strings.IndexByte(m, '/')) + m[strings.IndexByte(m, '/'):]
		})
	}
	if c.Confidence > 0 && slices.Contains(fields, fieldNama) {
		text = strings.Trim(specks.Replace(text), " -–.;:'") + dotAfterTitle(text)
	}
	if len(fields) == 1 {
		p.setOne(fields[0], text, c.Numeric)
		return
	}
	p.setMany(fields, text)
}

// breakCell notes values that are not there because a formula went wrong.
func (p *person) breakCell(fields []field) {
	for _, f := range fields {
		if !slices.Contains([]field{fieldNo, fieldRole, fieldIgnored, fieldBefore, fieldAfter}, f) {
			p.broken = append(p.broken, f)
			p.doubt(f)
		}
	}
}

// specks are what OCR makes of dirt and of ruled lines.
var specks = strings.NewReplacer("“", "", "”", "", "\"", "", "|", "", "_", "", "*", "", "~", "", "=", "", "«", "", "»", "", "¢", "", "[", "", "]", "", "{", "", "}", "")

// dotAfterTitle keeps the dot that ends "S.T."
func dotAfterTitle(text string) string {
	if strings.HasSuffix(strings.TrimSpace(text), ".") {
		return "."
	}
	return ""
}

func (p *person) setOne(f field, text string, numeric bool) {
	switch f {
	case fieldNama:
		p.setName(text)
	case fieldNIP:
		p.setNIP(text, numeric)
	case fieldNIK:
		if p.NIK = Digits(text); p.NIK != "" && (len(p.NIK) != 16 || numeric) {
			p.doubt(fieldNIK)
		}
	case fieldEmail:
		p.setEmail(text)
	case fieldHP:
		p.setHP(text)
	case fieldGolongan:
		if g := golongan(text); g != "" { // a rank in a column of its own says no grade
			p.Golongan = g
		}
	case fieldJabatan:
		p.Jabatan = strings.TrimRight(oneLine(text), " ;,")
	case fieldRole, fieldIgnored:
		if at := withdrawnRE.FindStringIndex(text); at != nil && (f == fieldRole || len(text) < 40 && len(strings.Fields(text[:at[0]])) < 2) {
			p.note = oneLine(text)
		}
	case fieldBefore:
		p.before = without0(oneLine(text))
	case fieldAfter:
		p.after = without0(oneLine(text))
	case fieldUserID:
		text = strings.Join(strings.Fields(strings.ReplaceAll(text, "\n", "\x00")), " ")
		if text = strings.ReplaceAll(text, "\x00", ""); text != "-" { // a narrow cell has cut it
			p.UserID = text
		}
	}
}

// without0 is the text, or nothing for the dashes with which people fill an empty cell.
func without0(text string) string {
	if strings.Trim(text, " -–—.") == "" {
		return ""
	}
	return text
}

func cleanName(text string) string {
	text = oneLine(text)
	text = strings.TrimSpace(ordinalRE.ReplaceAllString(text, ""))
	text = strings.TrimRight(text, " ;:-–/(<'")
	text = strings.TrimLeft(text, " -–•*:")
	if strings.HasSuffix(text, ",") {
		text = strings.TrimRight(text, ", ")
	}
	return text
}

func (p *person) setNIP(text string, numeric bool) {
	text = strings.TrimSpace(nipLabelRE.ReplaceAllString(text, ""))
	if lossyRE.MatchString(text) {
		p.lossy = true
	}
	p.NIP = Digits(text)
	if numeric && len(p.NIP) > 15 {
		p.lossy = true // IEEE 754: a spreadsheet keeps 15 digits
	}
	if strings.ContainsFunc(text, func(c rune) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }) {
		p.doubt(fieldNIP)
	}
}

// setEmail joins an address that was wrapped in a narrow cell, without changing it.
func (p *person) setEmail(text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	text = strings.TrimPrefix(strings.TrimSpace(text), "mailto:")
	joined := strings.ToLower(strings.Join(strings.Fields(text), ""))
	if strings.Count(joined, "@") > 1 { // two addresses: the first, and a person looks
		all := emailRE.FindAllString(text, 5)
		if all == nil {
			all = emailRE.FindAllString(joined, 1)
		}
		for i, m := range all {
			if m = strings.ToLower(m); i == 0 {
				joined = m
			} else if m != joined {
				p.unlike = append(p.unlike, m)
			}
		}
		p.doubt(fieldEmail)
	}
	joined = bareAddress(joined)
	switch joined {
	case "-", "--", "—", "nihil", "belumada", "tidakada":
		joined = ""
	}
	p.Email = joined
}

// bareAddress drops what people put around an address. A dot at its end stays where a domain such as "go.id" may have been cut.
func bareAddress(text string) string {
	text = strings.TrimPrefix(strings.Trim(text, "<>()[];:,\"'"), "mailto:")
	if cut := strings.TrimRight(text, ".;,>)"); validEmail(cut) && !halfDomainRE.MatchString(cut) {
		return strings.TrimLeft(cut, "<(.")
	}
	return text
}

var halfDomainRE = regexp.MustCompile(`\.(go|ac|co|or|sch|mil|desa|web|biz|my|ponpes)$`)

func (p *person) setHP(text string) {
	text = phoneBreakRE.ReplaceAllString(text, "$1$2$3$4") // a hyphen or dot beside the break belongs to the number
	line := oneLine(text)
	if at := phoneRE.FindStringIndex(line); at != nil && (at[0] == 0 || line[at[0]-1] < '0' || line[at[0]-1] > '9') {
		if rest := line[:at[0]] + line[at[1]:]; len(letters(phoneWordRE.ReplaceAllString(rest, ""))) > 0 {
			p.doubt(fieldHP)
		}
		text = line[at[0]:at[1]]
	}
	d := Digits(text)
	switch {
	case strings.HasPrefix(d, "0062"):
		d = "0" + d[4:]
	case strings.HasPrefix(d, "62"):
		d = "0" + d[2:]
	case strings.HasPrefix(d, "8") && len(d) >= 9:
		d = "0" + d // a spreadsheet drops the zero
	}
	if d != "" && (len(d) < 8 || len(d) > 14 || strings.HasPrefix(d, "08") && len(d) < 10) {
		p.doubt(fieldHP)
	}
	p.HP = d
}

// setMany takes apart a cell that holds several things. What has a shape of its own goes first; the rest is text.
func (p *person) setMany(fields []field, text string) {
	take := func(re *regexp.Regexp) string {
		loc := re.FindStringIndex(text)
		if loc == nil {
			return ""
		}
		m := text[loc[0]:loc[1]]
		text = text[:loc[0]] + "\n" + text[loc[1]:]
		return m
	}
	if slices.Contains(fields, fieldNIP) {
		if nip, from, to := findNIP(text); nip != "" {
			p.NIP = nip
			above := nipLabelRE.ReplaceAllString(text[:from], "")
			text = text[:from] + "\n" + text[to:]
			if slices.Contains(fields, fieldNama) && len(letters(above)) > 2 { // what stands above the NIP is the name
				p.setName(above)
				fields = slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return f == fieldNama })
				text = text[from:]
			}
		}
		text = nipLabelRE.ReplaceAllString(text, "")
	}
	if slices.Contains(fields, fieldNIK) {
		p.NIK = Digits(take(nikRE))
		text = nikLabelRE.ReplaceAllString(text, "")
	}
	if slices.Contains(fields, fieldHP) {
		text = joinPhone(phoneBreakRE.ReplaceAllString(text, "$1$2$3$4"))
		if m := take(phoneRE); m != "" {
			p.setHP(m)
		}
	}
	if slices.Contains(fields, fieldGolongan) && p.Golongan == "" {
		p.takeRank(&text, take)
	}
	p.setRest(fields, text)
}

// joinPhone puts a line of digits alone to the short number above it, which a narrow cell has cut.
func joinPhone(text string) string {
	lines := strings.Split(text, "\n")
	for i := len(lines) - 1; i > 0; i-- {
		above, l := lines[i-1], strings.TrimSpace(lines[i])
		if l == "" || strings.Trim(l, "0123456789 -.") != "" || len(Digits(l)) > 8 || phoneRE.FindString(above) == "" {
			continue
		}
		number := Digits(phoneRE.FindString(above))
		n := len(number)
		if strings.HasPrefix(number, "62") {
			n-- // the land code stands for the zero
		}
		if n < 11 && n+len(Digits(l)) <= 14 {
			lines[i-1] = strings.TrimRight(above, " ") + " " + l
			lines = append(lines[:i], lines[i+1:]...)
		}
	}
	return strings.Join(lines, "\n")
}

func (p *person) takeRank(text *string, take func(*regexp.Regexp) string) {
	if all := rankRE.FindAllStringIndex(*text, -1); all != nil {
		loc := all[len(all)-1]
		p.Golongan = golongan((*text)[loc[0]:loc[1]])
		*text = (*text)[:loc[0]] + "\n" + (*text)[loc[1]:]
		return
	}
	for _, re := range []*regexp.Regexp{pppkRankRE, golRE} {
		if m := take(re); m != "" {
			p.Golongan = golongan(m)
			return
		}
	}
	p.Golongan = strings.TrimSpace(take(pppkLineRE))
}

// setRest gives the remaining text to the one field that is text.
func (p *person) setRest(fields []field, text string) {
	switch {
	case slices.Contains(fields, fieldEmail):
		text = strings.TrimLeft(contactLabelRE.ReplaceAllString(text, ""), " /\n:")
		if slices.Contains(fields, fieldHP) && text != "" && !strings.Contains(text, "@") && strings.Trim(text, "0123456789 -\n/.") == "" {
			p.doubt(fieldHP) // digits are left over: the number was not understood
			return
		}
		p.setEmail(text)
	case slices.Contains(fields, fieldNama) && slices.Contains(fields, fieldJabatan):
		first, rest, _ := strings.Cut(strings.TrimSpace(text), "\n")
		p.setName(first)
		p.Jabatan = cleanName(rest)
		p.doubt(fieldJabatan, fieldNama)
	case slices.Contains(fields, fieldNama):
		p.setName(text)
	case slices.Contains(fields, fieldJabatan):
		p.Jabatan = strings.Trim(oneLine(text), " ,/;()-")
	}
}

// contactLabelRE wants the colon: "surel." may be the start of a domain that was wrapped.
var contactLabelRE = regexp.MustCompile(`(?i)\b(e-?mail|surel|pos-?el|hp|wa|no\.? ?hp|telp\.?)\s*:|(?m:^\s*(?:hp|wa|no\.? ?hp|telp)[ .:/]*$)`)

// golongan is the grade in its fixed form: III/c, or a roman numeral for PPPK.
func golongan(text string) string {
	text = tingkatRE.ReplaceAllString(oneLine(text), "")
	if m := golRE.FindStringSubmatch(text); m != nil {
		return strings.ReplaceAll(m[1], " ", "") + "/" + strings.ToLower(m[2])
	}
	if m := pppkRE.FindString(text); m != "" {
		return m
	}
	return ""
}

// oneLine joins printed lines; a line that ends in a hyphen or slash was cut there.
func oneLine(text string) string {
	var b strings.Builder
	for i, l := range strings.Split(text, "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		if s := b.String(); i > 0 && s != "" && !strings.HasSuffix(s, "/") && !strings.HasSuffix(s, "-") && !strings.HasPrefix(l, "/") {
			b.WriteByte(' ')
		}
		b.WriteString(l)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

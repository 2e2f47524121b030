package intake

import (
	"bufio"
	"bytes"
	"context"
	"html"
	"io"
	"slices"
	"strings"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/ooxml"
)

// suspectedIn gives the cases whose passwords seem to stand in a mail: its subject, text and HTML, and its files as far as they
// can be looked into. Papers that are going to be read are looked at then; see printedIn.
func (m *Intake) suspectedIn(ctx context.Context, msg *message.Message, papers bool) ([]string, error) {
	w, err := m.SecretWatch(ctx)
	if err != nil || w.Len() == 0 {
		return nil, err
	}
	g := scanScope{papers: papers, room: maxUnpacked}
	return numbersOf(w.Find(g.mail(msg, 0)...)), nil
}

// numbersOf gives the case numbers of keys.
func numbersOf(ids []string) (out []string) {
	for _, id := range ids {
		number, _, _ := strings.Cut(id, "/")
		out = append(out, number)
	}
	return out
}

// maxNested is how many mails within mails are opened.
const maxNested = 3

// scanScope is how closely a mail is looked at.
type scanScope struct {
	papers bool  // the mail's papers are going to be read, and looked at then
	whole  bool  // everything in packed files, also what holds nobody's words
	room   int64 // bytes that may still be unpacked
}

// mail gives the texts of a mail in which somebody may have written a password.
func (g *scanScope) mail(msg *message.Message, depth int) [][]byte {
	texts := [][]byte{[]byte(msg.Subject), []byte(msg.Text), []byte(msg.HTML)}
	if strings.Contains(msg.HTML, "&") {
		texts = append(texts, []byte(html.UnescapeString(msg.HTML)))
	}
	for _, a := range slices.Concat(msg.From, msg.Sender, msg.To, msg.Cc) {
		texts = append(texts, []byte(a.Name))
	}
	for _, f := range msg.Files {
		texts = append(texts, []byte(f.Name))
		read := g.papers && depth == 0
		packed, pdf := bytes.HasPrefix(f.Bytes, zipMagic), bytes.HasPrefix(f.Bytes, []byte("%PDF-"))
		switch {
		case read && (packed || pdf):
		case f.ContentType == "message/rfc822" && depth < maxNested:
			texts = append(texts, g.mail(message.Parse(f.Bytes, message.DefaultLimits(), nil), depth+1)...)
		default:
			texts = append(texts, narrowUTF16(f.Bytes))
			texts = append(texts, g.unpack(f.Bytes, depth)...)
		}
	}
	return texts
}

// unpack gives the texts of a packed file, whatever stands before it and however often it is packed: the cells of a workbook, the words of a
// document.
func (g *scanScope) unpack(raw []byte, depth int) (texts [][]byte) {
	at := bytes.Index(raw, zipMagic)
	if at < 0 || depth > maxNested {
		return nil
	}
	p, err := ooxml.Open(raw[at:], ooxml.Limits{Part: maxUnpacked, Total: maxUnpacked})
	if err != nil {
		return nil
	}
	for _, part := range p.Parts() {
		if g.room <= 0 {
			break
		}
		r, err := part.Open()
		if err != nil {
			continue
		}
		peek := bufio.NewReader(r)
		head, _ := peek.Peek(len(zipMagic))
		if g.whole || hasText(part.Name) || bytes.Equal(head, zipMagic) {
			inner, _ := io.ReadAll(io.LimitReader(peek, g.room)) // what can be read of a damaged file is looked at too
			g.room -= int64(len(inner))
			texts = append(texts, narrowUTF16(inner))
			if bytes.IndexByte(inner, '&') >= 0 {
				texts = append(texts, []byte(html.UnescapeString(string(inner))))
			}
			texts = append(texts, g.unpack(inner, depth+1)...)
		}
		r.Close()
	}
	return texts
}

var zipMagic = []byte("PK\x03\x04")

// hasText: the entry of a packed file may hold somebody's words; pictures and what dresses a document do not.
func hasText(name string) bool {
	name = strings.ToLower(name)
	return !slices.ContainsFunc(textless, func(end string) bool { return strings.HasSuffix(name, end) })
}

var textless = []string{".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf", ".bin", ".rels", ".ttf", ".odttf", "styles.xml", "theme1.xml", "settings.xml",
	"fonttable.xml", "numbering.xml", "[content_types].xml", "docprops/app.xml", "docprops/core.xml", "xl/workbook.xml", "calcchain.xml"}

// narrowUTF16 takes the zeroes out of text in UTF-16.
func narrowUTF16(b []byte) []byte {
	n := min(len(b), 64)
	if n < 8 || 3*bytes.Count(b[:n], []byte{0}) < n {
		return b
	}
	return bytes.ReplaceAll(b, []byte{0}, nil)
}

// printedIn gives the cases whose passwords seem to stand in papers, as their readers found them, and all words of these.
func (m *Intake) printedIn(ctx context.Context, files []document.Source) (numbers []string, words []byte, err error) {
	w, err := m.SecretWatch(ctx)
	if err != nil || w.Len() == 0 {
		return nil, nil, err
	}
	words = paperText(files)
	return numbersOf(w.Find(words)), words, nil
}

// paperText is every word of papers, a blank between any two segments and cells.
func paperText(files []document.Source) []byte {
	var b bytes.Buffer
	add := func(s string) {
		b.WriteString(s)
		b.WriteByte('\n')
		if strings.Contains(s, "\n") { // a cell in which a word was broken
			b.WriteString(strings.ReplaceAll(s, "\n", ""))
			b.WriteByte('\n')
		}
	}
	for _, f := range files {
		for _, p := range f.Pages {
			for _, text := range p.Withdrawn {
				add(text)
			}
			for _, l := range p.Lines {
				for _, s := range l.Segments {
					add(s.Text)
				}
			}
			for _, t := range p.Tables {
				for _, row := range t.Rows {
					for _, cell := range row {
						add(cell.Text)
					}
				}
			}
		}
	}
	return b.Bytes()
}

package clerk

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"sync"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// lookout watches for live passwords in mails that name no case. What it knows is in memory only: it is taken from the books
// and the keys at the first mail, grows with every password that is sealed, and forgets with the key.
type lookout struct {
	*credential.Watch
	mu     sync.Mutex
	filled bool
}

// watching gives the watch, filled with every password that can be opened.
func (c *Clerk) watching(ctx context.Context) (*credential.Watch, error) {
	c.lookout.mu.Lock()
	defer c.lookout.mu.Unlock()
	if c.lookout.filled {
		return c.lookout.Watch, nil
	}
	err := c.View(ctx, func(b store.Books) error {
		var cs sop.Case
		for _, id := range c.Vault.IDs() { // in order: a case comes once
			number, nip, _ := strings.Cut(id, "/")
			if number != cs.Number {
				var err error
				if cs, _, err = b.Cases.Get(number); err != nil {
					return err
				}
				cs.Number = number
			}
			a := cs.Accounts[nip]
			if len(a.Sealed) == 0 {
				continue
			}
			p, err := c.Vault.Open(id, credential.ForPassword, a.Sealed)
			if err != nil && !errors.Is(err, credential.ErrShredded) {
				return fmt.Errorf("watch for the password of %s: %w", id, err)
			}
			if err == nil {
				c.lookout.Add(id, p)
			}
		}
		return ctx.Err()
	})
	c.lookout.filled = err == nil
	return c.lookout.Watch, err
}

// glimpsed gives the cases whose passwords seem to stand in a mail: its subject, text and HTML, and its files as far as they
// can be looked into. Papers that are going to be read are looked at then; see printedIn.
func (c *Clerk) glimpsed(ctx context.Context, msg *message.Message, papers bool) ([]string, error) {
	w, err := c.watching(ctx)
	if err != nil || w.Len() == 0 {
		return nil, err
	}
	g := gaze{papers: papers, room: unpackedMost}
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

// nestedMost is how many mails within mails are opened.
const nestedMost = 3

// gaze is how closely a mail is looked at.
type gaze struct {
	papers bool  // the mail's papers are going to be read, and looked at then
	whole  bool  // everything in packed files, also what holds nobody's words
	room   int64 // bytes that may still be unpacked
}

// mail gives the texts of a mail in which somebody may have written a password.
func (g *gaze) mail(msg *message.Message, depth int) [][]byte {
	texts := [][]byte{[]byte(msg.Subject), []byte(msg.Text), []byte(msg.HTML)}
	if strings.Contains(msg.HTML, "&") {
		texts = append(texts, []byte(html.UnescapeString(msg.HTML)))
	}
	for _, f := range msg.Files {
		read := g.papers && depth == 0
		packed, pdf := bytes.HasPrefix(f.Bytes, []byte("PK\x03\x04")), bytes.HasPrefix(f.Bytes, []byte("%PDF-"))
		switch {
		case read && (packed || pdf):
		case packed:
			texts = append(texts, g.unpack(f.Bytes)...)
		case f.ContentType == "message/rfc822" && depth < nestedMost:
			texts = append(texts, g.mail(message.Parse(f.Bytes, message.DefaultLimits(), nil), depth+1)...)
		default:
			texts = append(texts, narrow(f.Bytes))
		}
	}
	return texts
}

// unpack gives the texts of a packed file: the cells of a workbook, the words of a document.
func (g *gaze) unpack(raw []byte) (texts [][]byte) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil
	}
	for _, e := range z.File {
		if g.room <= 0 || !g.whole && !wordy(e.Name) {
			continue
		}
		r, err := e.Open()
		if err != nil {
			continue
		}
		inner, _ := io.ReadAll(io.LimitReader(r, g.room)) // what can be read of a damaged file is looked at too
		r.Close()
		g.room -= int64(len(inner))
		texts = append(texts, narrow(inner))
		if bytes.IndexByte(inner, '&') >= 0 {
			texts = append(texts, []byte(html.UnescapeString(string(inner))))
		}
	}
	return texts
}

// wordy: the entry of a packed file may hold somebody's words; pictures and what dresses a document do not.
func wordy(name string) bool {
	name = strings.ToLower(name)
	return !slices.ContainsFunc(wordless, func(end string) bool { return strings.HasSuffix(name, end) })
}

var wordless = []string{".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf", ".bin", ".rels", ".ttf", ".odttf", "styles.xml", "theme1.xml", "settings.xml",
	"fonttable.xml", "numbering.xml", "[content_types].xml", "docprops/app.xml", "docprops/core.xml", "xl/workbook.xml", "calcchain.xml"}

// narrow takes the zeroes out of text in UTF-16.
func narrow(b []byte) []byte {
	n := min(len(b), 64)
	if n < 8 || 3*bytes.Count(b[:n], []byte{0}) < n {
		return b
	}
	return bytes.ReplaceAll(b, []byte{0}, nil)
}

// printedIn gives the cases whose passwords seem to stand in papers, as their readers found them, and all words of these.
func (c *Clerk) printedIn(ctx context.Context, files []document.Source) (numbers []string, words []byte, err error) {
	w, err := c.watching(ctx)
	if err != nil || w.Len() == 0 {
		return nil, nil, err
	}
	words = printed(files)
	return numbersOf(w.Find(words)), words, nil
}

// printed is every word of papers, a blank between any two segments and cells.
func printed(files []document.Source) []byte {
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

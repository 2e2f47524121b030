package stage

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"

	"ukpbjd/internal/message"
)

// Passwords are what the members were given in their letters and what stands in the approver's sheets: password → address
// of the one person who may know it besides the approver.
func (s *Stage) Passwords() (map[string]string, error) {
	out := map[string]string{}
	for _, t := range s.Post.Journal() {
		if t.From != s.Cast.Office.Address || len(t.To) != 1 {
			continue
		}
		m := message.Parse(t.Raw, message.DefaultLimits(), nil)
		if w := PasswordIn(m); w != "" {
			out[w] = t.To[0]
		}
		for _, a := range s.Config.People.Approvers {
			if !strings.EqualFold(a.Address, t.To[0]) {
				continue
			}
			rows, err := SheetIn(m, a.SheetPassphrase)
			if err != nil {
				return nil, err
			}
			for _, r := range rows {
				out[r.Password] = r.Email
			}
		}
	}
	return out, nil
}

// Leaks names every place in which a password stands although it must not: files of the daemon, its log, letters to others,
// any mailbox but its member's. The passwords themselves are not in what it says.
func (s *Stage) Leaks(words map[string]string, logs ...[]byte) ([]string, error) {
	c := newCanary(words)
	for i, l := range logs {
		c.look(fmt.Sprintf("log %d", i), "", l)
	}
	err := filepath.WalkDir(s.Config.Storage.Path, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) { // half-written under another name a moment ago: content has its place by now
			return nil
		}
		c.file(path, "", raw, 0)
		return err
	})
	for i, t := range s.Post.Journal() {
		if t.From == s.Cast.Office.Address {
			c.mail(fmt.Sprintf("letter %d to %s", i, strings.Join(t.To, " ")), strings.Join(t.To, " "), t.Raw, 0)
		}
	}
	for _, a := range s.accounts {
		for _, f := range s.Post.Folders(a) {
			mails, err := s.Post.Messages(a, f)
			if err != nil {
				return nil, err
			}
			for _, x := range mails {
				c.mail(fmt.Sprintf("%s of %s, UID %d", f, a, x.UID), a, x.Raw, 0)
			}
		}
	}
	return c.found, err
}

// LeaksIn names those of some more files, or values of a store, in which a password stands.
func LeaksIn(words map[string]string, files map[string][]byte) []string {
	c := newCanary(words)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		c.file(name, "", files[name], 0)
	}
	return c.found
}

type canary struct {
	words   map[string]string
	needles map[string][][]byte
	found   []string
}

func newCanary(words map[string]string) *canary {
	c := &canary{words: words, needles: map[string][][]byte{}}
	for w := range words {
		c.needles[w] = disguises(w)
	}
	return c
}

// look searches some bytes that only owner may hold.
func (c *canary) look(where, owner string, raw []byte) {
	for w, needles := range c.needles {
		if strings.EqualFold(c.words[w], owner) {
			continue
		}
		for _, n := range needles {
			if bytes.Contains(raw, n) {
				c.found = append(c.found, fmt.Sprintf("%s: the password of %s", where, c.words[w]))
				break
			}
		}
	}
}

// deepest bounds how many wrappings are opened: a tar of mails with a zip of a JSON text.
const deepest = 6

// file looks into mails, packed files and JSON too.
func (c *canary) file(where, owner string, raw []byte, depth int) {
	c.look(where, owner, raw)
	if depth++; depth > deepest {
		return
	}
	switch {
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")):
		c.zipped(where, owner, raw, depth)
	case len(raw) > 512 && string(raw[257:262]) == "ustar":
		c.tarred(where, owner, raw, depth)
	case bytes.HasPrefix(raw, []byte{0x1f, 0x8b}):
		if z, err := gzip.NewReader(bytes.NewReader(raw)); err == nil {
			c.reader(where, owner, z, depth)
		}
	case json.Valid(raw):
		c.values(where, owner, raw, depth)
	default:
		head, _, ok := bytes.Cut(bytes.ReplaceAll(raw[:min(len(raw), 64<<10)], []byte("\r\n"), []byte("\n")), []byte("\n\n"))
		if ok && bytes.Contains(head, []byte("From:")) {
			c.mail(where, owner, raw, depth)
		}
	}
}

func (c *canary) mail(where, owner string, raw []byte, depth int) {
	c.look(where, owner, raw)
	m := message.Parse(raw, message.DefaultLimits(), nil)
	for _, text := range []string{m.Subject, m.Text, m.HTML} {
		c.look(where, owner, []byte(text))
	}
	for _, f := range m.Files {
		c.file(where+", "+f.Name, owner, f.Bytes, depth)
	}
}

func (c *canary) zipped(where, owner string, raw []byte, depth int) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return
	}
	for _, f := range z.File {
		if r, err := f.Open(); err == nil {
			c.reader(where+"/"+f.Name, owner, r, depth)
			r.Close()
		}
	}
}

func (c *canary) tarred(where, owner string, raw []byte, depth int) {
	t := tar.NewReader(bytes.NewReader(raw))
	for {
		h, err := t.Next()
		if err != nil {
			return
		}
		c.reader(where+"/"+h.Name, owner, t, depth)
	}
}

// reader looks at what can be read of a packed file.
func (c *canary) reader(where, owner string, r io.Reader, depth int) {
	inner, _ := io.ReadAll(io.LimitReader(r, 64<<20)) //nolint:errcheck // a damaged one is looked at as far as it goes
	c.file(where, owner, inner, depth)
}

// values are the texts of a JSON value, also those that are bytes in base64.
func (c *canary) values(where, owner string, raw []byte, depth int) {
	d := json.NewDecoder(bytes.NewReader(raw))
	for {
		t, err := d.Token()
		if err != nil {
			return
		}
		text, ok := t.(string)
		if !ok {
			continue
		}
		c.look(where, owner, []byte(text))
		if inner, err := base64.StdEncoding.DecodeString(text); err == nil && len(inner) > 8 {
			c.file(where, owner, inner, depth)
		}
	}
}

// disguises are the ways in which a word can stand in a file.
func disguises(w string) [][]byte {
	out := [][]byte{[]byte(w), []byte(hex.EncodeToString([]byte(w))), []byte(html.EscapeString(w)), []byte(url.QueryEscape(w))}
	if j, err := json.Marshal(w); err == nil {
		out = append(out, j[1:len(j)-1])
	}
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		for shift := range 3 { // the middle of a longer text: only whole groups of its own
			padded := e.EncodeToString([]byte(strings.Repeat("\x00", shift) + w))
			out = append(out, []byte(padded[(shift*4+2)/3:len(padded)-4]))
		}
	}
	var qp, wide bytes.Buffer
	for _, b := range []byte(w) {
		if b == '=' || b < '!' || b > '~' {
			fmt.Fprintf(&qp, "=%02X", b)
		} else {
			qp.WriteByte(b)
		}
	}
	for _, u := range utf16.Encode([]rune(w)) {
		wide.Write([]byte{byte(u), byte(u >> 8)})
	}
	return append(out, qp.Bytes(), wide.Bytes())
}

package stage

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
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
	c := canary{words: words, needles: map[string][][]byte{}}
	for w := range words {
		c.needles[w] = disguises(w)
	}
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
		c.file(path, raw)
		return err
	})
	for i, t := range s.Post.Journal() {
		if t.From == s.Cast.Office.Address {
			c.mail(fmt.Sprintf("letter %d to %s", i, strings.Join(t.To, " ")), strings.Join(t.To, " "), t.Raw)
		}
	}
	for _, a := range s.accounts {
		for _, f := range s.Post.Folders(a) {
			mails, err := s.Post.Messages(a, f)
			if err != nil {
				return nil, err
			}
			for _, x := range mails {
				c.mail(fmt.Sprintf("%s of %s, UID %d", f, a, x.UID), a, x.Raw)
			}
		}
	}
	return c.found, err
}

type canary struct {
	words   map[string]string
	needles map[string][][]byte
	found   []string
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

// file looks into mails and packed files too.
func (c *canary) file(where string, raw []byte) {
	c.look(where, "", raw)
	if bytes.HasPrefix(raw, []byte("PK\x03\x04")) {
		c.packed(where, "", raw)
		return
	}
	if head, _, ok := bytes.Cut(raw[:min(len(raw), 64<<10)], []byte("\r\n\r\n")); ok && bytes.Contains(head, []byte("From:")) {
		c.mail(where, "", raw)
	}
}

func (c *canary) mail(where, owner string, raw []byte) {
	c.look(where, owner, raw)
	m := message.Parse(raw, message.DefaultLimits(), nil)
	for _, text := range []string{m.Subject, m.Text, m.HTML} {
		c.look(where, owner, []byte(text))
	}
	for _, f := range m.Files {
		c.look(where+", "+f.Name, owner, f.Bytes)
		c.packed(where+", "+f.Name, owner, f.Bytes)
	}
}

func (c *canary) packed(where, owner string, raw []byte) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			continue
		}
		inner, err := io.ReadAll(io.LimitReader(r, 8<<20))
		r.Close()
		if err == nil {
			c.look(where+"/"+f.Name, owner, inner)
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

package stage

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/message"
	"ukpbjd/internal/ooxml"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/secret"
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
				if r.Password != "TETAP" { // an account that exists is given none
					out[r.Password] = r.Email
				}
			}
		}
	}
	return out, nil
}

// Leaks names every place in which a password stands although it must not: files of the daemon, its log, letters to others,
// any mailbox but its member's. The passwords themselves are not in what it says.
func (s *Stage) Leaks(words map[string]string, logs ...[]byte) ([]string, error) {
	x := NewLeakSearch(words)
	for i, l := range logs {
		x.File(fmt.Sprintf("log %d", i), "", l)
	}
	err := filepath.WalkDir(s.Config.Storage.Path, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) { // half-written under another name a moment ago: content has its place by now
			return nil
		}
		x.File(path, "", raw)
		return err
	})
	for i, t := range s.Post.Journal() {
		if t.From != s.Cast.Office.Address {
			continue
		}
		owner, own := strings.Join(t.To, " "), PasswordIn(message.Parse(t.Raw, message.DefaultLimits(), nil))
		if there, err := s.holds(owner, t.Raw); err == nil && own != "" && !there {
			owner = words[own] // it came back, and its address may have been mended
		}
		x.File(fmt.Sprintf("letter %d to %s", i, strings.Join(t.To, " ")), owner, t.Raw)
	}
	for _, a := range s.accounts {
		for _, f := range s.Post.Folders(a) {
			mails, err := s.Post.Messages(a, f)
			if err != nil {
				return nil, err
			}
			for _, m := range mails {
				x.File(fmt.Sprintf("%s of %s, UID %d", f, a, m.UID), a, m.Raw)
			}
		}
	}
	return x.Found(), err
}

// holds says that a mailbox has this mail, whatever was written above it on its way.
func (s *Stage) holds(mailbox string, raw []byte) (bool, error) {
	mails, err := s.Post.Messages(mailbox, "INBOX")
	return slices.ContainsFunc(mails, func(m postoffice.Stored) bool { return bytes.HasSuffix(m.Raw, raw) }), err
}

// LeakSearch decodes whatever it is shown, and lets the scanner that guards the office's mailbox look at it.
type LeakSearch struct {
	words   map[string]string
	scanner *credential.Scanner
	found   []string
}

// NewLeakSearch prepares a search for passwords: password → address of its owner, or empty when nobody may hold it.
func NewLeakSearch(words map[string]string) *LeakSearch {
	var live []credential.Live
	for w := range words {
		live = append(live, credential.Live{ID: w, Secret: secret.New([]byte(w))})
	}
	return &LeakSearch{words: words, scanner: credential.NewScanner(live)}
}

// Found names each place and each owner once.
func (x *LeakSearch) Found() []string {
	slices.Sort(x.found)
	return slices.Compact(x.found)
}

// File searches some bytes that only owner may hold, and what is packed in them.
func (x *LeakSearch) File(where, owner string, raw []byte) { x.file(where, owner, raw, 0) }

// maxWrapping bounds how many wrappings are opened: a tar of mails with a zip of a JSON text.
const maxWrapping = 6

// look reports passwords of others.
func (x *LeakSearch) look(where, owner string, texts ...[]byte) {
	for _, w := range x.scanner.Hits(texts...) {
		if !strings.EqualFold(x.words[w], owner) {
			x.found = append(x.found, fmt.Sprintf("%s: the password of %s", where, x.words[w]))
		}
	}
}

func (x *LeakSearch) file(where, owner string, raw []byte, depth int) {
	x.look(where, owner, raw)
	if depth++; depth > maxWrapping {
		return
	}
	switch {
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")):
		x.zipped(where, owner, raw, depth)
	case len(raw) > 512 && string(raw[257:262]) == "ustar":
		x.tarred(where, owner, raw, depth)
	case bytes.HasPrefix(raw, []byte{0x1f, 0x8b}):
		if z, err := gzip.NewReader(bytes.NewReader(raw)); err == nil {
			x.reader(where, owner, z, depth)
		}
	case json.Valid(raw):
		x.values(where, owner, raw, depth)
	case isMail(raw):
		x.mail(where, owner, raw, depth)
	}
}

func isMail(raw []byte) bool {
	head, _, ok := bytes.Cut(bytes.ReplaceAll(raw[:min(len(raw), 64<<10)], []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	return ok && (bytes.HasPrefix(head, []byte("From:")) || bytes.Contains(head, []byte("\nFrom:")))
}

func (x *LeakSearch) mail(where, owner string, raw []byte, depth int) {
	m := message.Parse(raw, message.DefaultLimits(), nil)
	x.look(where, owner, []byte(m.Subject), []byte(m.Text), []byte(m.HTML), []byte(html.UnescapeString(m.HTML)))
	for _, f := range m.Files {
		x.file(where+", "+f.Name, owner, f.Bytes, depth)
	}
}

// zipped looks also at what can be read of damaged parts.
func (x *LeakSearch) zipped(where, owner string, raw []byte, depth int) {
	p, err := ooxml.Open(raw, ooxml.Limits{})
	if err != nil {
		return
	}
	for _, f := range p.Parts() {
		inner, _ := f.Read()
		x.file(where+"/"+f.Name, owner, inner, depth)
	}
}

func (x *LeakSearch) tarred(where, owner string, raw []byte, depth int) {
	t := tar.NewReader(bytes.NewReader(raw))
	for {
		h, err := t.Next()
		if err != nil {
			return
		}
		x.reader(where+"/"+h.Name, owner, t, depth)
	}
}

// reader looks at what can be read of a packed file.
func (x *LeakSearch) reader(where, owner string, r io.Reader, depth int) {
	inner, _ := io.ReadAll(io.LimitReader(r, 64<<20)) //nolint:errcheck // a damaged one is looked at as far as it goes
	x.file(where, owner, inner, depth)
}

// values are the texts of a JSON value, also those that are bytes in base64.
func (x *LeakSearch) values(where, owner string, raw []byte, depth int) {
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
		x.look(where, owner, []byte(text))
		if inner, err := base64.StdEncoding.DecodeString(text); err == nil && len(inner) > 8 {
			x.file(where, owner, inner, depth)
		}
	}
}

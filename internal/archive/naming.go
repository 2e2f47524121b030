package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	sums     = "SHA256SUMS"
	maxName  = 100 // bytes of a cleaned name
	maxNames = 10_000
)

// Item is content with the name under which a person shall find it.
type Item struct{ SHA256, Name string }

// Link gives content its names in the directory of a case; they and their lines in the manifest are durable after Sync. It
// may be repeated at any time, and mends what it finds wrong.
func (b *Batch) Link(year int, number string, items ...Item) error {
	dir, err := b.a.Dir(year, number)
	if err != nil {
		return err
	}
	lines, err := b.a.link(dir, items)
	if err != nil {
		return doing("archive case "+number, err)
	}
	b.mu.Lock()
	b.touch(dir, lines)
	b.mu.Unlock()
	return nil
}

func (a *Archive) link(dir string, items []Item) (lines list, err error) {
	a.naming.Lock()
	defer a.naming.Unlock()
	if err := a.failure(); err != nil {
		return nil, err
	}
	for _, d := range []string{filepath.Dir(dir), dir} { // never the archive itself, whose disk may be away
		if err := os.Mkdir(d, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, own(err)
		}
	}
	known, _, err := a.readSums(dir)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		if !valid(it.SHA256) {
			return nil, fmt.Errorf("%.70q is no SHA-256", it.SHA256)
		}
		e, err := a.choose(dir, known, it)
		if err == nil {
			err = a.name(a.blob(it.SHA256), filepath.Join(dir, e.Name), it.SHA256)
		}
		if err != nil {
			return nil, err
		}
		known.merge(list{e})
		lines.merge(list{e})
		if len(known) > maxNames {
			return nil, fmt.Errorf("more than %d files", maxNames)
		}
	}
	return lines, nil
}

// choose finds the name of an item: its line in the manifest, or a new one. Two papers that would have one name get longer
// ones; the other may have its name and, its batch being under way, no line yet.
func (a *Archive) choose(dir string, known list, it Item) (Item, error) {
	short, long := Item{it.SHA256, it.SHA256[:8] + "-" + Clean(it.Name)}, Item{it.SHA256, it.SHA256 + "-" + Clean(it.Name)}
	if i := slices.IndexFunc(known, func(e Item) bool { return e == short || e == long }); i >= 0 {
		return known[i], nil
	}
	if slices.ContainsFunc(known, func(e Item) bool { return e.Name == short.Name }) {
		return long, nil
	}
	other, err := a.contentOf(filepath.Join(dir, short.Name))
	if other != "" && other != it.SHA256 {
		return long, err
	}
	return short, err
}

// contentOf is the archived content that a file in the directory of a case is a name of, or "".
func (a *Archive) contentOf(path string) (sha string, err error) {
	name := filepath.Base(path)
	if len(name) < 9 {
		return "", nil
	}
	if _, err := hex.DecodeString(name[:8]); err != nil {
		return "", nil
	}
	if st, err := os.Lstat(path); err != nil || !st.Mode().IsRegular() {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return "", err
	}
	shard, err := os.ReadDir(filepath.Join(a.dir, "blobs", name[:2]))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	for _, e := range shard {
		sha := e.Name()
		if !valid(sha) || !strings.HasPrefix(sha, name[:8]) {
			continue
		}
		if sameFile(a.blob(sha), path) {
			return sha, nil
		}
		if there, err := holds(path, sha); there || err != nil {
			return sha, err
		}
	}
	return "", nil
}

// named is what the names in a directory say that its manifest must have.
func (a *Archive) named(dir string) (l list, err error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		sha, err := a.contentOf(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		if e := (Item{sha, f.Name()}); sha != "" && e.isLine() {
			l = append(l, e)
		}
	}
	return l, nil
}

// Dir is the directory of a case, for reports and for people.
func (a *Archive) Dir(year int, number string) (string, error) {
	for _, r := range number {
		if r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return "", fmt.Errorf("archive: %.40q is no case number", number)
		}
	}
	if year < 2000 || year > 9999 || number == "" || len(number) > 40 {
		return "", fmt.Errorf("archive: %d/%.40q is no case", year, number)
	}
	return filepath.Join(a.dir, strconv.Itoa(year), number), nil
}

// name makes dest a second name of blob, or a copy where the file system has no links. What has the name and is not the
// content is replaced; what cannot be read is not.
func (a *Archive) name(blob, dest, sha string) error {
	err := os.Link(blob, dest)
	if err == nil || diskFault(err) {
		return err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return a.ground(err)
	}
	if errors.Is(err, fs.ErrExist) {
		if sameFile(blob, dest) {
			return nil
		}
		if there, err := holds(dest, sha); there || err != nil {
			return err
		}
	}
	content, err := a.Get(sha)
	if err != nil {
		return err
	}
	return a.replace(dest, content, 0o400)
}

func sameFile(x, y string) bool {
	a, err1 := os.Lstat(x)
	b, err2 := os.Lstat(y)
	return err1 == nil && err2 == nil && os.SameFile(a, b)
}

// hashIs reads a file through and compares.
func hashIs(path, sha string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, Largest+1)); err != nil {
		return err
	}
	if hex.EncodeToString(h.Sum(nil)) != sha {
		return fmt.Errorf("%s: %w", path, ErrDamaged)
	}
	return nil
}

// holds says whether a file is this content. What cannot be read is not taken for other content: it would be overwritten.
func holds(path, sha string) (bool, error) {
	err := hashIs(path, sha)
	if errors.Is(err, ErrDamaged) {
		return false, nil
	}
	return err == nil, err
}

// list is what SHA256SUMS says; Name is the file's name in the directory.
type list []Item

// merge adds the lines that are not there yet.
func (l *list) merge(lines list) {
	for _, e := range lines {
		if !slices.Contains(*l, e) {
			*l = append(*l, e)
		}
	}
}

func (l list) bytes() []byte {
	var b bytes.Buffer
	for _, e := range l {
		fmt.Fprintf(&b, "%s  %s\n", e.SHA256, e.Name)
	}
	return b.Bytes()
}

// isLine says whether a line of a manifest is one of ours, and so safe as a path.
func (e Item) isLine() bool {
	return valid(e.SHA256) && strings.HasPrefix(e.Name, e.SHA256[:8]) && filepath.IsLocal(e.Name) && filepath.Base(e.Name) == e.Name
}

// maxSums bounds the bytes of a manifest: maxNames lines of the longest names.
const maxSums = 4 << 20

// readSums skips what is no line of ours: a person may have touched the file, or a power cut torn it. whole is false where
// that is so, and where there is no file: then the manifest may lack lines that it had.
func (a *Archive) readSums(dir string) (l list, whole bool, err error) {
	path := filepath.Join(dir, sums)
	f, err := os.Open(path)
	if err = a.ground(err); errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxSums))
	if len(raw) == maxSums {
		return nil, false, fmt.Errorf("%s: more than %d bytes", path, maxSums)
	}
	whole = len(raw) > 0
	for line := range strings.Lines(string(raw)) {
		text, ended := strings.CutSuffix(line, "\n")
		sha, name, _ := strings.Cut(text, "  ")
		if e := (Item{sha, name}); ended && e.isLine() {
			l = append(l, e)
		} else {
			whole = false
		}
	}
	return l, whole, err
}

// Clean makes a name safe for every file system and for a terminal: letters, digits and a few signs, at most 100 bytes,
// the ending kept.
func Clean(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-.()+", r):
			return r
		case unicode.IsControl(r) || unicode.In(r, unicode.Cf):
			return -1
		}
		return '_'
	}, strings.ToValidUTF8(name, "_"))
	name = strings.Trim(name, "._-")
	ext := filepath.Ext(name)
	if len(ext) > 10 {
		ext = ""
	}
	stem := strings.TrimSuffix(name, ext)
	stem = strings.ToValidUTF8(stem[:min(len(stem), maxName-len(ext))], "")
	if stem == "" {
		stem = "tanpa-nama"
	}
	return stem + ext
}

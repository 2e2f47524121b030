package archive

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

const (
	sums        = "SHA256SUMS"
	longestName = 100 // bytes of a cleaned name
	mostNames   = 10_000
)

// Item is content with the name under which a person shall find it.
type Item struct{ SHA256, Name string }

// Link gives content its names in the directory of a case. It may be repeated at any time, and mends what it finds wrong;
// it is not synced, because it can be repeated from the books.
func (a *Archive) Link(year int, number string, items ...Item) error {
	dir, err := a.Dir(year, number)
	if err != nil {
		return err
	}
	a.naming.Lock()
	defer a.naming.Unlock()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("archive case %s: %w", number, err)
	}
	list, err := readSums(filepath.Join(dir, sums))
	if err != nil {
		return fmt.Errorf("archive case %s: %w", number, err)
	}
	known := len(list)
	for _, it := range items {
		if !valid(it.SHA256) {
			return fmt.Errorf("archive case %s: %.70q is no SHA-256", number, it.SHA256)
		}
		e := list.add(it)
		if len(list) > mostNames {
			return fmt.Errorf("archive case %s: more than %d files", number, mostNames)
		}
		if err := a.name(a.blob(it.SHA256), filepath.Join(dir, e.Name), it.SHA256); err != nil {
			return fmt.Errorf("archive case %s: %w", number, err)
		}
	}
	if len(list) > known {
		err = a.writeSums(dir, list)
	}
	return err
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

// name makes dest a second name of blob, or a copy where the file system has no links.
func (a *Archive) name(blob, dest, sha string) error {
	err := os.Link(blob, dest)
	if err == nil {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if errors.Is(err, fs.ErrExist) && (sameFile(blob, dest) || hashIs(dest, sha) == nil) {
		return nil
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

// list is what SHA256SUMS says; Name is the file's name in the directory.
type list []Item

// add finds the line of an item, or makes one. Two papers that would have one name get longer ones.
func (l *list) add(it Item) Item {
	for _, name := range []string{it.SHA256[:8] + "-" + Clean(it.Name), it.SHA256 + "-" + Clean(it.Name)} {
		taken := false
		for _, e := range *l {
			if e.Name == name && e.SHA256 == it.SHA256 {
				return e
			}
			taken = taken || e.Name == name
		}
		if !taken {
			*l = append(*l, Item{it.SHA256, name})
			break
		}
	}
	return (*l)[len(*l)-1]
}

// readSums skips what is no line of ours: a person may have touched the file.
func readSums(path string) (l list, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(io.LimitReader(f, 4<<20))
	for s.Scan() && len(l) < mostNames {
		sha, name, ok := strings.Cut(s.Text(), "  ")
		if ok && valid(sha) && strings.HasPrefix(name, sha[:8]) && filepath.IsLocal(name) && filepath.Base(name) == name {
			l = append(l, Item{sha, name})
		}
	}
	return l, s.Err()
}

func (a *Archive) writeSums(dir string, l list) error {
	var b bytes.Buffer
	for _, e := range l {
		fmt.Fprintf(&b, "%s  %s\n", e.SHA256, e.Name)
	}
	if err := a.replace(filepath.Join(dir, sums), b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
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
	stem := shorten(strings.TrimSuffix(name, ext), longestName-len(ext))
	if stem == "" {
		stem = "tanpa-nama"
	}
	return stem + ext
}

func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

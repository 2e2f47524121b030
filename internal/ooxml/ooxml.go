// Package ooxml opens packages of Office Open XML (ECMA-376 part 2), and other ZIP files that come by mail. What the directory
// says is believed nowhere: parts are counted, ratio and bytes are measured while they are read, and bytes that two parts share
// are refused. Parts are found as office programs find them: by relations, whatever their names, and with either slash.
package ooxml

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ErrTooLarge says that a bound was met; what was read until then must not pass for the whole. Other errors mean a broken file.
var (
	ErrTooLarge  = errors.New("too large")
	ErrEncrypted = errors.New("encrypted")
	errMissing   = errors.New("no such part")
)

// Limits of one package. Zero means the default.
type Limits struct {
	Parts int   // 5000
	Part  int64 // bytes of one part, unpacked; 48 MiB
	Total int64 // bytes of all that is read, a part counted as often as it is read; 128 MiB
	Ratio int64 // of unpacked to packed, over the first MiB of a part; 200
}

// Package is an opened file. It counts what is read of it, so one goroutine uses it at a time.
type Package struct {
	parts  []*Part
	byName map[string]*Part
	twice  string
	limits Limits
	left   int64
}

// Part is a member. Size is what the directory claims.
type Part struct {
	Name string // with slashes, none at its start
	Dir  bool
	Size int64

	file *zip.File
	pkg  *Package
}

// Open reads the directory.
func Open(data []byte, l Limits) (*Package, error) {
	l = Limits{Parts: cmp.Or(l.Parts, 5000), Part: cmp.Or(l.Part, 48<<20), Total: cmp.Or(l.Total, 128<<20), Ratio: cmp.Or(l.Ratio, 200)}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("open package: %w", err)
	}
	if len(z.File) > l.Parts {
		return nil, fmt.Errorf("open package of %d parts: %w", len(z.File), ErrTooLarge)
	}
	if overlapping(z.File) {
		return nil, errors.New("open package: two parts share bytes")
	}
	p := &Package{byName: map[string]*Part{}, limits: l, left: l.Total}
	for _, f := range z.File {
		x := &Part{Name: cleanName(f.Name), Dir: f.FileInfo().IsDir(), Size: int64(f.UncompressedSize64), file: f, pkg: p}
		if p.byName[fold(x.Name)] != nil {
			p.twice = x.Name
		}
		p.parts, p.byName[fold(x.Name)] = append(p.parts, x), x
	}
	return p, nil
}

// cleanName: some programs write backslashes, others a slash in front.
func cleanName(name string) string {
	return strings.TrimLeft(strings.ReplaceAll(name, `\`, "/"), "/")
}

// fold: names of parts are equal without regard to case (ECMA-376 part 2 §6.2.2.3).
func fold(name string) string { return strings.ToLower(cleanName(name)) }

// overlapping finds parts that share bytes, the trick of a bomb without nesting.
func overlapping(files []*zip.File) bool {
	type span struct{ from, to int64 }
	spans := make([]span, 0, len(files))
	for _, f := range files {
		from, err := f.DataOffset()
		if err != nil {
			return true
		}
		spans = append(spans, span{from, from + int64(f.CompressedSize64)})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return true
		}
	}
	return false
}

// Parts are all, in the order of the directory.
func (p *Package) Parts() []*Part { return p.parts }

// Twice is a name that two parts have, or empty: programs differ in which of them they read.
func (p *Package) Twice() string { return p.twice }

// Has says whether there is such a part.
func (p *Package) Has(name string) bool { return p.byName[fold(name)] != nil }

// Open reads one part by name; a missing one is an error.
func (p *Package) Open(name string) (io.ReadCloser, error) {
	if x := p.byName[fold(name)]; x != nil {
		return x.Open()
	}
	return nil, fmt.Errorf("open part %q: %w", name, errMissing)
}

// Read is all of one part.
func (p *Package) Read(name string) ([]byte, error) {
	if x := p.byName[fold(name)]; x != nil {
		return x.Read()
	}
	return nil, fmt.Errorf("read part %q: %w", name, errMissing)
}

// Read is all of the part. What could be read of a damaged one is returned beside the error.
func (x *Part) Read() ([]byte, error) {
	r, err := x.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return b, fmt.Errorf("read part %q: %w", x.Name, err)
	}
	return b, nil
}

// Open returns a reader that fails with ErrTooLarge, instead of ending early, where a bound is met.
func (x *Part) Open() (io.ReadCloser, error) {
	if x.file.Flags&1 != 0 {
		return nil, fmt.Errorf("open part %q: %w", x.Name, ErrEncrypted)
	}
	r, err := x.file.Open()
	if err != nil {
		return nil, fmt.Errorf("open part %q: %w", x.Name, err)
	}
	packed := min(int64(x.file.CompressedSize64), 1<<40)
	return &boundedReader{r, min(x.pkg.limits.Part, packed*x.pkg.limits.Ratio+1<<20), x.pkg}, nil
}

type boundedReader struct {
	io.ReadCloser
	left int64
	pkg  *Package
}

func (b *boundedReader) Read(p []byte) (int, error) {
	left := min(b.left, b.pkg.left)
	if int64(len(p)) > left+1 { // one byte more tells a part that ends at the bound from one that goes on
		p = p[:left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > left {
		return int(left), ErrTooLarge
	}
	b.left -= int64(n)
	b.pkg.left -= int64(n)
	return n, err
}

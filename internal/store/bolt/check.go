package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
)

// bbolt answers a damaged page by a panic, when it opens a file even in a goroutine of its own, where nothing can recover
// it. So every page is looked at here first. The format is bbolt's version 2:
//
//	page    id 8 · flags 2 · count 2 · overflow 4 · elements
//	branch  pos 4 · key size 4 · page id 8
//	leaf    flags 4 · pos 4 · key size 4 · value size 4; a bucket's value is root page 8 · sequence 8 · inline page
const (
	headerSize  = 16
	elementSize = 16
	branchPage  = 1
	leafPage    = 2
	bucketFlag  = 1
	deepest     = 64
)

// check looks at every page that is in use, on an unchanging picture of the store, and returns how many bytes these are.
func check(ctx context.Context, t *bbolt.Tx, file io.ReaderAt) (used int64, err error) {
	size := t.DB().Info().PageSize
	w := walk{ctx: ctx, file: file, size: size, top: uint64(t.Size()) / uint64(size)}
	w.seen = make([]bool, w.top)
	if err := w.page(uint64(t.Cursor().Bucket().Root()), nil, nil, 0); err != nil {
		return 0, err
	}
	pages := 2 // the metas
	for _, seen := range w.seen {
		if seen {
			pages++
		}
	}
	return int64(pages) * int64(size), nil
}

type walk struct {
	ctx  context.Context
	file io.ReaderAt
	size int
	top  uint64 // the first page id that is not in the file
	seen []bool
}

func damaged(id uint64, format string, args ...any) error {
	return fmt.Errorf("%w: page %d: %s", ErrDamaged, id, fmt.Sprintf(format, args...))
}

// page looks at one page and all below it; its keys must be in [min, max).
func (w *walk) page(id uint64, min, max []byte, depth int) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if depth > deepest {
		return damaged(id, "too deep")
	}
	p, err := w.read(id)
	if err != nil {
		return err
	}
	return w.elements(id, p, min, max, depth)
}

// read returns a page with what it overflows into, and marks it as used.
func (w *walk) read(id uint64) ([]byte, error) {
	if id < 2 || id >= w.top {
		return nil, damaged(id, "outside of the file's %d pages", w.top)
	}
	p := make([]byte, w.size)
	if _, err := w.file.ReadAt(p, int64(id)*int64(w.size)); err != nil {
		return nil, damaged(id, "%v", err)
	}
	if own := binary.NativeEndian.Uint64(p); own != id {
		return nil, damaged(id, "calls itself %d", own)
	}
	more := uint64(binary.NativeEndian.Uint32(p[12:]))
	if more >= w.top-id {
		return nil, damaged(id, "runs over the end")
	}
	for i := id; i <= id+more; i++ {
		if w.seen[i] {
			return nil, damaged(i, "is used twice")
		}
		w.seen[i] = true
	}
	if more > 0 {
		p = append(p, make([]byte, more*uint64(w.size))...)
		if _, err := w.file.ReadAt(p[w.size:], int64(id+1)*int64(w.size)); err != nil {
			return nil, damaged(id, "%v", err)
		}
	}
	return p, nil
}

func (w *walk) elements(id uint64, p, min, max []byte, depth int) error {
	kind, count := binary.NativeEndian.Uint16(p[8:]), int(binary.NativeEndian.Uint16(p[10:]))
	if kind != branchPage && kind != leafPage || kind == branchPage && count == 0 {
		return damaged(id, "kind %d with %d elements", kind, count)
	}
	if headerSize+count*elementSize > len(p) {
		return damaged(id, "%d elements do not fit", count)
	}
	var es []element
	for i := range count {
		e, ok := readElement(p, headerSize+i*elementSize, kind)
		if !ok {
			return damaged(id, "element %d does not fit", i)
		}
		if i > 0 && bytes.Compare(es[i-1].key, e.key) >= 0 || bytes.Compare(e.key, min) < 0 || max != nil && bytes.Compare(e.key, max) >= 0 {
			return damaged(id, "element %d is out of order", i)
		}
		es = append(es, e)
	}
	for i, e := range es {
		if err := w.below(id, kind, e, upper(es, i, max), depth); err != nil {
			return err
		}
	}
	return nil
}

func upper(es []element, i int, max []byte) []byte {
	if i+1 < len(es) {
		return es[i+1].key
	}
	return max
}

// below follows a branch to its page and a bucket to its root.
func (w *walk) below(id uint64, kind uint16, e element, max []byte, depth int) error {
	if kind == branchPage {
		return w.page(e.child, e.key, max, depth+1)
	}
	if e.flags&bucketFlag == 0 {
		return nil
	}
	if len(e.value) < 16 {
		return damaged(id, "a bucket of %d bytes", len(e.value))
	}
	if root := binary.NativeEndian.Uint64(e.value); root != 0 {
		return w.page(root, nil, nil, depth+1)
	}
	inline := e.value[16:]
	if len(inline) < headerSize || binary.NativeEndian.Uint16(inline[8:]) != leafPage || depth > deepest {
		return damaged(id, "a bucket without a leaf")
	}
	return w.elements(id, inline, nil, nil, depth+1)
}

// element is one of a branch or a leaf.
type element struct {
	flags      uint32
	key, value []byte
	child      uint64
}

func readElement(p []byte, at int, kind uint16) (e element, ok bool) {
	u := func(i int) uint32 { return binary.NativeEndian.Uint32(p[at+i:]) }
	var pos, ksize, vsize uint32
	if kind == branchPage {
		pos, ksize, e.child = u(0), u(4), binary.NativeEndian.Uint64(p[at+8:])
	} else {
		e.flags, pos, ksize, vsize = u(0), u(4), u(8), u(12)
	}
	from := uint64(at) + uint64(pos)
	if end := from + uint64(ksize) + uint64(vsize); ksize == 0 || end > uint64(len(p)) {
		return e, false
	}
	e.key, e.value = p[from:from+uint64(ksize)], p[from+uint64(ksize):from+uint64(ksize)+uint64(vsize)]
	return e, true
}

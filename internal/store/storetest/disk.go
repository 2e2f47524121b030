package storetest

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// disk follows the calls of the child: for each file what is synced and what is pending, and the same for names. It is
// stricter than ext4: a name is durable only when its directory was synced.
type disk struct {
	root  string
	files map[int]*handle
	now   map[string]*inode // names as the child sees them
	synct map[string]*inode // names that are durable
	names []rename          // pending, in order
}

type handle struct {
	path   string
	node   *inode
	offset int
}

// inode is one file or directory.
type inode struct {
	dir     bool
	durable []byte
	pending []change
}

// change is a write at an offset, or a cut to a length.
type change struct {
	at   int
	data []byte
	cut  bool
}

// rename is one change of names: from or to may be empty.
type rename struct {
	from, to string
	node     *inode
}

func newDisk(root string) *disk {
	return &disk{root: root, files: map[int]*handle{}, now: map[string]*inode{root: {dir: true}}, synct: map[string]*inode{root: {dir: true}}}
}

// apply follows one call and says whether it was a sync.
func (d *disk) apply(e event) bool {
	switch e.call {
	case "openat":
		d.open(e)
	case "close":
		delete(d.files, e.num(0))
	case "lseek", "write", "pwrite64", "ftruncate":
		if h := d.files[e.num(0)]; h != nil {
			h.change(e)
		}
	case "fsync", "fdatasync":
		if h := d.files[e.num(0)]; h != nil {
			h.node.sync()
			d.settle(func(r rename) bool { return h.node.dir && (inside(r.from, h.path) || inside(r.to, h.path)) })
			return true
		}
	case "syncfs":
		for _, n := range d.now {
			n.sync()
		}
		d.settle(func(rename) bool { return true })
		return true
	default:
		d.naming(e)
	}
	return false
}

func (e event) num(i int) int {
	n, err := strconv.Atoi(e.args[i])
	if err != nil {
		panic("trace: " + err.Error()) // a call that is read wrongly would draw wrong images
	}
	return n
}

func inside(path, dir string) bool { return path != "" && filepath.Dir(path) == dir }

// path resolves a name against its directory descriptor.
func (d *disk) path(fd, name string) string {
	p := string(unhex(name))
	if !filepath.IsAbs(p) {
		n, err := strconv.Atoi(fd)
		if h := d.files[n]; err == nil && h != nil {
			p = filepath.Join(h.path, p)
		}
	}
	return filepath.Clean(p)
}

func (d *disk) open(e event) {
	path := d.path(e.args[0], e.args[1])
	if path != d.root && !strings.HasPrefix(path, d.root+"/") {
		delete(d.files, e.n)
		return
	}
	n := d.now[path]
	if n == nil {
		n = &inode{dir: strings.Contains(e.args[2], "O_DIRECTORY")}
		d.change(rename{to: path, node: n})
	}
	if strings.Contains(e.args[2], "O_TRUNC") {
		n.pending = append(n.pending, change{cut: true})
	}
	d.files[e.n] = &handle{path: path, node: n}
}

func (h *handle) change(e event) {
	switch e.call {
	case "lseek":
		h.offset = e.n
	case "write":
		h.node.pending = append(h.node.pending, change{at: h.offset, data: unhex(e.args[1])[:e.n]})
		h.offset += e.n
	case "pwrite64":
		h.node.pending = append(h.node.pending, change{at: e.num(3), data: unhex(e.args[1])[:e.n]})
	case "ftruncate":
		h.node.pending = append(h.node.pending, change{at: e.num(1), cut: true})
	}
}

// naming follows the calls that change names.
func (d *disk) naming(e event) {
	a := e.args
	if !strings.HasSuffix(e.call, "at") && e.call != "renameat2" { // the old forms have no descriptors
		a = []string{"AT_FDCWD", a[0]}
		if len(e.args) > 1 {
			a = append(a, "AT_FDCWD", e.args[1])
		}
	}
	p := d.path(a[0], a[1])
	switch {
	case strings.HasPrefix(e.call, "rename"):
		d.change(rename{p, d.path(a[2], a[3]), d.now[p]})
	case strings.HasPrefix(e.call, "link"):
		d.change(rename{"", d.path(a[2], a[3]), d.now[p]})
	case strings.HasPrefix(e.call, "unlink"):
		d.change(rename{from: p})
	case strings.HasPrefix(e.call, "mkdir"):
		d.change(rename{to: p, node: &inode{dir: true}})
	}
}

func (d *disk) change(r rename) {
	r.apply(d.now)
	d.names = append(d.names, r)
}

func (r rename) apply(names map[string]*inode) {
	if r.from != "" {
		delete(names, r.from)
	}
	if r.to != "" && r.node != nil {
		names[r.to] = r.node
	}
}

// settle makes those pending names durable that ok picks.
func (d *disk) settle(ok func(rename) bool) {
	d.names = slices.DeleteFunc(d.names, func(r rename) bool {
		if ok(r) {
			r.apply(d.synct)
			return true
		}
		return false
	})
}

func (n *inode) sync() {
	for _, c := range n.pending {
		n.durable = c.apply(n.durable, len(c.data))
	}
	n.pending = nil
}

// apply carries out a change; of a write only the first n bytes.
func (c change) apply(b []byte, n int) []byte {
	end := c.at + n
	if c.cut {
		end = c.at
	}
	if len(b) < end {
		b = append(b, make([]byte, end-len(b))...)
	}
	if c.cut {
		return b[:end]
	}
	copy(b[c.at:], c.data[:n])
	return b
}

// image draws the directory as a power cut may leave it. Names go the way of a journal: some first part of the pending ones.
func (d *disk) image(rnd *rand.Rand, dir string) error {
	names := maps.Clone(d.synct)
	for _, r := range d.names[:rnd.IntN(len(d.names)+1)] {
		r.apply(names)
	}
	for _, p := range slices.Sorted(maps.Keys(names)) { // a directory comes before what is in it
		if err := d.draw(rnd, names, p, dir); err != nil {
			return err
		}
	}
	return nil
}

func (d *disk) draw(rnd *rand.Rand, names map[string]*inode, p, dir string) error {
	for up := p; up != d.root; up = filepath.Dir(up) {
		if names[filepath.Dir(up)] == nil {
			return nil // its directory did not survive
		}
	}
	to := filepath.Join(dir, strings.TrimPrefix(p, d.root))
	if n := names[p]; !n.dir {
		return os.WriteFile(to, n.survives(rnd), 0o600)
	}
	return os.MkdirAll(to, 0o700)
}

// survives is the durable content with a random part of the pending changes, some torn.
func (n *inode) survives(rnd *rand.Rand) []byte {
	b := slices.Clone(n.durable)
	for _, c := range n.pending {
		switch r := rnd.Float64(); {
		case r < 0.4:
		case r < 0.6 && !c.cut:
			b = c.apply(b, min(len(c.data), 512*rnd.IntN(len(c.data)/512+1)))
		default:
			b = c.apply(b, len(c.data))
		}
	}
	return b
}

package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// maxAudit is how many faults of the journal are worth telling.
const maxAudit = 100

// audit holds the journal against its own hashes.
type audit struct {
	b      Journal
	edge   *edge
	size   int64
	seen   []uint64 // one bit a leaf
	lines  map[string]int
	faults int64
	say    func(where, what string)
}

// Audit reads every line and every node and says what is not as it was written: changed, missing, added, moved. That
// everything was written anew by somebody who has the program is seen only beside a checkpoint: see AgainstCheckpoint.
func (b Journal) Audit(say func(where, what string)) error {
	size, err := b.Size()
	if err != nil {
		say("journal", fmt.Sprintf("the size of the tree cannot be read: %v", err))
		return nil
	}
	a := &audit{b: b, edge: &edge{b: b}, size: size, lines: map[string]int{}, say: say}
	most := int64(0)
	if err := b.tx.Scan(bTree, nil, nil, func(_, _ []byte) bool { most++; return true }); err != nil {
		return err
	}
	if size < 0 || most != tlog.StoredHashCount(size) {
		a.fault("journal", "the tree has %d nodes, which is not what %d lines have", most, size)
		size = min(max(size, 0), most)
		a.size = size
	}
	a.seen = make([]uint64, size/64+1)
	if err := b.tx.Scan(bJournal, nil, nil, a.line); err != nil {
		return err
	}
	a.gaps()
	if err := a.counters(); err != nil {
		return err
	}
	return a.nodes()
}

func (a *audit) fault(where, format string, args ...any) {
	if a.faults++; a.faults <= maxAudit {
		a.say(where, fmt.Sprintf(format, args...))
	}
}

// line checks one line against its leaf, its place in the case and the line before it.
func (a *audit) line(k, v []byte) bool {
	key := string(k)
	where := "journal " + key
	var r Record
	if err := json.Unmarshal(v, &r); err != nil {
		a.fault(where, "cannot be read: %v", err)
		return true
	}
	number, _, _ := strings.Cut(key, "/")
	a.lines[number]++
	if key != lineKey(number, a.lines[number]) || r.N != a.lines[number] {
		a.fault(where, "stands where line %d of %s belongs", a.lines[number], number)
		a.lines[number] = r.N
	}
	if r.Seq < 0 || r.Seq >= a.size {
		a.fault(where, "is not in the tree")
		return true
	}
	if bit := uint64(1) << (r.Seq % 64); a.seen[r.Seq/64]&bit != 0 {
		a.fault(where, "is there twice")
	} else {
		a.seen[r.Seq/64] |= bit
	}
	if leaf, err := a.edge.leaf(r.Seq); err != nil || leaf != leafHash(key, v) {
		a.fault(where, "is not what was written")
	}
	prev := ""
	if r.Seq > 0 {
		if before, err := a.edge.leaf(r.Seq - 1); err == nil {
			prev = before.String()
		}
	}
	if r.Prev != prev {
		a.fault(where, "does not follow the line before it")
	}
	return true
}

// gaps are leaves whose line is gone.
func (a *audit) gaps() {
	for seq := range a.size {
		if a.seen[seq/64]&(1<<(seq%64)) == 0 {
			a.fault("journal", "line %d of the office is missing", seq)
		}
	}
}

// counters of the cases must be what is there.
func (a *audit) counters() error {
	const p = "journal/"
	counted := map[string]bool{}
	err := a.b.tx.Scan(bMeta, []byte(p), []byte(prefixEnd(p)), func(k, v []byte) bool {
		number := string(k[len(p):])
		counted[number] = true
		if n, err := strconv.Atoi(string(v)); err != nil || n != a.lines[number] {
			a.fault("journal "+number, "has %d lines where %.20q were counted", a.lines[number], v)
		}
		return true
	})
	for number := range a.lines {
		if !counted[number] {
			a.fault("journal "+number, "has lines that were never counted")
		}
	}
	return err
}

// nodes computes the whole tree anew from its leaves and compares.
func (a *audit) nodes() error {
	var next int64
	var stack []tlog.Hash
	return a.b.tx.Scan(bTree, nil, nil, func(k, v []byte) bool {
		if len(k) != 8 || int64(binary.BigEndian.Uint64(k)) != next || len(v) != tlog.HashSize {
			a.fault("journal", "node %d of the tree is missing or damaged", next)
			return false
		}
		h := tlog.Hash(v)
		if level, _ := tlog.SplitStoredHashIndex(next); level > 0 {
			n := len(stack)
			if h != tlog.NodeHash(stack[n-2], stack[n-1]) {
				a.fault("journal", "node %d of the tree does not follow from the lines", next)
			}
			stack = stack[:n-2]
		}
		stack = append(stack, h)
		next++
		return true
	})
}

// AgainstCheckpoint compares the journal with what it was when a checkpoint was signed; empty: it holds all of it unchanged.
func (b Journal) AgainstCheckpoint(c Checkpoint) (fault string, err error) {
	have, err := b.Size()
	if err != nil {
		return "", err
	}
	if have < c.Size {
		return fmt.Sprintf("cut short: the checkpoint of %s counts %d lines, the books have %d", c.At.Format("2006-01-02"), c.Size, have), nil
	}
	root, err := b.Root(c.Size)
	if err != nil {
		return fmt.Sprintf("the tree cannot be read: %v", err), nil
	}
	if root != c.Root {
		return fmt.Sprintf("written anew: its first %d lines are not those of the checkpoint of %s", c.Size, c.At.Format("2006-01-02")), nil
	}
	return "", nil
}

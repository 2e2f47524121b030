package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"ukpbjd/internal/sop"
)

// Record is one line of the journal as it is kept. The bytes of a line hold the hash of the office's line before it, and are
// a leaf of the office's tree, so that no line can change, go or come without a trace.
type Record struct {
	N    int    `json:"n"`    // from 1 within the case
	Seq  int64  `json:"seq"`  // leaf of the tree, from 0 within the office
	Prev string `json:"prev"` // leaf hash of line Seq-1; empty for the first
	sop.Event
}

// Office is the name under which events of no case are kept.
const Office = "office"

// Append appends events to a case, or to Office, and to the tree, in one transaction with what they tell of.
func (b Journal) Append(number string, events []sop.Event) error {
	if len(events) == 0 {
		return nil
	}
	t, err := b.tree()
	if err != nil {
		return err
	}
	n, err := b.add(bMeta, "journal/"+number, len(events))
	if err != nil {
		return err
	}
	for i, e := range events {
		r := Record{N: n - len(events) + i + 1, Seq: t.size, Prev: t.head, Event: e}
		key := lineKey(number, r.N)
		raw, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("encode journal %s: %w", key, err)
		}
		if err := errors.Join(b.tx.Put(bJournal, []byte(key), raw), t.append(leafHash(key, raw))); err != nil {
			return err
		}
		if b.Heard != nil {
			b.Heard.Lines = append(b.Heard.Lines, Line{number, r})
		}
	}
	return errors.Join(t.close(), b.put(bMeta, newestKey, events[len(events)-1].At))
}

// Heard is what a transaction appends, for a log that is written when it has been committed.
type Heard struct {
	Lines []Line
	owes  map[string]string
}

// Owe says who owes the next step of a case now; a nil Heard does not listen.
func (h *Heard) Owe(number, who string) {
	if h == nil {
		return
	}
	if h.owes == nil {
		h.owes = map[string]string{}
	}
	h.owes[number] = who
}

// Owes is what Owe said last.
func (h *Heard) Owes(number string) string { return h.owes[number] }

// Line is a line of a case, or of Office.
type Line struct {
	Case string
	Record
}

const newestKey = "newest"

// Newest is the moment of the last line, for a start at which the machine's clock is wrong; zero where there is none. It is not the
// latest moment: one that was wrong is forgotten with the next line.
func (b Journal) Newest() (time.Time, error) { return meta[time.Time](b.rows, newestKey) }

func lineKey(number string, n int) string { return fmt.Sprintf("%s/%08d", number, n) }

// Leaf is what a line is in the tree: where it stands, and its exact bytes.
func Leaf(key string, line []byte) []byte { return append([]byte(key+"\n"), line...) }

func leafHash(key string, line []byte) tlog.Hash { return tlog.RecordHash(Leaf(key, line)) }

// Of reads the journal of a case, oldest first.
func (b Journal) Of(number string) (out []Record, err error) {
	err = b.Each(number, func(r Record) bool {
		out = append(out, r)
		return true
	})
	return out, err
}

// Each calls fn for the journal of a case or of Office, oldest first, until fn gives false. Lines that cannot be decoded are passed over,
// and are the error then: see Damaged.
func (b Journal) Each(number string, fn func(Record) bool) error {
	p := number + "/"
	return decode(b.rows, bJournal, p, prefixEnd(p), func(_ string, r Record) bool { return fn(r) })
}

// edge is the right edge of the tree while lines are appended in one transaction (RFC 6962 §2.1).
type edge struct {
	b     Journal
	size  int64
	head  string              // leaf hash of the last line
	fresh map[int64]tlog.Hash // written by this call
}

// treeSize is the key in meta under which the number of leaves stands.
const treeSize = "tree"

// Size is how many lines the office's journal has.
func (b Journal) Size() (int64, error) {
	n, err := b.number(bMeta, treeSize)
	return int64(n), err
}

func (b Journal) tree() (*edge, error) {
	size, err := b.Size()
	if err != nil {
		return nil, err
	}
	t := &edge{b: b, size: size, fresh: map[int64]tlog.Hash{}}
	if size > 0 {
		last, err := t.leaf(size - 1)
		if err != nil {
			return nil, err
		}
		t.head = last.String()
	}
	return t, nil
}

// append stores the leaf and the nodes that it completes: two hashes on average, always at the end of the bucket.
func (t *edge) append(leaf tlog.Hash) error {
	made, err := tlog.StoredHashesForRecordHash(t.size, leaf, t)
	if err != nil {
		return fmt.Errorf("append to the tree of the journal: %w", err)
	}
	at := tlog.StoredHashIndex(0, t.size)
	for i, h := range made {
		t.fresh[at+int64(i)] = h
		if err := t.b.tx.Put(bTree, nodeKey(at+int64(i)), h[:]); err != nil {
			return err
		}
	}
	t.size, t.head = t.size+1, leaf.String()
	return nil
}

func (t *edge) close() error {
	return t.b.tx.Put(bMeta, []byte(treeSize), strconv.AppendInt(nil, t.size, 10))
}

func (t *edge) leaf(seq int64) (tlog.Hash, error) {
	h, err := t.ReadHashes([]int64{tlog.StoredHashIndex(0, seq)})
	if err != nil {
		return tlog.Hash{}, err
	}
	return h[0], nil
}

// ReadHashes serves tlog.
func (t *edge) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if h, ok := t.fresh[x]; ok {
			out[i] = h
			continue
		}
		raw, err := t.b.tx.Get(bTree, nodeKey(x))
		if err != nil {
			return nil, err
		}
		if len(raw) != tlog.HashSize {
			return nil, fmt.Errorf("node %d of the tree: %w", x, errNoNode)
		}
		copy(out[i][:], raw)
	}
	return out, nil
}

var errNoNode = errors.New("missing or damaged")

func nodeKey(index int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(index)) }

// Root is the hash over the first size lines of the journal, from the nodes as they are kept; AuditJournal says whether
// these are right.
func (b Journal) Root(size int64) (tlog.Hash, error) {
	have, err := b.Size()
	if err != nil {
		return tlog.Hash{}, err
	}
	if size < 0 || size > have {
		return tlog.Hash{}, fmt.Errorf("the journal has %d lines, not %d", have, size)
	}
	return tlog.TreeHash(size, &edge{b: b})
}

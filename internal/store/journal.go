package store

import (
	"encoding/json"
	"errors"
	"fmt"

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
	}
	return t.close()
}

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

// Each calls fn for the journal of a case or of Office, oldest first, until fn gives false.
func (b Journal) Each(number string, fn func(Record) bool) error {
	p := number + "/"
	return strict(b.rows, bJournal, p, p, fn)
}

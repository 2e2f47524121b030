package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"ukpbjd/internal/sop"
)

// Proof are the hashes that lead from a line, or from an older state of the journal, to a checkpoint (RFC 6962 §2.1).
type Proof []tlog.Hash

// ProvenLine is one line of the journal, byte for byte, with its way to a checkpoint.
type ProvenLine struct {
	Key   string `json:"key"`
	Line  string `json:"line"`
	Proof Proof  `json:"proof"`
}

// Head is how far the journal of a case reaches: its number of lines, and the hash of the last. The heads of all, in order of their
// numbers, are the leaves of a tree of their own, whose root a checkpoint holds: so no last line goes without a trace.
type Head struct {
	Case  string    `json:"case"`
	Lines int       `json:"lines"`
	Last  tlog.Hash `json:"last"`
}

// ProvenHead is a head with its way to a checkpoint.
type ProvenHead struct {
	Head
	Index int64 `json:"index"`
	Proof Proof `json:"proof"`
}

// Check says whether the lines are all that the case had when the checkpoint was signed.
func (h ProvenHead) Check(number string, lines []ProvenLine, c Checkpoint) error {
	if err := tlog.CheckRecord(tlog.RecordProof(h.Proof), c.Cases, c.Heads, h.Index, h.leaf()); err != nil {
		return fmt.Errorf("the end of the journal of %s is not in the checkpoint: %w", number, err)
	}
	if n := len(lines); h.Case != number || n != h.Lines || n == 0 || leafHash(lines[n-1].Key, []byte(lines[n-1].Line)) != h.Last {
		return fmt.Errorf("the journal of %s had %d lines when the checkpoint was signed; these are %d", h.Case, h.Lines, n)
	}
	return nil
}

func (h Head) leaf() tlog.Hash {
	return tlog.RecordHash(fmt.Appendf(nil, "%s\n%d\n%s\n", h.Case, h.Lines, h.Last))
}

// heads reads those of all cases, and makes their tree.
func (b Journal) heads() (all []Head, tree headTree, err error) {
	const p = "journal/"
	if err := b.scan(bMeta, p, prefixEnd(p), func(key string, v []byte) bool {
		n, _ := strconv.Atoi(string(v)) // one that is damaged has no line that counts
		all = append(all, Head{Case: key[len(p):], Lines: n})
		return true
	}); err != nil {
		return nil, nil, err
	}
	for i := range all {
		key := lineKey(all[i].Case, all[i].Lines)
		line, err := b.tx.Get(bJournal, []byte(key))
		if err != nil {
			return nil, nil, err
		}
		all[i].Last = leafHash(key, line)
		made, err := tlog.StoredHashesForRecordHash(int64(i), all[i].leaf(), tree)
		if err != nil {
			return nil, nil, err
		}
		tree = append(tree, made...)
	}
	return all, tree, nil
}

type headTree []tlog.Hash

// ReadHashes serves tlog.
func (t headTree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = t[x]
	}
	return out, nil
}

// ProveHead leads from the head of a case to the checkpoint that Sign gives in the same transaction.
func (b Journal) ProveHead(number string) (h ProvenHead, err error) {
	all, tree, err := b.heads()
	if err != nil {
		return h, err
	}
	i := slices.IndexFunc(all, func(x Head) bool { return x.Case == number })
	if i < 0 {
		return h, fmt.Errorf("the journal of %s has no line", number)
	}
	proof, err := tlog.ProveRecord(int64(len(all)), int64(i), tree)
	return ProvenHead{all[i], int64(i), Proof(proof)}, err
}

// ProveLines gives the journal of a case, each line proved to the first size lines of the office.
func (b Journal) ProveLines(number string, size int64) (out []ProvenLine, err error) {
	p := number + "/"
	err = b.scan(bJournal, p, prefixEnd(p), func(key string, line []byte) bool {
		out = append(out, ProvenLine{Key: key, Line: string(line)})
		return true
	})
	for i := range out {
		if err != nil {
			return nil, err
		}
		var r Record
		if r, err = out[i].Record(); err == nil {
			var proof tlog.RecordProof
			proof, err = tlog.ProveRecord(size, r.Seq, &edge{b: b})
			out[i].Proof = Proof(proof)
		}
	}
	return out, err
}

// Borne is the journal of a case, as far as the office's tree bears it out: no line is missing, and those of the asked kinds are in the
// tree as they are here. A row error says where it does not.
func (b Journal) Borne(number string, kinds ...string) (out []sop.Event, err error) {
	c := Checkpoint{}
	if c.Size, err = b.Size(); err != nil {
		return nil, err
	}
	if c.Root, err = b.Root(c.Size); err != nil {
		return nil, err
	}
	counted, err := b.number(bMeta, "journal/"+number)
	if err != nil {
		return nil, err
	}
	n, p := 0, number+"/"
	var bad error
	err = b.scan(bJournal, p, prefixEnd(p), func(key string, line []byte) bool {
		l := ProvenLine{Key: key, Line: string(line)}
		r, err := l.Record()
		if n++; err == nil && (r.N != n || key != lineKey(number, n)) {
			err = fmt.Errorf("stands where line %d belongs", n)
		}
		if err == nil && slices.Contains(kinds, r.Kind) {
			out = append(out, r.Event)
			var proof tlog.RecordProof
			if proof, err = tlog.ProveRecord(c.Size, r.Seq, &edge{b: b}); err == nil {
				l.Proof = Proof(proof)
				err = l.Check(c)
			}
		}
		if err != nil {
			bad = &RowError{bJournal, key, err}
		}
		return bad == nil
	})
	if n != counted && bad == nil {
		bad = &RowError{bJournal, p, fmt.Errorf("%d lines where %d were counted", n, counted)}
	}
	return out, cmp.Or(err, bad)
}

// Record reads the line.
func (l ProvenLine) Record() (r Record, err error) {
	if err := json.Unmarshal([]byte(l.Line), &r); err != nil {
		return r, fmt.Errorf("decode journal %s: %w", l.Key, err)
	}
	return r, nil
}

// Check says whether the line stands in the journal that the checkpoint speaks of.
func (l ProvenLine) Check(c Checkpoint) error {
	r, err := l.Record()
	if err != nil {
		return err
	}
	if r.Seq < 0 || r.Seq >= c.Size {
		return fmt.Errorf("journal %s: line %d is not among the %d of the checkpoint", l.Key, r.Seq, c.Size)
	}
	if err := tlog.CheckRecord(tlog.RecordProof(l.Proof), c.Size, c.Root, r.Seq, leafHash(l.Key, []byte(l.Line))); err != nil {
		return fmt.Errorf("journal %s: %w", l.Key, err)
	}
	return nil
}

// ProveOlder leads from the journal of older lines to that of size lines.
func (b Journal) ProveOlder(older, size int64) (Proof, error) {
	p, err := tlog.ProveTree(size, older, &edge{b: b})
	if err != nil {
		return nil, fmt.Errorf("prove the first %d lines of the journal: %w", older, err)
	}
	return Proof(p), nil
}

// CheckOlder says whether the journal of newer begins with all of older, unchanged.
func CheckOlder(p Proof, older, newer Checkpoint) error {
	if older.Size < 1 || older.Size > newer.Size {
		return fmt.Errorf("the older checkpoint counts %d lines, the newer %d", older.Size, newer.Size)
	}
	if err := tlog.CheckTree(tlog.TreeProof(p), newer.Size, newer.Root, older.Size, older.Root); err != nil {
		return fmt.Errorf("from %d lines to %d: %w", older.Size, newer.Size, err)
	}
	return nil
}

// PutEvidence keeps what a decision rests on: exact bytes under their own hash, which the journal holds.
func (b Journal) PutEvidence(number, sum string, raw []byte) error {
	return b.tx.Put(bEvidence, []byte(number+"/"+sum), raw)
}

// Evidence returns what the decisions of a case rest on, by its own SHA-256.
func (b Journal) Evidence(number string) (map[string][]byte, error) {
	p := number + "/"
	out := map[string][]byte{}
	err := b.scan(bEvidence, p, prefixEnd(p), func(k string, v []byte) bool {
		out[k[len(p):]] = bytes.Clone(v)
		return true
	})
	return out, err
}

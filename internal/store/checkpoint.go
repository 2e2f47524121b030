package store

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint says what the whole journal was at one moment. Whoever keeps it can show that no line up to then was changed.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	At     time.Time
	Cases  int64     // whose heads are proved; 0: signed before there were any
	Heads  tlog.Hash // root of their tree
}

// Seal signs checkpoints. Its public half is for everybody.
type Seal struct {
	Origin string // names log and key
	Public ed25519.PublicKey
	Sign   func([]byte) ([]byte, error)
}

// originMark begins every origin, and so every checkpoint.
const originMark = "ukpbjd/"

// Origin names the journal of an office by its mailbox, without what note does not allow in a name.
func Origin(mailbox string) string {
	return originMark + strings.Map(func(r rune) rune {
		if r == '+' || unicode.IsSpace(r) {
			return '-'
		}
		return r
	}, strings.ToValidUTF8(strings.ToLower(mailbox), "-"))
}

// Verifier is the line that somebody needs to check the seal: name, hash and public key.
func (s Seal) Verifier() (string, error) { return note.NewEd25519VerifierKey(s.Origin, s.Public) }

type noteSigner struct {
	note.Verifier
	seal Seal
}

func (n noteSigner) Sign(msg []byte) ([]byte, error) { return n.seal.Sign(msg) }

// Text is the body of the checkpoint (C2SP tlog-checkpoint), with the time and the heads of the cases as its extension lines.
func (c Checkpoint) text() string {
	out := fmt.Sprintf("%s\n%d\n%s\ntime %s\n", c.Origin, c.Size, c.Root, c.At.UTC().Format(time.RFC3339))
	if c.Cases > 0 {
		out += fmt.Sprintf("heads %d %s\n", c.Cases, c.Heads)
	}
	return out
}

// Sign signs what the journal is now.
func (b Journal) Sign(now time.Time, s Seal) (signed []byte, err error) {
	c := Checkpoint{Origin: s.Origin, At: now}
	if c.Size, err = b.Size(); err != nil {
		return nil, err
	}
	if c.Root, err = b.Root(c.Size); err != nil {
		return nil, err
	}
	all, tree, err := b.heads()
	if err != nil {
		return nil, err
	}
	c.Cases = int64(len(all))
	if c.Heads, err = tlog.TreeHash(c.Cases, tree); err != nil {
		return nil, err
	}
	key, err := s.Verifier()
	if err != nil {
		return nil, fmt.Errorf("sign a checkpoint: %w", err)
	}
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, fmt.Errorf("sign a checkpoint: %w", err)
	}
	return note.Sign(&note.Note{Text: c.text()}, noteSigner{v, s})
}

const maxCheckpoint = 4 << 10

var errCheckpoint = errors.New("this is no checkpoint of a journal")

// OpenCheckpoint checks the signature. The lines may stand in a longer text, as a mail program saves it.
func OpenCheckpoint(text []byte, verifier string) (Checkpoint, error) {
	v, err := note.NewVerifier(strings.TrimSpace(verifier))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read the verifier key: %w", err)
	}
	signed, err := cutCheckpoint(text)
	if err != nil {
		return Checkpoint{}, err
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("check the signature of the checkpoint: %w", err)
	}
	return parseCheckpoint(n.Text)
}

// cutCheckpoint finds the note: from the line of the origin to the signature.
func cutCheckpoint(text []byte) ([]byte, error) {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	var out []byte
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, " \n")
		switch {
		case bytes.HasPrefix(line, []byte(originMark)):
			out = nil
		case out == nil:
			continue
		}
		out = append(append(out, line...), '\n')
		if len(out) > maxCheckpoint {
			return nil, errCheckpoint
		}
		if bytes.HasPrefix(line, []byte("— ")) {
			return out, nil
		}
	}
	return nil, errCheckpoint
}

func parseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	n := len(lines) - 1
	if n != 4 && n != 5 || lines[n] != "" {
		return c, errCheckpoint
	}
	c.Origin = lines[0]
	size, err1 := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := tlog.ParseHash(lines[2])
	at, err3 := time.Parse("time "+time.RFC3339, lines[3])
	if n == 5 {
		cases, heads, _ := strings.Cut(strings.TrimPrefix(lines[4], "heads "), " ")
		var err4, err5 error
		c.Cases, err4 = strconv.ParseInt(cases, 10, 64)
		c.Heads, err5 = tlog.ParseHash(heads)
		err3 = errors.Join(err3, err4, err5)
	}
	if err := errors.Join(err1, err2, err3); err != nil || size < 0 || c.Cases < 0 {
		return c, fmt.Errorf("%w: %w", errCheckpoint, err)
	}
	c.Size, c.Root, c.At = size, root, at
	return c, nil
}

// PutCheckpoint keeps a signed checkpoint that was sent out, and the moment at which the next one is due.
func (b Journal) PutCheckpoint(at time.Time, signed []byte, next time.Time) error {
	return errors.Join(b.tx.Put(bCheckpoints, []byte(moment(at)), signed), b.CheckpointDue(next))
}

// CheckpointDue sets that moment.
func (b Journal) CheckpointDue(next time.Time) error { return b.put(bMeta, "checkpoint", next.UTC()) }

// NextCheckpoint reads it; zero before the first start.
func (b Journal) NextCheckpoint() (time.Time, error) { return meta[time.Time](b.rows, "checkpoint") }

// Checkpoints gives at most limit signed checkpoints that were sent out at or after a moment, oldest first.
func (b Journal) Checkpoints(from time.Time, limit int) (out [][]byte, err error) {
	err = b.tx.Scan(bCheckpoints, []byte(moment(from)), nil, func(_, v []byte) bool {
		out = append(out, bytes.Clone(v))
		return len(out) < limit
	})
	return out, err
}

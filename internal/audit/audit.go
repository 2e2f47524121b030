// Package audit reads the books and changes nothing: it verifies them against the promise, packs and checks the evidence of
// decisions, and plays what was recorded again with another version or configuration.
package audit

import (
	"errors"
	"slices"
	"time"

	"ukpbjd/internal/office"
	"ukpbjd/internal/store"
)

// Audit is safe for concurrent use.
type Audit struct{ *office.Clerk }

// step is how many rows one reading of the books covers.
const step = 200

// auditJournal adds what is wrong with the journal, by its own hashes and beside a checkpoint that somebody kept.
func (c *Audit) auditJournal(b store.Books, r *Report, kept []byte, verifier string) (err error) {
	r.Lines, err = b.Journal.Size()
	_, err = store.Damaged(err) // the audit names it
	err = errors.Join(err, b.Journal.Audit(func(where, what string) { r.found(where, "%s", what) }))
	if err != nil || len(kept) == 0 {
		return err
	}
	if verifier == "" {
		if verifier, err = c.Verifier(); err != nil {
			return err
		}
	}
	cp, err := store.OpenCheckpoint(kept, verifier)
	if err != nil {
		r.found("checkpoint", "%v", err)
		return nil
	}
	r.Against = &AgainstCheckpoint{Signed: cp.At, Lines: cp.Size}
	fault, err := b.Journal.AgainstCheckpoint(cp)
	if fault != "" {
		r.found("journal", "%s", fault)
	}
	return err
}

// AgainstCheckpoint is the checkpoint that the journal was compared with.
type AgainstCheckpoint struct {
	Signed time.Time `json:"signed"`
	Lines  int64     `json:"lines"`
}

// deleted says that the journal vouches for what is no longer there.
func deleted(events []store.Record) bool {
	return slices.ContainsFunc(events, func(e store.Record) bool { return e.Kind == "retention-deleted" })
}

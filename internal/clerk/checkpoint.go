package clerk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Seal signs checkpoints with the key that follows from the master key.
func (c *Clerk) Seal() (store.Seal, error) {
	public, err := c.Codes.JournalKey()
	return store.Seal{Origin: store.Origin(c.Office.Mailbox.Address), Public: public, Sign: c.Codes.SignJournal}, err
}

// Verifier is the key by which anybody checks a checkpoint of this office.
func (c *Clerk) Verifier() (string, error) {
	s, err := c.Seal()
	if err != nil {
		return "", err
	}
	return s.Verifier()
}

// markTime sends the checkpoint of the day when the office opens, once: it is signed, kept and put into the outbox in the
// transaction that sets the next one. The first is due on the first office day after the first start. SOP R.1
func (c *Clerk) markTime(ctx context.Context, now time.Time) (next time.Time, err error) {
	if err = c.View(ctx, func(b store.Books) error {
		next, err = b.Journal.NextCheckpoint()
		return err
	}); err != nil || next.After(now) {
		return next, err
	}
	err = c.update(ctx, 1, func(b store.Books) error {
		due, err := b.Journal.NextCheckpoint()
		if err != nil || due.After(now) {
			return err
		}
		next = c.dayAfter(now)
		if due.IsZero() {
			return b.Journal.CheckpointDue(next)
		}
		return c.checkpoint(b, now, next)
	})
	return next, err
}

// dayAfter is the opening of the office on the first office day after today.
func (c *Clerk) dayAfter(now time.Time) time.Time {
	y, m, d := now.In(c.zone()).Date()
	return c.Office.Calendar.NextOpen(time.Date(y, m, d+1, 0, 0, 0, 0, c.zone())).UTC()
}

// checkpoint signs what the journal is, with the line that says so, and writes to those who keep it.
func (c *Clerk) checkpoint(b store.Books, now, next time.Time) error {
	day := now.In(c.zone()).Format("2006-01-02")
	e := sop.Event{At: now, Kind: "checkpoint", Actor: "daemon", Reason: "daily", Text: "Titik periksa buku harian " + day + " ditandatangani."}
	if err := b.Journal.Append(store.Office, []sop.Event{e}); err != nil {
		return err
	}
	s, err := c.Seal()
	if err != nil {
		return err
	}
	signed, err := b.Journal.Sign(now, s)
	if err != nil {
		return err
	}
	lines, err := b.Journal.Size()
	if err != nil {
		return err
	}
	key, err := s.Verifier()
	if err != nil {
		return err
	}
	file := sop.File{Name: "titik-periksa-" + day + ".txt", MediaType: "text/plain", Bytes: fmt.Appendf(nil, "%s\nKunci pemeriksa: %s\n", signed, key)}
	for _, x := range []struct {
		to   sop.Person
		role sop.Role
	}{{c.Office.KepalaBagian, sop.RoleBagian}, {c.Office.KepalaLPSE, sop.RoleKepala}} {
		if x.to.Address == "" {
			continue
		}
		l := sop.Letter{Key: day + "/" + string(sop.TitikPeriksa) + "/" + string(x.role), Kind: sop.TitikPeriksa, To: x.to, Role: x.role,
			Files: []sop.File{file}}
		d := letter.Data{Office: c.Office, Case: sop.Case{Number: store.Office}, Letter: l, Now: now, Journal: &letter.Journal{Lines: lines, At: now}}
		if err := c.queueData(b, d); err != nil {
			return err
		}
	}
	return b.Journal.PutCheckpoint(now, signed, next)
}

// earlier is the first of two moments, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// auditJournal adds what is wrong with the journal, by its own hashes and beside a checkpoint that somebody kept.
func (c *Clerk) auditJournal(b store.Books, r *Report, kept []byte, verifier string) (err error) {
	r.Lines, err = b.Journal.Size()
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

package timer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// markTime makes the checkpoint of the day when the office opens, once: it is signed, kept and put into the outbox in the
// transaction that sets the next one. The first is due on the first office day after the first start. SOP R.1
func (t *Timer) markTime(ctx context.Context, now time.Time) (next time.Time, err error) {
	next, err = office.Read(ctx, t.Clerk, func(b store.Books) (time.Time, error) { return b.Journal.NextCheckpoint() })
	if err != nil || next.After(now) && next.Before(now.Add(maxOffice)) {
		return next, err
	}
	err = t.Commit(ctx, 1, func(b store.Books) error {
		due, err := b.Journal.NextCheckpoint()
		if err != nil {
			return err
		}
		next = t.dayAfter(now)
		if due.IsZero() || due.After(now) { // the first one, or one that was set by a clock that was ahead
			return b.Journal.CheckpointDue(next)
		}
		return t.checkpoint(b, due, now, next)
	})
	return next, err
}

// maxOffice is longer than an office is ever closed.
const maxOffice = 40 * 24 * time.Hour

// dayAfter is the opening of the office on the first office day after today.
func (t *Timer) dayAfter(now time.Time) time.Time {
	y, m, d := now.In(t.Zone()).Date()
	return t.Office.Calendar.NextOpen(time.Date(y, m, d+1, 0, 0, 0, 0, t.Zone())).UTC()
}

// mailed says whether the checkpoint that was due goes out by mail: with letters.checkpoint weekly the first of a week does.
func (t *Timer) mailed(due, now time.Time) bool {
	y, m, d := now.In(t.Zone()).Date()
	monday := time.Date(y, m, d-int(now.In(t.Zone()).Weekday()+6)%7, 0, 0, 0, 0, t.Zone())
	return t.Office.Checkpoint != "off" && (t.Office.Checkpoint != "weekly" || !due.After(t.Office.Calendar.NextOpen(monday)))
}

// checkpoint signs what the journal is, with the line that says so, and writes to those who keep it.
func (t *Timer) checkpoint(b store.Books, due, now, next time.Time) error {
	day := now.In(t.Zone()).Format("2006-01-02")
	e := sop.Event{At: now, Kind: "checkpoint", Actor: "daemon", Reason: "daily", Text: "Titik periksa buku harian " + day + " ditandatangani."}
	if err := b.Journal.Append(store.Office, []sop.Event{e}); err != nil {
		return err
	}
	s, err := t.Seal()
	if err != nil {
		return err
	}
	signed, err1 := b.Journal.Sign(now, s)
	lines, err2 := b.Journal.Size()
	key, err3 := s.Verifier()
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	file := sop.File{Name: "titik-periksa-" + day + ".txt", MediaType: "text/plain", Bytes: fmt.Appendf(nil, "%s\nKunci pemeriksa: %s\n", signed, key)}
	if t.mailed(due, now) {
		l := sop.Letter{Key: day + "/" + string(sop.TitikPeriksa), Kind: sop.TitikPeriksa, Files: []sop.File{file}}
		if err := t.toKepala(b, letter.Data{Letter: l, Now: now, Journal: &letter.Journal{Lines: lines, At: now}}); err != nil {
			return err
		}
	}
	return b.Journal.PutCheckpoint(now, signed, next)
}

// toKepala writes one letter each to Kepala Bagian and Kepala LPSE, where they have an address, and one to who is both.
func (t *Timer) toKepala(b store.Books, d letter.Data) error {
	d.Office, d.Case = t.Office, sop.Case{Number: store.Office}
	key, first := d.Letter.Key, ""
	for _, x := range []struct {
		to   sop.Person
		role sop.Role
	}{{t.Office.KepalaBagian, sop.RoleBagian}, {t.Office.KepalaLPSE, sop.RoleKepala}} {
		if x.to.Address == "" || strings.EqualFold(x.to.Address, first) {
			continue
		}
		first = x.to.Address
		d.Letter.Key, d.Letter.To, d.Letter.Role = key+"/"+string(x.role), x.to, x.role
		if err := t.QueueData(b, d); err != nil {
			return err
		}
	}
	return nil
}

// digest tells the operator, when the office opens, of everything that waits for a person; nothing where nothing does. The letter and the
// moment of the next are one commit. DESIGN, "Who hears"
func (t *Timer) digest(ctx context.Context, now time.Time) (next time.Time, err error) {
	next, err = office.Read(ctx, t.Clerk, func(b store.Books) (time.Time, error) { return b.State.NextDigest() })
	if err != nil || next.After(now) && next.Before(now.Add(maxOffice)) {
		return next, err
	}
	var waiting []letter.Waiting
	if !next.IsZero() && !next.After(now) { // not the first start, nor one after a clock that was ahead
		if waiting, err = t.WaitingForPerson(ctx); err != nil {
			return next, err
		}
	}
	next = t.dayAfter(now)
	return next, t.Commit(ctx, 1, func(b store.Books) error {
		if len(waiting) > 0 {
			l := sop.Letter{Key: now.In(t.Zone()).Format("2006-01-02") + "/" + string(sop.RingkasanOperator), Kind: sop.RingkasanOperator,
				To: t.Office.Operator, Role: sop.RoleOperator}
			d := letter.Data{Office: t.Office, Case: sop.Case{Number: store.Office}, Letter: l, Now: now, Waiting: waiting}
			if err := t.QueueData(b, d); err != nil {
				return err
			}
		}
		return b.State.DigestDue(next)
	})
}

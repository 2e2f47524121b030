package timer

import (
	"context"
	"time"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

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

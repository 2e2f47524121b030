package archiver

import (
	"context"
	"time"
)

const (
	compactEvery = time.Hour // is how often the store is asked what it could do without
	minCompact   = 32 << 20  // bytes of a store under which nothing is gained
)

// compacts is a store that can give free pages back to the system.
type compacts interface {
	FreeShare() (free, total int64)
	Compact(context.Context) error
}

// compact writes the store anew when half of it is free: what has ended has left it. Commits wait meanwhile, so it is done when no
// mail does.
func (a *Archiver) compact(ctx context.Context) (next time.Time, err error) {
	db, able := a.DB.(compacts)
	next, due := a.asked.Due(a.Now())
	if !able || !due {
		return next, nil
	}
	if free, total := db.FreeShare(); total >= minCompact && 2*free >= total {
		a.Behind(ctx)
		if err := db.Compact(ctx); err != nil {
			return next, err
		}
		a.Log.Info("compacted the store", "free", free, "of", total)
	}
	return a.asked.Done(a.Now()), nil
}

package daemon

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/config"
	"ukpbjd/internal/store/bolt"
)

// OpenBooks opens the store for reading: others may read at the same time, and the engine need not look for free pages, which
// would take the whole file into memory. Such a reading is not in the journal. A store that is not there yet is made.
func OpenBooks(ctx context.Context, cfg *config.Config) (*Desk, error) {
	db, err := bolt.Open(filepath.Join(cfg.Storage.Path, StoreName), bolt.Options{ReadOnly: true})
	if errors.Is(err, fs.ErrNotExist) {
		return OpenDesk(ctx, cfg)
	} else if err != nil {
		return nil, err
	}
	d := &Desk{closed: []closer{{"store", db.Close}}}
	if d.Clerk, err = clerk.Reader(ctx, clerk.Options{DB: db, Office: cfg.Office(), Now: time.Now}); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

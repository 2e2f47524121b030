package daemon

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/office"
	"ukpbjd/internal/store/bolt"
)

// OpenBooks opens the store for reading: others may read at the same time, and the engine need not look for free pages. Such a
// reading is not in the journal. A store that is not there yet is made.
func OpenBooks(ctx context.Context, cfg *config.Config) (*Rooms, error) {
	db, err := bolt.Open(filepath.Join(cfg.Storage.Path, StoreName), bolt.Options{ReadOnly: true})
	if errors.Is(err, fs.ErrNotExist) {
		return OpenRooms(ctx, cfg)
	} else if err != nil {
		return nil, err
	}
	r := &Rooms{closed: []closer{{"store", db.Close}}}
	if r.Office, err = office.Reader(ctx, office.Options{DB: db, Office: cfg.Office(), Now: time.Now}); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	r.Control = &control.Control{Clerk: r.Office}
	return r, nil
}

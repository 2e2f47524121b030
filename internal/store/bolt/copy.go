package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// Backup writes the whole file as it stands at one moment, while others go on reading and writing. However slow w is, the
// store is read at the disk's speed, into a file beside it that has no name: nobody else sees it, and it ends with the process.
func (d *DB) Backup(ctx context.Context, w io.Writer) error {
	f, err := d.snapshot(ctx)
	if err == nil {
		_, err = io.Copy(cancelled{ctx, w}, f)
		err = errors.Join(err, f.Close())
	}
	if ctx.Err() != nil {
		err = ctx.Err() // bbolt returns only its words
	}
	if err != nil {
		return fmt.Errorf("back up store %s: %w", d.path, err)
	}
	return nil
}

// snapshot returns a copy of the file, at its beginning.
func (d *DB) snapshot(ctx context.Context) (*os.File, error) {
	f, err := os.CreateTemp(filepath.Dir(d.path), filepath.Base(d.path)+unfinished+"*")
	if err != nil {
		return nil, err
	}
	err = os.Remove(f.Name())
	if err == nil {
		err = d.read(func(_ *file, t *bbolt.Tx) error {
			_, err := t.WriteTo(cancelled{ctx, f})
			return err
		})
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

type cancelled struct {
	ctx context.Context
	w   io.Writer
}

func (c cancelled) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}

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

// perTransaction bounds the memory of a compaction.
const perTransaction = 4 << 20

// Backup writes the whole file as it stands at one moment, while others go on reading and writing.
func (d *DB) Backup(ctx context.Context, w io.Writer) error {
	err := d.b.View(func(t *bbolt.Tx) error {
		_, err := t.WriteTo(cancelled{ctx, w})
		return err
	})
	if ctx.Err() != nil {
		err = ctx.Err() // bbolt gives only its words
	}
	if err != nil {
		return fmt.Errorf("back up store %s: %w", d.path, err)
	}
	return nil
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

// Compact writes what is alive in src into a new file dst, synced. src is only read; dst must not exist.
func Compact(src, dst string) error {
	if _, err := os.Lstat(dst); err == nil {
		return fmt.Errorf("compact store to %s: the file exists", dst)
	}
	err := compact(src, dst)
	if err != nil {
		os.Remove(dst)
		err = fmt.Errorf("compact store %s to %s: %w", src, dst, err)
	}
	return err
}

func compact(src, dst string) (err error) {
	from, _, err := openFile(src, Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := bbolt.Open(dst, 0o600, &bbolt.Options{NoSync: true, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	defer damage(&err)
	err = bbolt.Compact(to, from, perTransaction)
	if err == nil {
		err = to.Sync()
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dst))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

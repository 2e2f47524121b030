package bolt

import (
	"bytes"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"ukpbjd/internal/store"
)

var (
	errEnded    = errors.New("the transaction has ended")
	errScanning = errors.New("write inside a scan")
)

// tx is one transaction; it belongs to the goroutine that runs the closure.
type tx struct {
	t       *bbolt.Tx
	buckets map[string]*bbolt.Bucket // those that exist
	scans   int
	ended   bool
}

func newTx(t *bbolt.Tx) *tx { return &tx{t: t, buckets: map[string]*bbolt.Bucket{}} }

func (x *tx) end() {
	x.ended = true
	x.t.Rollback() //nolint:errcheck // returns only "closed" after a commit
}

// commit returns a panic of bbolt, which is how it tells of a damaged page, as an error.
func (x *tx) commit() (err error) {
	defer damage(&err)
	return x.t.Commit()
}

// damage turns a panic inside bbolt into an error. It never stands around a closure of the caller's.
func damage(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", ErrDamaged, p)
	}
}

// bucket returns nil where there is none.
func (x *tx) bucket(name string) (*bbolt.Bucket, error) {
	if x.ended {
		return nil, errEnded
	}
	if b := x.buckets[name]; b != nil {
		return b, nil
	}
	b := x.t.Bucket([]byte(name))
	if b != nil {
		x.buckets[name] = b
	}
	return b, nil
}

// Get returns nil for an absent key. The bytes are the file's own: read only, and only until the transaction ends.
func (x *tx) Get(bucket string, key []byte) (v []byte, err error) {
	defer damage(&err)
	b, err := x.bucket(bucket)
	if b == nil || err != nil {
		return nil, err
	}
	return b.Get(key), nil
}

// Put copies key and value: bbolt itself would keep the caller's value until the commit.
func (x *tx) Put(bucket string, key, value []byte) (err error) {
	defer damage(&err)
	if err := store.CheckRow(bucket, key, value); err != nil {
		return err
	}
	b, err := x.writable(bucket)
	if b == nil && err == nil {
		b, err = x.t.CreateBucketIfNotExists([]byte(bucket))
	}
	if err != nil {
		return fmt.Errorf("put into %q: %w", bucket, err)
	}
	x.buckets[bucket] = b
	if err := b.Put(key, append(make([]byte, 0, len(value)), value...)); err != nil {
		return fmt.Errorf("put into %q: %w", bucket, err)
	}
	return nil
}

// Delete of an absent key is no error.
func (x *tx) Delete(bucket string, key []byte) (err error) {
	defer damage(&err)
	b, err := x.writable(bucket)
	if err == nil && b != nil {
		err = b.Delete(key)
	}
	if err != nil {
		return fmt.Errorf("delete from %q: %w", bucket, err)
	}
	return nil
}

func (x *tx) writable(bucket string) (*bbolt.Bucket, error) {
	if x.scans > 0 {
		return nil, errScanning
	}
	if !x.ended && !x.t.Writable() {
		return nil, bolterrors.ErrTxNotWritable
	}
	return x.bucket(bucket)
}

// Scan passes keys and values in order. Writing inside it is refused: bbolt would lose its place.
func (x *tx) Scan(bucket string, from, to []byte, fn func(key, value []byte) bool) error {
	b, err := x.bucket(bucket)
	if b == nil || err != nil {
		return err
	}
	x.scans++
	defer func() { x.scans-- }()
	c := b.Cursor()
	k, v, err := move(c, from, true)
	for k != nil && err == nil && (to == nil || bytes.Compare(k, to) < 0) {
		if !fn(k, v) {
			return nil
		}
		k, v, err = move(c, nil, false)
	}
	return err
}

func move(c *bbolt.Cursor, to []byte, seek bool) (k, v []byte, err error) {
	defer damage(&err)
	switch {
	case !seek:
		k, v = c.Next()
	case to == nil:
		k, v = c.First()
	default:
		k, v = c.Seek(to)
	}
	return k, v, nil
}

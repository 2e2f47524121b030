// Package store keeps everything durable that is not a paper: cases, journal, outbox, tasks, mails. It is written once
// over a small contract of ordered keys and values, which engines fulfil (store/bolt).
package store

import (
	"context"
	"errors"
	"fmt"
)

// ErrUnknown marks the error of a commit: whether the transaction is on disk is not known.
var ErrUnknown = errors.New("outcome of the commit is unknown")

// DB is the whole contract of an engine. Update is serialisable and durable when it returns nil. An error of a commit
// means "outcome unknown": the caller stops, reopens and reads.
//
// A closure may run twice, with nothing left of the first time but what it did outside of its transaction. So it counts,
// collects and sends nothing outside itself; what it hands out it sets anew each time. A View is short: it sees one picture,
// and the engine keeps all that is in it until the View ends.
type DB interface {
	Update(ctx context.Context, fn func(Tx) error) error
	View(ctx context.Context, fn func(Tx) error) error
	Close() error
}

// Tx is one transaction. Keys are ordered bytewise; they have 1 to MaxKey bytes, values at most MaxValue. What Get and Scan
// return is valid only inside the transaction.
type Tx interface {
	Get(bucket string, key []byte) ([]byte, error) // nil, nil when absent, as every key is that Put would refuse
	Put(bucket string, key, value []byte) error    // KeyError or ValueError of what is out of bounds; nothing is changed then
	Delete(bucket string, key []byte) error        // of an absent key: nil
	// Scan calls fn for every key in [from, to) in order, until fn returns false. nil: open end. fn must not write.
	Scan(bucket string, from, to []byte, fn func(key, value []byte) (more bool)) error
}

// Bounds of one row, in bytes. Engines bear more, each in its own measure: bbolt a key of 32 KiB and a value of 2 GiB (a
// quarter of one on 32 bits). What one takes, every engine takes.
const (
	MaxKey   = 1 << 10
	MaxValue = 128 << 20
)

// KeyError refuses an empty or too long key. It tells nothing of the key's bytes, which can be somebody's words.
type KeyError struct {
	Bucket string
	Size   int
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("put into %q: a key of %d bytes, not of 1 to %d", e.Bucket, e.Size, MaxKey)
}

// Permanent says that trying again does not help.
func (e *KeyError) Permanent() bool { return true }

// ValueError refuses a value that is too long.
type ValueError struct {
	Bucket string
	Size   int
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("put into %q: a value of %d bytes, more than %d", e.Bucket, e.Size, MaxValue)
}

// Permanent says that trying again does not help.
func (e *ValueError) Permanent() bool { return true }

// Refused: the store does not take a row, however often it is tried, and has changed nothing.
func Refused(err error) bool {
	return errors.As(err, new(*KeyError)) || errors.As(err, new(*ValueError)) || IsRow(err)
}

// RowError is a row that cannot be decoded, or encoded, or that lacks what belongs to it. Whoever walks many goes on with the others.
type RowError struct {
	Bucket, Key string
	Err         error
}

func (e *RowError) Error() string { return fmt.Sprintf("%s %s: %v", e.Bucket, e.Key, e.Err) }
func (e *RowError) Unwrap() error { return e.Err }

// Damaged takes an error of a walk apart: the rows that could not be decoded, and whatever else went wrong.
func Damaged(err error) (rows []*RowError, other error) {
	switch e := err.(type) {
	case nil:
	case *RowError:
		return []*RowError{e}, nil
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			r, o := Damaged(one)
			rows, other = append(rows, r...), errors.Join(other, o)
		}
	default:
		other = err
	}
	return rows, other
}

// CheckRow is what an engine asks before it puts.
func CheckRow(bucket string, key, value []byte) error {
	switch {
	case len(key) == 0 || len(key) > MaxKey:
		return &KeyError{bucket, len(key)}
	case len(value) > MaxValue:
		return &ValueError{bucket, len(value)}
	}
	return nil
}

// Unknown says that an error leaves open whether a transaction is on disk.
func Unknown(err error) bool { return errors.Is(err, ErrUnknown) }

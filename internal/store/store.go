// Package store keeps everything durable that is not a paper: cases, journal, outbox, tasks, seen mails. It is written once
// over a small contract of ordered keys and values, which engines fulfil (store/bolt).
package store

import (
	"context"
	"errors"
)

// ErrUnknown marks the error of a commit: whether the transaction is on disk is not known.
var ErrUnknown = errors.New("outcome of the commit is unknown")

// DB is the whole contract of an engine. Update is serialisable and durable when it returns nil. An error of a commit
// means "outcome unknown": the caller stops, reopens and reads.
type DB interface {
	Update(ctx context.Context, fn func(Tx) error) error
	View(ctx context.Context, fn func(Tx) error) error
	Close() error
}

// Tx is one transaction. Keys are ordered bytewise. What Get and Scan give is valid only inside the transaction.
type Tx interface {
	Get(bucket string, key []byte) ([]byte, error) // nil, nil when absent
	Put(bucket string, key, value []byte) error
	Delete(bucket string, key []byte) error
	// Scan calls fn for every key in [from, to) in order, until fn gives false. nil: open end. fn must not write.
	Scan(bucket string, from, to []byte, fn func(key, value []byte) (more bool)) error
}

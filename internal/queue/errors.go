package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"syscall"
)

// Permanent marks an error that no repetition mends.
func Permanent(err error) error { return mark(err, true) }

// Ground marks an error that is no item's for certain: the books are closed, the server cannot be reached. It ends the round at
// once and nobody is blamed, so it must not be said of what an item may have brought about.
func Ground(err error) error { return mark(err, false) }

func mark(err error, permanent bool) error {
	if err == nil {
		return nil
	}
	return &markedError{err, permanent}
}

// markedError is permanent or ground; of two marks the outer counts.
type markedError struct {
	error
	permanent bool
}

func (e *markedError) Unwrap() error   { return e.error }
func (e *markedError) Permanent() bool { return e.permanent }

// IsPermanent says that the one who made an error knows that repetition will not mend it: some error of the chain has a
// method Permanent that says so.
func IsPermanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

// IsPassing says that the one who made an error knows that it speaks of somebody else's trouble, not of the item: some error of the
// chain has a method Passing that says so.
func IsPassing(err error) bool {
	var p interface{ Passing() bool }
	return errors.As(err, &p) && p.Passing()
}

func isGround(err error) bool {
	var m *markedError
	return errors.As(err, &m) && !m.permanent
}

// isMachine: the machine has no room, no files or no working disk left. That passes, and puts no item aside; but it may be met
// by one alone, whose own file lies on a bad sector, so it does not stop the others either, and has an end of its own (count).
func isMachine(err error) bool {
	faults := []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EROFS, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM}
	return slices.ContainsFunc(faults, func(e syscall.Errno) bool { return errors.Is(err, e) })
}

// PanicError is a panic while an item was worked on. Its text does not show the value, which may hold what a stranger wrote.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("a fault of the program (panic, %T)", e.Value)
}

// Guard makes a panic an error: it is one item's, too.
func Guard(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	return fn()
}

// ended is the error after which nothing may go on: a fatal one, before the end of ctx; nil otherwise.
func ended(ctx context.Context, err error, fatal func(error) bool) error {
	if isFatal(err, fatal) {
		return err
	}
	return ctx.Err()
}

func isFatal(err error, fatal func(error) bool) bool { return err != nil && fatal != nil && fatal(err) }

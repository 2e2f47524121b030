package queue

import (
	"errors"
	"fmt"
	"syscall"
)

// Permanent marks an error that no repetition mends.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type permanentError struct{ error }

func (e *permanentError) Unwrap() error   { return e.error }
func (e *permanentError) Permanent() bool { return true }

// IsPermanent says that the one who made an error knows that repetition will not mend it: some error of the chain has a
// method Permanent that says so.
func IsPermanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

// PanicError is a panic while an item was worked on. Its text does not show the value, which may hold what a stranger wrote.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("a fault of the program (panic, %T)", e.Value)
}

// isGround: the machine has no room, no files or no working disk left. That is no item's fault, whichever met it first.
func isGround(err error) bool {
	for _, e := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EROFS, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

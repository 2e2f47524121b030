package mailbox

import (
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// MessageError is one message that the server did not hand over, twice. Alone: between and after the two tries it did hand
// over another message, so that the fault is this one's. Even that is a reason only if it lasts: a server may be restored.
type MessageError struct {
	UID   UID
	Err   error
	Alone bool
}

func (e *MessageError) Error() string { return fmt.Sprintf("fetch message %v: %v", e.UID, e.Err) }
func (e *MessageError) Unwrap() error { return e.Err }

// Passing: nothing is held against the message, because others fared no better, because the server called it its own fault, or because
// the line was lost: a large message meets that most. Whoever asks again for days and finds Alone each time may conclude otherwise.
func (e *MessageError) Passing() bool {
	return !e.Alone || lost(e.Err) || slices.Contains(passingCodes, codeOf(e.Err))
}

// codeOf is the code of a server's answer, or "".
func codeOf(err error) imap.ResponseCode {
	if said, ok := errors.AsType[*imap.Error](err); ok {
		return said.Code
	}
	return ""
}

// Broken returns every MessageError in err: Fetch joins them.
func Broken(err error) []*MessageError {
	switch e := err.(type) {
	case *MessageError:
		return []*MessageError{e}
	case interface{ Unwrap() []error }:
		var all []*MessageError
		for _, one := range e.Unwrap() {
			all = append(all, Broken(one)...)
		}
		return all
	}
	return nil
}

// passingCodes are those of RFC 5530 with which a server speaks of itself or of the account, not of what it was asked for.
var passingCodes = []imap.ResponseCode{imap.ResponseCodeUnavailable, imap.ResponseCodeServerBug, imap.ResponseCodeInUse, imap.ResponseCodeLimit,
	imap.ResponseCodeExpired, imap.ResponseCodeAuthenticationFailed, imap.ResponseCodeAuthorizationFailed, imap.ResponseCodePrivacyRequired,
	imap.ResponseCodeContactAdmin, imap.ResponseCodeOverQuota, "EXPUNGEISSUED"}

// permanentCodes speak of what was asked for: it will not do next time either.
var permanentCodes = []imap.ResponseCode{imap.ResponseCodeNoPerm, imap.ResponseCodeCannot, imap.ResponseCodeNonExistent, imap.ResponseCodeTryCreate,
	imap.ResponseCodeAlreadyExists, imap.ResponseCodeHasChildren, imap.ResponseCodeBadCharset, imap.ResponseCodeClientBug, imap.ResponseCodeCorruption,
	imap.ResponseCodeParse, imap.ResponseCodeUnknownCTE, imap.ResponseCodeTooBig, "READ-ONLY"}

// Passing tells for an error of this package whether the same call may succeed later with nobody changing what is asked for:
// a lost line, a time-out, a refused login, a server that speaks of itself, a NO without a reason. Of joined errors every one
// must be.
func Passing(err error) bool {
	var said *imap.Error
	broken := Broken(err)
	switch {
	case err == nil:
		return false
	case len(broken) > 0:
		return !slices.ContainsFunc(broken, func(e *MessageError) bool { return !e.Passing() })
	case is[*unreachable](err):
		return true
	case errors.As(err, &said):
		return slices.Contains(passingCodes, said.Code) || said.Type != imap.StatusResponseTypeBad && !slices.Contains(permanentCodes, said.Code)
	}
	return lost(err)
}

// lost: everything but an answer of the server, or a verdict of our own, means that the connection is gone.
func lost(err error) bool {
	return err != nil && !is[*imap.Error](err) && !is[*ownError](err) && !is[*MessageError](err)
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// confused: some servers answer BAD to everything once a session has lost its mailbox ("User is authenticated but not connected").
func confused(err error) bool {
	var said *imap.Error
	return errors.As(err, &said) && said.Type == imap.StatusResponseTypeBad
}

// ownError is a conclusion drawn on a connection that works.
type ownError struct{ error }

func (e *ownError) Unwrap() error { return e.error }

// because says of an error what was being done.
func because(err error, doing string, v ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(doing, v...), err)
}

// own marks err as such.
func own(format string, v ...any) error { return &ownError{fmt.Errorf(format, v...)} }

// unreachable: no connection could be made, so nothing is known about any message.
type unreachable struct{ error }

func (e *unreachable) Unwrap() error { return e.error }

// notOpened: the inbox could not be opened, which says as little.
type notOpened struct{ error }

func (e *notOpened) Unwrap() error { return e.error }

// Unreachable: no connection could be made, or the server did not let us in, so the error says nothing of what was asked for.
func Unreachable(err error) bool {
	return is[*unreachable](err) || errors.Is(err, ErrLogin)
}

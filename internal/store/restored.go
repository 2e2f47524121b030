package store

import (
	"errors"
	"fmt"
	"time"
)

// Restored says that these books come out of a backup, and that nobody has reconciled them yet: nothing is sent.
type Restored struct {
	At   time.Time `json:"at"`
	From time.Time `json:"from"` // moment of the backup
}

const (
	epochKey    = "epoch"
	restoredKey = "restored"
	// numbersLost is left free in each year: cases since the backup may have had these numbers.
	numbersLost = 1000
)

// Epoch counts how often the books came out of a backup; codes and Message-IDs of another epoch match nothing new.
func (b Books) Epoch() (int, error) { return b.number(bMeta, epochKey) }

// Restored reads the mark.
func (b Books) Restored() (r Restored, held bool, err error) {
	held, err = b.get(bMeta, restoredKey, &r)
	return r, held, err
}

// Reconciled takes the mark away: letters go again.
func (b Books) Reconciled() error { return b.erase(bMeta, restoredKey) }

// Restore marks the books, begins another epoch, leaves numbers free, and puts every letter of the outbox in doubt: it may
// have gone since. It gives how many these are.
func (b Books) Restore(r Restored) (doubtful int, err error) {
	if err := b.put(bMeta, restoredKey, r); err != nil {
		return 0, err
	}
	if _, err := b.add(bMeta, epochKey, 1); err != nil {
		return 0, err
	}
	years, err := b.keys(bSeq, "", "", 0)
	if err != nil {
		return 0, err
	}
	if this := fmt.Sprint(r.At.Year()); len(years) == 0 || years[len(years)-1] < this {
		years = append(years, this) // the backup is of another year, or of the first day
	}
	for _, y := range years {
		if _, err := b.add(bSeq, y, numbersLost); err != nil {
			return 0, err
		}
	}
	return b.doubtOutbox()
}

func (b Books) doubtOutbox() (int, error) {
	keys, err := b.keys(bOutbox, "", "", 0)
	for _, k := range keys {
		var row LetterRow
		ok, err := b.get(bLetters, k[21:], &row)
		if err != nil || !ok {
			return 0, errors.Join(err, fmt.Errorf("outbox row %s without a letter", k))
		}
		row.State, row.Answer = InDoubt, "from a backup: it may have been sent since"
		if err := b.put(bLetters, row.ID(), row); err != nil {
			return 0, err
		}
	}
	return len(keys), err
}

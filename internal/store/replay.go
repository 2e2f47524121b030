package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// What only a scratch store is told: it follows recorded books, and must give the numbers and know the letters of these.

// SetNumber makes n the last sequence number of a year.
func (b Books) SetNumber(year, n int) error {
	return b.tx.Put(bSeq, []byte(strconv.Itoa(year)), []byte(strconv.Itoa(n)))
}

// PutRecorded makes a recorded letter known by its Message-ID under a key of its own, without ever sending it.
func (b Books) PutRecorded(r LetterRow) error {
	if had, ok, err := b.Pointed(r.MessageID); err != nil || ok && had.Key != "" {
		return err
	}
	r.Letter.Key = "rekaman/" + r.Letter.Key
	r.State = Accepted
	return errors.Join(b.put(bLetters, r.ID(), r), b.Point(r.MessageID, Pointer{r.Case, r.Letter.Key}))
}

// Number is the sequence number in a case number, with its year.
func Number(number string) (year, seq int, ok bool) {
	key, err := caseKey(number)
	if err != nil {
		return 0, 0, false
	}
	n, err := fmt.Sscanf(key, "%d/%d", &year, &seq)
	return year, seq, err == nil && n == 2
}

// EachEvent calls fn for the journal of a case or of Office, oldest first, until fn gives false.
func (b Books) EachEvent(number string, fn func(Record) bool) error {
	p := number + "/"
	var bad error
	err := b.tx.Scan(bJournal, []byte(p), []byte(prefixEnd(p)), func(k, v []byte) bool {
		var r Record
		if bad = json.Unmarshal(v, &r); bad != nil {
			bad = fmt.Errorf("decode journal %s: %w", k, bad)
			return false
		}
		return fn(r)
	})
	return errors.Join(err, bad)
}

package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ukpbjd/internal/sop"
)

// PutCopy keeps what the archive is to have of a sealed letter.
func (b Letters) PutCopy(id string, copy []byte) error {
	if len(copy) == 0 {
		return nil
	}
	return b.tx.Put(bCopies, []byte(id), copy)
}

// Copy reads it; nil where there is none.
func (b Letters) Copy(id string) ([]byte, error) {
	raw, err := b.tx.Get(bCopies, []byte(id))
	return append([]byte(nil), raw...), err
}

// Unarchived gives at most limit letters that have ended and are not in the archive.
func (b Letters) Unarchived(limit int) ([]LetterRow, error) {
	ids, err := b.keys(bUnkept, "", "", limit)
	var out []LetterRow
	for _, id := range ids {
		var r LetterRow
		ok, err := b.get(bLetters, id, &r)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, r)
		}
	}
	return out, err
}

// MarkArchived records that a letter is in the archive under this SHA-256; an empty one says that there was nothing to keep.
func (b Letters) MarkArchived(id, sha string) error {
	var r LetterRow
	ok, err := b.get(bLetters, id, &r)
	if err != nil {
		return err
	}
	if ok && sha != "" {
		r.Archived = sha
		err = b.put(bLetters, id, r)
	}
	return errors.Join(err, b.erase(bUnkept, id), b.erase(bCopies, id))
}

// LetterState is the way of one letter (DESIGN, "Outbox").
type LetterState string

const (
	Queued   LetterState = "queued"
	Sending  LetterState = "sending" // the attempt is recorded; nothing is known yet
	Accepted LetterState = "accepted"
	Deferred LetterState = "deferred"
	Failed   LetterState = "failed"
	InDoubt  LetterState = "in-doubt" // may have been delivered: the identical bytes go again after a pause
)

// LetterRow is one letter of the outbox, before and after it has gone.
type LetterRow struct {
	Case      string      `json:"case"` // Office for letters of no case
	Letter    sop.Letter  `json:"letter"`
	MessageID string      `json:"message_id"`
	Subject   string      `json:"subject"`
	Sealed    bool        `json:"sealed,omitempty"` // the body opens only with the member's key
	State     LetterState `json:"state"`
	Attempts  int         `json:"attempts"`
	Next      time.Time   `json:"next,omitzero"`
	Answer    string      `json:"answer,omitempty"` // the server's last words
	Made      time.Time   `json:"made"`
	Ended     time.Time   `json:"ended,omitzero"`
	Archived  string      `json:"archived,omitempty"` // SHA-256 of the copy in the archive, without secrets
}

// ID names the letter in the whole store.
func (r LetterRow) ID() string { return r.Case + "/" + r.Letter.Key }

// Pointer is what a Message-ID of ours, or of a requester's mail, leads to. Key is empty for the latter.
type Pointer struct {
	Case string `json:"case"`
	Key  string `json:"key,omitempty"`
}

// Put queues a new letter with its exact bytes. A letter of the same key that is there already stays as it is.
func (b Letters) Put(r LetterRow, body []byte) error {
	id := r.ID()
	if had, err := b.tx.Get(bLetters, []byte(id)); err != nil || had != nil {
		return err
	}
	r.State = Queued
	return errors.Join(
		b.put(bLetters, id, r),
		b.tx.Put(bBodies, []byte(id), body),
		b.mark(bOutbox, moment(r.Next)+"/"+id),
		b.LinkMessageID(r.MessageID, Pointer{r.Case, r.Letter.Key}))
}

// LinkMessageID makes a Message-ID lead to a case.
func (b Letters) LinkMessageID(messageID string, p Pointer) error {
	if messageID == "" {
		return nil
	}
	return b.put(bMsgIDs, messageID, p)
}

// ByMessageID looks a Message-ID up.
func (b Letters) ByMessageID(messageID string) (p Pointer, ok bool, err error) {
	ok, err = b.get(bMsgIDs, messageID, &p)
	return p, ok, err
}

// Get reads one letter.
func (b Letters) Get(number, key string) (r LetterRow, ok bool, err error) {
	ok, err = b.get(bLetters, number+"/"+key, &r)
	return r, ok, err
}

// Body reads a copy of a letter's bytes; nil when they are no longer kept.
func (b Letters) Body(id string) ([]byte, error) {
	raw, err := b.tx.Get(bBodies, []byte(id))
	return append([]byte(nil), raw...), err
}

// ReplaceBody puts what is left of a letter in the place of its bytes. They must have been there.
func (b Letters) ReplaceBody(id string, body []byte) error {
	had, err := b.tx.Get(bBodies, []byte(id))
	if err != nil || had == nil {
		return err
	}
	return b.tx.Put(bBodies, []byte(id), body)
}

// Of reads every letter of a case, in order of key.
func (b Letters) Of(number string) ([]LetterRow, error) {
	var out []LetterRow
	var bad error
	p := number + "/"
	err := b.tx.Scan(bLetters, []byte(p), []byte(prefixEnd(p)), func(k, v []byte) bool {
		var r LetterRow
		if bad = json.Unmarshal(v, &r); bad != nil {
			bad = fmt.Errorf("decode letter %s: %w", k, bad)
			return false
		}
		out = append(out, r)
		return true
	})
	return out, errors.Join(err, bad)
}

// Claim takes at most limit letters whose time has come and records the attempt: they are Sending until Settle. Letters of
// a held case are passed over; of a store that has been restored, all are.
func (b Letters) Claim(now time.Time, limit int) ([]LetterRow, error) {
	if _, held, err := In(b.tx).State.Restored(); err != nil || held {
		return nil, err
	}
	due, err := b.keys(bOutbox, "", moment(now.Add(1)), 4*limit)
	if err != nil {
		return nil, err
	}
	var out []LetterRow
	for _, k := range due {
		var r LetterRow
		if ok, err := b.get(bLetters, k[21:], &r); err != nil || !ok {
			return nil, errors.Join(err, fmt.Errorf("outbox row %s without a letter", k))
		}
		if held, err := b.tx.Get(bMeta, []byte("held/"+r.Case)); err != nil {
			return nil, err
		} else if held != nil {
			if err := b.postpone(k, r, now.Add(heldPause)); err != nil {
				return nil, err
			}
			continue
		}
		if err := errors.Join(b.erase(bOutbox, k), b.mark(bSending, r.ID())); err != nil {
			return nil, err
		}
		r.State, r.Attempts = Sending, r.Attempts+1
		if err := b.put(bLetters, r.ID(), r); err != nil {
			return nil, err
		}
		if out = append(out, r); len(out) == limit {
			break
		}
	}
	return out, nil
}

// heldPause is how long a letter of a held case steps aside, so that it does not stand in front of the others; after
// the release it waits no longer than this.
const heldPause = 5 * time.Second

func (b Letters) postpone(key string, r LetterRow, at time.Time) error {
	r.Next = at
	return errors.Join(b.erase(bOutbox, key), b.mark(bOutbox, moment(at)+"/"+r.ID()), b.put(bLetters, r.ID(), r))
}

// Settle writes how an attempt ended. Queued states go back into the outbox for r.Next.
func (b Letters) Settle(r LetterRow) error {
	err := errors.Join(b.erase(bSending, r.ID()), b.put(bLetters, r.ID(), r))
	switch r.State {
	case Deferred, InDoubt, Queued:
		return errors.Join(err, b.mark(bOutbox, moment(r.Next)+"/"+r.ID()))
	case Failed:
		return errors.Join(err, b.mark(bUnkept, r.ID()))
	case Accepted:
		err = errors.Join(err, b.mark(bUnkept, r.ID()))
		if r.Sealed { // the member has it; nothing here needs it again
			return errors.Join(err, b.erase(bBodies, r.ID()))
		}
	}
	return err
}

// Sending are the letters found Sending: after a crash their delivery is in doubt.
func (b Letters) Sending() ([]LetterRow, error) {
	ids, err := b.keys(bSending, "", "", 0)
	var out []LetterRow
	for _, id := range ids {
		var r LetterRow
		if ok, err := b.get(bLetters, id, &r); err != nil {
			return nil, err
		} else if ok {
			out = append(out, r)
		}
	}
	return out, err
}

// Next is the moment at which the outbox has something to send; zero when it is empty. Depth is counted up to limit.
func (b Letters) Next(limit int) (next time.Time, depth int, err error) {
	if _, held, err := In(b.tx).State.Restored(); err != nil || held {
		return next, 0, err
	}
	keys, err := b.keys(bOutbox, "", "", limit)
	if err != nil || len(keys) == 0 {
		return next, 0, err
	}
	var n int64
	if _, err := fmt.Sscanf(keys[0][:20], "%d", &n); err != nil {
		return next, 0, fmt.Errorf("outbox key %q: %w", keys[0], err)
	}
	return time.Unix(0, n).UTC(), len(keys), nil
}

// capRow counts the letters of one case in one hour.
type capRow struct {
	Hour int64          `json:"hour"`
	To   map[string]int `json:"to"`
	All  int            `json:"all"`
}

// Limit counts one letter of a case to an address and gives the moment at which it may go: now, or later when the hour is full.
func (b Letters) Limit(number, to string, now time.Time, perAddress, perCase int) (time.Time, error) {
	var c capRow
	if _, err := b.get(bCaps, number, &c); err != nil {
		return now, err
	}
	if hour := now.Unix() / 3600; c.Hour < hour {
		c = capRow{Hour: hour}
	}
	if c.To == nil {
		c.To = map[string]int{}
	}
	if c.To[to] >= perAddress || c.All >= perCase {
		c = capRow{Hour: c.Hour + 1, To: map[string]int{}}
	}
	c.To[to]++
	c.All++
	at := time.Unix(c.Hour*3600, 0).UTC()
	if at.Before(now) {
		at = now
	}
	return at, b.put(bCaps, number, c)
}

// After gives at most limit letters of a case, or of Office, in order of key, beginning after the given key.
func (b Letters) After(number, after string, limit int) (out []LetterRow, err error) {
	p := number + "/"
	from := p
	if after != "" {
		from += after + "\x00"
	}
	var bad error
	err = b.tx.Scan(bLetters, []byte(from), []byte(prefixEnd(p)), func(k, v []byte) bool {
		var r LetterRow
		if bad = json.Unmarshal(v, &r); bad != nil {
			bad = fmt.Errorf("decode letter %s: %w", k, bad)
			return false
		}
		out = append(out, r)
		return len(out) < limit
	})
	return out, errors.Join(err, bad)
}

// PutRecorded makes a recorded letter known by its Message-ID under a key of its own, without ever sending it.
func (b Letters) PutRecorded(r LetterRow) error {
	if had, ok, err := b.ByMessageID(r.MessageID); err != nil || ok && had.Key != "" {
		return err
	}
	r.Letter.Key = "rekaman/" + r.Letter.Key
	r.State = Accepted
	return errors.Join(b.put(bLetters, r.ID(), r), b.LinkMessageID(r.MessageID, Pointer{r.Case, r.Letter.Key}))
}

func (b Letters) doubtOutbox() (int, error) {
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

package store

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
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

// Readable reads what needs no key: the bytes of a letter, or the copy of a sealed one; nil when they are no longer kept.
func (b Letters) Readable(r LetterRow) ([]byte, error) {
	if r.Sealed {
		return b.Copy(r.ID())
	}
	return b.Body(r.ID())
}

// Unarchived returns at most limit letters that have ended and are not in the archive, passing over those that skip names. Of a row
// that is not there, or cannot be read, only the ID is known.
func (b Letters) Unarchived(limit int, skip func(id string) bool) (out []LetterRow, err error) {
	err = b.scan(bUnkept, "", "", func(id string, _ []byte) bool {
		if skip(id) {
			return true
		}
		r, ok, err := b.row(id)
		if err != nil || !ok {
			r = LetterRow{Broken: err}
			r.Case, r.Letter.Key, _ = strings.Cut(id, "/")
		}
		out = append(out, r)
		return len(out) < limit
	})
	return out, err
}

// MarkArchived records that a letter is in the archive under this SHA-256; an empty one says that there was nothing to keep. Its
// bytes leave the store.
func (b Letters) MarkArchived(id, sha string) error {
	r, ok, err := b.row(id)
	if IsRow(err) {
		ok, err = false, nil
	}
	if ok && sha != "" {
		r.Archived = sha
		err = b.change(r)
	}
	return errors.Join(err, b.erase(bUnkept, id), b.erase(bCopies, id), b.erase(bBodies, id))
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
	Sealed    bool        `json:"sealed,omitempty"` // the body opens only with the keys of those whose passwords it carries
	State     LetterState `json:"state"`
	Attempts  int         `json:"attempts"`
	Doubts    int         `json:"doubts,omitempty"` // attempts of which nobody knows how they ended
	Next      time.Time   `json:"next,omitzero"`
	Answer    string      `json:"answer,omitempty"` // the server's last words
	Made      time.Time   `json:"made"`
	Ended     time.Time   `json:"ended,omitzero"`
	Archived  string      `json:"archived,omitempty"`  // SHA-256 of the copy in the archive, without secrets
	First     time.Time   `json:"first,omitzero"`      // of the first attempt
	Run       string      `json:"run,omitempty"`       // the run of the program that claimed it last
	SHA256    string      `json:"sha256,omitempty"`    // of the bytes, where they are nobody's secret
	Cut       string      `json:"cut,omitempty"`       // of the bytes without account sheets, where there are such
	Withdrawn bool        `json:"withdrawn,omitempty"` // it is not tried again
	Broken    error       `json:"-"`                   // the row cannot be read
}

// ID names the letter in the whole store.
func (r LetterRow) ID() string { return r.Case + "/" + r.Letter.Key }

// MessageRef is what a Message-ID of ours, or of a requester's mail, leads to. Key is empty for the latter.
type MessageRef struct {
	Case string `json:"case"`
	Key  string `json:"key,omitempty"`
}

// Has says that a case has a letter of that key, whether it can be read or not.
func (b Letters) Has(number, key string) (bool, error) {
	raw, err := b.tx.Get(bLetters, []byte(number+"/"+key))
	return raw != nil, err
}

// Put queues a new letter with its exact bytes. A letter of the same key that is there already stays as it is.
func (b Letters) Put(r LetterRow, body []byte) error {
	id := r.ID()
	if had, err := b.Has(r.Case, r.Letter.Key); err != nil || had {
		return err
	}
	r.State = Queued
	return errors.Join(
		b.put(bLetters, id, r),
		b.tx.Put(bBodies, []byte(id), body),
		b.enqueue(r),
		b.LinkMessageID(r.MessageID, MessageRef{r.Case, r.Letter.Key}))
}

// enqueue puts a letter into the outbox for r.Next, or aside as long as its case is held.
func (b Letters) enqueue(r LetterRow) error {
	held, err := b.tx.Get(bMeta, []byte("held/"+r.Case))
	if err != nil {
		return err
	}
	if held != nil {
		return b.mark(bParked, r.ID())
	}
	return b.mark(bOutbox, moment(r.Next)+"/"+r.ID())
}

// LinkMessageID makes a Message-ID lead to a case.
func (b Letters) LinkMessageID(messageID string, p MessageRef) error {
	if messageID == "" {
		return nil
	}
	return b.put(bMsgIDs, boundKey(messageID), p)
}

// ByMessageID looks a Message-ID up.
func (b Letters) ByMessageID(messageID string) (MessageRef, bool, error) {
	return row[MessageRef](b.rows, bMsgIDs, boundKey(messageID))
}

// Get reads one letter.
func (b Letters) Get(number, key string) (LetterRow, bool, error) { return b.row(number + "/" + key) }

func (b Letters) row(id string) (LetterRow, bool, error) { return row[LetterRow](b.rows, bLetters, id) }

// Body reads a copy of a letter's bytes; nil when they are no longer kept.
func (b Letters) Body(id string) ([]byte, error) {
	raw, err := b.tx.Get(bBodies, []byte(id))
	return append([]byte(nil), raw...), err
}

// Of is After for every letter of a case.
func (b Letters) Of(number string) ([]LetterRow, error) { return b.After(number, "", 0) }

// Claimed is a letter whose attempt is recorded, with its exact bytes.
type Claimed struct {
	Row  LetterRow
	Body []byte
	key  string // in the outbox
}

// Stuck is a row of the outbox whose letter cannot be read: for the time being, or, where Err is a RowError, for good. It is left as it is.
type Stuck struct {
	Key string
	Err error
}

// ID is the letter of the row.
func (s Stuck) ID() string { return outboxID(s.Key) }

// Claimable are at most limit letters whose time has come, but those that skip names (nil: none), and rows that cannot be read. Of a store
// that has been restored there is none. It writes nothing, so that what cannot be read harms no commit that it is part of.
func (b Letters) Claimable(now time.Time, limit int, skip func(id string) bool) (out []Claimed, stuck []Stuck, err error) {
	if _, held, err := In(b.tx).State.Restored(); err != nil || held || limit == 0 {
		return nil, nil, err
	}
	due, err := b.waiting(moment(now.Add(1)), limit, skip)
	for _, k := range due {
		if c, bad := b.claimable(k); bad != nil {
			stuck = append(stuck, Stuck{k, bad})
		} else {
			out = append(out, c)
		}
	}
	return out, stuck, err
}

// Claim records the attempt of letters that are claimable: they are Sending until Settle. One that the store does not take is left as it is.
func (b Letters) Claim(list []Claimed, now time.Time, run string) (claimed []Claimed, stuck []Stuck, err error) {
	for _, c := range list {
		r := &c.Row
		r.State, r.Attempts, r.Run = Sending, r.Attempts+1, run
		if r.PassIdle(now); r.First.IsZero() || r.First.After(now) {
			r.First = now
		}
		bad := b.put(bLetters, r.ID(), *r)
		if Refused(bad) {
			stuck = append(stuck, Stuck{c.key, bad})
			continue
		}
		claimed = append(claimed, c)
		err = errors.Join(err, bad, b.erase(bOutbox, c.key), b.mark(bSending, r.ID()))
	}
	return claimed, stuck, err
}

// maxLate is longer than a letter waits for a sender. Whoever is due and waits longer waits because nobody could try: the machine was off, its
// case held, or the books were restored.
const maxLate = 6 * time.Hour

// PassIdle leaves time in which nobody could try out of the time for which the letter has been tried.
func (r *LetterRow) PassIdle(now time.Time) {
	if late := now.Sub(r.Next); late > maxLate && !r.First.IsZero() {
		r.First, r.Next = r.First.Add(late), now
	}
}

// change writes a row where the store takes it; it stays what it was where it does not, and Claim sees it.
func (b Letters) change(r LetterRow) error {
	if err := b.put(bLetters, r.ID(), r); !Refused(err) {
		return err
	}
	return nil
}

// Waits says that a letter is to be tried again. One that cannot be read is not: it is put aside.
func (b Letters) Waits(id string) (bool, error) {
	r, ok, err := b.row(id)
	if IsRow(err) || err == nil && (!ok || r.State != Deferred) {
		return false, nil
	}
	key, bad := b.tx.Get(bOutbox, []byte(moment(r.Next)+"/"+id))
	return key != nil, cmp.Or(err, bad)
}

// waiting are at most limit keys of the outbox before the given one ("": all), but those of letters that skip names.
func (b Letters) waiting(to string, limit int, skip func(id string) bool) (keys []string, err error) {
	err = b.scan(bOutbox, "", to, func(k string, _ []byte) bool {
		if skip == nil || !skip(outboxID(k)) {
			keys = append(keys, k)
		}
		return len(keys) < limit
	})
	return keys, err
}

// PutAside ends a letter that is stuck, wherever it waits. Its bytes are in the archive for who looks, and then leave the store.
func (b Letters) PutAside(s Stuck, now time.Time, why error) error {
	id := s.ID()
	err := errors.Join(b.erase(bOutbox, s.Key), b.erase(bSending, id), b.mark(bUnkept, id),
		In(b.tx).State.PutAside(Aside{Queue: "letters", Key: id, At: now, Why: why.Error()}))
	if r, ok, bad := b.row(id); ok && bad == nil {
		r.State, r.Ended, r.Next, r.Answer = Failed, now, time.Time{}, why.Error()
		err = errors.Join(err, b.change(r))
	}
	return err
}

// outboxID is the letter of an outbox key, moment/CASE/KEY; empty where it is none.
func outboxID(key string) string {
	_, id, _ := strings.Cut(key, "/")
	return id
}

// claimable reads all that sending needs. A row that does not have it is a RowError.
func (b Letters) claimable(key string) (c Claimed, err error) {
	id := outboxID(key)
	c.key = key
	ok, err := b.get(bLetters, id, &c.Row)
	if err == nil && !ok {
		err = &RowError{bOutbox, id, errors.New("an outbox row without its letter")}
	}
	if err != nil {
		return c, err
	}
	if c.Body, err = b.Body(c.Row.ID()); err == nil && len(c.Body) == 0 {
		err = &RowError{bOutbox, id, errors.New("an outbox row whose letter has no bytes")}
	}
	return c, err
}

// Settle writes how the attempt that r was claimed for ended; false says that it has been written before. Queued states go back
// into the outbox for r.Next.
func (b Letters) Settle(r LetterRow) (bool, error) {
	sending, err := b.tx.Get(bSending, []byte(r.ID()))
	if err != nil || sending == nil {
		return false, err
	}
	was, _, err := b.row(r.ID())
	if err != nil || was.Attempts != r.Attempts || was.Run != r.Run {
		return false, err
	}
	if r.Withdrawn = was.Withdrawn; r.Withdrawn && r.State != Accepted {
		r.State, r.Ended, r.Next = Failed, cmp.Or(r.Ended, r.Next), time.Time{}
	}
	if err = errors.Join(b.erase(bSending, r.ID()), b.put(bLetters, r.ID(), r)); err != nil {
		return false, err
	}
	if r.State != Failed && r.State != Accepted {
		return true, b.enqueue(r)
	}
	if err = b.mark(bUnkept, r.ID()); r.State == Accepted && r.Sealed { // the member has it; nothing here needs it again
		err = errors.Join(err, b.erase(bBodies, r.ID()))
	}
	return true, err
}

// Unclaim takes back the attempt of a letter of which nothing has left.
func (b Letters) Unclaim(r LetterRow) error {
	was, ok, err := b.row(r.ID())
	if err != nil || !ok || was.State != Sending || was.Attempts != r.Attempts {
		return err
	}
	if was.State, was.Attempts = Deferred, r.Attempts-1; was.Withdrawn {
		_, err := b.Settle(r)
		return err
	}
	if was.Attempts == 0 {
		was.State, was.First = Queued, time.Time{}
	}
	return errors.Join(b.erase(bSending, r.ID()), b.change(was), b.enqueue(was))
}

// Sending are the letters whose attempt is recorded and has no result. Of one that cannot be read only the ID is known.
func (b Letters) Sending() (out []LetterRow, err error) {
	ids, err := b.keys(bSending, "", "", 0)
	for _, id := range ids {
		r, ok, bad := b.row(id)
		if bad != nil || !ok {
			r = LetterRow{Broken: cmp.Or[error](bad, &RowError{bLetters, id, errNoLetter})}
			r.Case, r.Letter.Key, _ = strings.Cut(id, "/")
		}
		out = append(out, r)
	}
	return out, err
}

var errNoLetter = errors.New("there is no such letter")

// Arrived ends a letter that is in doubt: a report says that it is there. False: it is not in doubt, or on its way again.
func (b Letters) Arrived(number, key, text string, now time.Time) (bool, error) {
	r, ok, err := b.row(number + "/" + key)
	if err != nil || !ok || r.State != InDoubt {
		return false, err
	}
	return true, b.end(r, Accepted, text, now, r.Sealed)
}

// Withdraw ends a letter that must not go any more, wherever it waits. One whose attempt is under way is not tried again.
func (b Letters) Withdraw(number, key, why string, now time.Time) error {
	r, ok, err := b.row(number + "/" + key)
	if err != nil || !ok || r.State == Accepted || r.State == Failed {
		return err
	}
	if r.State == Sending {
		r.Withdrawn = true
		return b.put(bLetters, r.ID(), r)
	}
	return b.end(r, Failed, why, now, true)
}

// end takes a letter from wherever it waits, with its bytes or without.
func (b Letters) end(r LetterRow, state LetterState, answer string, now time.Time, bytes bool) error {
	err := errors.Join(b.erase(bOutbox, moment(r.Next)+"/"+r.ID()), b.erase(bParked, r.ID()), b.mark(bUnkept, r.ID()))
	if bytes {
		err = errors.Join(err, b.erase(bBodies, r.ID()))
	}
	r.State, r.Ended, r.Next, r.Answer = state, now, time.Time{}, answer
	return errors.Join(err, b.put(bLetters, r.ID(), r))
}

// Doubt puts a letter of Sending that cannot be read back into the outbox, for next: Claimable sees what is wrong with it.
func (b Letters) Doubt(r LetterRow, next time.Time) error {
	err := b.erase(bSending, r.ID())
	if id := r.ID(); len(moment(next)+"/"+id) > MaxKey { // no letter has such an ID
		r.Case, r.Letter.Key, _ = strings.Cut(boundKey(id), "/")
	}
	r.Next = next
	return errors.Join(err, b.enqueue(r))
}

// Recall brings letters that are due only after the given moment back to now: a clock that was wrong for a while put them there. One that
// cannot be read comes, too, for Claimable to see.
func (b Letters) Recall(after, now time.Time) error {
	late, err := b.keys(bOutbox, moment(after), "", 1000)
	for _, k := range late {
		if r, ok, bad := b.row(outboxID(k)); bad == nil && ok {
			r.Next = now
			err = errors.Join(err, b.change(r))
		}
		err = errors.Join(err, b.erase(bOutbox, k), b.mark(bOutbox, moment(now)+"/"+outboxID(k)))
	}
	return err
}

// Hold keeps the letters of a case out of the outbox until it is lifted. It goes by the keys, so that a letter that cannot be read is held
// like the others, and keeps nobody from holding them.
func (b Letters) Hold(number string, on bool) error {
	p := number + "/"
	if on {
		due, err := b.keys(bOutbox, "", "", 0)
		err = errors.Join(err, b.mark(bMeta, "held/"+number))
		for _, k := range due {
			if id := outboxID(k); strings.HasPrefix(id, p) {
				err = errors.Join(err, b.erase(bOutbox, k), b.mark(bParked, id))
			}
		}
		return err
	}
	err := b.erase(bMeta, "held/"+number)
	parked, bad := b.keys(bParked, p, prefixEnd(p), 0)
	err = errors.Join(err, bad)
	for _, id := range parked {
		r, _, bad := b.row(id) // where it says nothing it is due at once, and Claimable sees what is wrong with it
		if !IsRow(bad) {
			err = errors.Join(err, bad)
		}
		err = errors.Join(err, b.erase(bParked, id), b.mark(bOutbox, moment(r.Next)+"/"+id))
	}
	return err
}

// DueAfter says that some letter is due only after a moment.
func (b Letters) DueAfter(t time.Time) (bool, error) {
	keys, err := b.keys(bOutbox, moment(t), "", 1)
	return len(keys) > 0, err
}

// Next is the moment at which the outbox has something to send; zero when it is empty. Depth is counted up to limit.
func (b Letters) Next(limit int) (next time.Time, depth int, err error) { return b.NextBut(limit, nil) }

// NextBut is Next without the letters that skip names.
func (b Letters) NextBut(limit int, skip func(id string) bool) (next time.Time, depth int, err error) {
	if _, held, err := In(b.tx).State.Restored(); err != nil || held {
		return next, 0, err
	}
	keys, err := b.waiting("", limit, skip)
	if err != nil || len(keys) == 0 {
		return next, 0, err
	}
	at, _, _ := strings.Cut(keys[0], "/")
	n, _ := strconv.ParseInt(at, 10, 64) // of a key that is none: now, and Claim puts it aside
	return time.Unix(0, n).UTC(), len(keys), nil
}

// limitRow is a token bucket. What is spent ahead is a debt.
type limitRow struct {
	Tokens float64   `json:"tokens"`
	At     time.Time `json:"at"`
}

// Spend takes a token from a bucket that holds, and gains, as many an hour, and returns how long the letter is to wait for it. Beyond most
// nothing is taken, and there is no token for this letter. A bucket whose clock was ahead loses that; one that cannot be read is full.
func (b Letters) Spend(bucket string, now time.Time, anHour int, most time.Duration) (wait time.Duration, ok bool, err error) {
	full := limitRow{Tokens: float64(anHour), At: now}
	x := full
	if _, err := b.get(bLimits, bucket, &x); IsRow(err) {
		x = full
	} else if err != nil {
		return 0, false, err
	}
	rate := float64(anHour)
	gained := max(now.Sub(x.At).Hours(), 0) * rate
	x.Tokens, x.At = max(min(x.Tokens+gained, rate), -rate*most.Hours()), now
	wait = time.Duration(max(1-x.Tokens, 0) / rate * float64(time.Hour))
	if ok = wait <= most; ok {
		x.Tokens--
	}
	return wait, ok, b.put(bLimits, bucket, x)
}

// After returns at most limit letters of a case, or of Office (0: all), in order of key, beginning after the given key. Rows that cannot be
// decoded are passed over, and are the error then: see Damaged.
func (b Letters) After(number, after string, limit int) (out []LetterRow, err error) {
	if after != "" {
		after += "\x00"
	}
	err = b.Each(number, after, func(r LetterRow) bool {
		out = append(out, r)
		return limit == 0 || len(out) < limit
	})
	return out, err
}

// Each calls fn for each letter of a case, or of Office, from a key on, until fn returns false. Damage is told as by After.
func (b Letters) Each(number, from string, fn func(LetterRow) bool) error {
	p := number + "/"
	return decode(b.rows, bLetters, p+from, prefixEnd(p), func(_ string, r LetterRow) bool { return fn(r) })
}

// PutRecorded makes a recorded letter known by its Message-ID under a key of its own, without ever sending it.
func (b Letters) PutRecorded(r LetterRow) error {
	if had, ok, err := b.ByMessageID(r.MessageID); err != nil || ok && had.Key != "" {
		return err
	}
	r.Letter.Key = "rekaman/" + r.Letter.Key
	r.State = Accepted
	return errors.Join(b.put(bLetters, r.ID(), r), b.LinkMessageID(r.MessageID, MessageRef{r.Case, r.Letter.Key}))
}

// doubtOutbox puts every letter that waits, or is on its way, in doubt, those of held cases too; no log of sending vouches for
// its attempts any more. One that cannot be read is left to Claim.
func (b Letters) doubtOutbox() (n int, err error) {
	ids, err := b.keys(bParked, "", "", 0)
	due, bad := b.keys(bOutbox, "", "", 0)
	sending, worse := b.keys(bSending, "", "", 0)
	ids, err = append(ids, sending...), errors.Join(err, bad, worse)
	for _, k := range due {
		ids = append(ids, outboxID(k))
	}
	for _, id := range ids {
		row, ok, bad := b.row(id)
		if bad != nil && !IsRow(bad) {
			return 0, bad
		}
		if !ok {
			continue // what cannot be sent is put aside by who would send it
		}
		row.State, row.Run, row.Answer = InDoubt, "", "from a backup: it may have been sent since"
		err = errors.Join(err, b.change(row))
		n++
	}
	return n, err
}

package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"ukpbjd/internal/sop"
)

// NextNumber allots the next case number of a year. Where the last cannot be read there is none: no number is given twice.
func (b Cases) NextNumber(prefix string, year int) (string, error) {
	n, err := b.add(bSeq, strconv.Itoa(year), 1)
	return fmt.Sprintf("%s-%d-%04d", prefix, year, n), err
}

// Get reads one case; false when there is none of that number.
func (b Cases) Get(number string) (c sop.Case, ok bool, err error) {
	key, err := caseKey(number)
	if err != nil {
		return c, false, nil //nolint:nilerr // a number that is none names no case
	}
	if ok, err = b.get(bCases, key, &c); err != nil || c.Number != number {
		return sop.Case{}, false, err
	}
	return c, ok, nil
}

// Put writes a case and everything that is found by its state: counts, open cases, wake-up.
func (b Cases) Put(c sop.Case) error {
	key, err := caseKey(c.Number)
	if err != nil {
		return err
	}
	var old struct {
		Status sop.Status `json:"status"`
		Wake   time.Time  `json:"wake"`
	}
	had, err := b.get(bCases, key, &old)
	if err != nil {
		return err
	}
	if had && old.Status != c.Status {
		err = b.countStatus(old.Status, -1)
	}
	if !had || old.Status != c.Status {
		err = errors.Join(err, b.countStatus(c.Status, 1))
	}
	if !old.Wake.IsZero() && !old.Wake.Equal(c.Wake) {
		err = errors.Join(err, b.erase(bWake, moment(old.Wake)+"/"+c.Number))
	}
	if !c.Wake.IsZero() && !old.Wake.Equal(c.Wake) {
		err = errors.Join(err, b.mark(bWake, moment(c.Wake)+"/"+c.Number))
	}
	if c.Status.Closed() {
		err = errors.Join(err, b.erase(bOpen, key))
	} else {
		err = errors.Join(err, b.mark(bOpen, key))
	}
	return errors.Join(err, b.put(bCases, key, c))
}

// countStatus leaves a count that cannot be read as it is: nothing is decided by it, and verify names it.
func (b Cases) countStatus(s sop.Status, delta int) error {
	err := b.count(bCounts, string(s), delta)
	if IsRow(err) {
		return nil
	}
	return err
}

// Due returns the numbers of at most limit cases whose Wake has passed, passing over those that skip names, and the next
// wake-up after now.
func (b Cases) Due(now time.Time, limit int, skip func(number string) bool) (numbers []string, next time.Time, err error) {
	err = b.tx.Scan(bWake, nil, []byte(moment(now.Add(1))), func(k, _ []byte) bool {
		if number := wakes(string(k)); !skip(number) {
			numbers = append(numbers, number)
		}
		return len(numbers) < limit
	})
	if err != nil {
		return nil, next, err
	}
	ahead, err := b.keys(bWake, moment(now.Add(1)), "", 1)
	for _, k := range ahead {
		at, _, _ := strings.Cut(k, "/")
		if n, err := strconv.ParseInt(at, 10, 64); err == nil { // else it is the last: WakingAfter finds it
			next = time.Unix(0, n).UTC()
		}
	}
	return numbers, next, err
}

// wakes is the case of a wake-up, moment/CASE; of a key that is none it is empty, and Rewake takes it away like that of a case that is not there.
func wakes(key string) string {
	_, number, _ := strings.Cut(key, "/")
	return number
}

// WakingAfter returns the numbers of at most limit cases that wake only after a moment, passing over those that skip names.
func (b Cases) WakingAfter(t time.Time, limit int, skip func(number string) bool) (numbers []string, err error) {
	err = b.tx.Scan(bWake, []byte(moment(t)), nil, func(k, _ []byte) bool {
		if number := wakes(string(k)); !skip(number) {
			numbers = append(numbers, number)
		}
		return len(numbers) < limit
	})
	return numbers, err
}

// Rewake leaves of the wake-ups of a case only the one at the given moment; zero: none.
func (b Cases) Rewake(number string, at time.Time) (err error) {
	var stale []string
	err = b.tx.Scan(bWake, nil, nil, func(k, _ []byte) bool {
		if key := string(k); wakes(key) == number && key != moment(at)+"/"+number {
			stale = append(stale, key)
		}
		return true
	})
	for _, k := range stale {
		err = errors.Join(err, b.erase(bWake, k))
	}
	return err
}

// Counts gives the number of cases by status. One that cannot be read is missing, and is the error then: see Damaged.
func (b Cases) Counts() (out map[sop.Status]int, err error) {
	out = map[sop.Status]int{}
	for _, s := range sop.Statuses {
		n, bad := b.number(bCounts, string(s))
		if err = errors.Join(err, bad); bad == nil {
			out[s] = n
		}
	}
	return out, err
}

// Each calls fn for every case in order of opening, or for the open ones only, until fn returns false. Rows that cannot be decoded
// are passed over, and are the error then: see Damaged.
func (b Cases) Each(openOnly bool, fn func(sop.Case) bool) error {
	if openOnly {
		return b.eachOpen(fn)
	}
	return decode(b.rows, bCases, "", "", func(_ string, c sop.Case) bool { return fn(c) })
}

func (b Cases) eachOpen(fn func(sop.Case) bool) error {
	keys, err := b.keys(bOpen, "", "", 0)
	for _, k := range keys {
		var c sop.Case
		ok, bad := b.get(bCases, k, &c)
		if err = errors.Join(err, bad); ok && !fn(c) {
			break
		}
	}
	return err
}

// Recent gives at most limit cases, newest first: read backwards year by year from the last sequence number.
func (b Cases) Recent(limit int) ([]sop.Case, error) {
	years, err := b.keys(bSeq, "", "", 0)
	if err != nil {
		return nil, err
	}
	var out []sop.Case
	for i := len(years) - 1; i >= 0; i-- {
		n, err := b.number(bSeq, years[i])
		for ; err == nil && n > 0 && len(out) < limit; n-- {
			var c sop.Case
			var ok bool
			if ok, err = b.get(bCases, fmt.Sprintf("%s/%08d", years[i], n), &c); ok {
				out = append(out, c)
			}
			_, err = Damaged(err) // the list names it nowhere; verify does
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Expire takes the letters of a case out of the books, and leaves the stub in its place. The journal stays whole, and so do the
// verdicts that it vouches for. Expiring names the case until its files are gone too.
func (b Cases) Expire(stub sop.Case) error {
	p := stub.Number + "/"
	rows, err := In(b.tx).Letters.Of(stub.Number)
	_, err = Damaged(err) // what cannot be read goes by its key
	for _, r := range rows {
		err = errors.Join(err, b.erase(bMsgIDs, r.MessageID))
	}
	for _, bucket := range []string{bLetters, bBodies, bCopies, bUnkept} {
		ids, bad := b.keys(bucket, p, prefixEnd(p), 0)
		for _, id := range ids {
			bad = errors.Join(bad, b.erase(bucket, id))
		}
		err = errors.Join(err, bad)
	}
	return errors.Join(err, b.Put(stub), b.mark(bMeta, "expiring/"+stub.Number))
}

// Expiring gives the cases whose files are still to be removed.
func (b Cases) Expiring(limit int) ([]string, error) {
	const p = "expiring/"
	keys, err := b.keys(bMeta, p, prefixEnd(p), limit)
	for i := range keys {
		keys[i] = keys[i][len(p):]
	}
	return keys, err
}

// Expired ends it.
func (b Cases) Expired(number string) error { return b.erase(bMeta, "expiring/"+number) }

// Expirable says that a case is closed, has something left to delete, and nothing of it is on its way.
func (b Cases) Expirable(c sop.Case) (bool, error) {
	if !c.Status.Closed() || c.Closed.IsZero() || len(c.Mails) == 0 || !c.Wake.IsZero() {
		return false, nil
	}
	p := c.Number + "/"
	for _, bucket := range []string{bTasks, bUnarchived, bSending, bParked} {
		if waiting, err := b.keys(bucket, p, prefixEnd(p), 1); err != nil || len(waiting) > 0 {
			return false, err
		}
	}
	due, err := b.keys(bOutbox, "", "", 0)
	return err == nil && !slices.ContainsFunc(due, func(k string) bool { return strings.HasPrefix(outboxID(k), p) }), err
}

// fromKey keeps an address of any length under "from/".
func fromKey(requester string) string { return "from/" + boundKey(strings.ToLower(requester)) }

// PutApprovedRequester remembers that a case of this requester was approved, and its credentials released.
func (b Cases) PutApprovedRequester(requester, number string) error {
	return b.putText(bKnown, fromKey(requester), number)
}

// ApprovedRequester says whether a case of this requester was ever released, and whether one of anybody was: an office without a past
// has no strangers.
func (b Cases) ApprovedRequester(requester string) (known, any bool, err error) {
	number, err := b.text(bKnown, fromKey(requester))
	if err != nil || number != "" {
		return number != "", number != "", err
	}
	keys, err := b.keys(bKnown, "from/", prefixEnd("from/"), 1)
	return false, len(keys) > 0, err
}

// After gives at most limit cases of a year, or of all years (0), in order of number, beginning after the given one ("": from the
// first). A long list is read in such steps: a reader left open keeps the engine from using its free pages again.
func (b Cases) After(year int, after string, limit int) (out []sop.Case, err error) {
	from, to := "", ""
	if year != 0 {
		from, to = fmt.Sprintf("%04d/", year), fmt.Sprintf("%04d0", year) // '0' follows '/'
	}
	if after != "" {
		if from, err = caseKey(after); err != nil {
			return nil, err
		}
		from += "\x00"
	}
	err = decode(b.rows, bCases, from, to, func(_ string, c sop.Case) bool {
		out = append(out, c)
		return len(out) < limit
	})
	return out, err
}

// Count gives how many numbers of a year have been allotted.
func (b Cases) Count(year int) (int, error) { return b.number(bSeq, fmt.Sprint(year)) }

// What only a scratch store is told: it follows recorded books, and must give the numbers and know the letters of these.

// SetNumber makes n the last sequence number of a year.
func (b Cases) SetNumber(year, n int) error {
	return b.putText(bSeq, strconv.Itoa(year), strconv.Itoa(n))
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

// walkStep is how many cases one View of a walk covers.
const walkStep = 200

// Walk passes every case of a year, or of all years (0), in order of number and in a View for each step. An error comes with no case:
// rows that cannot be decoded are passed over (see Damaged), any other ends the walk.
func Walk(ctx context.Context, db DB, year int) iter.Seq2[sop.Case, error] {
	return func(yield func(sop.Case, error) bool) {
		for last := ""; ; {
			var cases []sop.Case
			err := db.View(ctx, func(tx Tx) (err error) {
				cases, err = In(tx).Cases.After(year, last, walkStep)
				return err
			})
			if err != nil && !yield(sop.Case{}, err) {
				return
			}
			for _, c := range cases {
				if !yield(c, nil) {
					return
				}
				last = c.Number
			}
			if _, other := Damaged(err); other != nil || len(cases) < walkStep {
				return
			}
		}
	}
}

// PutRequest remembers in which case a request of this fingerprint was read last; Requested finds it, or "".
func (b Cases) PutRequest(fingerprint, number string) error {
	return b.putText(bRequests, fingerprint, number)
}

// Requested is the case in which a request of this fingerprint was read last, or "".
func (b Cases) Requested(fingerprint string) (string, error) { return b.text(bRequests, fingerprint) }

package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ukpbjd/internal/sop"
)

// Buckets. Keys are text unless said otherwise; values are JSON unless said otherwise. A moment in a key is UnixNano in 20
// decimal digits, so that byte order is time order.
//
//	meta      schema, mailbox, tree, checkpoint                → number; Mailbox; lines of the journal; when the next is due
//	          epoch, restored                                  → number of restores; Restored, until the operator has reconciled
//	          ground, sent                                     → what check found: sound or unsound (text); folders that keep copies of sent mail
//	          trust                                            → Trust: whom an approval was last believed from
//	          enrolment/ADDRESS                                → Enrolment: what the replies of an approver carry
//	          delegations                                      → what approvers have delegated and what has not ended, of every case
//	cases     YEAR/SEQ(8)                                      → sop.Case
//	seq       YEAR                                             → last sequence number (decimal)
//	open      YEAR/SEQ                                         → "" while the case is not closed
//	counts    status                                           → number of cases (decimal)
//	journal   CASE/N(8), and "office"/N for what has no case   → Record
//	tree      index in tlog order (8 bytes)                    → 32 bytes: the journal's lines as leaves, and the nodes above
//	checkpoints moment                                         → signed checkpoint that was sent out (text)
//	wake      moment/CASE                                      → "" (CASE is in waking)
//	letters   CASE/KEY                                         → LetterRow
//	bodies    CASE/KEY                                         → the exact bytes of the mail (sealed for kredensial)
//	outbox    moment/CASE/KEY                                  → "" while queued or deferred
//	sending   CASE/KEY                                         → "" between the recorded attempt and its result
//	unkept    CASE/KEY                                         → "" while a letter that has ended is not in the archive
//	copies    CASE/KEY                                         → a credential letter without its password, until it is in the archive
//	msgids    Message-ID of a letter, or of a requester's mail → Pointer
//	tasks     ID                                               → TaskRow
//	seen      UIDVALIDITY(8 hex)/UID(8 hex)                    → Seen: the one outcome of each mail
//	judged    CASE/UIDVALIDITY/UID                             → "": which mails were judged for a case
//	evidence  CASE/SHA-256 of the mail                         → what a decision of an approver rests on (exact bytes; hashed in the journal)
//	content   identity hash                                    → Content
//	tofile    UIDVALIDITY/UID                                  → folder to move to, until it has been moved
//	replace   UIDVALIDITY/UID                                  → redacted bytes of a mail that held a live secret
//	return    UIDVALIDITY/UID                                  → Returning: to be brought back to the inbox and judged again
//	shelving  UIDVALIDITY/UID                                  → Shelving, until the papers of that mail lie in the archive by name
//	attempts  UIDVALIDITY/UID                                  → how often reading was begun (decimal)
//	known     nip/NIP, from/ADDRESS                            → address of the last receipt; case of a requester that was released
//	users     lower-case User ID                               → NIP
//	nips      NIP                                              → User ID
//	caps      CASE                                             → capRow: letters in the present hour
const (
	bMeta, bCases, bSeq, bOpen, bCounts, bJournal, bWake                                  = "meta", "cases", "seq", "open", "counts", "journal", "wake"
	bUnkept, bCopies, bShelving                                                           = "unkept", "copies", "shelving"
	bTree, bCheckpoints, bEvidence                                                        = "tree", "checkpoints", "evidence"
	bLetters, bBodies, bOutbox, bSending, bMsgIDs, bTasks                                 = "letters", "bodies", "outbox", "sending", "msgids", "tasks"
	bSeen, bContent, bToFile, bAttempts, bUsers, bNIPs, bCaps, bJudged, bReplace, bReturn = "seen", "content", "tofile", "attempts", "users", "nips", "caps", "judged", "replace", "return"
)

// Schema is the version of the layout above.
const Schema = 1

// ErrNewer says that the file was written by a later version.
var ErrNewer = errors.New("the store was written by a newer ukpbjd; use that version or restore a backup")

// Books are the typed view of one transaction.
type Books struct{ tx Tx }

// In opens the books of a transaction; they are good as long as it is.
func In(tx Tx) Books { return Books{tx} }

// CheckSchema stamps a new store, and refuses a newer one.
func (b Books) CheckSchema() error {
	v, err := b.number(bMeta, "schema")
	switch {
	case err != nil:
		return err
	case v > Schema:
		return fmt.Errorf("schema %d, this program knows %d: %w", v, Schema, ErrNewer)
	case v == Schema:
		return nil
	}
	return b.tx.Put(bMeta, []byte("schema"), []byte(strconv.Itoa(Schema)))
}

func (b Books) put(bucket, key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s %s: %w", bucket, key, err)
	}
	return b.tx.Put(bucket, []byte(key), raw)
}

// get reads JSON into v; false when absent.
func (b Books) get(bucket, key string, v any) (bool, error) {
	raw, err := b.tx.Get(bucket, []byte(key))
	if err != nil || raw == nil {
		return false, err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return false, fmt.Errorf("decode %s %s: %w", bucket, key, err)
	}
	return true, nil
}

func (b Books) mark(bucket, key string) error  { return b.tx.Put(bucket, []byte(key), nil) }
func (b Books) erase(bucket, key string) error { return b.tx.Delete(bucket, []byte(key)) }

func (b Books) number(bucket, key string) (int, error) {
	raw, err := b.tx.Get(bucket, []byte(key))
	if err != nil || raw == nil {
		return 0, err
	}
	return strconv.Atoi(string(raw))
}

func (b Books) add(bucket, key string, delta int) (int, error) {
	n, err := b.number(bucket, key)
	if err != nil {
		return 0, err
	}
	n += delta
	return n, b.tx.Put(bucket, []byte(key), []byte(strconv.Itoa(n)))
}

// keys gives at most limit keys in [from, to); limit 0 means all.
func (b Books) keys(bucket, from, to string, limit int) ([]string, error) {
	var out []string
	var end []byte
	if to != "" {
		end = []byte(to)
	}
	err := b.tx.Scan(bucket, []byte(from), end, func(k, _ []byte) bool {
		out = append(out, string(k))
		return limit == 0 || len(out) < limit
	})
	return out, err
}

// prefixEnd is the first key after every key that begins with p.
func prefixEnd(p string) string { return p[:len(p)-1] + string(p[len(p)-1]+1) }

func moment(t time.Time) string { return fmt.Sprintf("%020d", max(t.UnixNano(), 0)) }

// caseKey is the key of a case number: PREFIX-YEAR-SEQ with the sequence padded, so that order is order of opening.
func caseKey(number string) (string, error) {
	i := strings.LastIndexByte(number, '-')
	j := strings.LastIndexByte(number[:max(i, 0)], '-')
	if i < 0 || j < 0 {
		return "", fmt.Errorf("case number %q: want PREFIX-YEAR-SEQUENCE", number)
	}
	seq, err := strconv.ParseUint(number[i+1:], 10, 32)
	if err != nil {
		return "", fmt.Errorf("case number %q: want PREFIX-YEAR-SEQUENCE", number)
	}
	return fmt.Sprintf("%s/%08d", number[j+1:i], seq), nil
}

// NextNumber allots the next case number of a year.
func (b Books) NextNumber(prefix string, year int) (string, error) {
	n, err := b.add(bSeq, strconv.Itoa(year), 1)
	return fmt.Sprintf("%s-%d-%04d", prefix, year, n), err
}

// Case reads one case; false when there is none of that number.
func (b Books) Case(number string) (c sop.Case, ok bool, err error) {
	key, err := caseKey(number)
	if err != nil {
		return c, false, nil //nolint:nilerr // a number that is none names no case
	}
	ok, err = b.get(bCases, key, &c)
	return c, ok && c.Number == number, err
}

// PutCase writes a case and everything that is found by its state: counts, open cases, wake-up.
func (b Books) PutCase(c sop.Case) error {
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
	if err := b.recount(had, old.Status, c.Status); err != nil {
		return err
	}
	if err := b.rewake(c.Number, old.Wake, c.Wake); err != nil {
		return err
	}
	if c.Status.Closed() {
		err = b.erase(bOpen, key)
	} else {
		err = b.mark(bOpen, key)
	}
	return errors.Join(err, b.put(bCases, key, c))
}

func (b Books) recount(had bool, old, now sop.Status) error {
	if had && old == now {
		return nil
	}
	if had {
		if _, err := b.add(bCounts, string(old), -1); err != nil {
			return err
		}
	}
	_, err := b.add(bCounts, string(now), 1)
	return err
}

func (b Books) rewake(number string, old, now time.Time) error {
	if old.Equal(now) {
		return nil
	}
	var err error
	if !old.IsZero() {
		err = b.erase(bWake, moment(old)+"/"+number)
	}
	if !now.IsZero() {
		err = errors.Join(err, b.mark(bWake, moment(now)+"/"+number))
	}
	return err
}

// Due gives the numbers of at most limit cases whose Wake has passed, and the next wake-up after now.
func (b Books) Due(now time.Time, limit int) (numbers []string, next time.Time, err error) {
	due, err := b.keys(bWake, "", moment(now.Add(1)), limit)
	for _, k := range due {
		numbers = append(numbers, k[21:])
	}
	if err != nil {
		return nil, next, err
	}
	ahead, err := b.keys(bWake, moment(now.Add(1)), "", 1)
	for _, k := range ahead {
		n, _ := strconv.ParseInt(k[:20], 10, 64)
		next = time.Unix(0, n).UTC()
	}
	return numbers, next, err
}

// Counts gives the number of cases by status.
func (b Books) Counts() (map[sop.Status]int, error) {
	out := map[sop.Status]int{}
	for _, s := range sop.Statuses {
		n, err := b.number(bCounts, string(s))
		if err != nil {
			return nil, err
		}
		out[s] = n
	}
	return out, nil
}

// EachCase calls fn for every case in order of opening, or for the open ones only, until fn gives false.
func (b Books) EachCase(openOnly bool, fn func(sop.Case) bool) error {
	if openOnly {
		return b.eachOpen(fn)
	}
	var bad error
	err := b.tx.Scan(bCases, nil, nil, func(k, v []byte) bool {
		var c sop.Case
		if bad = json.Unmarshal(v, &c); bad != nil {
			bad = fmt.Errorf("decode case %s: %w", k, bad)
			return false
		}
		return fn(c)
	})
	return errors.Join(err, bad)
}

func (b Books) eachOpen(fn func(sop.Case) bool) error {
	keys, err := b.keys(bOpen, "", "", 0)
	for _, k := range keys {
		var c sop.Case
		ok, err := b.get(bCases, k, &c)
		if err != nil {
			return err
		}
		if ok && !fn(c) {
			return nil
		}
	}
	return err
}

// Recent gives at most limit cases, newest first: read backwards year by year from the last sequence number.
func (b Books) Recent(limit int) ([]sop.Case, error) {
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
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

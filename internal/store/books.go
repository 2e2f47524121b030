package store

import (
	"crypto/sha256"
	"encoding/hex"
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
//	          starts                                           → Starts: which books these are
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
//	msgids    Message-ID of a letter, or of a requester's mail → MessageRef
//	tasks     ID                                               → TaskRow
//	seen      UIDVALIDITY(8 hex)/UID(8 hex)                    → MailRecord: the one outcome of each mail
//	review    UIDVALIDITY/UID                                  → "": a person is to look at this mail; until it is judged again or they say that they have
//	judged    CASE/UIDVALIDITY/UID                             → "": which mails were judged for a case
//	evidence  CASE/SHA-256 of itself                           → what a decision of an approver rests on (exact bytes; hashed in the journal)
//	content   identity hash                                    → Content
//	tofile    UIDVALIDITY/UID                                  → folder to move to, until it has been moved
//	replace   UIDVALIDITY/UID                                  → what a mail that held a live secret says beside it
//	return    UIDVALIDITY/UID                                  → Requeue: to be brought back to the inbox and judged again
//	again     UIDVALIDITY/UID                                  → "": to be read again where it lies; or a Requeue, if it may be moved meanwhile
//	unarchived CASE/UIDVALIDITY/UID                            → Unarchived, until the papers of that mail lie in the archive by name
//	attempts  UIDVALIDITY/UID                                  → how often reading was begun (decimal)
//	known     nip/NIP, from/ADDRESS                            → address of the last receipt; case of a requester that was released
//	users     lower-case User ID                               → NIP
//	nips      NIP                                              → User ID
//	requests  fingerprint of papers, of people and SK, of people  → case that it was read in last
//	accounts  NIP                                              → Account: what was released to that person
//	limits    hash of an address, kind and topic               → limitRow: a token bucket of letters
//	parked    CASE/KEY                                         → "": a letter of a held case, out of the outbox until the hold ends
//	aside     QUEUE/KEY                                        → Aside: what a queue had to put aside, and why
const (
	bMeta, bCases, bSeq, bOpen, bCounts, bJournal, bWake                           = "meta", "cases", "seq", "open", "counts", "journal", "wake"
	bUnkept, bCopies, bUnarchived, bParked, bLimits, bAside, bAgain, bReview       = "unkept", "copies", "unarchived", "parked", "limits", "aside", "again", "review"
	bTree, bCheckpoints, bEvidence, bAccounts, bRequests                           = "tree", "checkpoints", "evidence", "accounts", "requests"
	bLetters, bBodies, bOutbox, bSending, bMsgIDs, bTasks                          = "letters", "bodies", "outbox", "sending", "msgids", "tasks"
	bSeen, bContent, bToFile, bAttempts, bUsers, bNIPs, bJudged, bReplace, bReturn = "seen", "content", "tofile", "attempts", "users", "nips", "judged", "replace", "return"
)

// Schema is the version of the layout above.
const Schema = 1

// ErrNewer says that the file was written by a later version.
var ErrNewer = errors.New("the store was written by a newer ukpbjd; use that version or restore a backup")

// Books are the typed view of one transaction: a small book for each user. They are good as long as the transaction is.
type Books struct {
	Cases    Cases    // the cases, found by number, by state, and by when they wake
	Mails    Mails    // what became of each mail, where reading goes on, what is still to be filed
	Letters  Letters  // letters, their bytes and the outbox
	Tasks    Tasks    // work that waits for a worker
	Papers   Papers   // mails whose papers have no place of their own in the archive yet
	Journal  Journal  // the lines of each case, their tree, checkpoints, evidence
	Accounts Accounts // what belongs to a person, over all cases
	State    State    // what the office knows of itself: trust, delegations, restores
}

// Each book is a view of the same transaction.
type (
	Cases   struct{ rows }
	Mails   struct{ rows }
	Letters struct{ rows }
	Tasks   struct{ rows }
	Papers  struct{ rows }
	Journal struct {
		rows
		Heard *Heard // nil: nobody listens
	}
	Accounts struct{ rows }
	State    struct{ rows }
)

// rows reads and writes JSON, marks and counters.
type rows struct{ tx Tx }

// In opens the books of a transaction.
func In(tx Tx) Books {
	r := rows{tx}
	return Books{Cases{r}, Mails{r}, Letters{r}, Tasks{r}, Papers{r}, Journal{rows: r}, Accounts{r}, State{r}}
}

// CheckSchema stamps a new store, and refuses a newer one.
func (b State) CheckSchema() error {
	v, err := b.number(bMeta, "schema")
	switch {
	case err != nil:
		return err
	case v > Schema:
		return fmt.Errorf("schema %d, this program knows %d: %w", v, Schema, ErrNewer)
	case v == Schema:
		return nil
	}
	return b.putText(bMeta, "schema", strconv.Itoa(Schema))
}

func (b rows) put(bucket, key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return &RowError{bucket, key, fmt.Errorf("encode: %w", err)}
	}
	return b.tx.Put(bucket, []byte(key), raw)
}

// IsRow: the fault is that of one row, which says nothing, or is missing where another names it. Any other error may be passing, and
// is nobody's row.
func IsRow(err error) bool { return errors.As(err, new(*RowError)) }

// get reads JSON into v; false when absent.
func (b rows) get(bucket, key string, v any) (bool, error) {
	raw, err := b.tx.Get(bucket, []byte(key))
	if err != nil || raw == nil {
		return false, err
	}
	err = json.Unmarshal(raw, v)
	if err == nil {
		err = misnamed(key, v)
	}
	if err != nil {
		return false, &RowError{bucket, key, err}
	}
	return true, nil
}

// row reads the JSON of a row; false when absent.
func row[T any](b rows, bucket, key string) (v T, ok bool, err error) {
	ok, err = b.get(bucket, key, &v)
	return v, ok, err
}

// meta reads the JSON under a key of meta; the zero value when absent.
func meta[T any](b rows, key string) (v T, err error) {
	_, err = b.get(bMeta, key, &v)
	return v, err
}

// misnamed is the fault of a row that can be decoded and says of itself that it is another, or nothing: what was asked for is
// neither absent nor done.
func misnamed(key string, v any) error {
	name := key
	switch x := v.(type) {
	case *sop.Case:
		name, _ = caseKey(x.Number)
	case *LetterRow:
		name = x.ID()
	case *TaskRow:
		name = x.Task.ID
	case *Account:
		name = x.NIP
	}
	if name != key {
		return fmt.Errorf("it is the row of %q", name)
	}
	return nil
}

func (b rows) mark(bucket, key string) error  { return b.tx.Put(bucket, []byte(key), nil) }
func (b rows) erase(bucket, key string) error { return b.tx.Delete(bucket, []byte(key)) }

func (b rows) putText(bucket, key, text string) error {
	return b.tx.Put(bucket, []byte(key), []byte(text))
}

// text is "" when absent.
func (b rows) text(bucket, key string) (string, error) {
	raw, err := b.tx.Get(bucket, []byte(key))
	return string(raw), err
}

func (b rows) number(bucket, key string) (int, error) {
	raw, err := b.tx.Get(bucket, []byte(key))
	if err != nil || raw == nil {
		return 0, err
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil {
		return 0, &RowError{bucket, key, err}
	}
	return n, nil
}

func (b rows) add(bucket, key string, delta int) (int, error) {
	n, err := b.number(bucket, key)
	if err != nil {
		return 0, err
	}
	n += delta
	return n, b.putText(bucket, key, strconv.Itoa(n))
}

// count is add for whom the sum is nothing.
func (b rows) count(bucket, key string, delta int) error {
	_, err := b.add(bucket, key, delta)
	return err
}

// scan calls fn for every row in [from, to) until it returns false; "": open end.
func (b rows) scan(bucket, from, to string, fn func(key string, value []byte) bool) error {
	var end []byte
	if to != "" {
		end = []byte(to)
	}
	return b.tx.Scan(bucket, []byte(from), end, func(k, v []byte) bool { return fn(string(k), v) })
}

// keys gives at most limit keys in [from, to); limit 0 means all.
func (b rows) keys(bucket, from, to string, limit int) (out []string, err error) {
	err = b.scan(bucket, from, to, func(k string, _ []byte) bool {
		out = append(out, k)
		return limit == 0 || len(out) < limit
	})
	return out, err
}

// walk is scan for JSON. A row that cannot be decoded comes with its RowError, and nothing of it.
func walk[T any](b rows, bucket, from, to string, fn func(key string, v T, bad error) bool) error {
	return b.scan(bucket, from, to, func(k string, raw []byte) bool {
		var v, none T
		err := json.Unmarshal(raw, &v)
		if err == nil {
			err = misnamed(k, &v)
		}
		if err != nil {
			return fn(k, none, &RowError{bucket, k, err})
		}
		return fn(k, v, nil)
	})
}

// decode is walk over the rows that can be decoded. The others are passed over, and are the error then: see Damaged.
func decode[T any](b rows, bucket, from, to string, fn func(key string, v T) bool) error {
	var bad []error
	err := walk(b, bucket, from, to, func(k string, v T, why error) bool {
		if why != nil {
			bad = append(bad, why)
			return true
		}
		return fn(k, v)
	})
	return errors.Join(err, errors.Join(bad...))
}

// maxText is how much of a text that a stranger wrote stands in a key; a longer one is known by its hash.
const maxText = 512

func boundKey(text string) string {
	if len(text) <= maxText {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
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

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

// Mailbox is where the inbox was found at the first start.
type Mailbox struct {
	UIDValidity uint32    `json:"uidvalidity"`
	From        uint32    `json:"from"`  // UIDs below are not ours to answer
	Next        uint32    `json:"next"`  // every UID in [From, Next) has its outcome
	Since       time.Time `json:"since"` // arrival before which nothing is answered, after a change of UIDVALIDITY
}

// Mailbox reads the position; false before the first start.
func (b Books) Mailbox() (m Mailbox, ok bool, err error) {
	ok, err = b.get(bMeta, "mailbox", &m)
	return m, ok, err
}

// PutMailbox writes the position.
func (b Books) PutMailbox(m Mailbox) error { return b.put(bMeta, "mailbox", m) }

// PutGround keeps what check found of the ground of trust.
func (b Books) PutGround(ground string) error {
	return b.tx.Put(bMeta, []byte("ground"), []byte(ground))
}

// Ground reads it; empty before the first check.
func (b Books) Ground() (string, error) {
	raw, err := b.tx.Get(bMeta, []byte("ground"))
	return string(raw), err
}

// PutSentFolders keeps in which folders the provider puts copies of what is sent.
func (b Books) PutSentFolders(folders []string) error { return b.put(bMeta, "sent", folders) }

// SentFolders reads them.
func (b Books) SentFolders() (folders []string, err error) {
	_, err = b.get(bMeta, "sent", &folders)
	return folders, err
}

// UID is one mail of the inbox.
type UID struct{ Validity, UID uint32 }

func (u UID) key() string { return fmt.Sprintf("%08x/%08x", u.Validity, u.UID) }

// Seen is the one recorded outcome of a mail.
type Seen struct {
	Outcome   string    `json:"outcome"` // obeyed, refused, held, ignored, not-ours, duplicate, quarantined
	Gate      string    `json:"gate,omitempty"`
	Reason    string    `json:"reason"`
	Case      string    `json:"case,omitempty"`
	Identity  string    `json:"identity,omitempty"`
	MessageID string    `json:"message_id,omitempty"`
	At        time.Time `json:"at"`
	Folder    string    `json:"folder,omitempty"` // where it goes; empty: stays
	From      string    `json:"from,omitempty"`
	SHA256    string    `json:"sha256,omitempty"` // of the archived raw mail
	Proof     []string  `json:"proof,omitempty"`  // verdict and what it rests on
	Arrived   time.Time `json:"arrived,omitzero"` // with Size, what a mail keeps when it is moved
	Size      int64     `json:"size,omitempty"`
}

// Content remembers one mail by what it says, so that a second delivery is known.
type Content struct {
	UID     UID    `json:"uid"`
	Outcome string `json:"outcome"`
	Case    string `json:"case,omitempty"`
	Folder  string `json:"folder,omitempty"`
	Hash    string `json:"hash"`
}

// Seen reads the outcome of a mail.
func (b Books) Seen(u UID) (s Seen, ok bool, err error) {
	ok, err = b.get(bSeen, u.key(), &s)
	return s, ok, err
}

// PutSeen records the outcome of a mail, its content and where it is to be filed, and forgets its attempts.
func (b Books) PutSeen(u UID, s Seen, hash string) error {
	err := errors.Join(b.put(bSeen, u.key(), s), b.erase(bAttempts, u.key()))
	if s.Folder != "" {
		err = errors.Join(err, b.tx.Put(bToFile, []byte(u.key()), []byte(s.Folder)))
	}
	if s.Case != "" {
		err = errors.Join(err, b.mark(bJudged, s.Case+"/"+u.key()))
	}
	if s.Identity == "" || s.Outcome == "duplicate" {
		return err
	}
	c := Content{u, s.Outcome, s.Case, s.Folder, hash}
	err = errors.Join(err, b.put(bContent, s.Identity, c))
	if s.MessageID != "" && s.Outcome != "not-ours" {
		err = errors.Join(err, b.put(bContent, "id/"+s.MessageID, c))
	}
	return err
}

// Content looks a mail up by its identity hash, or by "id/" and its Message-ID.
func (b Books) Content(key string) (c Content, ok bool, err error) {
	ok, err = b.get(bContent, key, &c)
	return c, ok, err
}

// Attempt counts one more reading of a mail, before it is begun.
func (b Books) Attempt(u UID) (int, error) { return b.add(bAttempts, u.key(), 1) }

// Attempts is how often the reading of a mail that has no outcome was begun.
func (b Books) Attempts(u UID) (int, error) { return b.number(bAttempts, u.key()) }

// Excuse takes an attempt back: what stopped the reading was not the mail.
func (b Books) Excuse(u UID) error {
	n, err := b.Attempts(u)
	if err != nil || n == 0 {
		return err
	}
	_, err = b.add(bAttempts, u.key(), -1)
	return err
}

// Reopen lets a quarantined or held mail be judged again: its outcome is forgotten, and it is brought back to the inbox,
// where it has a new UID. One that still lies there is read again in its place.
func (b Books) Reopen(u UID) error {
	s, ok, err := b.Seen(u)
	if err != nil || !ok {
		return err
	}
	waiting, err := b.tx.Get(bToFile, []byte(u.key()))
	if err != nil {
		return err
	}
	err = errors.Join(b.erase(bSeen, u.key()), b.erase(bAttempts, u.key()), b.erase(bToFile, u.key()), b.erase(bContent, s.Identity),
		b.erase(bContent, "id/"+s.MessageID))
	if s.Case != "" {
		err = errors.Join(err, b.erase(bJudged, s.Case+"/"+u.key()))
	}
	if waiting == nil {
		return errors.Join(err, b.put(bReturn, u.key(), Returning{Folder: s.Folder, Arrived: s.Arrived, Size: s.Size}))
	}
	m, _, err2 := b.Mailbox()
	m.Next = min(m.Next, u.UID)
	return errors.Join(err, err2, b.PutMailbox(m))
}

// Returning is a mail that is to be brought back to the inbox.
type Returning struct {
	Folder  string    `json:"folder"`
	Arrived time.Time `json:"arrived"`
	Size    int64     `json:"size"`
}

// Returns gives what is to be brought back, by the key that Returned takes.
func (b Books) Returns() (map[string]Returning, error) {
	keys, err := b.keys(bReturn, "", "", returnsMost)
	out := map[string]Returning{}
	for _, k := range keys {
		var r Returning
		if _, err := b.get(bReturn, k, &r); err != nil {
			return nil, err
		}
		out[k] = r
	}
	return out, err
}

const returnsMost = 100

// Returned forgets one.
func (b Books) Returned(key string) error { return b.erase(bReturn, key) }

// Judged gives the outcome of every mail of a case, in order of UID.
func (b Books) Judged(number string) ([]Seen, error) {
	p := number + "/"
	keys, err := b.keys(bJudged, p, prefixEnd(p), 0)
	var out []Seen
	for _, k := range keys {
		var s Seen
		if _, err := b.get(bSeen, k[len(p):], &s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, err
}

// EachSeen calls fn for the recorded outcome of every mail, in order of UID.
func (b Books) EachSeen(fn func(UID, Seen) bool) error {
	var bad error
	err := b.tx.Scan(bSeen, nil, nil, func(k, v []byte) bool {
		var s Seen
		u, ok := parseUID(string(k))
		if bad = json.Unmarshal(v, &s); bad != nil || !ok {
			bad = errors.Join(bad, fmt.Errorf("decode seen %s", k))
			return false
		}
		return fn(u, s)
	})
	return errors.Join(err, bad)
}

// ToFile gives at most limit mails that still lie in the inbox, by folder.
func (b Books) ToFile(validity uint32, limit int) (map[string][]uint32, error) {
	out := map[string][]uint32{}
	n := 0
	p := fmt.Sprintf("%08x/", validity)
	err := b.tx.Scan(bToFile, []byte(p), []byte(prefixEnd(p)), func(k, v []byte) bool {
		if u, ok := parseUID(string(k)); ok {
			out[string(v)] = append(out[string(v)], u.UID)
		}
		n++
		return n < limit
	})
	return out, err
}

// Replace keeps the copy that takes the place of a mail in which a live secret stands.
func (b Books) Replace(u UID, redacted []byte) error {
	return b.tx.Put(bReplace, []byte(u.key()), redacted)
}

// Replacement gives that copy; nil for mail that is moved as it is.
func (b Books) Replacement(u UID) ([]byte, error) {
	raw, err := b.tx.Get(bReplace, []byte(u.key()))
	if err != nil || raw == nil {
		return nil, err
	}
	return append([]byte(nil), raw...), nil
}

// Filed forgets what has been moved.
func (b Books) Filed(validity uint32, uids []uint32) error {
	var err error
	for _, u := range uids {
		key := UID{validity, u}.key()
		err = errors.Join(err, b.erase(bToFile, key), b.erase(bReplace, key))
	}
	return err
}

func parseUID(k string) (UID, bool) {
	v, u, ok := strings.Cut(k, "/")
	a, err1 := strconv.ParseUint(v, 16, 32)
	c, err2 := strconv.ParseUint(u, 16, 32)
	return UID{uint32(a), uint32(c)}, ok && err1 == nil && err2 == nil
}

// TaskRow is one task and how often it was begun.
type TaskRow struct {
	Task     sop.Task  `json:"task"`
	Attempts int       `json:"attempts"`
	Next     time.Time `json:"next,omitzero"`
	Why      string    `json:"why,omitempty"` // the last failure, without secrets
}

// PutTask writes a task.
func (b Books) PutTask(r TaskRow) error { return b.put(bTasks, r.Task.ID, r) }

// EndTask removes a task together with the commit of its result.
func (b Books) EndTask(id string) error { return b.erase(bTasks, id) }

// Tasks gives at most limit tasks that may be begun, passing over those in busy, and the next moment for the others.
func (b Books) Tasks(now time.Time, limit int, busy func(id string) bool) (rows []TaskRow, next time.Time, err error) {
	var bad error
	err = b.tx.Scan(bTasks, nil, nil, func(k, v []byte) bool {
		if busy(string(k)) {
			return true
		}
		var r TaskRow
		if bad = json.Unmarshal(v, &r); bad != nil {
			return false
		}
		if r.Next.After(now) {
			if next.IsZero() || r.Next.Before(next) {
				next = r.Next
			}
			return true
		}
		rows = append(rows, r)
		return len(rows) < limit
	})
	return rows, next, errors.Join(err, bad)
}

// TasksWaiting counts tasks, up to limit.
func (b Books) TasksWaiting(limit int) (int, error) {
	keys, err := b.keys(bTasks, "", "", limit)
	return len(keys), err
}

// UserOf gives the User ID that a NIP has in this office, if any; NIPOf the reverse, letter case folded.
func (b Books) UserOf(nip string) (string, error) {
	raw, err := b.tx.Get(bNIPs, []byte(nip))
	return string(raw), err
}

// NIPOf gives the NIP that a User ID belongs to, if any.
func (b Books) NIPOf(user string) (string, error) {
	raw, err := b.tx.Get(bUsers, []byte(strings.ToLower(user)))
	return string(raw), err
}

// PutUser gives a User ID to a NIP; it must be free or theirs.
func (b Books) PutUser(user, nip string) error {
	owner, err := b.NIPOf(user)
	if err != nil {
		return err
	}
	if owner != "" && owner != nip {
		return fmt.Errorf("user ID %q belongs to another person", user)
	}
	return errors.Join(b.tx.Put(bUsers, []byte(strings.ToLower(user)), []byte(nip)), b.tx.Put(bNIPs, []byte(nip), []byte(user)))
}

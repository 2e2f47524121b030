package store

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Mailbox is how far the inbox has been read. Every mail has its own record; this only says where to look.
type Mailbox struct {
	UIDValidity uint32 `json:"uidvalidity"`
	From        uint32 `json:"from"` // UIDs below are not ours to answer
	Next        uint32 `json:"next"` // every UID in [From, Next) has its outcome, or is to be read again

	// Old mail: what has a UID below Base is ours only if it arrived at or after Since, by the server's own clock. Mails from Base
	// on are ours whatever their date: a person may drag one in.
	Base  uint32    `json:"base"`
	Since time.Time `json:"since,omitzero"`

	Dragged []time.Time `json:"dragged,omitempty"` // when such mails arrived: after a renumbering nothing else tells them from old ones
}

// Position reads it; false before the first start.
func (b Mails) Position() (Mailbox, bool, error) { return row[Mailbox](b.rows, bMeta, "mailbox") }

// PutPosition writes it.
func (b Mails) PutPosition(m Mailbox) error { return b.put(bMeta, "mailbox", m) }

// UID is one mail of the inbox.
type UID struct{ Validity, UID uint32 }

// String names a mail for people and health: a bare number is another mail's once the server has renumbered the inbox.
func (u UID) String() string { return "UID " + u.Mark() }

func (u UID) key() string { return fmt.Sprintf("%08x/%08x", u.Validity, u.UID) }

// MailRecord is the one recorded outcome of a mail.
type MailRecord struct {
	Outcome   string    `json:"outcome"` // obeyed, refused, held, ignored, not-ours, duplicate, quarantined
	Gate      string    `json:"gate,omitempty"`
	Reason    string    `json:"reason"`
	Case      string    `json:"case,omitempty"`
	Identity  string    `json:"identity,omitempty"`
	MessageID string    `json:"message_id,omitempty"`
	At        time.Time `json:"at"`
	Folder    string    `json:"folder,omitempty"` // where it goes; empty: stays
	From      string    `json:"from,omitempty"`
	Subject   string    `json:"subject,omitempty"` // of a mail that a person is to look at, without code
	Alert     string    `json:"alert,omitempty"`   // what the operator is told of it; empty: nobody need look
	SHA256    string    `json:"sha256,omitempty"`  // of the archived raw mail
	Proof     []string  `json:"proof,omitempty"`   // verdict and what it rests on
	Arrived   time.Time `json:"arrived,omitzero"`  // with Size, what a mail keeps when it is moved
	Size      int64     `json:"size,omitempty"`
	Replaced  bool      `json:"replaced,omitempty"` // it carried an open code, and lies in the archive alone
}

// Content remembers one mail by what it says, so that a second delivery is known.
type Content struct {
	UID     UID    `json:"uid"`
	Met     UID    `json:"met,omitzero"` // under which this very mail was met last, if not under UID
	Outcome string `json:"outcome"`
	Gate    string `json:"gate,omitempty"`
	Case    string `json:"case,omitempty"`
	Folder  string `json:"folder,omitempty"`
	Hash    string `json:"hash"`

	Arrived time.Time `json:"arrived,omitzero"` // with Size, of a mail that nobody has read
	Size    int64     `json:"size,omitempty"`
}

// unreadKey is under which a mail is remembered of which nobody knows what it says.
func unreadKey(u UID) string { return "uid/" + u.key() }

// Get reads the outcome of a mail.
func (b Mails) Get(u UID) (MailRecord, bool, error) { return row[MailRecord](b.rows, bSeen, u.key()) }

// Numbered are the mails with an outcome that bear a number, at most one of each UIDVALIDITY that the inbox has had.
func (b Mails) Numbered(uid uint32) (out []UID, err error) {
	for from := ""; ; {
		keys, err := b.keys(bSeen, from, "", 1)
		if err != nil || len(keys) == 0 {
			return out, err
		}
		last, ok := parseUID(keys[0])
		if !ok { // a key that is none
			from = keys[0] + "\x00"
			continue
		}
		u := UID{last.Validity, uid}
		raw, err := b.tx.Get(bSeen, []byte(u.key()))
		if err != nil {
			return nil, err
		}
		if raw != nil {
			out = append(out, u)
		}
		from = max(UID{last.Validity, math.MaxUint32}.key()+"0", keys[0]+"\x00")
	}
}

// Put records the outcome of a mail, its content and where it is to be filed, and forgets its attempts.
func (b Mails) Put(u UID, s MailRecord, hash string) error {
	err := errors.Join(b.put(bSeen, u.key(), s), b.erase(bAttempts, u.key()), b.erase(bAgain, u.key()))
	if s.Folder != "" {
		err = errors.Join(err, b.tx.Put(bToFile, []byte(u.key()), []byte(s.Folder)))
	}
	if s.Case != "" {
		err = errors.Join(err, b.mark(bJudged, s.Case+"/"+u.key()))
	}
	if s.Alert != "" {
		err = errors.Join(err, b.mark(bReview, u.key()))
	}
	switch {
	case s.Identity == "":
		return errors.Join(err, b.put(bContent, unreadKey(u), Content{UID: u, Outcome: s.Outcome, Folder: s.Folder, Arrived: s.Arrived, Size: s.Size}))
	case s.Outcome == "duplicate":
		return errors.Join(err, b.metAgain(u, s.Identity))
	}
	c := Content{UID: u, Outcome: s.Outcome, Gate: s.Gate, Case: s.Case, Folder: s.Folder, Hash: hash}
	err = errors.Join(err, b.put(bContent, s.Identity, c))
	if s.MessageID != "" && s.Outcome != "not-ours" {
		err = errors.Join(err, b.put(bContent, boundKey("id/"+s.MessageID), c))
	}
	return err
}

// Meetings are the numbers under which a mail was met first, where its outcome stands, and last, where it is to be found: two if the
// server renumbered the inbox before it was moved, or a person put it back. A second delivery is another mail.
func (b Mails) Meetings(u UID) (first, last UID, err error) {
	s, ok, err := b.Get(u)
	if err != nil || !ok || s.Identity == "" {
		return u, u, err
	}
	c, ok, err := b.Content(s.Identity)
	if err != nil || !ok {
		return u, u, err
	}
	f, ok, err := b.Get(c.UID)
	if !ok || c.UID != u && s.Outcome != "duplicate" || f.Size != s.Size || !f.Arrived.Equal(s.Arrived) {
		return u, u, err
	}
	return c.UID, cmp.Or(c.Met, u), err
}

// metAgain remembers where a mail is to be found now.
func (b Mails) metAgain(u UID, identity string) error {
	first, _, err := b.Meetings(u)
	if err != nil || first == u {
		return err
	}
	c, _, err := b.Content(identity)
	c.Met = u
	return errors.Join(err, b.put(bContent, identity, c))
}

// Content looks a mail up by its identity hash, or by "id/" and its Message-ID.
func (b Mails) Content(key string) (Content, bool, error) {
	return row[Content](b.rows, bContent, boundKey(key))
}

// CountAttempt counts one more reading of a mail, before it is begun.
func (b Mails) CountAttempt(u UID) (int, error) { return b.add(bAttempts, u.key(), 1) }

// Attempts is how often the reading of a mail that has no outcome was begun.
func (b Mails) Attempts(u UID) (int, error) { return b.number(bAttempts, u.key()) }

// ResetAttempt takes an attempt back: what stopped the reading was not the mail.
func (b Mails) ResetAttempt(u UID) error {
	n, err := b.Attempts(u)
	if err != nil || n == 0 {
		return err
	}
	return b.count(bAttempts, u.key(), -1)
}

// Reopen lets a mail that was not obeyed be judged again: its outcome is forgotten, and it is read again in its place; where it has been
// moved, or is being moved at this very moment, it is brought back to the inbox when it is missed, and has a new UID.
func (b Mails) Reopen(u UID) error {
	first, last, err := b.Meetings(u)
	if err != nil {
		return err
	}
	s, ok, err := b.Get(last)
	pos, _, bad := b.Position()
	if err = errors.Join(err, bad); err != nil || !ok {
		return err
	}
	f, ok, err := b.Get(first)
	err = errors.Join(err, b.forgetOutcome(first), b.forgetContent(s.Identity, first), b.forgetContent("id/"+s.MessageID, first))
	if last != first {
		err = errors.Join(err, b.forgetOutcome(last))
	}
	back := Requeue{MailRecord: s}
	if ok {
		back.MailRecord, back.Folder = f, s.Folder
	}
	switch {
	case s.Folder == "":
		return errors.Join(err, b.ReadAgain(last))
	case last.Validity == pos.UIDValidity:
		return errors.Join(err, b.put(bAgain, last.key(), back))
	}
	return errors.Join(err, b.put(bReturn, last.key(), back))
}

// Mend is Reopen for a mail whose own row cannot be decoded, by what else the books say of it. One that was obeyed is not judged again:
// its outcome is written anew.
func (b Mails) Mend(u UID) error {
	s := MailRecord{Reason: "row-damaged"}
	err := decode(b.rows, bContent, "", "", func(k string, c Content) bool {
		if c.UID != u {
			return true
		}
		if id, ok := strings.CutPrefix(k, "id/"); ok {
			s.MessageID = id
		} else if len(k) == 64 {
			s.Identity = k
		}
		s.Outcome, s.Case, s.Folder, s.Arrived, s.Size = c.Outcome, c.Case, c.Folder, c.Arrived, c.Size
		return true
	})
	if _, err = Damaged(err); err != nil || s.Outcome == "obeyed" {
		return cmp.Or(err, b.put(bSeen, u.key(), s))
	}
	marks, err := b.keys(bJudged, "", "", 0)
	for _, k := range marks {
		if strings.HasSuffix(k, "/"+u.key()) {
			err = errors.Join(err, b.erase(bJudged, k))
		}
	}
	pos, _, bad := b.Position()
	err = errors.Join(err, bad, b.forgetContent(s.Identity, u), b.forgetContent("id/"+s.MessageID, u), b.Reviewed(u),
		b.erase(bContent, unreadKey(u)), b.erase(bSeen, u.key()), b.erase(bAttempts, u.key()), b.erase(bToFile, u.key()))
	where := bReturn // in vain where no folder is known, and then the operator hears of it
	if u.Validity == pos.UIDValidity {
		where = bAgain
	}
	return errors.Join(err, b.put(where, u.key(), Requeue{MailRecord: s}))
}

// Review calls fn for at most limit (0: all) mails that a person is to look at, in order of UID.
func (b Mails) Review(limit int, fn func(UID, MailRecord)) error {
	keys, err := b.keys(bReview, "", "", limit)
	for _, k := range keys {
		u, _ := parseUID(k)
		s, ok, bad := b.Get(u)
		if err = errors.Join(err, bad); ok {
			fn(u, s)
		}
	}
	return err
}

// Reviewed: nobody need look at the mail any more.
func (b Mails) Reviewed(u UID) error { return b.erase(bReview, u.key()) }

// forgetOutcome keeps what is to take the place of the mail.
func (b Mails) forgetOutcome(u UID) error {
	s, ok, err := b.Get(u)
	if err == nil && ok && s.Case != "" {
		err = b.erase(bJudged, s.Case+"/"+u.key())
	}
	return errors.Join(err, b.keepReplacement(u), b.Reviewed(u), b.erase(bContent, unreadKey(u)), b.erase(bSeen, u.key()), b.erase(bAttempts, u.key()),
		b.erase(bToFile, u.key()))
}

// forgetContent forgets what a mail says, if it is this mail that is remembered for it.
func (b Mails) forgetContent(key string, u UID) error {
	c, ok, err := b.Content(key)
	if err != nil || !ok || c.UID != u {
		return err
	}
	return b.erase(bContent, boundKey(key))
}

// ReadAgain has a mail read in its place although reading has passed it.
func (b Mails) ReadAgain(u UID) error {
	if had, err := b.tx.Get(bAgain, []byte(u.key())); err != nil || had != nil {
		return err
	}
	return b.mark(bAgain, u.key())
}

// Again returns at most limit mails of a UIDVALIDITY that are to be read again, passing over those that skip names; limit 0 means all.
func (b Mails) Again(validity uint32, limit int, skip func(UID) bool) (out []UID, err error) {
	p := fmt.Sprintf("%08x/", validity)
	err = b.scan(bAgain, p, prefixEnd(p), func(k string, _ []byte) bool {
		if u, ok := parseUID(k); ok && !skip(u) {
			out = append(out, u)
		}
		return limit == 0 || len(out) < limit
	})
	return out, err
}

// Gone forgets that a mail is to be read again: it is not in the inbox any more. One that may have been filed away meanwhile is
// brought back.
func (b Mails) Gone(u UID) error {
	raw, err := b.tx.Get(bAgain, []byte(u.key()))
	if len(raw) > 0 {
		err = errors.Join(err, b.tx.Put(bReturn, []byte(u.key()), bytes.Clone(raw)))
	}
	return errors.Join(err, b.erase(bAgain, u.key()), b.erase(bAttempts, u.key()))
}

// Renumbered forgets what was owed to UIDs of another validity than the present one: these numbers name other mails now. What
// is to be moved is found again by its content, and so is what is to be replaced; what may have been moved is brought back. It
// returns how many there were.
func (b Mails) Renumbered(present uint32) (n int, err error) {
	now := fmt.Sprintf("%08x/", present)
	for _, bucket := range []string{bToFile, bReplace, bAttempts, bAgain} {
		keys, bad := b.keys(bucket, "", "", 0)
		err = errors.Join(err, bad)
		for _, k := range keys {
			u, ok := parseUID(k)
			if strings.HasPrefix(k, now) || bucket == bReplace && strings.HasPrefix(k, identityPrefix) {
				continue
			}
			switch n++; {
			case ok && bucket == bReplace:
				err = errors.Join(err, b.keepReplacement(u))
			case ok && bucket == bAgain:
				err = errors.Join(err, b.Gone(u))
			}
			err = errors.Join(err, b.erase(bucket, k))
		}
	}
	return n, err
}

// Requeue is a mail that is to be brought back to the inbox, with the outcome that it had.
type Requeue struct {
	Key string `json:"-"`
	MailRecord
}

// ToRequeue returns at most limit mails that are to be brought back, passing over those that skip names. Of one that cannot be read
// only the key is known.
func (b Mails) ToRequeue(limit int, skip func(key string) bool) (out []Requeue, err error) {
	err = walk(b.rows, bReturn, "", "", func(k string, r Requeue, _ error) bool {
		if r.Key = k; !skip(k) {
			out = append(out, r)
		}
		return len(out) < limit
	})
	return out, err
}

// MarkRequeued forgets one.
func (b Mails) MarkRequeued(key string) error { return b.erase(bReturn, key) }

// NotReturned gives one that cannot be brought back its outcome again, so that it may be tried once more; false: it was met elsewhere
// meanwhile, and has an outcome there. A second delivery of it is judged by itself.
func (b Mails) NotReturned(r Requeue) (lost bool, err error) {
	_, met, err := b.Content(r.Identity)
	if err = errors.Join(err, b.erase(bReturn, r.Key)); met || r.Outcome == "" {
		return !met, err
	}
	if r.Case != "" {
		err = errors.Join(err, b.mark(bJudged, r.Case+"/"+r.Key))
	}
	return true, errors.Join(err, b.put(bSeen, r.Key, r.MailRecord))
}

// Of gives the outcome of every mail of a case, in order of UID. Rows that cannot be decoded are passed over, and are the error then.
func (b Mails) Of(number string) ([]MailRecord, error) {
	p := number + "/"
	keys, err := b.keys(bJudged, p, prefixEnd(p), 0)
	var out []MailRecord
	for _, k := range keys {
		var s MailRecord
		if _, bad := b.get(bSeen, k[len(p):], &s); bad != nil {
			err = errors.Join(err, bad)
			continue
		}
		out = append(out, s)
	}
	return out, err
}

// Each calls fn for the recorded outcome of every mail, in order of UID. Rows that cannot be decoded are passed over, and are the error
// then: see Damaged.
func (b Mails) Each(fn func(UID, MailRecord) bool) error {
	var none []error
	err := decode(b.rows, bSeen, "", "", func(k string, s MailRecord) bool {
		u, ok := parseUID(k)
		if !ok {
			none = append(none, &RowError{bSeen, k, errors.New("no UIDVALIDITY and UID")})
		}
		return !ok || fn(u, s)
	})
	return errors.Join(err, errors.Join(none...))
}

// Filing is a decided mail that still lies in the inbox.
type Filing struct {
	UID    UID
	Folder string
	Notice []byte // what takes the place of a mail that held a live secret; nil: the mail itself is moved
}

// ToFile returns at most limit of them, of one UIDVALIDITY, passing over those that skip names.
func (b Mails) ToFile(validity uint32, limit int, skip func(UID) bool) (out []Filing, err error) {
	p := fmt.Sprintf("%08x/", validity)
	err = b.scan(bToFile, p, prefixEnd(p), func(k string, v []byte) bool {
		if u, ok := parseUID(k); ok && !skip(u) {
			out = append(out, Filing{UID: u, Folder: string(v)})
		}
		return len(out) < limit
	})
	for i := range out {
		raw, bad := b.tx.Get(bReplace, []byte(out[i].UID.key()))
		out[i].Notice, err = bytes.Clone(raw), errors.Join(err, bad)
	}
	return out, err
}

// Replace keeps what a mail says beside the live secret that stands in it; a notice is to take its place.
func (b Mails) Replace(u UID, redacted []byte) error {
	return b.tx.Put(bReplace, []byte(u.key()), redacted)
}

// identityPrefix stands before the identity of a mail that is to be replaced under whatever number it is met again. Its secret may live no
// more by then, so that nobody sees it.
const identityPrefix = "id/"

// keepReplacement keeps it under the identity of the mail, too.
func (b Mails) keepReplacement(u UID) error {
	raw, err := b.tx.Get(bReplace, []byte(u.key()))
	if err != nil || raw == nil {
		return err
	}
	s, ok, err := b.Get(u)
	if ok && s.Identity != "" {
		err = b.tx.Put(bReplace, []byte(identityPrefix+s.Identity), bytes.Clone(raw))
	}
	if IsRow(err) {
		return nil // nothing tells what mail it was
	}
	return err
}

// Replacement is the copy that takes the place of a mail, as it was seen before; nil: none.
func (b Mails) Replacement(u UID, identity string) ([]byte, error) {
	raw, err := b.tx.Get(bReplace, []byte(u.key()))
	if err == nil && raw == nil {
		raw, err = b.tx.Get(bReplace, []byte(identityPrefix+identity))
	}
	return bytes.Clone(raw), err
}

// Filed forgets what has been moved.
func (b Mails) Filed(u UID) error {
	replaced, err := b.tx.Get(bReplace, []byte(u.key()))
	if replaced != nil {
		if s, ok, bad := b.Get(u); ok && bad == nil {
			err = errors.Join(err, b.erase(bReplace, identityPrefix+s.Identity))
		}
	}
	return errors.Join(err, b.erase(bToFile, u.key()), b.erase(bReplace, u.key()))
}

// LeftInPlace forgets that a mail is to be moved. Should it be met again, it is still to be replaced.
func (b Mails) LeftInPlace(u UID) error { return b.erase(bToFile, u.key()) }

func parseUID(k string) (UID, bool) {
	v, u, ok := strings.Cut(k, "/")
	a, err1 := strconv.ParseUint(v, 16, 32)
	c, err2 := strconv.ParseUint(u, 16, 32)
	return UID{uint32(a), uint32(c)}, ok && err1 == nil && err2 == nil
}

// Mark names a mail in one word, with its UIDVALIDITY.
func (u UID) Mark() string { return fmt.Sprintf("%d-%d", u.Validity, u.UID) }

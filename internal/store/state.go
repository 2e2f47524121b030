package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/sop"
)

// PutGround keeps what check found of the ground of trust.
func (b State) PutGround(ground string) error { return b.putText(bMeta, "ground", ground) }

// Ground reads it; empty before the first check.
func (b State) Ground() (string, error) { return b.text(bMeta, "ground") }

// PutSentFolders keeps in which folders the provider puts copies of what is sent.
func (b State) PutSentFolders(folders []string) error { return b.put(bMeta, "sent", folders) }

// SentFolders reads them.
func (b State) SentFolders() ([]string, error) { return meta[[]string](b.rows, "sent") }

// Reported is the last month for which a report was ever owed, as 2006-01; empty before the first.
func (b State) Reported() (string, error) { return b.text(bMeta, "reported") }

// PutReported writes it.
func (b State) PutReported(month string) error { return b.putText(bMeta, "reported", month) }

const monthPrefix = "month/"

// OweReport has a month reported, once: it is taken away in the transaction that queues the letters.
func (b State) OweReport(month string) error {
	return errors.Join(b.mark(bMeta, monthPrefix+month), b.PutReported(month))
}

// ReportsOwed are the months that are to be reported.
func (b State) ReportsOwed() ([]string, error) {
	months, err := b.keys(bMeta, monthPrefix, prefixEnd(monthPrefix), 0)
	for i, m := range months {
		months[i] = m[len(monthPrefix):]
	}
	return months, err
}

// ReportDone takes one away.
func (b State) ReportDone(month string) error { return b.erase(bMeta, monthPrefix+month) }

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
func (b State) Epoch() (int, error) { return b.number(bMeta, epochKey) }

// Restored reads the mark.
func (b State) Restored() (Restored, bool, error) { return row[Restored](b.rows, bMeta, restoredKey) }

// Reconciled takes the mark away: letters go again.
func (b State) Reconciled() error { return b.erase(bMeta, restoredKey) }

// Restore marks the books, begins another epoch, leaves numbers free, and puts every letter of the outbox in doubt: it may
// have gone since. It gives how many these are.
func (b State) Restore(r Restored) (doubtful int, err error) {
	years, err := b.keys(bSeq, "", "", 0)
	err = errors.Join(err, b.put(bMeta, restoredKey, r), b.count(bMeta, epochKey, 1))
	if this := fmt.Sprint(r.At.Year()); len(years) == 0 || years[len(years)-1] < this {
		years = append(years, this) // the backup is of another year, or of the first day
	}
	for _, y := range years {
		err = errors.Join(err, b.count(bSeq, y, numbersLost))
	}
	if err != nil {
		return 0, err
	}
	return In(b.tx).Letters.doubtOutbox()
}

// Starts say which books these are, over every copy of them, and how often they have been served from.
type Starts struct {
	ID    string `json:"id"` // empty: never
	Times int    `json:"times"`
	Over  bool   `json:"over,omitempty"` // the mailbox was taken from another copy, which may not have seen it yet
}

// Starts reads them.
func (b State) Starts() (Starts, error) { return meta[Starts](b.rows, "starts") }

// PutStarts writes them.
func (b State) PutStarts(s Starts) error { return b.put(bMeta, "starts", s) }

// Trust is the ground on which approvals are believed, as the configuration had it when the books were last worked with. No
// secret is in it: of certificates and keys there is only the SHA-256.
type Trust struct {
	Level         sop.Level     `json:"level"`
	AuthservID    string        `json:"authserv_id"`
	ReceivedBy    []string      `json:"received_by"`
	Senders       []string      `json:"senders,omitempty"`
	BelowReceived bool          `json:"below_received"`
	CodeInSheet   bool          `json:"code_in_sheet"`
	Quorum        int           `json:"quorum"`
	SecondAbove   int           `json:"second_above"`
	UndoWindow    time.Duration `json:"undo_window"`
	Requesters    []string      `json:"requesters"`
	Approvers     []string      `json:"approvers"`           // every address that may approve; of a deputy "ADDRESS for ADDRESS"
	NIPs          []string      `json:"nips"`                // "ADDRESS NIP"
	Pins          []string      `json:"pins"`                // "ADDRESS SHA-256"
	FullCopy      string        `json:"full_copy,omitempty"` // to whom the passwords go beside their members: Kepala LPSE; empty: nobody
}

// Same says that nothing differs but order.
func (t Trust) Same(o Trust) bool { return t.text() == o.text() }

func (t Trust) text() string {
	for _, l := range []*[]string{&t.ReceivedBy, &t.Senders, &t.Requesters, &t.Approvers, &t.NIPs, &t.Pins} {
		*l = slices.Compact(slices.Sorted(slices.Values(*l)))
	}
	raw, err := json.Marshal(t)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// Trust reads it; false before the first start.
func (b State) Trust() (Trust, bool, error) { return row[Trust](b.rows, bMeta, "trust") }

// PutTrust writes it.
func (b State) PutTrust(t Trust) error { return b.put(bMeta, "trust", t) }

// Delegations are what approvers have delegated, in every case.
func (b State) Delegations() ([]sop.Delegation, error) {
	return meta[[]sop.Delegation](b.rows, "delegations")
}

// PutDelegations writes them anew.
func (b State) PutDelegations(all []sop.Delegation) error { return b.put(bMeta, "delegations", all) }

// Enrolment is what is known of the replies of one approver or deputy.
type Enrolment struct {
	Asked   time.Time    `json:"asked,omitzero"` // when the last enrolment letter was written
	Carried *sop.Carried `json:"carried,omitempty"`
	Day     string       `json:"day,omitempty"` // on which Told answers were given
	Told    int          `json:"told,omitempty"`
}

// Enrolment reads one, by registered address.
func (b State) Enrolment(address string) (Enrolment, error) {
	return meta[Enrolment](b.rows, "enrolment/"+address)
}

// PutEnrolment writes one.
func (b State) PutEnrolment(address string, e Enrolment) error {
	return b.put(bMeta, "enrolment/"+address, e)
}

// Aside is something that a queue could not settle and nobody can be answered for: a person looks at it.
type Aside struct {
	Queue string    `json:"queue"`
	Key   string    `json:"key"`
	At    time.Time `json:"at"`
	Why   string    `json:"why"`
}

// maxWhy bounds a reason, in bytes: it may quote what a stranger wrote.
const maxWhy = 500

// PutAside keeps it; the first reason of an item stays.
func (b State) PutAside(x Aside) error {
	if len(x.Why) > maxWhy {
		x.Why = strings.ToValidUTF8(x.Why[:maxWhy], "") + "…"
	}
	key := boundKey(x.Queue + "/" + x.Key)
	if had, err := b.tx.Get(bAside, []byte(key)); err != nil || had != nil {
		return err
	}
	return b.put(bAside, key, x)
}

// EndAside: a person has looked at it.
func (b State) EndAside(queue, key string) error { return b.erase(bAside, boundKey(queue+"/"+key)) }

// First says whether a topic is the operator's first of the day.
func (b State) First(topic, day string) (bool, error) {
	last := ""
	if _, err := b.get(bMeta, "warned/"+topic, &last); err != nil || last == day {
		return false, err
	}
	return true, b.put(bMeta, "warned/"+topic, day)
}

// NextDigest is when the operator is next told of what waits; DigestDue sets it.
func (b State) NextDigest() (time.Time, error) { return meta[time.Time](b.rows, "digest") }

// DigestDue sets it.
func (b State) DigestDue(at time.Time) error { return b.put(bMeta, "digest", at) }

// Aside returns at most limit (0: all) of what was put aside. Rows that cannot be decoded are the error: see Damaged.
func (b State) Aside(limit int) (out []Aside, err error) {
	err = decode(b.rows, bAside, "", "", func(_ string, x Aside) bool {
		out = append(out, x)
		return limit == 0 || len(out) < limit
	})
	return out, err
}

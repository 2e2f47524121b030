package postoffice

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// mailStore is one account's folders. The library's memory server is not used: it parses each mail and writes the header anew,
// so odd mail comes out altered or empty, and it holds the folder locked while a slow client reads.
type mailStore struct {
	now func() time.Time

	mu       sync.Mutex
	folders  map[string]*folder
	validity uint32 // of the folder made last
}

type folder struct {
	tracker *imapserver.MailboxTracker

	mu         sync.Mutex
	name       string
	validity   uint32
	next       imap.UID
	subscribed bool
	mails      []*stored
}

// stored is immutable but for its flags, which the folder's lock guards.
type stored struct {
	uid   imap.UID
	raw   []byte
	at    time.Time
	flags map[imap.Flag]imap.Flag // by lower case
}

// newMailStore: UIDVALIDITY follows the clock, so that an office started later never repeats one.
func newMailStore(now func() time.Time) *mailStore {
	return &mailStore{now: now, folders: map[string]*folder{}, validity: uint32(now().Unix())}
}

func folderName(name string) string {
	if name = strings.TrimRight(name, "/"); strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	return name
}

func (c *mailStore) find(name string) *folder {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.folders[folderName(name)]
}

func (c *mailStore) create(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	name = folderName(name)
	if name == "" || c.folders[name] != nil {
		return false
	}
	c.validity++
	c.folders[name] = newFolder(name, c.validity)
	return true
}

func newFolder(name string, validity uint32) *folder {
	return &folder{tracker: imapserver.NewMailboxTracker(0), name: name, validity: validity, next: 1}
}

// renumber puts the mails of a folder into a new one of the same name.
func (c *mailStore) renumber(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.folders[folderName(name)]
	if old == nil {
		return false
	}
	c.validity++
	fresh := newFolder(old.name, c.validity)
	fresh.subscribed = old.subscribed
	for _, m := range old.all() {
		fresh.add(m.raw, m.at, slices.Collect(maps.Values(m.flags)))
	}
	c.folders[fresh.name] = fresh
	return true
}

func (c *mailStore) remove(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.folders[folderName(name)]
	delete(c.folders, folderName(name))
	return ok
}

func (c *mailStore) list() []*folder {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedFunc(maps.Values(c.folders), func(a, b *folder) int { return strings.Compare(a.name, b.name) })
}

func flagSet(flags []imap.Flag) map[imap.Flag]imap.Flag {
	m := map[imap.Flag]imap.Flag{}
	for _, f := range flags {
		m[imap.Flag(strings.ToLower(string(f)))] = f
	}
	return m
}

func (m *stored) has(f imap.Flag) bool {
	_, ok := m.flags[imap.Flag(strings.ToLower(string(f)))]
	return ok
}

func (m *stored) flagList() []imap.Flag { return slices.Sorted(maps.Values(m.flags)) }

// change does what STORE says; the caller holds the folder's lock.
func (m *stored) change(op imap.StoreFlagsOp, flags []imap.Flag) {
	if op == imap.StoreFlagsSet {
		m.flags = map[imap.Flag]imap.Flag{}
	}
	for k, f := range flagSet(flags) {
		if op == imap.StoreFlagsDel {
			delete(m.flags, k)
		} else {
			m.flags[k] = f
		}
	}
}

// add keeps raw; nobody may change it afterwards.
func (f *folder) add(raw []byte, at time.Time, flags []imap.Flag) imap.UID {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := &stored{uid: f.next, raw: raw, at: at, flags: flagSet(flags)}
	f.next++
	f.mails = append(f.mails, m)
	f.tracker.QueueNumMessages(uint32(len(f.mails)))
	return m.uid
}

// take removes the mails that match, and gives them.
func (f *folder) take(match func(*stored) bool) []*stored {
	f.mu.Lock()
	defer f.mu.Unlock()
	var taken, left []*stored
	for i := len(f.mails) - 1; i >= 0; i-- {
		if m := f.mails[i]; match(m) {
			taken = append(taken, m)
			f.tracker.QueueExpunge(uint32(i) + 1)
		} else {
			left = append(left, m)
		}
	}
	slices.Reverse(taken)
	slices.Reverse(left)
	f.mails = left
	return taken
}

// all gives copies whose flags no longer change.
func (f *folder) all() []stored {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]stored, len(f.mails))
	for i, m := range f.mails {
		list[i] = *m
		list[i].flags = maps.Clone(m.flags)
	}
	return list
}

func (f *folder) status() imap.StatusData {
	f.mu.Lock()
	defer f.mu.Unlock()
	var unseen, deleted, recent uint32
	var size int64
	for _, m := range f.mails {
		size += int64(len(m.raw))
		if !m.has(imap.FlagSeen) {
			unseen++
		}
		if m.has(imap.FlagDeleted) {
			deleted++
		}
	}
	n := uint32(len(f.mails))
	return imap.StatusData{Mailbox: f.name, NumMessages: &n, NumRecent: &recent, UIDNext: f.next, UIDValidity: f.validity,
		NumUnseen: &unseen, NumDeleted: &deleted, Size: &size}
}

// matches carries out the SEARCH keys that a mailbox reader needs, each as well as raw bytes allow.
func (m *stored) matches(seq uint32, c *imap.SearchCriteria, last imap.UID, count uint32) bool {
	fits := func(part imap.SearchCriteria) bool { return m.matches(seq, &part, last, count) }
	return !slices.ContainsFunc(c.SeqNum, func(set imap.SeqSet) bool { return !contains(set, seq, count) }) &&
		!slices.ContainsFunc(c.UID, func(set imap.UIDSet) bool { return !contains(set, uint32(m.uid), uint32(last)) }) &&
		!slices.ContainsFunc(c.Flag, func(f imap.Flag) bool { return !m.has(f) }) && !slices.ContainsFunc(c.NotFlag, m.has) &&
		!slices.ContainsFunc(c.Not, fits) && !slices.ContainsFunc(c.Or, func(or [2]imap.SearchCriteria) bool { return !fits(or[0]) && !fits(or[1]) }) &&
		m.matchesText(c)
}

// matchesText compares the raw bytes, undecoded.
func (m *stored) matchesText(c *imap.SearchCriteria) bool {
	day := m.at.UTC().Truncate(24 * time.Hour)
	if !c.Since.IsZero() && day.Before(c.Since) || !c.Before.IsZero() && !day.Before(c.Before) ||
		c.Larger > 0 && int64(len(m.raw)) <= c.Larger || c.Smaller > 0 && int64(len(m.raw)) >= c.Smaller {
		return false
	}
	for _, h := range c.Header {
		if !headerHas(m.raw, h.Key, h.Value) {
			return false
		}
	}
	for _, text := range slices.Concat(c.Text, c.Body) {
		if !bytes.Contains(bytes.ToLower(m.raw), bytes.ToLower([]byte(text))) {
			return false
		}
	}
	return true
}

func headerHas(raw []byte, key, value string) bool {
	for _, f := range fields(raw) {
		name, rest, _ := bytes.Cut(f, []byte(":"))
		if strings.EqualFold(strings.TrimSpace(string(name)), key) && bytes.Contains(bytes.ToLower(rest), bytes.ToLower([]byte(value))) {
			return true
		}
	}
	return false
}

// contains knows "*", which stands for the last number, RFC 9051 §9.
func contains(set imap.NumSet, n, last uint32) bool {
	in := func(a, b uint32) bool {
		if a == 0 {
			a = last
		}
		if b == 0 {
			b = last
		}
		return min(a, b) <= n && n <= max(a, b)
	}
	switch set := set.(type) {
	case imap.SeqSet:
		return slices.ContainsFunc(set, func(r imap.SeqRange) bool { return in(r.Start, r.Stop) })
	case imap.UIDSet:
		return slices.ContainsFunc(set, func(r imap.UIDRange) bool { return in(uint32(r.Start), uint32(r.Stop)) })
	}
	return false
}

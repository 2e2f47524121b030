package archiver

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/office"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
	"ukpbjd/internal/workday"
)

type silent struct{}

func (silent) Message(string)                               {}
func (silent) Letter(sop.LetterKind, string, time.Duration) {}
func (silent) Task(sop.TaskKind, string)                    {}
func (silent) Deviation(string)                             {}
func (silent) Commit(time.Duration, int)                    {}

// cellar is an archiver with real books and a real archive, in the year 2026.
type cellar struct {
	*testing.T
	*Archiver
	dir string
}

func newCellar(t *testing.T) *cellar {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	c := &cellar{T: t, dir: t.TempDir()}
	db, err := bolt.Open(filepath.Join(c.dir, "ukpbjd.db"), bolt.Options{NoSync: true})
	must(err)
	t.Cleanup(func() { must(db.Close()) })
	key := make([]byte, 32)
	_, err = rand.Read(key)
	must(err)
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	o := office.Options{DB: db, Log: slog.New(slog.DiscardHandler), Meter: silent{}, Now: func() time.Time { return now },
		Office: sop.Office{CasePrefix: "PKJ", Calendar: workday.Standard(time.UTC)}}
	o.Codes, err = credential.NewKeys(secret.New(key))
	must(err)
	o.Archive, err = archive.Open(filepath.Join(c.dir, "archive"))
	must(err)
	t.Cleanup(func() { must(o.Archive.Close()) })
	clerk, err := office.New(t.Context(), o)
	must(err)
	c.Archiver = New(Options{Clerk: clerk, Archive: o.Archive, Health: &queue.Health{}, Retention: 2})
	return c
}

func (c *cellar) do(fn func(store.Tx, store.Books) error) {
	c.Helper()
	if err := c.DB.Update(c.Context(), func(tx store.Tx) error { return fn(tx, store.In(tx)) }); err != nil {
		c.Fatal(err)
	}
}

// One row that cannot be read, and one that is not there, keep no letter and no papers out of the archive, their own bytes neither: these
// leave the store, as they do of every letter.
func TestUnreadableRowStopsNoArchiving(t *testing.T) {
	c := newCellar(t)
	mail := []byte("From: staf@gov.example\r\n\r\nIsi.\r\n")
	batch := c.Options.Archive.Batch()
	sum, err := batch.Put(mail)
	if err = errors.Join(err, batch.Sync()); err != nil {
		t.Fatal(err)
	}
	c.do(func(tx store.Tx, b store.Books) error {
		var errs []error
		for _, key := range []string{"a", "b", "c"} {
			r := store.LetterRow{Case: "PKJ-2026-0001", Letter: sop.Letter{Key: key}}
			errs = append(errs, b.Letters.Put(r, []byte("surat "+key)), tx.Put("unkept", []byte(r.ID()), nil))
		}
		for i := range uint32(2) {
			errs = append(errs, b.Papers.Put(store.UID{Validity: 1, UID: i}, store.Unarchived{Case: "PKJ-2026-0001", Mail: sum}))
		}
		return errors.Join(append(errs, tx.Put("letters", []byte("PKJ-2026-0001/a"), []byte("{")), tx.Delete("letters", []byte("PKJ-2026-0001/b")),
			tx.Put("unarchived", []byte("PKJ-2026-0001/00000001/00000000"), []byte("{")))...)
	})
	if _, err := c.AllLetters(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := c.Papers(t.Context()); err != nil {
		t.Error(err)
	}
	c.do(func(_ store.Tx, b store.Books) error {
		all := func(string) bool { return false }
		letters, err := b.Letters.Unarchived(9, all)
		papers, err2 := b.Papers.Unarchived("", 0)
		bodies := 0
		for _, id := range []string{"a", "b", "c"} {
			body, bad := b.Letters.Body("PKJ-2026-0001/" + id)
			bodies, err = bodies+len(body), errors.Join(err, bad)
			if there, bad := c.Options.Archive.Exists(office.Sum([]byte("surat " + id))); !there || bad != nil {
				t.Errorf("letter %s is not in the archive: %v", id, bad)
			}
		}
		if len(letters) != 0 || bodies != 0 || len(papers) != 1 || papers[0].Broken == nil {
			t.Errorf("still owed: %v, %v", letters, papers)
		}
		r, ok, err3 := b.Letters.Get("PKJ-2026-0001", "c")
		if !ok || r.Archived == "" {
			t.Error("the good letter is not in the archive")
		}
		return errors.Join(err, err2, err3)
	})
	if f := c.Health.Faults(); len(f) != 1 || f["archive"] == "" {
		t.Errorf("health says %v", f)
	}
}

// A folder that cannot be read keeps its own case, and no other, from being deleted in its time. The folder is that of the number,
// also where the first mail came in the last minute of the year before.
func TestOneCaseStopsNoRetention(t *testing.T) {
	c := newCellar(t)
	opened := time.Date(2019, 12, 31, 23, 59, 0, 0, time.UTC)
	for i := 1; i <= 3; i++ {
		number := fmt.Sprintf("PKJ-2020-%04d", i)
		batch := c.Options.Archive.Batch()
		sum, err := batch.Put([]byte(number))
		if err == nil {
			err = errors.Join(batch.Link(2020, number, archive.Item{SHA256: sum, Name: "surel.eml"}), batch.Sync())
		}
		if err != nil {
			t.Fatal(err)
		}
		c.do(func(_ store.Tx, b store.Books) error {
			_, err := b.Cases.NextNumber("PKJ", 2020)
			return errors.Join(err, b.Cases.Put(sop.Case{Number: number, Status: sop.Done, Opened: opened, Closed: opened, Mails: []sop.Mail{{SHA256: sum}}}))
		})
	}
	sums := filepath.Join(c.dir, "archive", "2020", "PKJ-2020-0001", "SHA256SUMS")
	if err := errors.Join(os.Remove(sums), os.MkdirAll(filepath.Join(sums, "x"), 0o700)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.retention(t.Context()); err != nil {
		t.Error(err)
	}
	c.do(func(_ store.Tx, b store.Books) error {
		for i, want := range []int{1, 0, 0} {
			number := fmt.Sprintf("PKJ-2020-%04d", i+1)
			cs, _, err := b.Cases.Get(number)
			if err != nil || len(cs.Mails) != want {
				t.Errorf("%s: %d mails, %v", number, len(cs.Mails), err)
			}
			if want > 0 {
				continue
			}
			if lines, err := b.Journal.Of(number); err != nil || len(lines) != 1 || lines[0].Data["files"] != "1" {
				t.Errorf("%s: %v, %v", number, lines, err)
			}
		}
		return nil
	})
	if c.Health.Faults()["retention"] == "" {
		t.Error("health does not say what is left")
	}
}

// What has left the store leaves the disk too, and no more than once an hour is asked.
func TestStoreIsCompactedWhenHalfIsFree(t *testing.T) {
	c := newCellar(t)
	big := make([]byte, 1<<20)
	fill := func() {
		for i := range 40 {
			c.do(func(tx store.Tx, _ store.Books) error { return tx.Put("bodies", fmt.Append(nil, i), big) })
		}
	}
	size := func() int64 {
		_, total := c.DB.(compacts).FreeShare()
		return total
	}
	fill()
	full := size()
	if _, err := c.compact(t.Context()); err != nil || size() < full {
		t.Fatalf("a full store is written anew: %d of %d bytes, %v", size(), full, err)
	}
	c.asked = queue.Every{Pause: compactEvery}
	for i := range 40 {
		c.do(func(tx store.Tx, _ store.Books) error { return tx.Delete("bodies", fmt.Append(nil, i)) })
	}
	next, err := c.compact(t.Context())
	if err != nil || size() > full/2 || !next.Equal(c.Now().Add(compactEvery)) {
		t.Errorf("half of it was free: %d of %d bytes, next %s, %v", size(), full, next, err)
	}
}

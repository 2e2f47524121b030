package archiver_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/archiver"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

// TestLetterThatLeftTheBooks: of two letters one cannot be read. The other is archived, health names the one; when that has left
// the books, its fault has an end. The control: while it is there, the fault stays.
func TestLetterThatLeftTheBooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := officetest.New(t, templates.FS)
		number, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		bad, good := number+"/98/selesai", number+"/99/selesai"
		x.Write(func(tx store.Tx) (err error) {
			for _, key := range []string{"98/selesai", "99/selesai"} {
				l := sop.Letter{Key: key, Kind: sop.Selesai, To: officetest.Staff}
				err = errors.Join(err, store.In(tx).Letters.Put(store.LetterRow{Case: number, Letter: l, Made: x.Now()}, []byte("Subject: x\r\n\r\nx\r\n")),
					tx.Put("unkept", []byte(number+"/"+key), nil))
			}
			return err
		})
		x.DB.Fail(func(op, bucket, key string) error {
			if op == "get" && bucket == "bodies" && key == bad {
				return syscall.EIO
			}
			return nil
		})
		var health queue.Health
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- archiver.New(archiver.Options{Clerk: x.Clerk, Archive: x.Archive, Health: &health}).Run(ctx)
		}()
		officetest.Pass(3 * time.Hour)
		for _, r := range x.LettersOf(number, sop.Selesai) {
			if (r.Archived != "") != (r.ID() == good) {
				t.Errorf("%s is archived as %q", r.ID(), r.Archived)
			}
		}
		if health.Faults()["archive-letters"] == "" {
			t.Error("control: health does not name it")
		}
		x.Write(func(tx store.Tx) error { return tx.Delete("unkept", []byte(bad)) })
		officetest.Pass(3 * time.Hour)
		if faults := health.Faults(); len(faults) > 0 {
			t.Errorf("it is gone, and health says %v", faults)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// ended makes the n-th case of a year in which everything was over nine years ago.
func ended(x *officetest.Office, n int) string {
	year := x.Now().Year() - 9
	number := fmt.Sprintf("PKJ-%d-%04d", year, n)
	batch := x.Archive.Batch()
	sum, err := batch.Put([]byte(number))
	x.Must(errors.Join(err, batch.Link(year, number, archive.Item{SHA256: sum, Name: "surel.eml"}), batch.Sync()))
	closed := x.Now().AddDate(-9, 0, 0)
	x.Write(func(tx store.Tx) error {
		return store.In(tx).Cases.Put(sop.Case{Number: number, Status: sop.Done, Opened: closed, Closed: closed, Mails: []sop.Mail{{SHA256: sum}}})
	})
	return number
}

// TestRetentionFaultHasAnEnd: a disk that fails for a minute while retention looks at a case delays its deletion by an hour at most, and
// health by no more. The control: while the disk fails, health says so.
func TestRetentionFaultHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := officetest.New(t, templates.FS)
		officetest.Pass(20 * 365 * 24 * time.Hour) // the bubble begins in 2000, and no case can be that old
		number := ended(x, 1)
		x.DB.Fail(func(op, bucket, key string) error {
			if op == "put" && bucket == "cases" {
				return syscall.EIO
			}
			return nil
		})
		var health queue.Health
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- archiver.New(archiver.Options{Clerk: x.Clerk, Archive: x.Archive, Health: &health, Retention: 2}).Run(ctx)
		}()
		officetest.Pass(time.Minute)
		if health.Faults()["retention"] == "" {
			t.Error("control: health does not say it")
		}
		x.DB.Fail(nil)
		officetest.Pass(time.Hour)
		if faults := health.Faults(); len(faults) > 0 || len(x.Get(number).Mails) > 0 {
			t.Errorf("the disk is well for an hour, and health says %v", faults)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestDamagedRowStopsNoRetention: a case that cannot be decoded keeps itself, and no other, from being deleted; health names it, and
// meanwhile no file is removed, for it may need any. A letter that cannot be decoded, and is not on its way, goes with its case, its bytes
// too. The control is such a letter that is on its way: its case stays.
func TestDamagedRowStopsNoRetention(t *testing.T) {
	for name, marked := range map[string]string{"letters": "", "cases": "", "letters on their way": "outbox", "letters held": "parked", "letters being sent": "sending"} {
		bucket, _, _ := strings.Cut(name, " ")
		x := officetest.New(t, templates.FS)
		bad, good := ended(x, 1), ended(x, 2)
		year, _, _ := store.Number(bad)
		key := map[string]string{"letters": bad + "/1/selesai", "cases": fmt.Sprintf("%d/00000001", year)}[bucket]
		x.Write(func(tx store.Tx) error {
			err := errors.Join(tx.Put(bucket, []byte(key), []byte("{")), tx.Put("bodies", []byte(bad+"/1/selesai"), []byte("surat")))
			if marked == "outbox" {
				err = errors.Join(err, tx.Put(marked, fmt.Appendf(nil, "%020d/%s", 1, key), nil))
			} else if marked != "" {
				err = errors.Join(err, tx.Put(marked, []byte(key), nil))
			}
			return err
		})
		var health queue.Health
		a := archiver.New(archiver.Options{Clerk: x.Clerk, Archive: x.Archive, Health: &health, Retention: 2})
		_, err := a.Expire(t.Context())
		if len(x.Get(good).Mails) > 0 {
			t.Errorf("%s: the other case is not deleted: %v", bucket, err)
		}
		said := health.Faults()["retention"]
		if err != nil {
			said = err.Error() // of which the loop makes health
		}
		if strings.Contains(said, bucket+" "+key) != (bucket == "cases") {
			t.Errorf("%s: health says %q", name, said)
		}
		x.Look(func(b store.Books) error {
			body, err := b.Letters.Body(bad + "/1/selesai")
			if gone := len(body) == 0; gone != (name == "letters") {
				t.Errorf("%s: the bytes are gone: %v", name, gone)
			}
			return err
		})
		_, names, err := x.Archive.Manifest(year, good)
		x.Must(err)
		if kept := len(names) > 0; kept != (bucket == "cases") {
			t.Errorf("%s: the files of the other case are there: %v", bucket, kept)
		}
	}
}

package archiver_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

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

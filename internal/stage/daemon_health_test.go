package stage

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"ukpbjd/internal/config"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/office/officetest"
)

// needs are the rows that each loop reads first: where they cannot be read, the loop is in trouble.
var needs = map[string]string{
	"intake": "get meta mailbox", "filing": "get meta mailbox", "reconcile": "get meta mailbox", "requeue": "scan return", "outbox": "scan outbox",
	"tasks": "scan tasks", "lasting-tasks": "scan tasks", "time": "scan wake", "strays": "scan wake", "checkpoint": "get meta checkpoint", "month": "get meta reported",
	"archive": "scan unarchived", "archive-letters": "scan unkept", "retention": "scan cases", "sent": "get meta ground",
}

// TestHealthOfEachLoopHasAnEnd: every loop whose rows cannot be read says so in health and in /readyz, which is 503; when they
// can be read again, all are well and /readyz is 200, without a restart. The control is the same daemon before the fault.
func TestHealthOfEachLoopHasAnEnd(t *testing.T) {
	t.Parallel()
	var broken atomic.Value // the names of the loops whose rows cannot be read
	broken.Store([]string(nil))
	x := set(t, Options{Page: "127.0.0.1:0",
		Change: func(c *config.Config) { c.Retention.Closed = 10 },
		Clerk: func(p *daemon.Parts) {
			db := &officetest.DB{DB: p.Office.DB}
			db.Fail(func(op, bucket, key string) error {
				if bucket != "meta" {
					key = ""
				}
				for _, name := range broken.Load().([]string) {
					if needs[name] == strings.TrimSpace(op+" "+bucket+" "+key) {
						return syscall.EIO
					}
				}
				return nil
			})
			p.Office.DB = db
		}})
	readyz := func() (int, string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "http://localhost/readyz", nil)
		x.Daemon.Page.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	x.do(x.Start(x.ctx))
	if code, said := readyz(); code != http.StatusOK || len(x.Daemon.Faults()) > 0 {
		t.Errorf("control: %d %s %v", code, said, x.Daemon.Faults())
	}
	x.do(x.Stop())
	wait := func(what string, done func() bool) {
		t.Helper()
		if err := x.until(x.ctx, done); err != nil {
			t.Fatalf("%s: %v: %v", what, err, x.Daemon.Faults())
		}
	}
	trouble := func(names []string, begin func()) {
		t.Helper()
		broken.Store(names)
		begin()
		wait("the faults are not seen", func() bool {
			faults := x.Daemon.Faults()
			return !slices.ContainsFunc(names, func(name string) bool { return faults[name] == "" })
		})
		code, said := readyz()
		for _, name := range names {
			if code != http.StatusServiceUnavailable || !strings.Contains(said, name) {
				t.Errorf("%d, and nothing of %s: %s", code, name, said)
			}
		}
		broken.Store([]string(nil))
		wait("the faults have no end", func() bool { return len(x.Daemon.Faults()) == 0 })
		if code, said := readyz(); code != http.StatusOK {
			t.Errorf("mended: %d %s", code, said)
		}
	}
	names := slices.Sorted(maps.Keys(needs))
	atStart := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "sent" })
	trouble(atStart, func() { x.do(x.Start(x.ctx)) }) // some look seldom, and at the start
	trouble([]string{"sent"}, func() { x.do(x.Daemon.Office.Note(x.ctx, "uji", "uji")) })
}

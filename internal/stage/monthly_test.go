package stage

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/message"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// reports are the monthly reports in somebody's mailbox.
func reports(t *testing.T, s *Stage, to sop.Person) (out []*message.Message) {
	t.Helper()
	mails, err := s.Post.Messages(to.Address, "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range mails {
		if m := message.Parse(x.Raw, message.DefaultLimits(), nil); KindOf(m) == sop.LaporanBulanan {
			out = append(out, m)
		}
	}
	return out
}

// TestMonthlyReport: once for each month and addressee, when the office opens after it, however often the daemon begins anew.
func TestMonthlyReport(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var c clock
	zone := time.FixedZone("WITA", 8*3600)
	c.set(time.Date(2031, 5, 28, 9, 0, 0, 0, zone)) // a Wednesday; 1 June 2031 is a Sunday
	b, err := rehearsal.Papers(1, 3, rehearsal.Office{Domain: Domain})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(Options{Dir: t.TempDir(), Members: People(b), Clerk: func(o *clerk.Options) { o.Now = c.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	tick := func() (next time.Time) {
		t.Helper()
		next, err := s.Daemon.Clerk.Tick(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	again := func() {
		t.Helper()
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := s.Start(ctx); err != nil {
			t.Fatal(err)
		}
		tick()
	}
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Request(b, true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Await(ctx, s.Cast.Admin, "", sop.Persetujuan); err != nil {
		t.Fatal(err)
	}
	c.set(time.Date(2031, 6, 2, 7, 29, 59, 0, zone))
	tick()
	again()
	if got := reports(t, s, s.Cast.KepalaBagian); len(got) > 0 {
		t.Fatal("a report came before the office opened")
	}
	for i, month := range []string{"Mei 2031", "Juni 2031"} { // the second is an empty one
		c.set(time.Date(2031, time.Month(6+i), 2-i, 7, 30, 0, 0, zone))
		tick()
		again()
		again()
		for _, who := range []sop.Person{s.Cast.KepalaBagian, s.Cast.KepalaLPSE} {
			awaitReports(ctx, t, s, who, i+1)
			all := reports(t, s, who)
			checkReport(t, all[len(all)-1], month, 1-i)
		}
	}
}

// awaitReports waits for the last, and wants no more than these.
func awaitReports(ctx context.Context, t *testing.T, s *Stage, who sop.Person, n int) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		got := len(reports(t, s, who))
		if got > n {
			t.Fatalf("%d reports to %s, want %d", got, who.Address, n)
		}
		if got == n {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%d reports to %s, want %d", got, who.Address, n)
		}
	}
}

func checkReport(t *testing.T, m *message.Message, month string, cases int) {
	t.Helper()
	if !strings.Contains(m.Subject, month) || strings.Count(m.HTML, `src="cid:grafik-`) != 3 {
		t.Errorf("%s: %d charts in the letter of %s", m.Subject, strings.Count(m.HTML, `src="cid:`), month)
	}
	pictures := 0
	for _, f := range m.Files {
		if bytes.HasPrefix(f.Bytes, []byte("\x89PNG")) {
			pictures++
		}
		if !strings.HasSuffix(f.Name, ".xlsx") {
			continue
		}
		book, err := excelize.OpenReader(bytes.NewReader(f.Bytes))
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := book.GetRows("Kasus"); err != nil || len(rows) != cases+1 {
			t.Errorf("%s: the workbook lists %d cases, want %d (%v)", month, len(rows)-1, cases, err)
		}
		book.Close()
	}
	if pictures != 3 {
		t.Errorf("%s: %d pictures go with the letter, want 3", month, pictures)
	}
}

package stage

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// TestMonthlyReport: once for each month and addressee, when the office opens after it, however often the daemon begins anew.
func TestMonthlyReport(t *testing.T) {
	t.Parallel()
	var c clock
	zone := time.FixedZone("WITA", 8*3600)
	c.set(time.Date(2031, 5, 28, 9, 0, 0, 0, zone)) // a Wednesday; 1 June 2031 is a Sunday
	x := open(t, papersOf(t, 1, 3), clocked(&c))
	tick := func() {
		t.Helper()
		_, err := x.Daemon.Timer.Tick(x.ctx)
		x.do(err)
	}
	again := func() {
		t.Helper()
		x.do(x.Stop())
		x.do(x.Start(x.ctx))
		tick()
	}
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	x.await(x.Cast.Admin, sop.Persetujuan)
	c.set(time.Date(2031, 6, 2, 7, 29, 59, 0, zone))
	tick()
	again()
	if got := x.letters(x.Cast.KepalaBagian, sop.LaporanBulanan); len(got) > 0 {
		t.Fatal("a report came before the office opened")
	}
	for i, month := range []string{"Mei 2031", "Juni 2031"} { // the second is an empty one
		c.set(time.Date(2031, time.Month(6+i), 2-i, 7, 30, 0, 0, zone))
		tick()
		again()
		again()
		for _, who := range []sop.Person{x.Cast.KepalaBagian, x.Cast.KepalaLPSE} {
			x.do(x.until(x.ctx, func() bool { return len(x.letters(who, sop.LaporanBulanan)) > i }))
			all := x.letters(who, sop.LaporanBulanan)
			if len(all) != i+1 {
				t.Fatalf("%d reports to %s, want %d", len(all), who.Address, i+1)
			}
			checkReport(t, all[i].Msg, month, 1-i)
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

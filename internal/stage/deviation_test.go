package stage

import (
	"testing"
	"time"

	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/report"
	"ukpbjd/internal/sop"
)

// TestDeviationIsExplained: a missed deadline is reported to both Kepala, explained by a mail of the one who owed the step and by nobody
// else, and stands with its explanation in the register and in the month. SOP W.1, SOP W.2
func TestDeviationIsExplained(t *testing.T) {
	t.Parallel()
	var c clock
	zone := time.FixedZone("WITA", 8*3600)
	c.set(time.Date(2031, 5, 12, 9, 0, 0, 0, zone)) // a Monday
	x := open(t, papersOf(t, 7, 3), clocked(&c))
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	asked := x.await(x.Cast.Admin, sop.Persetujuan)
	receipt := x.await(x.Cast.Staff, sop.TandaTerima)
	c.set(time.Date(2031, 5, 14, 7, 30, 0, 0, zone)) // the opening after the deadline
	_, err := x.Daemon.Timer.Tick(x.ctx)
	x.do(err)
	x.await(x.Cast.KepalaLPSE, sop.Eskalasi)
	x.await(x.Cast.KepalaBagian, sop.Eskalasi)
	x.do(x.Answer(receipt, "JELASKAN bukan langkah saya", rehearsal.Plain))
	x.await(x.Cast.Staff, sop.TidakDikenali)
	x.do(x.Answer(asked, "JELASKAN rapat anggaran dua hari", rehearsal.Outlook))
	x.do(x.until(x.ctx, func() bool {
		step, err := x.Daemon.Control.RegisterStep(x.ctx, 2031, "")
		if err != nil || len(step.Entries) == 0 || len(step.Entries[0].Deviations) != 1 {
			t.Fatalf("%+v %v", step.Entries, err)
		}
		return told(t, step.Entries[0])
	}))
	month, err := x.Daemon.Timer.Month(x.ctx, c.now())
	if err != nil || len(month.Deviations) != 1 || month.Deviations[0].Reply != "rapat anggaran dua hari" {
		t.Errorf("the month: %+v %v", month.Deviations, err)
	}
}

// told says that the one deviation of a case has its explanation, and looks at the rest of it.
func told(t *testing.T, e report.Entry) bool {
	t.Helper()
	d := e.Deviations[0]
	if d.Kind != "waktu" || d.Step != "2.1" || d.Owed != "approver" || d.By != "1 hari kerja" || d.Reply != "" && d.Reply != "rapat anggaran dua hari" {
		t.Fatalf("%+v", d)
	}
	return d.Reply != ""
}

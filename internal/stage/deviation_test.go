package stage

import (
	"context"
	"testing"
	"time"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/report"
	"ukpbjd/internal/sop"
)

// TestDeviationIsExplained: a missed deadline is reported to both Kepala, explained by a mail of the one who owed the step and by nobody
// else, and stands with its explanation in the register and in the month. SOP W.1, SOP W.2
func TestDeviationIsExplained(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var c clock
	zone := time.FixedZone("WITA", 8*3600)
	c.set(time.Date(2031, 5, 12, 9, 0, 0, 0, zone)) // a Monday
	b, err := rehearsal.Papers(7, 3, rehearsal.Office{Domain: Domain})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(Options{Dir: t.TempDir(), Members: People(b), Clerk: func(o *clerk.Options) { o.Now = c.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	await := func(to sop.Person, kind sop.LetterKind) Letter {
		t.Helper()
		l, err := s.Await(ctx, to, "", kind)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Request(b, true); err != nil {
		t.Fatal(err)
	}
	asked := await(s.Cast.Admin, sop.Persetujuan)
	receipt := await(s.Cast.Staff, sop.TandaTerima)
	c.set(time.Date(2031, 5, 14, 7, 30, 0, 0, zone)) // the opening after the deadline
	if _, err := s.Daemon.Clerk.Tick(ctx); err != nil {
		t.Fatal(err)
	}
	await(s.Cast.KepalaLPSE, sop.Eskalasi)
	await(s.Cast.KepalaBagian, sop.Eskalasi)
	if err := s.Answer(receipt, "JELASKAN bukan langkah saya", rehearsal.Plain); err != nil {
		t.Fatal(err)
	}
	await(s.Cast.Staff, sop.TidakDikenali)
	if err := s.Answer(asked, "JELASKAN rapat anggaran dua hari", rehearsal.Outlook); err != nil {
		t.Fatal(err)
	}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for explained := false; !explained; {
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatal("the explanation was not taken: ", ctx.Err())
		}
		step, err := s.Daemon.Clerk.RegisterStep(ctx, 2031, "")
		if err != nil || len(step.Entries) == 0 || len(step.Entries[0].Deviations) != 1 {
			t.Fatalf("%+v %v", step.Entries, err)
		}
		explained = told(t, step.Entries[0])
	}
	month, err := s.Daemon.Clerk.Month(ctx, c.now())
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

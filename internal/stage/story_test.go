package stage

import (
	"testing"

	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// TestSunnyDay plays the story of the main job once, from the request to the closing letter.
func TestSunnyDay(t *testing.T) {
	t.Parallel()
	x := open(t, papersOf(t, 1, 3), Options{})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, false))
	_, err := x.Await(x.ctx, x.Cast.Staff, "PKJ-", sop.TandaTerima)
	x.do(err)
	x.do(x.Answer(x.await(x.Cast.Admin, sop.Persetujuan), "SETUJU", rehearsal.Outlook))
	for _, m := range People(x.bundle) {
		l := x.await(m, sop.Kredensial)
		if PasswordIn(l.Msg) == "" {
			t.Errorf("the letter of %s holds no password", m.Address)
		}
		x.do(x.Answer(l, "TERIMA", rehearsal.Plain))
	}
	x.await(x.Cast.KepalaLPSE, sop.Tembusan)
	x.await(x.Cast.Staff, sop.Selesai)
	x.sound()
}

package stage

import (
	"errors"
	"log/slog"
	"testing"

	"ukpbjd/internal/control"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/doctor"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/postoffice/realserver"
)

// TestRealGround: check on a private Postfix and Dovecot, once well and twice badly configured. What it finds decides whether
// serve starts; with the code in the sheet it does in any case.
func TestRealGround(t *testing.T) {
	t.Parallel()
	const forged, foreign = "trust: forged-verdict", "trust: foreign-from"
	for name, c := range map[string]struct {
		post   func(*realserver.PostfixOptions)
		ground string
		levels map[string]mailbox.Level
	}{
		"well": {func(*realserver.PostfixOptions) {}, doctor.Sound,
			map[string]mailbox.Level{"trust: verdict": mailbox.Good, forged: mailbox.Good, foreign: mailbox.Good, "sent copies": mailbox.Good, "clock": mailbox.Good}},
		"forged verdicts are kept": {func(o *realserver.PostfixOptions) { o.KeepForged = true }, doctor.Unsafe,
			map[string]mailbox.Level{"trust: verdict": mailbox.Good, forged: mailbox.Fail, foreign: mailbox.Good}},
		"any From of a login is believed": {func(o *realserver.PostfixOptions) { o.SignAll = true }, doctor.Unsafe,
			map[string]mailbox.Level{"trust: verdict": mailbox.Good, forged: mailbox.Good, foreign: mailbox.Fail}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := openReal(t, c.post)
			up := doctor.Check(x.ctx, x.config)
			if up.Ground != c.ground || !up.SentKnown || len(up.Sent) > 0 {
				t.Errorf("ground %q, copies in %q", up.Ground, up.Sent)
			}
			for subject, level := range c.levels {
				if got := finding(up, subject); got != level {
					t.Errorf("%s: %q, want %q\n%+v", subject, got, level, up.Findings)
				}
			}
			desk, err := daemon.OpenRooms(x.ctx, x.config)
			x.do(err)
			_, err = desk.Control.Answer(x.ctx, control.Call{Command: "ground", Arg: up.Ground, Folders: &up.Sent})
			x.do(errors.Join(err, desk.Close()))
			x.serves(c.ground == doctor.Sound)
			x.config.Approval.Code = "sheet"
			x.serves(true)
			if left, err := x.inbox(x.cast.Office); err != nil || len(left) > 0 {
				t.Errorf("%d mails are left: %v", len(left), err)
			}
		})
	}
}

func (x *realOffice) serves(want bool) {
	x.t.Helper()
	d, err := daemon.Open(x.ctx, x.config, slog.New(slog.DiscardHandler))
	if err == nil {
		err = d.Close()
	}
	if want && err != nil || !want && !errors.Is(err, daemon.ErrGround) {
		x.t.Errorf("serve: %v, want it to start: %v", err, want)
	}
}

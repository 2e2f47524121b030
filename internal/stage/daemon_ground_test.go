package stage

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/doctor"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/message"
	"ukpbjd/internal/office"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// finding gives the level of a line of check, "" where there is none.
func finding(c doctor.Checkup, subject string) mailbox.Level {
	for _, f := range c.Findings {
		if f.Subject == subject {
			return f.Level
		}
	}
	return ""
}

// TestGround: check finds each hole in the ground of trust, nothing where there is none, and leaves no mail behind.
func TestGround(t *testing.T) {
	t.Parallel()
	const forged, foreign, copies = "trust: forged-verdict", "trust: foreign-from", "sent copies"
	ok, bad := mailbox.Good, mailbox.Fail
	for name, x := range map[string]struct {
		post   func(*postoffice.Options)
		change func(*config.Config)
		ground string
		sent   bool
		levels map[string]mailbox.Level
	}{
		"well": {ground: doctor.Sound, levels: map[string]mailbox.Level{forged: ok, foreign: ok, copies: ok, "trust: verdict": ok}},
		"forged verdicts are kept": {post: func(o *postoffice.Options) { o.KeepForged = true }, change: func(c *config.Config) { c.Trust.BelowReceived = true },
			ground: doctor.Unsafe, levels: map[string]mailbox.Level{forged: bad, foreign: ok}},
		"they are kept where they do not count": {post: func(o *postoffice.Options) { o.KeepForged = true }, ground: doctor.Sound,
			levels: map[string]mailbox.Level{forged: ok}},
		"any From, but the login is told": {post: func(o *postoffice.Options) { o.Misconfigured = true }, ground: doctor.Sound,
			levels: map[string]mailbox.Level{foreign: ok}},
		"copies": {post: func(o *postoffice.Options) { o.SaveSent = true }, ground: doctor.Sound, sent: true,
			levels: map[string]mailbox.Level{copies: bad}},
		"copies of locked pages": {post: func(o *postoffice.Options) { o.SaveSent = true }, change: func(c *config.Config) { c.Credentials.Delivery = "pdf" },
			ground: doctor.Sound, sent: true, levels: map[string]mailbox.Level{copies: mailbox.Warn}},
		"no verdicts wanted": {change: func(c *config.Config) { c.Trust.Assurance = sop.Basic }, levels: map[string]mailbox.Level{"trust": mailbox.Warn}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, rehearsal.Bundle{}, Options{Post: x.post, Change: x.change})
			c := doctor.Check(s.ctx, s.Config)
			if c.Ground != x.ground || !c.SentKnown || len(c.Sent) > 0 != x.sent {
				t.Errorf("ground %q, copies in %q (%v)", c.Ground, c.Sent, c.SentKnown)
			}
			for subject, level := range x.levels {
				if got := finding(c, subject); got != level {
					t.Errorf("%s: %q, want %q\n%+v", subject, got, level, c.Findings)
				}
			}
			for _, f := range s.Post.Folders(s.Cast.Office.Address) {
				if left, err := s.Post.Messages(s.Cast.Office.Address, f); err != nil || len(left) > 0 {
					t.Errorf("%d mails are left in %s: %v", len(left), f, err)
				}
			}
		})
	}
}

// TestUnsoundGround: what check has found decides whether serve starts, and stops one that runs; a check that could not try
// changes nothing.
func TestUnsoundGround(t *testing.T) {
	x := set(t, Options{})
	x.do(x.Start(x.ctx))
	tell := func(ground string) {
		_, err := x.Daemon.Control.Answer(x.ctx, control.Call{Command: "ground", Arg: ground})
		x.do(err)
	}
	tell(doctor.Unsafe)
	select {
	case err := <-x.ended:
		if !errors.Is(err, daemon.ErrGround) {
			t.Fatal(err)
		}
	case <-x.ctx.Done():
		t.Fatal("it still serves")
	}
	x.ended <- context.Canceled
	tell("")
	x.do(x.Stop())
	if _, err := daemon.Open(x.ctx, x.Config, slog.New(slog.DiscardHandler)); !errors.Is(err, daemon.ErrGround) {
		t.Fatalf("it would serve: %v", err)
	}
	x.Config.Approval.Code = "sheet"
	x.do(x.Start(x.ctx))
	x.do(x.Stop())
	x.Config.Approval.Code = "subject"
	desk, err := daemon.OpenRooms(x.ctx, x.Config)
	x.do(err)
	_, err = desk.Control.Answer(x.ctx, control.Call{Command: "ground", Arg: doctor.Sound})
	x.do(errors.Join(err, desk.Close()))
	x.do(x.Start(x.ctx))
}

// sentKinds are the letters whose copies lie in the office's folder of sent mail.
func sentKinds(x *play) (kinds []sop.LetterKind) {
	all, err := x.Post.Messages(x.Cast.Office.Address, "Sent")
	if err != nil {
		return nil
	}
	for _, m := range all {
		kinds = append(kinds, KindOf(message.Parse(m.Raw, message.DefaultLimits(), nil)))
	}
	return kinds
}

// TestSentCopies: at a provider that keeps copies, letters with credentials and codes do not stay in the folder of sent mail.
// Before check has found the folder, they do.
func TestSentCopies(t *testing.T) {
	for _, known := range []bool{false, true} {
		x := set(t, Options{Post: func(o *postoffice.Options) { o.SaveSent = true }})
		foreign := []byte("Message-ID: <other@" + Domain + ">\r\n" + office.KindHeader + ": kredensial\r\nSubject: bukan surat kami\r\n\r\nisi\r\n")
		if known {
			desk, err := daemon.OpenRooms(x.ctx, x.Config)
			x.do(err)
			folders := []string{"Sent"}
			_, err = desk.Control.Answer(x.ctx, control.Call{Command: "ground", Arg: doctor.Sound, Folders: &folders})
			x.do(errors.Join(err, desk.Close()))
		}
		x.do(x.Start(x.ctx))
		x.approve()
		x.do(x.Post.Put(x.Cast.Office.Address, "Sent", foreign))
		x.finish()
		x.quiet()
		gone := func() bool {
			left := sentKinds(x)
			ours := 0
			for _, k := range left {
				if k == sop.Kredensial || k == sop.Persetujuan {
					ours++
				}
			}
			return ours == 1 && slices.Contains(left, sop.Selesai)
		}
		if !known {
			if left := sentKinds(x); gone() || !slices.Contains(left, sop.Persetujuan) {
				t.Fatalf("nothing was kept: %v", left)
			}
			continue
		}
		if err := x.until(x.ctx, gone); err != nil {
			t.Fatalf("%v stay: %v", sentKinds(x), err)
		}
		all, err := x.Post.Messages(x.Cast.Office.Address, "Sent")
		x.do(err)
		if !slices.ContainsFunc(all, func(m postoffice.Stored) bool { return strings.Contains(string(m.Raw), "bukan surat kami") }) {
			t.Error("a mail that is not ours was taken away")
		}
	}
}

// TestSweptAtStart: what a killed process left half-written in the archive may hold anything. It is gone when the rooms are opened.
func TestSweptAtStart(t *testing.T) {
	x := set(t, Options{})
	left := filepath.Join(x.Config.Storage.Path, daemon.ArchiveName, "incoming", "w7")
	x.do(errors.Join(os.MkdirAll(filepath.Dir(left), 0o700), os.WriteFile(left, []byte("half"), 0o400)))
	desk, err := daemon.OpenRooms(x.ctx, x.Config)
	x.do(err)
	x.do(desk.Close())
	if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is there still: %v", err)
	}
}

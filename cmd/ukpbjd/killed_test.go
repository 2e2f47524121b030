package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
)

// TestKilledAtEveryCommit kills the daemon's process, without warning, at every commit of the story: once before the commit
// is on disk, once right after it. Started again, it loses nothing and repeats nothing, but a letter whose delivery is in
// doubt, byte for byte. UKPBJD_LONG=1 takes every commit, otherwise it is one in seven.
func TestKilledAtEveryCommit(t *testing.T) {
	clean := playKilled(t, time.Minute, "0")
	if len(clean.wrong) > 0 {
		t.Fatal(clean.wrong)
	}
	t.Logf("the story takes %d commits and %d letters", clean.commits, len(clean.letters))
	step := 7
	switch {
	case os.Getenv("UKPBJD_LONG") != "":
		step = 1
	case testing.Short():
		step = 28
	}
	for n := 1; n <= clean.commits; n += step {
		for _, when := range []string{"before", "after"} {
			t.Run(fmt.Sprintf("%s %d", when, n), func(t *testing.T) {
				t.Parallel()
				p := playKilled(t, time.Minute, fmt.Sprintf("%d:%s", n, when))
				for _, w := range p.wrong {
					t.Error(w)
				}
				if !maps.Equal(p.letters, clean.letters) {
					t.Errorf("letters %v\nwant    %v", p.letters, clean.letters)
				}
			})
		}
	}
}

// TestForgetfulDaemonIsNoticed is the control: the same play finds out when outcomes, or letters, are not written down.
func TestForgetfulDaemonIsNoticed(t *testing.T) {
	for _, bucket := range []string{"seen", "outbox"} {
		t.Run(bucket, func(t *testing.T) {
			t.Parallel()
			p := playKilled(t, 6*time.Second, "9:after", "FORGETS="+bucket) // some of what it waits for never comes
			if len(p.wrong) == 0 {
				t.Errorf("nobody noticed: %v", p.letters)
			}
		})
	}
}

// played is how a play ended.
type played struct {
	letters map[string]int // different letters, by kind and addressee
	commits int
	wrong   []string
}

// playKilled plays a request until the closing letters, with actors who answer each letter once, and a daemon that is
// started again whenever it ends.
func playKilled(t *testing.T, wait time.Duration, mortal string, env ...string) (p played) {
	s := newStory(t.TempDir())
	s.env, s.wait, s.polite = env, wait, true
	t.Cleanup(func() { t.Log(strings.Join(s.close(), "\n")) })
	if err := s.open(map[string]string{"start": "all"}); err != nil {
		t.Fatal(err)
	}
	bad := func(err error) {
		if err != nil {
			p.wrong = append(p.wrong, err.Error())
		}
	}
	if err := s.start(mortal); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*s.wait)
	defer cancel()
	nurse := make(chan error, 1)
	go func() { nurse <- s.nurse(ctx) }()
	bad(s.act(ctx))
	if len(p.wrong) == 0 { // the daemon may still die while it is asked
		bad(s.until("all is settled", func() (bool, error) {
			err := s.settled(nil, nil)
			if err != nil {
				s.pending = err.Error()
			}
			return err == nil, nil
		}))
	}
	cancel()
	bad(<-nurse)
	if s.proc != nil { // its hour may come even now
		if err := s.end(syscall.SIGTERM); err != nil && !strings.HasSuffix(err.Error(), "signal: killed") {
			bad(err)
		}
	}
	s.polite = false
	bad(s.verify(nil, nil))
	p.letters = s.account(&p)
	p.commits = s.commits()
	return p
}

// nurse starts the daemon again, as systemd does.
func (s *story) nurse(ctx context.Context) error {
	for {
		select {
		case <-s.ended:
			s.proc = nil
			if err := s.start("0"); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// act is what the people do.
func (s *story) act(ctx context.Context) error {
	b := s.bundles["a"]
	if err := s.stage.Request(b, true); err != nil {
		return err
	}
	l, err := s.stage.Await(ctx, s.stage.Cast.Admin, "", sop.Persetujuan)
	if err != nil {
		return err
	}
	if err := s.stage.Answer(l, "SETUJU", rehearsal.Outlook); err != nil {
		return err
	}
	for _, m := range stage.People(b) {
		if l, err = s.stage.Await(ctx, m, "", sop.Kredensial); err != nil {
			return err
		}
		if err := s.stage.Answer(l, "TERIMA", rehearsal.Plain); err != nil {
			return err
		}
	}
	for _, p := range append(stage.People(b), s.stage.Cast.Staff, s.stage.Cast.KepalaLPSE) {
		if _, err := s.stage.Await(ctx, p, "", sop.Selesai); err != nil {
			return err
		}
	}
	return nil
}

// account counts the different letters, and says what must not be: a letter that went out in two forms, two passwords for one
// member, a letter to somebody who has no part in it.
func (s *story) account(p *played) map[string]int {
	bytesOf, out := map[string][]byte{}, map[string]int{}
	for _, t := range s.stage.Post.Journal() {
		if t.From != s.stage.Cast.Office.Address {
			continue
		}
		m := message.Parse(t.Raw, message.DefaultLimits(), nil)
		had, again := bytesOf[m.MessageID]
		if again && !bytes.Equal(had, t.Raw) {
			p.wrong = append(p.wrong, "resent in other words: "+m.Subject)
		}
		if bytesOf[m.MessageID] = t.Raw; !again {
			kind := string(stage.KindOf(m))
			if kind == string(sop.Pemberitahuan) { // of the opening, and of the closing
				kind, _, _ = strings.Cut(m.Subject, " - kode")
			}
			out[kind+" to "+strings.Join(t.To, " ")]++
		}
	}
	words, err := s.stage.Passwords()
	if err != nil {
		p.wrong = append(p.wrong, err.Error())
	}
	of := map[string]int{}
	for _, owner := range words {
		of[owner]++
	}
	for _, owner := range slices.Sorted(maps.Keys(of)) {
		if of[owner] > 1 {
			p.wrong = append(p.wrong, fmt.Sprintf("%d passwords for %s", of[owner], owner))
		}
	}
	for key, n := range out {
		if n > 1 {
			p.wrong = append(p.wrong, fmt.Sprintf("%d different letters %s", n, key))
		}
	}
	return out
}

// commits is what the last daemon said of itself when it stopped.
func (s *story) commits() (n int) {
	said, _ := os.ReadFile(filepath.Join(s.dir, "daemon.log"))
	for line := range strings.Lines(string(said)) {
		if k, ok := strings.CutSuffix(strings.TrimSpace(line), " commits"); ok {
			n = atoi(k)
		}
	}
	return n
}

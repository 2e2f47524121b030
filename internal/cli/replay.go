package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"ukpbjd/internal/audit"
	"ukpbjd/internal/daemon"
)

type replayCmd struct {
	Storage string `help:"Folder with a copy of the books, keys and archive; storage.path when left out." placeholder:"DIR"`
	Scratch string `help:"Where the scratch store lies meanwhile; empty: the system's folder for passing files." placeholder:"DIR"`
	JSON    bool   `name:"json" help:"As JSON."`
}

// Run needs the books for itself: stop the daemon, or give it a copy. Nothing is sent or fetched, and the recorded books stay
// as they are.
func (c *replayCmd) Run(s *shell) (err error) {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	if c.Storage != "" {
		cfg.Storage.Path = c.Storage
	}
	old, err := daemon.OpenRooms(s.ctx, cfg)
	if err != nil {
		return fail(exitUnavailable, err)
	}
	defer func() { err = errors.Join(err, old.Close()) }()
	dir, err := os.MkdirTemp(c.Scratch, "ukpbjd-replay-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	recording, err := old.Audit.Record(s.ctx)
	if err != nil {
		return err
	}
	scratch := *cfg
	scratch.Storage.Path = dir
	var clock audit.Clock
	fresh, err := daemon.OpenRooms(s.ctx, &scratch, func(p *daemon.Parts) { p.Office.Now, p.Tasks.Source = clock.Now, recording })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fresh.Close()) }()
	b := s.bar("replay", recording.Steps())
	play := audit.Replay{New: fresh.Replaying(), Recording: recording, Clock: &clock}
	r, err := play.Run(s.ctx, b.at)
	b.done()
	if err != nil {
		return err
	}
	return found(len(r.Differences) > 0, s.tell(c.JSON, r, func(w io.Writer) {
		for _, d := range r.Differences {
			fmt.Fprintf(w, "%s  %s  %s\n    was  %s\n    now  %s\n", d.Case, stamp(d.At), d.What, d.Was, d.Now)
		}
		fmt.Fprintf(w, "%d mails and %d commands of %d cases played, %d mails left out (not ours, or not kept as they came): %d decisions would differ\n",
			r.Mails, r.Commands, r.Cases, r.Left, len(r.Differences))
	}))
}

package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"

	"ukpbjd/internal/config"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/store"
)

type serveCmd struct{}

// reopenPause lies between a commit of unknown outcome and the next look at the books.
const reopenPause = 2 * time.Second

// Run works until it is told to stop. A commit whose outcome is unknown ends the daemon; it is opened anew and reads what is
// on disk, never guessing. SIGHUP reads the configuration anew and keeps the old one where the new one has faults.
func (serveCmd) Run(s *shell) error {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	daemon.LimitMemory()
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	var before *config.Config // that with which the office worked; nil: it is this one
	for {
		log := logger(s.stderr, cfg.Log)
		for _, w := range cfg.Warnings {
			log.Warn("configuration", "warning", w)
		}
		ctx, cancel := context.WithCancel(s.ctx)
		reread := make(chan *config.Config, 1)
		var asked sync.WaitGroup
		asked.Go(func() { s.reread(ctx, cancel, hup, reread, log) })
		ready, err := serveOnce(ctx, cfg, log)
		cancel()
		asked.Wait()
		if ready {
			before = nil
		}
		select {
		case next := <-reread:
			before, cfg = cfg, next
			continue
		default:
		}
		switch {
		case s.ctx.Err() != nil:
			return nil
		case before != nil:
			log.Error("the office cannot be opened with the new configuration; the old one stays", "error", err)
			before, cfg = nil, before
			continue
		case errors.Is(err, daemon.ErrGround):
			return fail(exitConfig, err)
		case errors.Is(err, mailbox.ErrServed):
			return fail(exitUnavailable, err)
		case !errors.Is(err, store.ErrUnknown):
			return fail(exitTryLater, err)
		}
		log.Error("the outcome of a commit is unknown; the store is opened anew", "error", err)
		select {
		case <-time.After(reopenPause):
		case <-s.ctx.Done():
			return nil
		}
	}
}

// reread waits for SIGHUP; a configuration without faults ends the office, which is opened anew with it.
func (s *shell) reread(ctx context.Context, stop func(), hup <-chan os.Signal, into chan<- *config.Config, log *slog.Logger) {
	for {
		select {
		case <-hup:
			cfg, err := s.load()
			if err != nil {
				log.Error("the configuration was read anew and has faults; the old one stays", "faults", err)
				continue
			}
			log.Info("the configuration was read anew")
			into <- cfg
			stop()
			return
		case <-ctx.Done():
			return
		}
	}
}

func serveOnce(ctx context.Context, cfg *config.Config, log *slog.Logger) (ready bool, err error) {
	d, err := daemon.Open(ctx, cfg, log)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var told sync.WaitGroup
	told.Go(func() { notify(ctx, d, log) })
	err = d.Run(ctx)
	cancel()
	told.Wait()
	select {
	case <-d.Ready():
		ready = true
	default:
	}
	return ready, errors.Join(err, d.Close())
}

// notify tells systemd that the daemon is ready, and while its loops are well, that it is alive.
func notify(ctx context.Context, d *daemon.Daemon, log *slog.Logger) {
	select {
	case <-d.Ready():
	case <-ctx.Done():
		return
	}
	log.Info("ready", "page", d.PageAddr())
	if _, err := sd.SdNotify(false, sd.SdNotifyReady); err != nil {
		log.Warn("tell systemd", "error", err)
	}
	every, err := sd.SdWatchdogEnabled(false)
	if err != nil || every == 0 {
		return
	}
	t := time.NewTicker(every / 2)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			if d.Alive() {
				_, _ = sd.SdNotify(false, sd.SdNotifyWatchdog) // systemd notices its absence
			}
		case <-ctx.Done():
			_, _ = sd.SdNotify(false, sd.SdNotifyStopping)
			return
		}
	}
}

func logger(w io.Writer, c config.Log) *slog.Logger {
	var level slog.Level
	level.UnmarshalText([]byte(c.Level)) //nolint:errcheck // the configuration takes no other
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "text" {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

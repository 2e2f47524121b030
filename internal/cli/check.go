package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/doctor"
	"ukpbjd/internal/mailbox"
)

type checkCmd struct {
	JSON bool `name:"json" help:"As JSON."`
}

// checkTime bounds the whole check.
const checkTime = 3 * time.Minute

// Run looks at everything and says what to do; what it finds of the ground of trust is remembered for serve.
func (c *checkCmd) Run(s *shell) error {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, checkTime)
	defer cancel()
	checkup := doctor.Check(ctx, cfg)
	told := c.remember(s, cfg, checkup)
	replies, err := enrolled(s.ctx, cfg)
	found := append(checkup.Findings, replies...)
	if c.JSON {
		err = errors.Join(err, printJSON(s.stdout, found))
	} else {
		printFindings(s, found)
	}
	if err = errors.Join(err, told); err != nil {
		return err
	}
	for _, f := range found {
		if f.Level == mailbox.Fail {
			return fail(exitTrouble, errSaid)
		}
	}
	return nil
}

// remember tells the daemon, or the store, what was found of the ground of trust.
func (c *checkCmd) remember(s *shell, cfg *config.Config, found doctor.Checkup) error {
	ground := control.Call{Command: "ground", Arg: found.Ground}
	if found.SentKnown {
		ground.Folders = &found.Sent
	}
	_, err := overSocket(s.ctx, filepath.Join(cfg.Storage.Path, daemon.SocketName), ground)
	if errors.Is(err, errNoDaemon) {
		_, err = direct(s.ctx, cfg, ground)
	}
	return err
}

func printFindings(s *shell, found []doctor.Finding) {
	marks := map[mailbox.Level]string{mailbox.Good: "ok   ", mailbox.Warn: "WARN ", mailbox.Fail: "FAULT"}
	for _, f := range found {
		fmt.Fprintf(s.stdout, "%s  %-28s %s\n", marks[f.Level], f.Subject, f.Text)
		if f.Remedy != "" && f.Level != mailbox.Good {
			fmt.Fprintf(s.stdout, "       %-28s → %s\n", "", f.Remedy)
		}
	}
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"ukpbjd/internal/control"
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
	if !c.JSON {
		fmt.Fprintln(s.stderr, "looking at configuration and servers; a mail to ourselves may be under way for a minute …")
	}
	checkup := doctor.Check(ctx, cfg)
	ground := control.Call{Command: "ground", Arg: checkup.Ground}
	if checkup.SentKnown {
		ground.Folders = &checkup.Sent
	}
	remembered := s.ask(cfg, ground, new(string))
	replies, err := s.enrolled(cfg)
	all := append(checkup.Findings, replies...)
	told := s.tell(c.JSON, all, func(w io.Writer) { printFindings(w, all) })
	faulty := slices.ContainsFunc(all, func(f doctor.Finding) bool { return f.Level == mailbox.Fail })
	return found(faulty, errors.Join(err, told, remembered))
}

func printFindings(w io.Writer, all []doctor.Finding) {
	marks := map[mailbox.Level]string{mailbox.Good: "ok   ", mailbox.Warn: "WARN ", mailbox.Fail: "FAULT"}
	for _, f := range all {
		fmt.Fprintf(w, "%s  %-28s %s\n", marks[f.Level], f.Subject, f.Text)
		if f.Remedy != "" && f.Level != mailbox.Good {
			fmt.Fprintf(w, "       %-28s → %s\n", "", f.Remedy)
		}
	}
}

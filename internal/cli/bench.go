package cli

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"time"

	"ukpbjd/internal/bench"
)

type benchCmd struct {
	bench.Options
	JSON bool `name:"json" help:"One JSON object."`
}

// benchPause lies between two single mails.
const benchPause = 250 * time.Millisecond

// Run measures. A missed aim is told, and is no trouble; a lost mail is.
func (c *benchCmd) Run(s *shell) error {
	dir, err := os.MkdirTemp(c.Dir, "ukpbjd-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c.Dir, c.Pause, c.Self, c.Progress = dir, benchPause, self, s.stderr
	r, err := bench.Run(s.ctx, c.Options)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(s.stdout).Encode(r)
	}
	return r.Print(s.stdout)
}

// self runs this program again.
func self(ctx context.Context, args ...string) *exec.Cmd {
	program, err := os.Executable()
	if err != nil {
		program = os.Args[0]
	}
	return exec.CommandContext(ctx, program, args...)
}

package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"ukpbjd/internal/daemon"
	"ukpbjd/internal/doctor"
)

type versionCmd struct {
	Verifier bool `help:"Print the key by which anybody checks the checkpoints of this office."`
}

func (c versionCmd) Run(s *shell) error {
	if c.Verifier {
		cfg, err := s.load()
		if err != nil {
			return err
		}
		key, err := doctor.Verifier(cfg)
		if err == nil {
			_, err = fmt.Fprintln(s.stdout, key)
		}
		return err
	}
	revision := ""
	if bi, ok := debug.ReadBuildInfo(); ok {
		for _, x := range bi.Settings {
			if x.Key == "vcs.revision" {
				revision = " " + x.Value
			}
		}
	}
	_, err := fmt.Fprintf(s.stdout, "ukpbjd %s%s %s %s/%s\n", daemon.Version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

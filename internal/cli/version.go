package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version is set by the release build (-ldflags -X).
var Version = "dev"

type versionCmd struct{}

func (versionCmd) Run(s *shell) error {
	revision := ""
	if bi, ok := debug.ReadBuildInfo(); ok {
		for _, x := range bi.Settings {
			if x.Key == "vcs.revision" {
				revision = " " + x.Value
			}
		}
	}
	_, err := fmt.Fprintf(s.stdout, "ukpbjd %s%s %s %s/%s\n", Version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

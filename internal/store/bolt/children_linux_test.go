package bolt

import (
	"fmt"
	"os"
	"testing"
)

// children are what this program does instead of its tests, in the directory that its environment names.
var children = map[string]func(dir string) error{
	"UKPBJD_POWERCUT":         func(dir string) error { return commitMany(dir, Options{}, (*DB).Compact) },
	"UKPBJD_POWERCUT_NOSYNC":  func(dir string) error { return commitMany(dir, Options{NoSync: true}, nil) },
	"UKPBJD_POWERCUT_RENAMED": func(dir string) error { return commitMany(dir, Options{}, renameFirst) },
	"UKPBJD_SPACE":            shortOfSpace,
}

func TestMain(m *testing.M) {
	for name, run := range children {
		dir := os.Getenv(name)
		if dir == "" {
			continue
		}
		if err := run(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

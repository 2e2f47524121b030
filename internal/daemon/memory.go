package daemon

import (
	"os"
	"runtime/debug"
)

// The office runs on a small machine: 96 MiB in all, of which program, stacks and pages of the store take a third. Below
// the limit garbage is collected seldom, near it often.
const (
	memorySoft = 56 << 20
	garbage    = 300 // percent
)

// LimitMemory sets the collector once for the process, unless the operator did (GOMEMLIMIT, GOGC).
func LimitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memorySoft)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}

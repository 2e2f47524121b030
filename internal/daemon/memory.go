package daemon

import (
	"os"
	"runtime/debug"
)

// The office runs on a small machine: 96 MiB of private memory in all. The collector works at a pace that stays below by itself;
// the limit is a guard for the one large mail, and costs nothing until then.
const (
	memoryGuard = 88 << 20
	garbage     = 200 // percent
)

// LimitMemory sets the collector once for the process, unless the operator did (GOMEMLIMIT, GOGC).
func LimitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryGuard)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}

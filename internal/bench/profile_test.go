package bench

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"runtime/pprof"
	"syscall"
	"testing"

	"ukpbjd/internal/config"
	"ukpbjd/internal/daemon"
)

const (
	serveChild  = "UKPBJD_BENCH_SERVE" // path of a configuration
	profileFile = "UKPBJD_BENCH_FILE"
)

// profiled is a daemon that leaves a CPU profile in dir.
func profiled(ctx context.Context, dir, config string) *exec.Cmd {
	f, err := os.CreateTemp(dir, "daemon-*.cpu")
	if err != nil {
		panic(err) // the folder is the developer's
	}
	f.Close()
	c := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestProfiled$")
	c.Env = append(os.Environ(), serveChild+"="+config, profileFile+"="+f.Name())
	return c
}

// TestProfiled is no test: it is the process of a daemon with a CPU profile.
func TestProfiled(t *testing.T) {
	if os.Getenv(serveChild) == "" {
		t.Skip("only as a child of TestFloors")
	}
	cfg, faults := config.Load(os.Getenv(serveChild))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	d, err := daemon.Open(ctx, cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(os.Getenv(profileFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		t.Fatal(err)
	}
	defer pprof.StopCPUProfile()
	go func() {
		<-d.Ready()
		log.Info("ready", "page", d.PageAddr())
	}()
	if err := d.Run(ctx); err != nil && ctx.Err() == nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

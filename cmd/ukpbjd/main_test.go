package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ukpbjd/internal/cli"
	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/store"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"ukpbjd":   main,
		"mortally": func() { os.Exit(mortally()) },
	})
}

// TestStories plays every office story of testdata: letters in, letters out, the daemon as a process of its own. Each ends by
// holding the books against the invariants and by searching everything for the passwords that were given out.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	if testing.Short() {
		sample := files[:0]
		for i, f := range files {
			if i%5 == 0 {
				sample = append(sample, f)
			}
		}
		files = sample
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		script, _, _ := bytes.Cut(raw, []byte("\n-- "))
		lines := strings.Split(strings.TrimSpace(string(script)), "\n")
		if strings.TrimSpace(lines[len(lines)-1]) != "verify" && bytes.Contains(script, []byte("\noffice")) {
			t.Errorf("%s: the last line of a story is `verify`", f)
		}
	}
	testscript.Run(t, testscript.Params{
		Files:    files,
		Deadline: deadline(t),
		Setup: func(e *testscript.Env) error {
			e.Values[storyKey{}] = newStory(e.WorkDir)
			e.Setenv("UKPBJD_CONFIG", filepath.Join(e.WorkDir, "ukpbjd.yaml"))
			e.Setenv("YEAR", time.Now().Format("2006"))
			return nil
		},
		Cmds:                commands(),
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
	})
}

// deadline leaves a story that hangs the time to say where.
func deadline(t *testing.T) time.Time {
	d := time.Now().Add(10 * time.Minute)
	if own, ok := t.Deadline(); ok && own.Before(d) {
		return own.Add(-5 * time.Second)
	}
	return d
}

// mortally serves as `ukpbjd serve` does, but is killed without warning at a given commit of its books, before it or right
// after it, and does not wait ten minutes before it resends what is in doubt.
//
//	MORTAL=17:after mortally
func mortally() int {
	cfg, faults := config.Load(os.Getenv("UKPBJD_CONFIG"))
	if len(faults) > 0 {
		fmt.Fprintln(os.Stderr, faults)
		return 78
	}
	if page := os.Getenv("PAGE"); page != "" { // on any free port, which no configuration may ask for
		cfg.HTTP.Listen = page
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	at, when, _ := strings.Cut(os.Getenv("MORTAL"), ":")
	nth, _ := strconv.ParseInt(at, 10, 64)
	var books *mortalStore
	d, err := daemon.Open(ctx, cfg, slog.New(slog.NewJSONHandler(os.Stderr, nil)), func(p *daemon.Parts) {
		books = &mortalStore{DB: p.Office.DB, at: nth, after: when == "after", forgets: os.Getenv("FORGETS")}
		p.Office.DB = books
		p.Outbox.DoubtPause, p.Outbox.FirstRetry = 300*time.Millisecond, 50*time.Millisecond
		if os.Getenv("SENDLOG") == "none" {
			p.SendLog = ""
		}
		if ahead, err := time.ParseDuration(os.Getenv("AHEAD")); err == nil {
			p.Office.Now = func() time.Time { return time.Now().Add(ahead) }
		}
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 75
	}
	go func() {
		<-d.Ready()
		d.Log.Info("ready", "page", d.PageAddr())
	}()
	if err := d.Run(ctx); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		return 75
	}
	if err := d.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Printf("%d commits\n", books.n.Load())
	return 0
}

// mortalStore kills the whole process at a commit.
type mortalStore struct {
	store.DB
	at      int64 // zero: never
	after   bool
	forgets string // a bucket in which nothing is written: what the tests must notice
	n       atomic.Int64
}

type forgetfulTx struct {
	store.Tx
	forgets string
}

func (f forgetfulTx) Put(bucket string, key, value []byte) error {
	if bucket == f.forgets {
		return nil
	}
	return f.Tx.Put(bucket, key, value)
}

func (m *mortalStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	nth := m.n.Add(1)
	err := m.DB.Update(ctx, func(tx store.Tx) error {
		err := fn(forgetfulTx{tx, m.forgets})
		if nth == m.at && !m.after {
			die()
		}
		return err
	})
	if nth == m.at {
		die()
	}
	return err
}

// Backup copies the store as it is.
func (m *mortalStore) Backup(ctx context.Context, w io.Writer) error {
	db, ok := m.DB.(interface {
		Backup(context.Context, io.Writer) error
	})
	if !ok {
		return control.ErrNoSnapshot
	}
	return db.Backup(ctx, w)
}

func die() {
	syscall.Kill(os.Getpid(), syscall.SIGKILL) //nolint:errcheck // there is no way to survive it
	select {}
}

// run calls the program in this process.
func run(stdout, stderr io.Writer, args ...string) int {
	return cli.Main(context.Background(), args, stdout, stderr)
}

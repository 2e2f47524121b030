// Package storetest shows what a power cut leaves of a directory, which killing a process cannot. It is used by tests only.
package storetest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// PowerCut shows what killing a process cannot: the page cache survives a kill, but not a power cut. A child program works
// in a directory under strace and prints "ACK n" after each acknowledged step. Then the directory is drawn as it may lie on
// the disk at random moments: what was synced is there, of the rest a random part, some writes torn at 512 bytes.
type PowerCut struct {
	Child  *exec.Cmd // works in Dir; single-threaded in what it writes, os.Stdout for its ACK lines
	Dir    string
	Images int
	Check  func(dir string, acked int) error // opens an image: it must hold at least the acknowledged steps
}

// Result counts the images that Check was not content with.
type Result struct{ Events, Syncs, Acks, Images, Bad int }

// Run traces the child and checks the images; it skips where there is no strace, unless UKPBJD_REAL=1. first is one of the
// complaints.
func (p PowerCut) Run(t *testing.T) (r Result, first error) {
	t.Helper()
	events := p.trace(t)
	rnd := rand.New(rand.NewPCG(0, 7))
	points := map[int]bool{}
	for _, i := range rnd.Perm(len(events))[:min(p.Images, len(events))] {
		points[i] = true
	}
	d := newDisk(p.Dir)
	acked := 0
	for i, e := range events {
		r.Events++
		switch {
		case e.call == "ack":
			acked = e.n
			r.Acks++
		default:
			if d.apply(e) {
				r.Syncs++
			}
		}
		if !points[i] {
			continue
		}
		r.Images++
		dir := t.TempDir()
		if err := d.image(rnd, dir); err != nil {
			t.Fatal(err)
		}
		if err := p.Check(dir, acked); err != nil {
			r.Bad++
			if first == nil {
				first = fmt.Errorf("cut after event %d (%s), %d steps acknowledged: %w", i, e.call, acked, err)
			}
		}
		os.RemoveAll(dir)
	}
	if r.Acks == 0 || r.Images == 0 {
		t.Fatalf("the trace shows nothing: %+v", r)
	}
	return r, first
}

const calls = "openat,close,lseek,write,pwrite64,ftruncate,fsync,fdatasync,syncfs,renameat,renameat2,rename,unlinkat,unlink,linkat,link,mkdirat,mkdir"

func (p PowerCut) trace(t *testing.T) []event {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("UKPBJD_REAL") == "1" {
			t.Fatal(err)
		}
		t.Skip("strace is not installed: a power cut cannot be replayed")
	}
	log := filepath.Join(t.TempDir(), "trace")
	args := append([]string{strace, "-f", "-xx", "-s", "4000000", "-o", log, "-e", "trace=" + calls}, p.Child.Args...)
	c := exec.Command(strace)
	c.Args, c.Env = args, p.Child.Env
	if out, err := c.CombinedOutput(); err != nil {
		if bytes.Contains(out, []byte("ptrace")) && os.Getenv("UKPBJD_REAL") != "1" {
			t.Skip("tracing is not allowed here")
		}
		t.Fatalf("child under strace: %v\n%.2000s", err, out)
	}
	raw, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return parseTrace(string(raw))
}

// event is one system call that succeeded, or an "ack".
type event struct {
	call string
	args []string
	n    int // what it gave; the number of an ack
}

// parseTrace joins calls that strace printed in two halves, at the place where they ended.
func parseTrace(log string) (events []event) {
	half := map[string]string{}
	for line := range strings.Lines(log) {
		pid, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		rest = strings.TrimSpace(rest)
		if before, ok := strings.CutSuffix(rest, "<unfinished ...>"); ok {
			half[pid] = strings.TrimSpace(before)
			continue
		}
		if strings.HasPrefix(rest, "<...") {
			if _, after, ok := strings.Cut(rest, "resumed>"); ok {
				rest = half[pid] + after
			}
		}
		if e, ok := parseCall(rest); ok {
			events = append(events, e)
		}
	}
	return events
}

func parseCall(s string) (e event, ok bool) {
	call, rest, ok := strings.Cut(s, "(")
	end := strings.LastIndex(rest, ") ")
	if !ok || end < 0 {
		return e, false
	}
	result := strings.TrimLeft(rest[end+1:], " =")
	if _, err := fmt.Sscanf(result, "%d", &e.n); err != nil || e.n < 0 {
		return e, false
	}
	e.call, e.args = call, strings.Split(rest[:end], ", ") // no string holds a comma: all are in hex
	if call == "write" && e.args[0] == "1" {
		var n int
		if _, err := fmt.Sscanf(string(unhex(e.args[1])), "ACK %d", &n); err != nil {
			return e, false
		}
		e.call, e.n = "ack", n
	}
	return e, true
}

// unhex reads strace's "\x41\x42".
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(s, `".`), `\x`, ""))
	if err != nil {
		panic("trace: " + err.Error()) // a call that is read wrongly would draw wrong images
	}
	return b
}

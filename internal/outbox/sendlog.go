package outbox

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
)

// SendLog says of which attempts DATA has begun. It is a file beside the books, one line an attempt, that is written before DATA
// and not synced: it holds against the end of the program, which is what it is for. After a restart of the machine it says
// nothing, and every letter that was on its way is in doubt. On disk:
//
//	sending.log   first line: boot and run; then CASE/KEY and attempt, a line each time DATA begins
type SendLog struct {
	path string
	boot string
	run  string

	mu   sync.Mutex
	file *os.File

	oldRun string          // of the run before, on this boot of the machine
	begun  map[string]bool // in it
}

// OpenSendLog reads what the run before has left. boot names this boot of the machine; empty: nobody knows, and nothing that was
// written before counts.
func OpenSendLog(path, boot string) (*SendLog, error) {
	l := &SendLog{path: path, boot: boot, run: rand.Text(), begun: map[string]bool{}}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	} else if err != nil {
		return nil, fmt.Errorf("read the log of sending: %w", err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	if !s.Scan() {
		return l, nil
	}
	was, run, ok := strings.Cut(s.Text(), " ")
	if !ok || boot == "" || was != boot {
		return l, nil
	}
	l.oldRun = run
	for s.Scan() {
		l.begun[s.Text()] = true
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("read the log of sending: %w", err)
	}
	return l, nil
}

// NotBegun says for certain that an attempt of the run before had not reached DATA.
func (l *SendLog) NotBegun(run, id string, attempt int) bool {
	return l != nil && l.oldRun != "" && run == l.oldRun && !l.begun[line(id, attempt)]
}

func line(id string, attempt int) string { return fmt.Sprintf("%s %d", id, attempt) }

// Run names this run.
func (l *SendLog) Run() string { return l.run }

// Begin forgets the run before; what it had on its way has been looked at.
func (l *SendLog) Begin() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("begin the log of sending: %w", err)
	}
	l.file, l.begun, l.oldRun = f, nil, ""
	if _, err := fmt.Fprintf(f, "%s %s\n", l.boot, l.run); err != nil {
		return fmt.Errorf("begin the log of sending: %w", err)
	}
	return nil
}

// Begun notes that DATA is about to begin.
func (l *SendLog) Begun(id string, attempt int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.WriteString(line(id, attempt) + "\n"); err != nil {
		return fmt.Errorf("note that the sending begins: %w", err)
	}
	return nil
}

// Close gives the file back.
func (l *SendLog) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

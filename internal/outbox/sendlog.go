package outbox

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"ukpbjd/internal/postman"
	"ukpbjd/internal/store"
)

// SendLog says of which attempts DATA has begun, and which of these the server has accepted. It is a file beside the books that
// is written at once and not synced: it holds against the end of the program, which is what it is for. After a restart of the
// machine only what still stands in it counts: of a letter of which it does not say that it was taken nothing is known, and it is in
// doubt. The zero value keeps nothing. On disk:
//
//	sending.log   first line: boot and run; then a sendNote a line, each after a line break of its own: one that was cut short,
//	              because the disk was full, does not spoil the next
type SendLog struct {
	path string
	boot string
	run  string

	mu   sync.Mutex
	file *os.File
	size int64
	open map[string]sendNote // by letter: attempts of this run whose result is not in the books

	oldRun string              // the run before, on this boot of the machine
	last   map[string]sendNote // by letter, what was noted last
}

// sendNote is written when DATA begins, and once more when the letter was accepted.
type sendNote struct {
	ID       string    `json:"id"`
	Run      string    `json:"run,omitempty"` // in the file empty: the log's
	Attempt  int       `json:"attempt"`
	Accepted time.Time `json:"accepted,omitzero"`
	Answer   string    `json:"answer,omitempty"`
}

// maxSendLog is the size at which what is in the books leaves the log.
const maxSendLog = 1 << 20

// OpenSendLog reads what the run before has left. boot names this boot of the machine; empty: nobody knows.
func OpenSendLog(path, boot string) (*SendLog, error) {
	l := &SendLog{path: path, boot: boot, run: rand.Text(), open: map[string]sendNote{}, last: map[string]sendNote{}}
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the log of sending: %w", err)
	}
	head, notes, _ := bytes.Cut(raw, []byte("\n"))
	was, run, ok := strings.Cut(string(head), " ")
	for line := range bytes.Lines(notes) {
		var n sendNote
		if ok && json.Unmarshal(line, &n) == nil && n.Attempt >= l.last[n.ID].Attempt {
			n.Run = cmp.Or(n.Run, run)
			l.last[n.ID] = n
		}
	}
	if ok && boot != "" && was == boot {
		l.oldRun = run
	}
	return l, nil
}

// NotBegun says for certain that an attempt of the run before had not reached DATA.
func (l *SendLog) NotBegun(r store.LetterRow) bool {
	return l != nil && l.oldRun != "" && r.Run == l.oldRun && l.last[r.ID()].Attempt < r.Attempts
}

// Accepted is the result of an attempt that the server took, and that is not in the books. Of a row that cannot be read it is the
// last: no letter is tried again after it was taken.
func (l *SendLog) Accepted(r store.LetterRow) (s Sent, ok bool) {
	if l == nil {
		return s, false
	}
	n := l.last[r.ID()]
	if r.Broken != nil {
		r.Attempts, r.Run = n.Attempt, n.Run
	}
	return Sent{Row: r, Result: postman.Result{ID: n.ID, Outcome: postman.Accepted, Begun: true, Text: n.Answer}, At: n.Accepted},
		n.Run != "" && n.Run == r.Run && n.Attempt == r.Attempts && !n.Accepted.IsZero()
}

// Run names this run in the rows that it claims.
func (l *SendLog) Run() string { return l.run }

// Begin forgets the runs before, whose letters have been looked at, but for what the books could not be told yet.
func (l *SendLog) Begin(unsettled ...Sent) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range unsettled {
		l.open[s.Row.ID()] = l.last[s.Row.ID()]
	}
	l.oldRun, l.last = "", nil
	return l.rewrite()
}

// rewrite puts a log in the place of the old one in which only what is not in the books stands. The old one holds until then.
func (l *SendLog) rewrite() error {
	if l.path == "" {
		return nil
	}
	text := []byte(l.boot + " " + l.run)
	for _, n := range l.open {
		text = append(text, n.line()...)
	}
	f, err := os.OpenFile(l.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err == nil {
		if _, err = f.Write(text); err == nil && len(l.open) > 0 {
			err = f.Sync() // it may stand there for long
		}
		if err == nil {
			err = os.Rename(l.path+".new", l.path)
		}
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}
	if err != nil {
		return fmt.Errorf("begin the log of sending: %w", err)
	}
	old := l.file
	l.file, l.size = f, int64(len(text))
	if old != nil {
		return old.Close()
	}
	return nil
}

func (n sendNote) line() []byte {
	raw, _ := json.Marshal(n) // of plain fields: it cannot fail
	return append([]byte("\n"), raw...)
}

// Begun notes that DATA is about to begin.
func (l *SendLog) Begun(r store.LetterRow) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size > maxSendLog {
		if err := l.rewrite(); err != nil {
			return err
		}
	}
	return l.note(sendNote{ID: r.ID(), Attempt: r.Attempts})
}

// Took notes that the server has taken a letter whose DATA had begun. Where that cannot be written, the letter is in doubt
// after a kill, no more.
func (l *SendLog) Took(r store.LetterRow, at time.Time, answer string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.note(sendNote{ID: r.ID(), Attempt: r.Attempts, Accepted: at, Answer: answer})
}

func (l *SendLog) note(n sendNote) error {
	if l.path == "" {
		return nil
	}
	written, err := l.file.Write(n.line())
	l.size += int64(written)
	if err != nil {
		return fmt.Errorf("note how the sending goes: %w", err)
	}
	l.open[n.ID] = n
	return nil
}

// Settled says that the result of an attempt is in the books.
func (l *SendLog) Settled(r store.LetterRow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[r.ID()].Attempt == r.Attempts {
		delete(l.open, r.ID())
	}
}

// Close gives the file back.
func (l *SendLog) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

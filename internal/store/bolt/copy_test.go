package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// stuck is a consumer that takes its first bytes only when it is let.
type stuck struct {
	bytes.Buffer
	begun, let chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	if s.begun != nil {
		close(s.begun)
		s.begun = nil
		<-s.let
	}
	return s.Buffer.Write(p)
}

// TestBackupToASlowConsumer (A10): a backup is of one moment, and while its consumer is slow it reads nothing of the store: the map can grow.
func TestBackupToASlowConsumer(t *testing.T) {
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "x.db"), Options{NoSync: true, Map: 1 << 20})
	defer closing(t, db)
	for i := range 40 {
		put(t, db, fmt.Sprintf("k%02d", i), bytes.Repeat([]byte{byte(i)}, 3000))
	}
	w := &stuck{begun: make(chan struct{}), let: make(chan struct{})}
	begun, done := w.begun, make(chan error, 1)
	go func() { done <- db.Backup(ctx, w) }()
	<-begun
	for i := range 4 {
		put(t, db, fmt.Sprint("later", i), make([]byte, 1<<20))
	}
	if err := db.Compact(ctx); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("beside the store: %q", got)
	}
	close(w.let)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "backup.db")
	if err := os.WriteFile(copied, w.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := readAll(copied); err != nil {
		t.Error(err)
	}
}

func TestBackupCancelled(t *testing.T) {
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "x.db"), Options{NoSync: true})
	defer closing(t, db)
	put(t, db, "k", make([]byte, 1<<20))
	for _, during := range []bool{false, true} {
		gone, cancel := context.WithCancel(ctx)
		if !during {
			cancel()
		}
		w := &stuck{begun: make(chan struct{}), let: make(chan struct{})}
		go func(begun chan struct{}) {
			select {
			case <-begun:
				cancel()
				close(w.let)
			case <-gone.Done():
			}
		}(w.begun)
		if err := db.Backup(gone, w); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled backup (while it runs: %v): %v", during, err)
		}
		cancel()
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("beside the store: %q", got)
	}
}

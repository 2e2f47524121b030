package cli

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/stage"
)

// heard is a log that ends the program when it has said a word.
type heard struct {
	mu   sync.Mutex
	b    bytes.Buffer
	word string
	then func()
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.b.Write(p)
	if strings.Contains(h.b.String(), h.word) {
		h.then()
	}
	return len(p), nil
}

// TestFullCopyIsSaid: that Kepala LPSE is sent passwords stands in what check says, and in the log at start; of a summary
// nothing is said.
func TestFullCopyIsSaid(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	const words = "credentials.tembusan: full: Kepala LPSE is sent the password of every member"
	for _, choice := range []string{"full", "summary"} {
		dir := t.TempDir()
		s, err := stage.Open(stage.Options{Dir: dir, Change: func(c *config.Config) { c.Credentials.Tembusan = choice }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		path, err := s.Write(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, said := tryRun(t, "--config", path, "check"); strings.Contains(said, words) != (choice == "full") {
			t.Errorf("%s: check says\n%s", choice, said)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		log := &heard{word: `"msg":"ready"`, then: cancel}
		Main(ctx, []string{"--config", path, "serve"}, log, log)
		cancel()
		if said := log.b.String(); strings.Contains(said, words) != (choice == "full") || !strings.Contains(said, log.word) {
			t.Errorf("%s: serve says\n%s", choice, said)
		}
	}
}

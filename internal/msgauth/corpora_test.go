package msgauth

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Real fields that nobody here wrote: the grammar must read what real servers write.
func TestRealFields(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "corpora")
	if _, err := os.Stat(root); err != nil {
		t.Skip("../shared/corpora is absent")
	}
	fields, unread, nameless, hops, strange := 0, 0, 0, 0, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		head, _, _ := bytes.Cut(bytes.ReplaceAll(raw[:min(len(raw), maxHeader)], []byte("\r\n"), []byte("\n")), []byte("\n\n"))
		unfold := strings.NewReplacer("\n ", " ", "\n\t", " ")
		for line := range strings.SplitSeq(unfold.Replace(string(head)), "\n") {
			name, value, _ := strings.Cut(line, ":")
			switch lower(name) {
			case "received":
				hops++
				if _, ok := parseReceived(value); !ok {
					strange++
				}
			case "authentication-results":
				p, err := newScanner(value)
				if err != nil {
					t.Errorf("%v: %.300q", err, value)
					continue
				}
				id, err := p.authservID()
				if err != nil { // Exchange Online names no server: nobody's
					nameless++
					continue
				}
				fields++
				if err := p.rest(&authres{id: id}); err != nil {
					unread++
					if strings.Contains(value, "dmarc") { // those without are older than the grammar
						t.Errorf("%v: %.300q", err, value)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("Authentication-Results: %d, not read: %d, without id: %d; Received: %d, not read: %d", fields, unread, nameless, hops, strange)
	if fields < 100 || unread*5 > fields || strange*5 > hops {
		t.Error("too much of what real servers write is not read")
	}
}

// TestNoTimeIsTooOld: a signature without a time of its own, in a mail without a readable date, is not as young as a mail of which
// nobody knows when it came.
func TestNoTimeIsTooOld(t *testing.T) {
	if why := untimely(time.Time{}, time.Time{}); why != "too-old" {
		t.Errorf("%q", why)
	}
}

package cli

import (
	"bytes"
	"strings"
	"testing"

	"ukpbjd/internal/config"
	"ukpbjd/internal/stage"
)

// TestServeBesideAnother (A16): serve with books of its own on a mailbox that is served ends as "unavailable", and says where the
// mark lies and what to do.
func TestServeBesideAnother(t *testing.T) {
	s, err := stage.Open(stage.Options{Dir: t.TempDir(), Change: func(c *config.Config) { c.IMAP.Start.All = true }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := *s.Config
	other.Storage.Path = t.TempDir()
	mine := s.Config
	s.Config = &other
	path, err := s.Write(t.TempDir())
	s.Config = mine
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := Main(t.Context(), []string{"--config", path, "serve"}, &out, &errs); code != exitUnavailable ||
		!strings.Contains(errs.String(), "another ukpbjd") || !strings.Contains(errs.String(), "UKPBJ/Diproses") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
}

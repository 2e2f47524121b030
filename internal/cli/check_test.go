package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/control"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/doctor"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/stage"
)

// TestCheckIsRemembered: check names a provider that keeps copies, serve of an unsound ground ends with the exit code that
// systemd does not answer with another start, and a check that cannot try anything takes nothing back.
func TestCheckIsRemembered(t *testing.T) {
	dir := t.TempDir()
	s, err := stage.Open(stage.Options{Dir: dir, Post: func(o *postoffice.Options) { o.SaveSent = true }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	config, err := s.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	if code, said := tryRun(t, "--config", config, "check"); code != exitTrouble || !strings.Contains(said, "keeps a copy of every letter in Sent") {
		t.Errorf("%d\n%s", code, said)
	}
	remembered := func(ground string) (folders []string, was string) {
		desk, err := daemon.OpenRooms(t.Context(), s.Config)
		if err != nil {
			t.Fatal(err)
		}
		defer desk.Close()
		if was, err = desk.Control.Ground(t.Context()); err == nil {
			folders, err = desk.Control.SentFolders(t.Context())
		}
		if err == nil && ground != "" {
			_, err = desk.Control.Answer(t.Context(), control.Call{Command: "ground", Arg: ground})
		}
		if err != nil {
			t.Fatal(err)
		}
		return folders, was
	}
	if folders, was := remembered(doctor.Unsafe); was != doctor.Sound || len(folders) != 1 {
		t.Errorf("%q %q", was, folders)
	}
	if code, said := tryRun(t, "--config", config, "serve"); code != exitConfig || !strings.Contains(said, "approval.code") {
		t.Errorf("%d %s", code, said)
	}
	if err := s.Post.Stop(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var out bytes.Buffer
	if code := Main(ctx, []string{"--config", config, "check"}, &out, &out); code != exitTrouble {
		t.Errorf("%d\n%s", code, out.String())
	}
	if folders, was := remembered(""); was != doctor.Unsafe || len(folders) != 1 {
		t.Errorf("a check that could not look: %q %q", was, folders)
	}
}

// TestSentCopiesEnd: a running daemon forgets the folders of copies when check finds that the provider keeps none any more.
func TestSentCopiesEnd(t *testing.T) {
	dir := t.TempDir()
	s, err := stage.Open(stage.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	config, err := s.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Daemon.Control.Answer(t.Context(), control.Call{Command: "ground", Folders: &[]string{"Sent"}}); err != nil {
		t.Fatal(err)
	}
	code, said := tryRun(t, "--config", config, "check")
	if !strings.Contains(said, "nobody keeps a copy") {
		t.Errorf("%d\n%s", code, said)
	}
	if folders, err := s.Daemon.Control.SentFolders(t.Context()); err != nil || len(folders) > 0 {
		t.Errorf("still remembered: %q %v", folders, err)
	}
}

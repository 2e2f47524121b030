package stage

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// TestClosingSheetIsTied: the code on the lembar kendali of the closing letter, read by somebody else's program from the printed page,
// names the case and a state that the journal of the office has been in. SOP R.2
func TestClosingSheetIsTied(t *testing.T) {
	tools := map[string]string{"pdftoppm": "", "zbarimg": ""}
	for name := range tools {
		path, err := exec.LookPath(name)
		if err != nil && os.Getenv("UKPBJD_REAL") == "1" {
			t.Fatalf("UKPBJD_REAL=1 and no %s", name)
		} else if err != nil {
			t.Skipf("%s is not installed", name)
		}
		tools[name] = path
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	b, err := rehearsal.Papers(5, 3, rehearsal.Office{Domain: Domain})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(Options{Dir: t.TempDir(), Members: People(b)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	pdf := closingSheet(t, ctx, s, b)
	page := filepath.Join(t.TempDir(), "page")
	draw := exec.CommandContext(ctx, tools["pdftoppm"], "-gray", "-png", "-singlefile", "-r", "150", "-", page)
	draw.Stdin = bytes.NewReader(pdf.Bytes)
	if said, err := draw.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	read := exec.CommandContext(ctx, tools["zbarimg"], "--quiet", "--raw", page+".png")
	read.Env = append(os.Environ(), "DBUS_SESSION_BUS_ADDRESS=disabled:")
	code, err := read.Output()
	if err != nil {
		t.Fatalf("zbarimg: %v", err)
	}
	var number, root string
	var size int64
	if _, err := fmt.Sscanf(string(code), "%s %d %s", &number, &size, &root); err != nil || !strings.Contains(pdf.Name, number) {
		t.Fatalf("%q says %q (%v)", pdf.Name, code, err)
	}
	if err := s.Daemon.Clerk.View(ctx, func(b store.Books) error {
		want, err := b.Root(size)
		if err == nil && fmt.Sprint(want) != root {
			t.Errorf("the journal of %d lines has the root %s, the sheet says %s", size, want, root)
		}
		if now, e := b.TreeSize(); e != nil || size == 0 || size > now {
			t.Errorf("%d lines of %d (%v)", size, now, e)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// closingSheet plays one case and gives the sheet that a member gets in the end.
func closingSheet(t *testing.T, ctx context.Context, s *Stage, b rehearsal.Bundle) sop.File {
	t.Helper()
	must := func(l Letter, err error) Letter {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Request(b, true); err != nil {
		t.Fatal(err)
	}
	if err := s.Answer(must(s.Await(ctx, s.Cast.Admin, "", sop.Persetujuan)), "SETUJU", rehearsal.Outlook); err != nil {
		t.Fatal(err)
	}
	for _, m := range People(b) {
		if err := s.Answer(must(s.Await(ctx, m, "", sop.Kredensial)), "TERIMA", rehearsal.Plain); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range must(s.Await(ctx, People(b)[0], "", sop.Selesai)).Msg.Files {
		if strings.HasPrefix(f.Name, "lembar-kendali-") {
			return sop.File{Name: f.Name, Bytes: f.Bytes}
		}
	}
	t.Fatal("the closing letter carries no lembar kendali")
	return sop.File{}
}

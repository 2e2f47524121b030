package stage

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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
	t.Parallel()
	x := set(t, Options{})
	x.do(x.Start(x.ctx))
	x.approve()
	x.finish()
	pdf := x.closingSheet()
	page := filepath.Join(t.TempDir(), "page")
	draw := exec.CommandContext(x.ctx, tools["pdftoppm"], "-gray", "-png", "-singlefile", "-r", "150", "-", page)
	draw.Stdin = bytes.NewReader(pdf.Bytes)
	if said, err := draw.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	read := exec.CommandContext(x.ctx, tools["zbarimg"], "--quiet", "--raw", page+".png")
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
	x.do(x.Daemon.Clerk.View(x.ctx, func(b store.Books) error {
		want, err := b.Journal.Root(size)
		if err == nil && fmt.Sprint(want) != root {
			t.Errorf("the journal of %d lines has the root %s, the sheet says %s", size, want, root)
		}
		if now, e := b.Journal.Size(); e != nil || size == 0 || size > now {
			t.Errorf("%d lines of %d (%v)", size, now, e)
		}
		return err
	}))
}

// closingSheet is the lembar kendali that a member got in the end.
func (x *play) closingSheet() sop.File {
	x.t.Helper()
	for _, f := range x.await(People(x.bundle)[0], sop.Selesai).Msg.Files {
		if strings.HasPrefix(f.Name, "lembar-kendali-") {
			return sop.File{Name: f.Name, Bytes: f.Bytes}
		}
	}
	x.t.Fatal("the closing letter carries no lembar kendali")
	return sop.File{}
}

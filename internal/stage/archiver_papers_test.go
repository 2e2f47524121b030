package stage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// TestPapersAreArchived: behind the first letters, mail and papers of a case get their places and names in the archive, byte for
// byte. A program that ends before leaves nothing out: the mail holds the papers, verify knows it, and the next start archives them.
func TestPapersAreArchived(t *testing.T) {
	t.Parallel()
	x := set(t, Options{})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	x.await(x.Cast.Admin, sop.Persetujuan)
	c := x.Daemon.Office
	cs, err := c.Case(x.ctx, x.only().Number)
	x.do(err)
	year, _, _ := store.Number(cs.Number)
	dir, err := c.Archive.Dir(year, cs.Number)
	x.do(err)
	mail := cs.Mails[0].SHA256
	raw, err := c.Archive.Get(mail)
	x.do(err)
	papers := message.Parse(raw, message.DefaultLimits(), nil).Files
	if len(papers) != 3 {
		t.Fatalf("%d papers in the mail", len(papers))
	}
	archived := func() bool {
		for _, p := range papers {
			got, err := os.ReadFile(filepath.Join(dir, p.SHA256[:8]+"-"+strings.ReplaceAll(p.Name, " ", "_")))
			if err != nil || string(got) != string(p.Bytes) {
				return false
			}
		}
		return true
	}
	x.do(x.until(x.ctx, archived))
	x.do(x.until(x.ctx, func() bool { return len(x.unarchived()) == 0 }))

	// As a program leaves it that ends between the commit and the archive.
	u := store.Unarchived{Case: cs.Number, Mail: mail}
	for _, p := range papers {
		u.Papers = append(u.Papers, store.Paper{SHA256: p.SHA256, Name: p.Name})
		x.do(os.Remove(filepath.Join(filepath.Dir(filepath.Dir(dir)), "blobs", p.SHA256[:2], p.SHA256)))
	}
	x.do(os.RemoveAll(dir))
	if r, err := x.Daemon.Audit.Verify(x.ctx); err != nil || len(r.Findings) != 3+4 {
		t.Errorf("three papers are gone, and with the mail's their lines in the manifest: %+v %v", r.Findings, err)
	}
	x.do(c.DB.Update(x.ctx, func(tx store.Tx) error { return store.In(tx).Papers.Put(store.UID{Validity: 9, UID: 9}, u) }))
	if r, err := x.Daemon.Audit.Verify(x.ctx); err != nil || len(r.Findings) != 0 {
		t.Errorf("the mail holds the papers, but verify says %+v %v", r.Findings, err)
	}
	x.do(x.Stop())
	x.do(x.Start(x.ctx))
	x.do(x.until(x.ctx, archived))
	x.whole()
}

func (x *play) unarchived() (list []store.Unarchived) {
	x.t.Helper()
	x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) (err error) {
		list, err = b.Papers.Unarchived("", 10)
		return err
	}))
	return list
}

package audit

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"

	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// verifyFiles reads the archive through: what the books mention is there, and every file is what its name and the manifest of its
// case say. SOP R.1
func (c *Audit) verifyFiles(ctx context.Context, r *Report, files map[string]string) error {
	missing := map[string]error{}
	for sha := range files {
		r.Files++
		there, err := c.Archive.Exists(sha)
		if err != nil {
			return err
		}
		if !there {
			missing[sha] = fs.ErrNotExist
		}
	}
	if err := c.inMails(ctx, missing); err != nil {
		return err
	}
	for sha, err := range missing {
		if there, bad := c.Archive.Exists(sha); there || bad != nil { // archived between the two looks
			if bad != nil {
				return bad
			}
			continue
		}
		r.found(files[sha], "archive: %s: %v", sha, err)
	}
	return c.Archive.Verify(ctx, func(path string, wrong error) {
		if wrong == nil {
			return
		}
		where := files[filepath.Base(path)]
		if where == "" {
			where = path
		}
		r.found(where, "archive: %v", wrong)
	})
}

// verifyManifest: mails and papers of a case have a line in its manifest, once they are archived.
func (c *Audit) verifyManifest(r *Report, cs sop.Case, owed map[string]bool) {
	if owed[cs.Number] || len(cs.Mails) == 0 {
		return
	}
	year, _, _ := store.Number(cs.Number)
	_, named, err := c.Archive.Manifest(year, cs.Number)
	if err != nil {
		r.found(cs.Number, "archive: %v", err)
		return
	}
	there := map[string]bool{"": true}
	for _, sha := range named {
		there[sha] = true
	}
	for _, sha := range cs.Files() {
		if !there[sha] {
			r.found(cs.Number, "archive: %s has no line in the manifest", sha)
			there[sha] = true
		}
	}
}

// casesOwed are those of which something has no place in the archive yet.
func casesOwed(b store.Books) (map[string]bool, error) {
	list, err := b.Papers.Unarchived("", 0)
	if err != nil {
		return nil, fmt.Errorf("see what is still to be archived: %w", err)
	}
	out := map[string]bool{}
	for _, u := range list {
		out[u.Case] = true
	}
	return out, nil
}

// inMails takes from missing what lies whole in a mail whose papers are still to be archived.
func (c *Audit) inMails(ctx context.Context, missing map[string]error) error {
	for from := ""; len(missing) > 0; {
		list, err := office.Read(ctx, c.Clerk, func(b store.Books) ([]store.Unarchived, error) { return b.Papers.Unarchived(from, step) })
		if err != nil || len(list) == 0 {
			return err
		}
		for _, u := range list {
			from = u.Key + "\x00"
			papers, err := c.Unpack(u)
			for _, p := range u.Papers {
				if _, ok := missing[p.SHA256]; ok && err != nil {
					missing[p.SHA256] = err
				} else if papers[p.SHA256] != nil {
					delete(missing, p.SHA256)
				}
			}
		}
	}
	return nil
}

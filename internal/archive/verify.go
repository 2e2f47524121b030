package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Verify reads everything through and calls fn for each file: with nil, or with what is wrong with it. Its own error is
// that it could not go on. Whether all that the books mention is here is the caller's question: see Exists.
func (a *Archive) Verify(ctx context.Context, fn func(path string, wrong error)) error {
	blobs := filepath.Join(a.dir, "blobs")
	err := filepath.WalkDir(blobs, func(path string, e fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil || e.IsDir() {
			return err
		}
		fn(path, a.verifyBlob(path))
		return nil
	})
	if err == nil {
		err = a.verifyCases(ctx, fn)
	}
	return doing("verify archive", err)
}

func (a *Archive) verifyBlob(path string) error {
	sha := filepath.Base(path)
	if !valid(sha) || a.blob(sha) != path {
		return fmt.Errorf("%s: does not belong here", path)
	}
	return hashIs(path, sha)
}

func (a *Archive) verifyCases(ctx context.Context, fn func(string, error)) error {
	years, err := os.ReadDir(a.dir)
	if err != nil {
		return err
	}
	for _, y := range years {
		if is, _ := filepath.Match("[2-9][0-9][0-9][0-9]", y.Name()); !is {
			continue
		}
		cases, err := os.ReadDir(filepath.Join(a.dir, y.Name()))
		if err != nil {
			return err
		}
		for _, c := range cases {
			if err := a.verifyCase(ctx, filepath.Join(a.dir, y.Name(), c.Name()), fn); err != nil {
				return err
			}
		}
	}
	return nil
}

// verifyCase looks at the lines of SHA256SUMS; other files are a person's own.
func (a *Archive) verifyCase(ctx context.Context, dir string, fn func(string, error)) error {
	l, whole, err := a.readSums(dir)
	if err != nil {
		return err
	}
	manifest := filepath.Join(dir, sums)
	if _, err := os.Lstat(manifest); !whole && err == nil {
		fn(manifest, fmt.Errorf("%s: %w", manifest, ErrManifest))
	}
	for _, e := range l {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := filepath.Join(dir, e.Name)
		if sameFile(a.blob(e.SHA256), path) {
			fn(path, nil) // read under its first name
			continue
		}
		fn(path, hashIs(path, e.SHA256))
	}
	return nil
}

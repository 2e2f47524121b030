package control

import (
	"context"

	"ukpbjd/internal/store"
)

// groundCall remembers what check found: whether a forgery would be believed, and which folders keep copies of sent mail.
// Serve draws the consequences.
func groundCall(c *Control, ctx context.Context, x Call) (any, error) {
	err := c.Commit(ctx, 0, func(b store.Books) error {
		if x.Arg != "" {
			if err := b.State.PutGround(x.Arg); err != nil {
				return err
			}
		}
		if x.Folders != nil {
			return b.State.PutSentFolders(*x.Folders)
		}
		return nil
	})
	return x.Arg, err
}

// Ground is what check last found: sound, unsound, or "" before the first check.
func (c *Control) Ground(ctx context.Context) (ground string, err error) {
	err = c.View(ctx, func(b store.Books) error {
		ground, err = b.State.Ground()
		return err
	})
	return ground, err
}

// SentFolders are those in which the provider keeps copies of sent mail, as check last found.
func (c *Control) SentFolders(ctx context.Context) (folders []string, err error) {
	err = c.View(ctx, func(b store.Books) error {
		folders, err = b.State.SentFolders()
		return err
	})
	return folders, err
}

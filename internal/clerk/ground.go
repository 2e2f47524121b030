package clerk

import (
	"context"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// groundCall remembers what check found: whether a forgery would be believed, and which folders keep copies of sent mail.
// Serve draws the consequences.
func groundCall(c *Clerk, ctx context.Context, x Call) (any, error) {
	err := c.update(ctx, 0, func(b store.Books) error {
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
func (c *Clerk) Ground(ctx context.Context) (ground string, err error) {
	err = c.View(ctx, func(b store.Books) error {
		ground, err = b.State.Ground()
		return err
	})
	return ground, err
}

// SentFolders are those in which the provider keeps copies of sent mail, as check last found.
func (c *Clerk) SentFolders(ctx context.Context) (folders []string, err error) {
	err = c.View(ctx, func(b store.Books) error {
		folders, err = b.State.SentFolders()
		return err
	})
	return folders, err
}

// Wrote says that a Message-ID is that of a letter of ours, of this kind; of tembusan only those that carry passwords.
func (c *Clerk) Wrote(ctx context.Context, messageID string, kind sop.LetterKind) (yes bool, err error) {
	err = c.View(ctx, func(b store.Books) error {
		p, ok, err := view{b}.Pointed(messageID)
		yes = ok && p.Letter != nil && p.Letter.Kind == kind && (kind != sop.Tembusan || len(p.Letter.Of) > 0)
		return err
	})
	return yes, err
}

// Note writes a line of the daemon's own into the journal.
func (c *Clerk) Note(ctx context.Context, kind, text string) error {
	return c.update(ctx, 0, func(b store.Books) error {
		return b.Journal.Append(store.Office, []sop.Event{{At: c.Now().UTC(), Kind: kind, Actor: "daemon", Reason: kind, Text: text}})
	})
}

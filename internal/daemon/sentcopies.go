package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Some providers keep a copy of everything that is submitted, in a folder of sent mail that the whole office reads. A
// credential letter would lie there in plain, and an approval letter with its code. check finds out; serve takes these copies
// away again (DESIGN, "Credentials": credential and approval letters get no Sent copy).

// sentTime is how long a provider may take to put a copy aside.
const sentTime = 3 * time.Second

// copies looks for the probes in the folders of sent mail, takes them away, and names the folders.
func (p *probe) copies(ctx context.Context) (in []string, err error) {
	folders, err := p.box.SentFolders(ctx)
	if err != nil || len(folders) == 0 {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, sentTime+probeTime)
	defer cancel()
	look, late := time.NewTicker(500*time.Millisecond), time.NewTimer(sentTime)
	defer look.Stop()
	defer late.Stop()
	for {
		for _, f := range folders {
			found, err := p.box.Copies(ctx, f, "Message-ID", strings.ToLower(p.tag))
			if err == nil {
				err = p.box.RemoveCopies(ctx, f, found)
			}
			if err != nil {
				return in, err
			}
			if len(found) > 0 && !slices.Contains(in, f) {
				in = append(in, f)
			}
		}
		if len(in) > 0 {
			return in, nil
		}
		select {
		case <-look.C:
		case <-late.C:
			return in, nil
		case <-ctx.Done():
			return in, ctx.Err()
		}
	}
}

func (p *probe) keeps(in []string) Finding {
	const remedy = "switch off at the provider that sent mail is kept by itself; until then serve takes letters with credentials out of that folder again, " +
		"and credentials.delivery: pdf keeps passwords out of them"
	switch {
	case len(in) == 0:
		return good("sent copies", "nobody keeps a copy of what is sent")
	case p.cfg.Credentials.Delivery == "pdf":
		return warn("sent copies", remedy, "the provider keeps a copy of every letter in %s", strings.Join(in, ", "))
	}
	return bad("sent copies", remedy, "the provider keeps a copy of every letter in %s, passwords in plain", strings.Join(in, ", "))
}

// sweepEvery is the least pause between two looks at a folder of sent mail; idleEvery between two at what check found, while
// commits follow each other.
const (
	sweepEvery = 5 * time.Second
	idleEvery  = 200 * time.Millisecond
)

// ground stops the daemon when check finds that a forgery would be believed, and takes copies of credential and approval
// letters out of the folders that check found.
func (d *Daemon) ground(ctx context.Context) error {
	for {
		if err := d.stands(ctx); errors.Is(err, ErrGround) {
			return err
		}
		folders, err := d.Clerk.SentFolders(ctx)
		if err == nil && len(folders) > 0 {
			err = d.sweep(ctx, folders)
		}
		switch {
		case errors.Is(err, store.ErrUnknown):
			return err
		case err != nil && ctx.Err() == nil:
			d.state.fault("sent", err)
			d.Log.Warn("take copies of letters out of the folder of sent mail", "error", err)
		default:
			d.state.fine("sent")
		}
		var again time.Time
		if len(folders) > 0 {
			again = time.Now().Add(max(d.Poll, sweepEvery))
		}
		if err := d.bell.sent.wait(ctx, again); err != nil {
			return err
		}
		if err := bell(nil).wait(ctx, time.Now().Add(d.sweepPause(folders))); err != nil {
			return err
		}
	}
}

func (d *Daemon) sweepPause(folders []string) time.Duration {
	if len(folders) == 0 {
		return idleEvery
	}
	return min(sweepEvery, d.Poll)
}

// sweep removes a mail only if its Message-ID is that of a credential or approval letter in our own books.
func (d *Daemon) sweep(ctx context.Context, folders []string) error {
	for _, f := range folders {
		for _, kind := range []sop.LetterKind{sop.Kredensial, sop.Persetujuan, sop.Tembusan} {
			found, err := d.Box.Copies(ctx, f, clerk.KindHeader, string(kind))
			if err != nil {
				return err
			}
			var ours []mailbox.Copy
			for _, c := range found {
				yes, err := d.Clerk.Wrote(ctx, c.MessageID, kind)
				if err != nil {
					return err
				}
				if yes {
					ours = append(ours, c)
				}
			}
			if len(ours) == 0 {
				continue
			}
			if err := d.Box.RemoveCopies(ctx, f, ours); err != nil {
				return err
			}
			if err := d.Clerk.Note(ctx, "sent-copy-removed", fmt.Sprintf("%d salinan surat %s dikeluarkan dari folder %s.", len(ours), kind, f)); err != nil {
				return err
			}
		}
	}
	return nil
}

package outbox

import (
	"context"
	"fmt"
	"time"

	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Some providers keep a copy of everything that is submitted, in a folder of sent mail that the whole office reads. A
// credential letter would lie there in plain, and an approval letter with its code, which also stands in the links of what answers
// an approver. check finds out; serve takes these copies away again (DESIGN, "Credentials": credential and approval letters get no Sent copy).

// minSweep is the least pause between two looks at a folder of sent mail.
const minSweep = 5 * time.Second

// Sweep takes copies of credential and approval letters out of the folders that check found, and returns when to look again. A
// mail is removed only if its Message-ID is that of such a letter in our own books.
func (x *Outbox) Sweep(ctx context.Context) (next time.Time, err error) {
	if next, due := x.swept.Due(x.Now()); !due {
		return next, nil
	}
	folders, err := office.Read(ctx, x.Clerk, func(b store.Books) ([]string, error) { return b.State.SentFolders() })
	if err != nil || len(folders) == 0 || x.Box == nil {
		return next, err
	}
	x.swept.Done(x.Now())
	for _, f := range folders {
		for _, kind := range []sop.LetterKind{sop.Kredensial, sop.Persetujuan, sop.Tembusan, sop.TidakDikenali} {
			if err := x.sweep(ctx, f, kind); err != nil {
				return next, err
			}
		}
	}
	return x.Now().Add(max(x.Poll, minSweep)), nil
}

func (x *Outbox) sweep(ctx context.Context, folder string, kind sop.LetterKind) error {
	found, err := x.Box.Copies(ctx, folder, office.KindHeader, string(kind))
	if err != nil {
		return err
	}
	var ours []mailbox.Copy
	for _, c := range found {
		yes, err := x.wrote(ctx, c.MessageID, kind)
		if err != nil {
			return err
		}
		if yes {
			ours = append(ours, c)
		}
	}
	if len(ours) == 0 {
		return nil
	}
	if err := x.Box.RemoveCopies(ctx, folder, ours); err != nil {
		return err
	}
	return x.Note(ctx, "sent-copy-removed", fmt.Sprintf("%d salinan surat %s dikeluarkan dari folder %s.", len(ours), kind, folder))
}

// wrote says that a Message-ID is that of a letter of ours, of this kind; of tembusan only those that carry passwords.
func (x *Outbox) wrote(ctx context.Context, messageID string, kind sop.LetterKind) (yes bool, err error) {
	err = x.View(ctx, func(b store.Books) error {
		p, ok, err := b.Letters.ByMessageID(messageID)
		if err != nil || !ok || p.Key == "" {
			return err
		}
		row, ok, err := b.Letters.Get(p.Case, p.Key)
		yes = ok && row.Letter.Kind == kind && (kind != sop.Tembusan || len(row.Letter.Of) > 0) && (kind != sop.TidakDikenali || row.Letter.Role == sop.RoleApprover)
		return err
	})
	return yes, err
}

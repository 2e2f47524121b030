package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Instruct carries an operator's command to a case. None of them can release a credential that no approver
// has released.
func (c *Control) Instruct(ctx context.Context, number string, w sop.Instruct) error {
	return c.Commit(ctx, 1, func(b store.Books) error {
		cs, err := office.Find(b, number)
		if err != nil {
			return err
		}
		if why := w.Refused(&cs); why != "" {
			return fmt.Errorf("%s %s (%s): %s", w.Verb, number, cs.Status.Label(), cmp.Or(refusals[why], why))
		}
		now := c.Now().UTC()
		return c.Decide(b, cs, sop.Input{At: now, From: sop.Sender{Person: sop.Person{Address: "operator"}}, What: w}, now)
	})
}

// refusals say in words what Instruct.Refused answers.
var refusals = map[string]string{
	"approved":          "an approver has answered, or a credential is out; only the approver can take that back, with STOP",
	"undecided":         "only what lies with the office or is incomplete can be rejected by a person; this waits for the approver, or use `ukpbjd close`",
	"nothing-to-read":   "it does not wait for a person to read a paper",
	"paper-unknown":     "no paper has that name, or several have; `ukpbjd show` lists them",
	"kind-unknown":      "several papers are wanting; say which one this is: --kind formulir, sk, surat_tugas or other",
	"closed":            "the case has ended; nothing of it is sent any more. A password that was lost is set again in SPSE, or asked for anew by a request with BARU",
	"wrong-state":       "no credential of it has been released; `ukpbjd why` says what it waits for",
	"member-unknown":    "no member has that name or NIP; `ukpbjd show` lists them",
	"shredded":          "the password was destroyed when it was confirmed or its time was over; the member sets it again in SPSE, or a request with BARU asks anew",
	"nothing-to-resend": "each letter meant is on its way, confirmed, exposed or sent too often; `ukpbjd show` says which",
}

// Retry forgets the outcome of a mail that was not obeyed: it is judged again by the same gates, in its place or back in the
// inbox.
func (c *Control) Retry(ctx context.Context, u store.UID) error {
	err := c.Commit(ctx, 1, func(b store.Books) error {
		if _, _, err := b.Mails.Get(u); store.IsRow(err) {
			return errors.Join(c.journal(b, "operator", "retry", "retry", u.String()+": "+err.Error()), b.Mails.Mend(u))
		}
		first, last, err := b.Mails.Meetings(u)
		s, ok, bad := b.Mails.Get(first)
		pos, _, worse := b.Mails.Position()
		err = errors.Join(err, bad, worse)
		switch {
		case err != nil:
			return err
		case !ok:
			return fmt.Errorf("%s: no mail of that name has an outcome", u)
		case s.Outcome == "obeyed":
			return fmt.Errorf("%s is obeyed (%s); what was obeyed is not judged again", u, s.Reason)
		case s.Replaced:
			return fmt.Errorf("%s carried an open approval code: it lies in the archive, and its author answers the new letter", u)
		case s.Folder == "" && last.Validity != pos.UIDValidity:
			return fmt.Errorf("%s lies in the inbox, and the server has renumbered that: it has another UID now", u)
		}
		return errors.Join(c.journal(b, "operator", "retry", "retry", u.String()), b.Mails.Reopen(u))
	})
	if err == nil {
		c.Mail.Notify()
	}
	return err
}

// ErrNoSnapshot says that the engine cannot copy itself while it works.
var ErrNoSnapshot = errors.New("this engine is backed up by its own means")

// Snapshot writes the books as they stand at one moment, while work goes on. It is journalled first.
func (c *Control) Snapshot(ctx context.Context, w io.Writer) error {
	db, ok := c.DB.(interface {
		Backup(context.Context, io.Writer) error
	})
	if !ok {
		return ErrNoSnapshot
	}
	if err := c.note(ctx, "backup", "backup"); err != nil {
		return err
	}
	return db.Backup(ctx, w)
}

// ErrNotHeld says that there is no hold of the whole office to end.
var ErrNotHeld = errors.New("the books do not come out of a backup, or have been reconciled")

// Reconcile lets letters go again: the operator has compared the books with the mailbox.
func (c *Control) Reconcile(ctx context.Context) (r store.Restored, err error) {
	err = c.Commit(ctx, 1, func(b store.Books) error {
		var held bool
		if r, held, err = b.State.Restored(); err != nil {
			return err
		}
		if !held {
			return fmt.Errorf("nothing is held: %w", ErrNotHeld)
		}
		const text = "Operator mencocokkan buku yang dipulihkan; surat dikirim kembali."
		return errors.Join(c.journal(b, "operator", "reconciled", "release", text), b.State.Reconciled())
	})
	return r, err
}

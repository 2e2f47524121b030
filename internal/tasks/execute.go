package tasks

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/document"
	"ukpbjd/internal/office"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// allot gives every member of the revision a User ID that is unique in the office: the one they have, the paper's, or one
// after the pattern. It is part of the commit that records the attempt, so two tasks cannot choose the same. Whoever has an account
// keeps it, unless its password was seen or the approver has said BARU.
func (w *Worker) allot(b store.Books, cs sop.Case) (users map[string]string, kept map[string]store.Account, err error) {
	users, kept = map[string]string{}, map[string]store.Account{}
	for _, m := range cs.Members {
		nip := m.Row.NIP
		had, ok, err := b.Accounts.Get(nip)
		if err != nil {
			return nil, nil, err
		}
		if _, made := cs.Accounts[nip]; ok && !made && !had.Exposed && had.Case != cs.Number {
			users[nip], kept[nip] = had.UserID, had
			continue
		}
		if users[nip], err = w.userFor(b, cs, m); err != nil {
			return nil, nil, err
		}
		if err := b.Accounts.PutUser(users[nip], nip); err != nil {
			return nil, nil, err
		}
	}
	return users, kept, nil
}

func (w *Worker) userFor(b store.Books, cs sop.Case, m sop.Member) (string, error) {
	if a, ok := cs.Accounts[m.Row.NIP]; ok {
		return a.UserID, nil
	}
	if had, err := b.Accounts.UserOf(m.Row.NIP); err != nil || had != "" {
		return had, err
	}
	var bad error
	taken := func(id string) bool {
		owner, err := b.Accounts.NIPOf(id)
		if err != nil {
			bad = err
		}
		return owner != "" && owner != m.Row.NIP
	}
	if m.Row.UserID != "" && !taken(m.Row.UserID) {
		return m.Row.UserID, bad
	}
	user := credential.UserID(w.UserID, m.Row.Nama, m.Row.NIP, taken)
	return user, bad
}

// Execute does what a task asks, outside every transaction. SOP 2.1
func (w *Worker) Execute(ctx context.Context, j Job) Result {
	r := Result{Row: j.Row}
	switch j.Row.Task.Kind {
	case sop.TaskAccounts:
		r.What, r.Err = w.makeAccounts(ctx, j)
	case sop.TaskCredential:
		if r.What, r.Err = w.refused(ctx, j); r.What == nil && r.Err == nil {
			r.What, r.Err = w.sealLetter(j)
		}
	case sop.TaskPictures:
		r.What = sop.Pictured{Revision: j.Row.Task.Revision, Pictures: w.pictures(ctx, j.Case)}
	case sop.TaskTembusan:
		if r.What, r.Err = w.refused(ctx, j); r.What == nil && r.Err == nil {
			r.What, r.Err = w.sealCopy(j)
		}
	case sop.TaskShred:
		o := j.Row.Task
		r.What = sop.KeyShredded{NIP: o.NIP, Older: o.Renew}
		if o.Renew {
			r.Err = w.Vault.ShredOlder(office.KeyID(o.Case, o.NIP))
		} else {
			r.Err = w.Shred(o.Case, o.NIP)
		}
	case sop.TaskDelegate, sop.TaskVoid: // only to be decided
	default:
		r.Err = fmt.Errorf("task of unknown kind %q", j.Row.Task.Kind)
	}
	return r
}

// refused is what a task comes to that would seal passwords for somebody whom no approval in the journal names: a store that was changed
// by hand, or brought back, does not vouch for itself. DESIGN, law 7
func (w *Worker) refused(ctx context.Context, j Job) (sop.What, error) {
	t := j.Row.Task
	journal, err := office.Read(ctx, w.Clerk, func(b store.Books) ([]sop.Event, error) {
		return b.Journal.Borne(t.Case, "approved", "approval-withdrawn", "mend-approved")
	})
	why := ""
	switch {
	case store.IsRow(err):
		why = err.Error()
	case err != nil:
		return nil, err
	case t.Kind == sop.TaskCredential:
		why = j.Case.Unapproved(journal, t.NIP, t.Letter.To.Address)
	case t.Letter.To.Address != w.Office.KepalaLPSE.Address:
		why = "it goes to somebody who is not the Kepala LPSE"
	}
	for _, nip := range t.Letter.Of {
		if m := j.Case.Member(nip); m != nil {
			why = cmp.Or(why, j.Case.Unapproved(journal, nip, m.Address))
		}
	}
	if why == "" {
		return nil, nil
	}
	return gaveUp(t, errors.New(why)), nil
}

// makeAccounts generates what is missing, keeps what is there, and writes one encrypted sheet for each approver.
func (w *Worker) makeAccounts(ctx context.Context, j Job) (sop.What, error) {
	made := sop.AccountsMade{Revision: j.Row.Task.Revision, Issue: j.Row.Task.Issue, NIP: j.Row.Task.NIP, Accounts: map[string]sop.Account{}}
	if made.NIP != "" { // one row, whose address is mended
		j.Case = j.Case.Only(made.NIP)
	}
	issued, err := w.Issued(j.Case)
	if err != nil {
		return nil, err
	}
	for nip, a := range j.kept {
		issued[nip] = credential.Issued{UserID: a.UserID}
	}
	if err := w.generate(ctx, j, issued); err != nil {
		return nil, err
	}
	for _, m := range j.Case.Members {
		nip := m.Row.NIP
		a, ok := j.Case.Accounts[nip]
		if !ok || a.Renew {
			a = sop.Account{UserID: issued[nip].UserID, Made: w.Now().UTC()}
			if issued[nip].Password.Absent() {
				a.Kept, a.From, a.Since = true, j.kept[nip].Case, j.kept[nip].Since
			} else if a.Print, err = w.Codes.Print(issued[nip].Password); err != nil {
				return nil, err
			} else if a.Sealed, err = w.SealPassword(j.Case.Number, nip, issued[nip].Password); err != nil {
				return nil, err
			}
		}
		made.Accounts[nip] = a
	}
	made.Pictures = w.pictures(ctx, j.Case)
	made.Sheets, err = w.sheets(j, issued)
	return made, err
}

// generate adds the accounts that the case has not yet, from crypto/rand or from the configured command.
func (w *Worker) generate(ctx context.Context, j Job, issued map[string]credential.Issued) error {
	var want []Wanted
	for _, m := range j.Case.Members {
		if _, ok := issued[m.Row.NIP]; !ok {
			want = append(want, Wanted{NIP: m.Row.NIP, Nama: m.Row.Nama, Email: m.Row.Email, UserID: j.users[m.Row.NIP]})
		}
	}
	if len(want) == 0 {
		return nil
	}
	made, err := w.Source.Make(ctx, j.Case.Number, want)
	if err != nil {
		return fmt.Errorf("make accounts of %s: %w", j.Case.Number, err)
	}
	for nip, i := range made {
		issued[nip] = i
	}
	return w.View(ctx, func(b store.Books) error {
		for _, x := range want {
			if err := w.allowed(b, j.Case, x.NIP, made[x.NIP]); err != nil {
				return err
			}
		}
		return nil
	})
}

// allowed refuses an account that takes another person's user ID or password, and one that does not end what somebody may have seen: the
// same password once more, or none. The commit refuses the ID too, but who has it is said here.
func (w *Worker) allowed(b store.Books, cs sop.Case, nip string, made credential.Issued) error {
	owner, err := b.Accounts.NIPOf(made.UserID)
	if err != nil {
		return err
	}
	if owner != "" && owner != nip {
		return fmt.Errorf("%s was given the user ID %s, which belongs to %s", nip, made.UserID, owner)
	}
	if made.Password.Absent() {
		had, _, err := b.Accounts.Get(nip)
		if m := cs.Member(nip); err == nil && (had.Exposed || cs.Accounts[nip].Renew || m != nil && m.Exposed) {
			err = fmt.Errorf("%s needs another password, and was given none", nip)
		}
		return err
	}
	print, err := w.Codes.Print(made.Password)
	if err != nil {
		return err
	}
	whose, spent, err := b.Accounts.Printed(print)
	switch {
	case err == nil && whose != "" && whose != nip:
		err = fmt.Errorf("%s was given the password that %s has or had", nip, whose)
	case err == nil && spent:
		err = fmt.Errorf("%s was given a password that they had before; it may have been seen, or was to be replaced", nip)
	}
	return err
}

func (w *Worker) sheets(j Job, issued map[string]credential.Issued) (map[string][]byte, error) {
	out := map[string][]byte{}
	if w.Office.Sheet == "none" {
		return out, nil
	}
	var phrase secret.Secret
	if w.LockedPages {
		var err error
		if phrase, err = w.Codes.DeliveryPhrase(j.Case.Number); err != nil {
			return nil, err
		}
	}
	sk := j.Case.Reading.Paper(document.SK)
	var rows []credential.SheetRow
	for _, m := range j.Case.Members {
		x, r := issued[m.Row.NIP], m.Row
		if m.Mend != nil {
			r.Email = m.Mend.Address
		}
		rows = append(rows, credential.SheetRow{Nama: r.Nama, NIP: r.NIP, NIK: r.NIK, Golongan: r.Golongan, Pangkat: document.Pangkat(r.Golongan),
			Jabatan: r.Jabatan, HP: r.HP, Email: r.Email, SK: sk.Number, SKDate: sk.Date, UserID: x.UserID, Password: x.Password, Kept: x.Password.Absent()})
	}
	for _, a := range w.Office.Acting(&j.Case, w.Now()) {
		var pass secret.Secret
		if w.Office.Sheet != "plain" {
			pass = w.Passphrases[a.Address]
		}
		code := ""
		if w.Office.CodeInSheet {
			code = w.Codes.ApprovalCode(j.Case.Number, j.Row.Task.Revision, j.Row.Task.Issue, a.Address)
		}
		b, err := credential.WriteSheetWith(w.Random, w.Rounds, j.Case.Number, code, phrase, rows, pass)
		if err != nil {
			return nil, fmt.Errorf("write account sheet of %s: %w", j.Case.Number, err)
		}
		out[a.Address] = b
	}
	return out, nil
}

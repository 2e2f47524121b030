package clerk

import (
	"context"
	"crypto/rand"
	"fmt"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// allot gives every member of the revision a User ID that is unique in the office: the one they have, the paper's, or one
// after the pattern. It is part of the commit that records the attempt, so two tasks cannot choose the same.
func (c *Clerk) allot(b store.Books, cs sop.Case) (map[string]string, error) {
	out := map[string]string{}
	for _, m := range cs.Members {
		nip := m.Row.NIP
		user, err := c.userFor(b, cs, m)
		if err != nil {
			return nil, err
		}
		if err := b.PutUser(user, nip); err != nil {
			return nil, err
		}
		out[nip] = user
	}
	return out, nil
}

func (c *Clerk) userFor(b store.Books, cs sop.Case, m sop.Member) (string, error) {
	if a, ok := cs.Accounts[m.Row.NIP]; ok {
		return a.UserID, nil
	}
	if had, err := b.UserOf(m.Row.NIP); err != nil || had != "" {
		return had, err
	}
	var bad error
	taken := func(id string) bool {
		owner, err := b.NIPOf(id)
		if err != nil {
			bad = err
		}
		return owner != "" && owner != m.Row.NIP
	}
	if m.Row.UserID != "" && !taken(m.Row.UserID) {
		return m.Row.UserID, bad
	}
	user := credential.UserID(c.UserID, m.Row.Nama, m.Row.NIP, taken)
	return user, bad
}

// Carry does what a task asks, outside every transaction. SOP 2.1
func (c *Clerk) Carry(ctx context.Context, w Work) Result {
	r := Result{Row: w.Row}
	switch w.Row.Task.Kind {
	case sop.TaskAccounts:
		r.What, r.Err = c.makeAccounts(ctx, w)
	case sop.TaskCredential:
		r.What, r.Err = c.sealLetter(w)
	case sop.TaskTembusan:
		r.What, r.Err = c.sealCopy(w)
	case sop.TaskShred:
		c.lookout.Forget(keyID(w.Row.Task.Case, w.Row.Task.NIP))
		r.Err = c.Vault.Shred(keyID(w.Row.Task.Case, w.Row.Task.NIP))
		r.What = sop.KeyShredded{NIP: w.Row.Task.NIP}
	default:
		r.Err = fmt.Errorf("task of unknown kind %q", w.Row.Task.Kind)
	}
	return r
}

// makeAccounts generates what is missing, keeps what is there, and writes one encrypted sheet for each approver.
func (c *Clerk) makeAccounts(ctx context.Context, w Work) (sop.What, error) {
	made := sop.AccountsMade{Revision: w.Row.Task.Revision, Issue: w.Row.Task.Issue, Accounts: map[string]sop.Account{}}
	issued, err := c.issued(w.Case)
	if err != nil {
		return nil, err
	}
	if err := c.generate(ctx, w, issued); err != nil {
		return nil, err
	}
	for _, m := range w.Case.Members {
		nip := m.Row.NIP
		a, ok := w.Case.Accounts[nip]
		if !ok {
			a = sop.Account{UserID: issued[nip].UserID, Made: c.Now().UTC()}
			if issued[nip].Password.Absent() {
				a.Kept = true
			} else if a.Sealed, err = c.seal(w.Case.Number, nip, issued[nip].Password); err != nil {
				return nil, err
			}
		}
		made.Accounts[nip] = a
	}
	made.Pictures = c.pictures(ctx, w.Case)
	made.Sheets, err = c.sheets(w, issued)
	return made, err
}

// generate adds the accounts that the case has not yet, from crypto/rand or from the configured command.
func (c *Clerk) generate(ctx context.Context, w Work, issued map[string]credential.Issued) error {
	var want []Wanted
	for _, m := range w.Case.Members {
		if _, ok := issued[m.Row.NIP]; !ok {
			want = append(want, Wanted{NIP: m.Row.NIP, Nama: m.Row.Nama, Email: m.Row.Email, UserID: w.users[m.Row.NIP]})
		}
	}
	if len(want) == 0 {
		return nil
	}
	made, err := c.Source.Make(ctx, w.Case.Number, want)
	if err != nil {
		return fmt.Errorf("make accounts of %s: %w", w.Case.Number, err)
	}
	for nip, i := range made {
		issued[nip] = i
	}
	return nil
}

func (c *Clerk) sheets(w Work, issued map[string]credential.Issued) (map[string][]byte, error) {
	out := map[string][]byte{}
	if c.Office.Sheet == "none" {
		return out, nil
	}
	var phrase secret.Secret
	if c.LockedPages {
		var err error
		if phrase, err = c.Codes.DeliveryPhrase(w.Case.Number); err != nil {
			return nil, err
		}
	}
	var rows []credential.SheetRow
	for _, m := range w.Case.Members {
		x := issued[m.Row.NIP]
		rows = append(rows, credential.SheetRow{Nama: m.Row.Nama, NIP: m.Row.NIP, Email: m.Row.Email, UserID: x.UserID,
			Password: x.Password, Kept: x.Password.Absent()})
	}
	for _, a := range c.Office.Acting(&w.Case, c.Now()) {
		var pass secret.Secret
		if c.Office.Sheet != "plain" {
			pass = c.Passphrases[a.Address]
		}
		code := ""
		if c.Office.CodeInSheet {
			code = c.Codes.ApprovalCode(w.Case.Number, w.Row.Task.Revision, w.Row.Task.Issue, a.Address)
		}
		b, err := credential.WriteSheetWith(w.Case.Number, code, phrase, rows, pass)
		if err != nil {
			return nil, fmt.Errorf("write account sheet of %s: %w", w.Case.Number, err)
		}
		out[a.Address] = b
	}
	return out, nil
}

// sealLetter renders the one letter that carries a password and seals it under the member's key. SOP 2.3
func (c *Clerk) sealLetter(w Work) (sop.What, error) {
	o := w.Row.Task
	cs := w.Case
	a, ok := cs.Accounts[o.NIP]
	if !ok {
		return nil, fmt.Errorf("no account is kept for %s", keyID(o.Case, o.NIP))
	}
	d := letter.Data{Office: c.Office, Case: cs, Letter: o.Letter, Now: c.Now().UTC(), UserID: a.UserID}
	if !a.Kept {
		var err error
		if d.Password, err = c.Vault.Open(keyID(o.Case, o.NIP), credential.ForPassword, a.Sealed); err != nil {
			return nil, fmt.Errorf("open the account of %s: %w", keyID(o.Case, o.NIP), err)
		}
	}
	key, own := c.MemberKeys.of(o.Letter)
	if c.LockedPages && !a.Kept && !own {
		if err := c.lock(&d); err != nil {
			return nil, err
		}
	}
	_, body, err := c.render(d)
	if err == nil && own && !a.Kept {
		body, err = c.encrypted(key, body)
	}
	if err != nil {
		return nil, fmt.Errorf("write the letter of %s: %w", keyID(o.Case, o.NIP), err)
	}
	d.Letter.Files = nil // a locked page is not archived
	if err := c.Vault.Ensure(keyID(o.Case, o.NIP)); err != nil {
		return nil, err
	}
	sealed, err := c.Vault.Seal(keyID(o.Case, o.NIP), credential.ForLetter, body)
	if err != nil {
		return nil, err
	}
	o.Letter.Copy, err = c.withoutPassword(d)
	return sop.CredentialSealed{NIP: o.NIP, Letter: o.Letter, Sealed: sealed}, err
}

// lock moves the password out of the letter into a page that only the phrase of the case opens.
func (c *Clerk) lock(d *letter.Data) error {
	m := d.Case.Member(d.Letter.NIP)
	if m == nil {
		return fmt.Errorf("%s is not in the roster", keyID(d.Case.Number, d.Letter.NIP))
	}
	phrase, err := c.Codes.DeliveryPhrase(d.Case.Number)
	if err != nil {
		return err
	}
	page, err := credential.AccountPDF(rand.Reader, d.Office.Name, d.Case.Number, m.Row.Nama, m.Row.NIP, d.UserID, d.Password, phrase)
	if err != nil {
		return err
	}
	d.Letter.Files = []sop.File{{Name: "akun-" + d.Case.Number + ".pdf", MediaType: "application/pdf", Bytes: page}}
	d.Password, d.Locked = secret.Secret{}, true
	return nil
}

package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/document"
	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Finding is one invariant that does not hold.
type Finding struct {
	Where string `json:"where"`
	What  string `json:"what"`
}

// Report is what verify looked at, and what it found.
type Report struct {
	Cases    int       `json:"cases"`
	Letters  int       `json:"letters"`
	Mails    int       `json:"mails"`
	Files    int       `json:"files"`
	Lines    int64     `json:"lines"` // of the journal
	Findings []Finding `json:"findings"`

	Aside   []store.Aside      `json:"aside,omitempty"` // what queues put aside; no fault of the books, but a person looks at it
	Against *AgainstCheckpoint `json:"against,omitempty"`
}

// maxAside bounds how much of what was put aside is told.
const maxAside = 1000

func (r *Report) found(where, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{where, fmt.Sprintf(format, args...)})
}

// damaged makes a finding of each row that cannot be decoded, and returns what else went wrong.
func (r *Report) damaged(err error) error {
	rows, err := store.Damaged(err)
	for _, row := range rows {
		r.found(row.Bucket+" "+row.Key, "damaged: %v", row.Err)
	}
	return err
}

// Verify holds the books, the archive and the keys against the promise. It changes nothing.
func (c *Audit) Verify(ctx context.Context) (Report, error) { return c.VerifyAgainst(ctx, nil, "") }

// VerifyAgainst also compares the journal with a checkpoint that somebody has kept; verifier "" is our own key.
func (c *Audit) VerifyAgainst(ctx context.Context, kept []byte, verifier string) (Report, error) {
	r := Report{Findings: []Finding{}}
	files := map[string]string{}
	err := c.View(ctx, func(b store.Books) error {
		owed, bad := casesOwed(b)
		if bad != nil {
			return fmt.Errorf("verify: %w", bad)
		}
		counted := map[sop.Status]int{}
		err := b.Cases.Each(false, func(cs sop.Case) bool {
			r.Cases++
			counted[cs.Status]++
			c.verifyCase(&r, cs)
			c.verifyManifest(&r, cs, owed)
			for _, sha := range cs.Files() {
				files[sha] = cs.Number
			}
			bad = c.verifyLetters(b, &r, cs, files)
			return bad == nil && ctx.Err() == nil
		})
		if _, err = store.Damaged(err); errors.Join(err, bad) != nil {
			return fmt.Errorf("verify: %w", errors.Join(err, bad))
		}
		if err := r.damaged(b.State.Check()); err != nil { // each row, by itself
			return fmt.Errorf("verify the rows: %w", err)
		}
		if err := r.counts(b, counted); err != nil {
			return fmt.Errorf("verify the counts: %w", err)
		}
		if err := c.auditJournal(b, &r, kept, verifier); err != nil {
			return fmt.Errorf("verify the journal: %w", err)
		}
		r.Aside, err = b.State.Aside(maxAside)
		if _, err = store.Damaged(err); err != nil {
			return fmt.Errorf("verify what was put aside: %w", err)
		}
		err = b.Mails.Each(func(u store.UID, s store.MailRecord) bool {
			r.Mails++
			if s.Outcome == "" || s.Reason == "" {
				r.found(u.String(), "a mail without an outcome")
			}
			return true
		})
		_, err = store.Damaged(err)
		return err
	})
	if err != nil {
		return r, err
	}
	if err := c.verifyFiles(ctx, &r, files); err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	return r, ctx.Err()
}

func (r *Report) counts(b store.Books, counted map[sop.Status]int) error {
	kept, err := b.Cases.Counts()
	for s, n := range kept {
		if counted[s] != n {
			r.found("counts", "%s: there are %d cases, the books count %d", s, counted[s], n)
		}
	}
	_, err = store.Damaged(err)
	return err
}

// verifyCase: no release without an approval of this very content; one account a member; a key for what is sealed.
func (c *Audit) verifyCase(r *Report, cs sop.Case) {
	if a := cs.Approval; a != nil {
		if a.Revision != cs.Revision || a.Roster != sop.RosterHash(cs.Reading.Roster) ||
			strings.Join(a.Papers, " ") != strings.Join(sop.PaperHashes(cs.Reading), " ") {
			r.found(cs.Number, "the approval is of another content than the case has")
		}
		if _, ok := c.Office.Approver(a.Address); !ok {
			r.found(cs.Number, "approved by %s, who is no registered approver now", a.Address)
		}
	}
	users := map[string]string{}
	for _, m := range cs.Members {
		released := m.Sends > 0
		if released && (cs.Approval == nil || !cs.Approval.Released) {
			r.found(cs.Number, "a credential of %s was ordered without an approval", m.Row.NIP)
		}
		if cs.Approval != nil && !approvedAddress(cs, m) {
			r.found(cs.Number, "the address of %s is not the one that was approved", m.Row.NIP)
		}
		a, ok := cs.Accounts[m.Row.NIP]
		if !ok {
			continue
		}
		if other, twice := users[strings.ToLower(a.UserID)]; twice {
			r.found(cs.Number, "%s and %s have one User ID", other, m.Row.NIP)
		}
		users[strings.ToLower(a.UserID)] = m.Row.NIP
		if len(a.Sealed) > 0 && !m.Shredded {
			if _, err := c.Vault.Open(office.KeyID(cs.Number, m.Row.NIP), credential.ForPassword, a.Sealed); err != nil {
				r.found(cs.Number, "the account of %s cannot be opened: %v", m.Row.NIP, err)
			}
		}
	}
}

// approvedAddress: the paper's, as the list was approved, or the one of the row's own approval that came last.
func approvedAddress(cs sop.Case, m sop.Member) bool {
	if n := len(m.Former); n > 0 {
		return m.Address == m.Row.Email && m.Former[n-1].By.Roster == sop.RosterHash([]document.Row{m.Row})
	}
	i := slices.IndexFunc(cs.Reading.Roster, func(r document.Row) bool { return r.NIP == m.Row.NIP })
	return i >= 0 && m.Address == cs.Reading.Roster[i].Email
}

// verifyCopy: a tembusan with passwords goes, sealed, to the Kepala LPSE of the approval, and an account sheet, sealed, to an approver;
// nothing else is sealed.
func (c *Audit) verifyCopy(r *Report, cs sop.Case, l store.LetterRow, approved bool) {
	if len(l.Letter.Of) == 0 {
		if l.Sealed {
			r.found(l.ID(), "a sealed letter of no member")
		}
		return
	}
	if l.Letter.Kind == sop.Persetujuan {
		if !l.Sealed || l.Letter.Role != sop.RoleApprover {
			r.found(l.ID(), "an account sheet to %s as %q, sealed: %v", l.Letter.To.Address, l.Letter.Role, l.Sealed)
		}
		return
	}
	switch a := cs.Approval; {
	case l.Letter.Kind != sop.Tembusan:
		r.found(l.ID(), "a letter of kind %s with passwords", l.Letter.Kind)
	case !approved || a == nil || !a.Released:
		r.found(l.ID(), "a copy with passwords without an approval in the journal")
	case !l.Sealed:
		r.found(l.ID(), "a copy with passwords that is not sealed")
	case a.Copy.Address == "" || a.Copy.Address != l.Letter.To.Address || l.Letter.Role != sop.RoleKepala:
		r.found(l.ID(), "a copy with passwords to %s, for whom it was not approved", l.Letter.To.Address)
	}
	for _, nip := range l.Letter.Of {
		if cs.Member(nip) == nil {
			r.found(l.ID(), "a copy with the password of %s, who is not in this case", nip)
		}
	}
}

// verifyLetters: every credential letter goes to the frozen address of a member of the case, after the approval event.
func (c *Audit) verifyLetters(b store.Books, r *Report, cs sop.Case, files map[string]string) error {
	rows, err := b.Letters.Of(cs.Number)
	if _, err = store.Damaged(err); err != nil {
		return err
	}
	r.Letters += len(rows)
	approved := false
	events, err := b.Journal.Of(cs.Number)
	for i, e := range events {
		if e.N != i+1 {
			r.found(cs.Number, "line %d of the journal is missing", i+1)
			break
		}
		approved = approved || e.Kind == "approved"
	}
	if !deleted(events) {
		if err := verifyEvidence(b, r, cs.Number, events); err != nil {
			return err
		}
	}
	for _, l := range rows {
		where := l.ID()
		if l.Archived != "" {
			files[l.Archived] = cs.Number
		}
		if strings.EqualFold(l.Letter.To.Address, c.Office.Mailbox.Address) {
			r.found(where, "a letter to the office itself")
		}
		if l.Letter.Kind != sop.Kredensial {
			c.verifyCopy(r, cs, l, approved)
			continue
		}
		m := cs.Member(l.Letter.NIP)
		switch {
		case !approved:
			r.found(where, "a credential letter without an approval in the journal")
		case !l.Sealed:
			r.found(where, "a credential letter that is not sealed")
		case m == nil || m.Address != l.Letter.To.Address &&
			!slices.ContainsFunc(m.Former, func(f sop.Former) bool { return f.Address == l.Letter.To.Address }):
			r.found(where, "a credential letter to %s, who is not at that address in this case", l.Letter.To.Address)
		}
	}
	_, err = store.Damaged(err) // the audit of the journal names its lines
	return err
}

// verifyEvidence: what the journal holds the hash of is there, unchanged, and so is the letter that was answered.
func verifyEvidence(b store.Books, r *Report, number string, events []store.Record) error {
	all, err := b.Journal.Evidence(number)
	if err != nil {
		return err
	}
	spoken := map[string]bool{}
	for _, e := range events {
		sum := e.Data["evidence"]
		if sum == "" || spoken[sum] {
			continue
		}
		spoken[sum] = true
		var kept office.Evidence
		if office.Sum(all[sum]) != sum || json.Unmarshal(all[sum], &kept) != nil || kept.Mail != e.Data["mail"] {
			r.found(number, "the evidence of line %d of the journal is missing or changed", e.N)
			continue
		}
		if a := kept.Letter; a != nil && a.SHA256 != "" {
			there, err := answeredLetter(b, number, *a)
			if err != nil {
				return err
			}
			if !there {
				r.found(number, "the letter %s, which line %d of the journal answers, is missing or changed", a.Key, e.N)
			}
		}
	}
	for sum := range all {
		if !spoken[sum] {
			r.found(number, "evidence %.12s… of which the journal says nothing", sum)
		}
	}
	return nil
}

// answeredLetter says that the letter of some evidence is kept: its bytes in the books until it is archived, its copy in the
// archive after that.
func answeredLetter(b store.Books, number string, a office.Answered) (bool, error) {
	row, ok, err := b.Letters.Get(number, a.Key)
	if store.IsRow(err) {
		err = nil // it is not what was answered
	}
	if err != nil || !ok {
		return false, err
	}
	if row.Archived != "" {
		return a.Of(row.Archived), nil
	}
	body, err := b.Letters.Readable(row)
	return a.Is(body), err
}

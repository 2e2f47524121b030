package sop

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// askApproval orders the accounts and their sheet; the approval letters follow when these are made. SOP 2.1
func (d *decision) askApproval() {
	d.refresh()
	d.c.Status = AwaitingApproval
	d.c.Issue++
	d.c.Expires = time.Time{}
	d.step("daemon", d.o.ApprovalDays)
	d.task(TaskAccounts, "")
}

// decide takes what the worker generated for the letter that is asked about now; a late result of an older task is nobody's.
// An account once made is kept, and a sheet that shows another password than the one kept is made anew.
func (w AccountsMade) decide(d *decision) string {
	if w.NIP != "" {
		return d.mendMade(w)
	}
	current := d.c.Status == AwaitingApproval && w.Revision == d.c.Revision && w.Issue == d.c.Issue && d.c.Expires.IsZero()
	switch {
	case d.c.Status.Closed():
		d.shredUnused(w.Accounts)
		return "closed"
	case w.Failed != "" && current:
		return d.accountsFailed(w.Failed)
	case w.Failed != "":
		return "stale"
	}
	if !current {
		d.remember(w.Accounts)
		return "stale"
	}
	if d.keepAccounts(w.Accounts) || d.unaccounted() {
		d.task(TaskAccounts, "")
		return "accounts-raced"
	}
	d.c.Sheets = sums(w.Sheets)
	d.c.Expires = d.o.Calendar.Deadline(d.now, d.o.Expires).UTC()
	d.step("approver", d.o.ApprovalDays) // SOP 1.5, W.1
	for _, a := range d.askable() {
		if d.voted(a) {
			continue
		}
		l := d.approvalLetter(a, w)
		l.Files = append(l.Files, d.papers()...)
	}
	d.event("approval-asked", "Persetujuan diminta kepada Admin Agency.", "revision", fmt.Sprint(d.c.Revision), "issue", fmt.Sprint(d.c.Issue))
	return "approval-asked"
}

// withPasswords are the members whose passwords the account sheet shows.
func (d *decision) withPasswords() (nips []string) {
	for _, m := range d.c.Members {
		if len(d.c.Accounts[m.Row.NIP].Sealed) > 0 {
			nips = append(nips, m.Row.NIP)
		}
	}
	return nips
}

func (d *decision) approvalLetter(a Approver, w AccountsMade) *Letter {
	l := d.letter(Persetujuan, a.Person, RoleApprover)
	if sheet := w.Sheets[a.Address]; sheet != nil {
		l.Files = []File{{Name: SheetName(d.c.Number), Bytes: sheet,
			MediaType: workbookType}}
		l.Of = d.withPasswords()
	}
	l.Files = append(l.Files, w.Pictures...)
	return l
}

// papers are what an approval letter carries of the request itself, each file once, as far as there is room. SOP 1.3
func (d *decision) papers() (files []File) {
	room := d.o.Papers
	for _, p := range d.c.Reading.Papers {
		there := slices.ContainsFunc(files, func(f File) bool { return f.Paper == p.SHA256 })
		if p.SHA256 == "" || p.Replaced || there || d.c.Bare || p.Size > room {
			continue
		}
		name, _, _ := strings.Cut(p.File, "/")
		files, room = append(files, File{Name: name, MediaType: mediaTypes[strings.ToLower(path.Ext(name))], Paper: p.SHA256}), room-p.Size
	}
	return files
}

// mediaTypes are what phones go by.
var mediaTypes = map[string]string{".pdf": "application/pdf", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".tif": "image/tiff",
	".tiff": "image/tiff", ".zip": "application/zip", ".doc": "application/msword", ".xls": "application/vnd.ms-excel",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".xlsx": workbookType}

const workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// withoutPapers asks anew where a mail server found the approval letter too large; false: that is not why it was lost, or was tried.
func (d *decision) withoutPapers(l Letter, text string) bool {
	current := l.Kind == Persetujuan && l.Topic != "mend" && d.c.Status == AwaitingApproval && l.Revision == d.c.Revision && l.Issue == d.c.Issue
	if !current || d.c.Bare || len(d.papers()) == 0 || !tooLarge.MatchString(text) {
		return false
	}
	d.c.Bare = true
	d.event("papers-left-out", "Server surel menolak surat persetujuan karena ukurannya; surat baru dibuat tanpa berkas.", "to", l.To.Address)
	d.askApproval()
	return true
}

var tooLarge = regexp.MustCompile(`(?i)\b5\.3\.4\b|\b5\.2\.3\b|too (large|big)|size (limit|exceed)|(maximum|exceeds?).{0,30} size`)

// accountsFailed hands the case to the operator, who lets it go on when the cause is mended.
func (d *decision) accountsFailed(why string) string {
	d.event("accounts-failed", "Akun tidak dapat disiapkan.", "why", why)
	d.tell(PeringatanOperator, d.o.Operator, RoleOperator, "accounts-failed", why)
	d.c.Status = NeedsReview
	d.step("operator", d.o.ApprovalDays)
	return "accounts-failed"
}

// keepAccounts merges; it says whether a sheet made with these accounts would show others than are kept.
func (d *decision) keepAccounts(made map[string]Account) (again bool) {
	for nip, a := range made {
		old, ok := d.c.Accounts[nip]
		switch {
		case !ok || old.Renew:
			a.Anew = a.Anew || old.Anew
			d.c.Accounts[nip] = a
		case !bytes.Equal(old.Sealed, a.Sealed) || old.UserID != a.UserID:
			again = true
		}
	}
	return again
}

// unaccounted says that some member has no account: it was seen by somebody while its sheet was made.
func (d *decision) unaccounted() bool {
	return slices.ContainsFunc(d.c.Members, func(m Member) bool { a, ok := d.c.Accounts[m.Row.NIP]; return !ok || a.Renew })
}

// shredUnused destroys keys that a worker made for a case which was closed meanwhile.
func (d *decision) shredUnused(made map[string]Account) {
	for _, nip := range slices.Sorted(maps.Keys(made)) {
		if _, known := d.c.Accounts[nip]; !known {
			d.task(TaskShred, nip)
		}
	}
}

// remember keeps of a late result that there is a key for people who have left the roster: it is destroyed in the end, and they
// are given another account if they come back.
func (d *decision) remember(made map[string]Account) {
	for nip, a := range made {
		if _, known := d.c.Accounts[nip]; !known && d.c.Member(nip) == nil {
			d.c.Accounts[nip] = Account{UserID: a.UserID, Made: a.Made, Renew: true}
		}
	}
}

// drop takes an account away for good: whoever needs it gets another one.
func (d *decision) drop(nip string) {
	delete(d.c.Accounts, nip)
	d.c.Votes = nil // they were given for the account that is gone
}

// askable are the approvers who may decide this case: not the requester, not a member (SOP 2.1, DESIGN "Trust").
func (d *decision) askable() []Approver {
	return slices.DeleteFunc(d.acting(), func(a Approver) bool { return d.o.barred(&d.c, a, d.now) })
}

// short says that there are fewer seats that may decide than must agree.
func (d *decision) short() bool {
	seats := map[string]bool{}
	for _, a := range d.askable() {
		seats[d.o.seat(&d.c, a.Person, d.now)] = true
	}
	return len(seats) < d.quorum()
}

// party says that the approver is the requester or a member of the case, by any address or by NIP.
func (a Approver) party(c *Case) bool {
	return a.NIP != "" && c.Member(a.NIP) != nil || slices.ContainsFunc(a.addresses(), func(addr string) bool {
		return sameAddress(addr, c.Requester.Address) ||
			slices.ContainsFunc(c.Members, func(m Member) bool { return sameAddress(addr, m.Row.Email) })
	})
}

func (a Approver) addresses() []string { return append([]string{a.Address}, a.Aliases...) }

func (d *decision) voted(a Approver) bool { return d.o.voted(&d.c, a, d.now) }

// voted says that the approver, or who sits in the same seat, has approved this revision already.
func (o Office) voted(c *Case, a Approver, at time.Time) bool { return o.votedIn(c, c.Votes, a, at) }

func (o Office) votedIn(c *Case, votes []Approval, a Approver, at time.Time) bool {
	seat := o.seat(c, a.Person, at)
	return slices.ContainsFunc(o.standing(c, votes, at), func(v Approval) bool { return v.Seat == seat })
}

// standing are the votes that count at a moment, of each seat one: a vote is judged when it is used, by who may decide then. Who was
// removed, whose delegation has ended and who has become a party have none. DESIGN, "Trust"
func (o Office) standing(c *Case, votes []Approval, at time.Time) (out []Approval) {
	for _, v := range votes {
		if v.Seat == "" { // from before votes held one
			v.Seat = o.seat(c, v.By, at)
		}
		a, known := o.Approver(v.By.Address)
		taken := slices.ContainsFunc(out, func(x Approval) bool { return x.Seat == v.Seat })
		if known && !taken && !a.party(c) && o.sits(c, v.By, v.Seat, at) {
			out = append(out, v)
		}
	}
	return out
}

// SheetPrefix begins the file name of every account sheet, and of nothing else.
const SheetPrefix = "lembar-akun-"

// SheetName is the file name of a case's account sheet.
func SheetName(number string) string { return SheetPrefix + number + ".xlsx" }

// IsSheetName says that a file is an account sheet, by its name.
func IsSheetName(name string) bool { return strings.HasPrefix(name, SheetPrefix) }

// Issued says that a file with this sum is what the approver was sent: the last account sheet, or a paper of the case.
func (c *Case) Issued(approver, sum string) bool {
	return sum != "" && (c.Sheets[approver] == sum || slices.Contains(PaperHashes(c.Reading), sum))
}

// sums names sheets without keeping them.
func sums(sheets map[string][]byte) map[string]string {
	out := map[string]string{}
	for who, b := range sheets {
		out[who] = fmt.Sprintf("%x", sha256.Sum256(b))
	}
	return out
}

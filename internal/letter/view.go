package letter

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// View is all that a template sees: texts from outside are cleaned, times print themselves, and there is nothing in it that
// the addressee must not read. A member sees only their own row, except in the closing letter, which is the Pokja's copy
// (SOP R.2).
type View struct {
	Kind, Number, Ref string // Ref is the Nomor of the letter
	Subject           string // its Hal
	Nature            string // its Sifat
	Attached          string // its Lampiran
	Date              Moment
	Code              string
	Office            Office
	To                Addressee
	Role              string
	You               string // Saudara or Bapak/Ibu
	Requester         Party
	Kepala            Party

	Status, CaseSubject               string
	KepalaCopied                      bool
	Opened, Closed, Due, Expires      Moment
	Revision, Issue                   int
	Owes, Outcome, Held, Topic, Note  string
	Reason                            Reason // what Topic means
	UserID                            string
	Password                          secret.Secret // only for kredensial
	Kept, Locked                      bool
	Blank, Marked                     bool    // the blank formulir is attached; the marked-up return is
	Full                              bool    // a tembusan with passwords: each stands in its member's row
	Member                            *Member // whom the letter is to or about
	Members, Roster                   []Member
	Enclosed                          bool // the papers go with the letter
	Papers                            []Paper
	Missing, Changes, Warnings        []string
	Problems                          []Problem
	Decisions                         []Decision
	Deviations                        []Deviation
	Report                            *ReportView
	Journal                           *JournalView
	Carried                           *CarriedView
	Waiting                           []WaitingView
	MoreWaiting                       int
	Mend                              *MendView // the new address that the letter asks about
	Case                              Stand
	Undo                              string // length of the undo window; "" without one
	Release                           Moment // end of the running undo window
	Needed                            int    // approvers needed
	Votes                             int    // of them already in
	MoreRoster, MoreMembers, MoreRows int    // rows left out of long lists

	Overdue     bool // Due has passed
	Open        bool // something stops the roster that no confirmation can settle
	Deputies    bool // the addressee may delegate
	Copied      bool // it was approved that Kepala LPSE's tembusan carries the passwords
	HasCopy     bool // a Tembusan line stands under the letter
	mailSubject string
	askSubject  string
	answers     []Answer
}

// MendView is an address that is to replace another one.
type MendView struct {
	Address     string
	Fresh, Kept bool // another password is given; none is
	Marks       []string
}

// Stand is how far the case has come, for what the addressee may still do.
type Stand struct {
	Closed, Asked, Approved, Released, Confirmed bool // Confirmed: the member of the letter
	ReadBack                                     bool // the requester is asked about the roster
	Owed                                         map[sop.Role]bool
}

func stand(c sop.Case, nip string) Stand {
	s := Stand{Closed: c.Status.Closed(), Asked: c.Status == sop.AwaitingApproval, ReadBack: c.Status == sop.AwaitingRequester, Approved: c.Approval != nil,
		Released: c.Approval != nil && c.Approval.Released, Owed: map[sop.Role]bool{}}
	if m := c.Member(nip); m != nil {
		s.Confirmed = m.State == sop.MemberConfirmed
	}
	for _, x := range c.Deviations {
		if x.Reply == "" {
			s.Owed[sop.Role(x.Owed)] = true
		}
	}
	return s
}

// Office is the sender of every letter.
type Office struct {
	Name, Address, SPSE                       string
	CodeInSheet, Signed                       bool // Signed: an answer counts only with a signature
	FullCopy                                  bool // Kepala LPSE's tembusan carries the passwords
	Sheet, Level                              string
	ApprovalDays, CompletionDays, ReceiptDays int
	ExpiryDays, ExpiresDays                   int
}

// Addressee is whom a letter is to.
type Addressee struct{ Name, Post string }

// Party is somebody that a letter names.
type Party struct{ Name, Address string }

func newView(d Data) *View {
	m := func(t time.Time) Moment { return Moment{t, d.Office.Calendar.Zone} }
	c, l := d.Case, d.Letter
	v := &View{
		Kind: string(l.Kind), Number: number(c.Number), Ref: reference(d), Attached: attached(l.Files), Date: m(d.Now),
		Office: office(d.Office), To: addressee(l), Role: string(l.Role), You: salutation(l.Role),
		Requester: party(c.Requester), Kepala: party(d.Office.KepalaLPSE),
		Status: c.Status.Label(), CaseSubject: shown(c.Subject, maxTitle), KepalaCopied: c.KepalaCopied,
		Opened: m(c.Opened), Closed: m(c.Closed), Due: m(c.Due), Expires: m(c.Expires), Revision: l.Revision, Issue: l.Issue,
		Owes: owedBy(c.Owes), Outcome: shown(c.Outcome, maxNote), Held: shown(c.Held, maxError),
		Topic: clean(topic(d), 60), Note: shown(l.Note, maxNote), Reason: reason(l.Kind, topic(d)),
		Case: stand(c, l.NIP), Deputies: deputies(d.Office, l.To.Address),
	}
	v.Full = full(l)
	for _, f := range l.Files {
		v.Blank, v.Marked = v.Blank || f.Name == BlankForm, v.Marked || f.Name != BlankForm
	}
	v.Copied = d.Office.FullCopy && c.Approval != nil && c.Approval.Copy.Address != ""
	v.Overdue = v.Due.Set() && c.Due.Before(d.Now)
	if l.Role == sop.RoleApprover || l.Role == sop.RoleMember {
		v.Code = clean(d.Code, 16)
	}
	v.Enclosed = slices.ContainsFunc(l.Files, func(f sop.File) bool { return f.Paper != "" })
	v.rows(d)
	v.decided(d)
	if l.Kind == sop.Kredensial {
		v.UserID, v.Password, v.Kept, v.Locked = d.UserID, d.Password, c.Accounts[l.NIP].Kept, d.Locked
	}
	if d.Report != nil && l.Kind == sop.LaporanBulanan {
		v.Report = d.Report.view(d.Office.Calendar.Zone)
	}
	if d.Carried != nil && l.Kind == sop.HasilPendaftaran {
		v.Carried = carried(*d.Carried, d.Office)
	}
	if l.Kind == sop.RingkasanOperator {
		v.Waiting, v.MoreWaiting = waiting(d.Waiting, d.Office.Calendar.Zone)
	}
	if d.Journal != nil && l.Kind == sop.TitikPeriksa {
		v.Journal = &JournalView{Lines: thousands(d.Journal.Lines), At: m(d.Journal.At)}
	}
	return v
}

// BlankForm is the file name of the blank formulir.
const BlankForm = "formulir-kosong.xlsx"

func deputies(o sop.Office, address string) bool {
	return slices.ContainsFunc(o.Approvers, func(a sop.Approver) bool { return a.Address == address && len(a.Deputies) > 0 })
}

// decided fills in approvals, quorum and undo window.
func (v *View) decided(d Data) {
	o, c := d.Office, d.Case
	risks := c.Risks()
	if m := c.Member(d.Letter.NIP); d.Letter.Topic == "mend" && m != nil && m.Mend != nil {
		x := m.Mend
		risks = x.Marks
		v.Mend = &MendView{Address: address(x.Address), Fresh: x.Fresh, Kept: c.Accounts[d.Letter.NIP].Kept}
		for _, r := range x.Marks {
			v.Mend.Marks = append(v.Mend.Marks, markText(r))
		}
		v.Due, v.Expires, v.Overdue = Moment{x.Due, o.Calendar.Zone}, Moment{x.Expires, o.Calendar.Zone}, x.Due.Before(d.Now)
	}
	if window := o.Window(risks); window > 0 {
		v.Undo = span(window)
	}
	v.Needed = max(o.Quorum, 1)
	if o.SecondAbove > 0 && len(c.Members) > o.SecondAbove {
		v.Needed = max(v.Needed, 2)
	}
	v.Votes = len(c.Votes)
	if c.Approval != nil && !c.Approval.Released {
		v.Release = Moment{c.Approval.Release, o.Calendar.Zone}
	}
	v.Decisions = decisions(c, o.Calendar.Zone)
}

// reference is the Nomor: case number and the number of the letter within it, PKJ-2026-0001/7.
func reference(d Data) string {
	serial, _, _ := strings.Cut(d.Letter.Key, "/")
	head := cmp.Or(number(d.Case.Number), d.Office.CasePrefix)
	return clean(strings.Trim(head+"/"+serial, "/"), 60)
}

// number is the case number; what stands there for a letter of no case has no digits and is not shown.
func number(s string) string {
	if !strings.ContainsAny(s, "0123456789") {
		return ""
	}
	return clean(s, 40)
}

// attached counts files; pictures that stand in the text are none.
func attached(files []sop.File) string {
	n := 0
	for _, f := range files {
		if f.ContentID == "" {
			n++
		}
	}
	if n == 0 {
		return "-"
	}
	return count(n) + " berkas"
}

func office(o sop.Office) Office {
	return Office{
		Name: shown(o.Name, maxTitle), Address: address(o.Mailbox.Address), SPSE: shown(o.SPSE, maxMail), CodeInSheet: o.CodeInSheet, Signed: o.Level == sop.Signed,
		FullCopy: o.FullCopy && o.KepalaLPSE.Address != "", Sheet: o.Sheet, ApprovalDays: o.ApprovalDays, CompletionDays: o.CompletionDays,
		ReceiptDays: o.ReceiptDays, ExpiryDays: o.ExpiryDays, ExpiresDays: o.Expires, Level: levelWord(o.Level),
	}
}

func addressee(l sop.Letter) Addressee {
	post := roleLabel(l.Role)
	a := Addressee{Name: cmp.Or(clean(l.To.Name, maxName), post, address(l.To.Address)), Post: post}
	if strings.EqualFold(a.Name, a.Post) {
		a.Post = ""
	}
	return a
}

func salutation(r sop.Role) string {
	if r == sop.RoleKepala || r == sop.RoleBagian {
		return "Bapak/Ibu"
	}
	return "Saudara"
}

func party(p sop.Person) Party {
	return Party{Name: shown(p.Name, maxName), Address: address(p.Address)}
}

func address(s string) string { return shown(s, maxMail) }

// By is "nama (alamat)", or whichever of them there is.
func (p Party) By() string {
	if p.Name == "" || p.Address == "" {
		return p.Name + p.Address
	}
	return p.Name + " (" + p.Address + ")"
}

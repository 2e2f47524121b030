package sop

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/workday"
)

// Office is the policy of one office: who may do what, and how long it may take. It is built from the configuration.
type Office struct {
	Name         string
	Mailbox      Person // the office's own address; never a participant
	CasePrefix   string
	SPSE         string // where members log in: office.spse_url
	Approvers    []Approver
	KepalaLPSE   Person
	KepalaBagian Person
	Operator     Person
	Hears        []string // opened, closed: of what Kepala Bagian is told, in whose name is asked (SOP 1.1)
	Checkpoint   string   // how often the checkpoint of the journal is mailed: daily, weekly, off

	Standing []Delegation // what approvers have delegated in other cases; a new case begins with it

	Level       Level
	UndoWindow  time.Duration
	Expires     int // office days that an approval letter holds
	Quorum      int
	SecondAbove int // members above which two approvers are needed; 0: never
	CodeInSheet bool
	Papers      int64  // bytes of papers that an approval letter carries
	ReadBack    bool   // every roster is read back to the requester, not only one in doubt
	Sheet       string // encrypted, plain, none
	FullCopy    bool   // Kepala LPSE's copy carries the passwords: credentials.tembusan: full

	ApprovalDays, CompletionDays, ReceiptDays int
	ExpiryDays                                int           // office days after the last delivery until an unconfirmed key is destroyed
	ShredAfter                                time.Duration // after TERIMA
	Calendar                                  workday.Calendar
}

// Approver is one registered approver with every address by which they may answer.
type Approver struct {
	Person
	Aliases  []string
	NIP      string
	Deputies []Approver // who may answer for them while a DELEGASI runs; without deputies of their own
}

// sameAddress folds letter case, as is right for requesters and members. Approvers are compared byte for byte.
func sameAddress(a, b string) bool { return a != "" && strings.EqualFold(a, b) }

// Approver finds the registered approver or deputy of an address, byte for byte (DESIGN, "Trust": shape).
func (o Office) Approver(addr string) (Approver, bool) {
	all := o.registered()
	i := slices.IndexFunc(all, func(a Approver) bool { return slices.Contains(a.addresses(), addr) })
	if i < 0 {
		return Approver{}, false
	}
	return all[i], true
}

// registered are the approvers and all their deputies.
func (o Office) registered() []Approver {
	all := slices.Clone(o.Approvers)
	for _, a := range o.Approvers {
		all = append(all, a.Deputies...)
	}
	return all
}

// Identify says in which roles an address takes part in a case, and by which registered address letters reach them.
func (o Office) Identify(c *Case, addr string) Sender {
	s := Sender{Person: Person{Address: addr}}
	if sameAddress(addr, o.Mailbox.Address) {
		return s // the office itself is never a participant
	}
	if a, ok := o.Approver(addr); ok && (o.principal(a.Person) || delegated(c, a.Person)) {
		s.Roles, s.Person = append(s.Roles, RoleApprover), a.Person
	}
	for _, x := range []struct {
		p Person
		r Role
	}{{o.KepalaLPSE, RoleKepala}, {o.KepalaBagian, RoleBagian}, {o.Operator, RoleOperator}, {c.Requester, RoleRequester}} {
		if sameAddress(addr, x.p.Address) {
			s.add(x.r, x.p)
		}
	}
	if len(s.Roles) == 0 && slices.Contains(c.Colleagues, strings.ToLower(addr)) {
		s.add(RoleColleague, Person{Address: addr})
	}
	for _, m := range c.Members {
		if sameAddress(addr, m.reach()) {
			s.add(RoleMember, m.person())
			s.NIP = m.Row.NIP
		}
	}
	for _, m := range c.Members {
		if was, _ := m.formerly(addr); was != "" && s.NIP == "" {
			s.add(RoleMember, Person{Name: m.Row.Nama, Address: was})
			s.NIP = m.Row.NIP
		}
	}
	return s
}

func (s *Sender) add(r Role, p Person) {
	if len(s.Roles) == 0 {
		s.Person = p
	}
	s.Roles = append(s.Roles, r)
}

// reach is the address of a member: the frozen one once there is an approval.
func (m Member) reach() string { return cmp.Or(m.Address, m.Row.Email) }

func (m Member) person() Person { return Person{Name: m.Row.Nama, Address: m.reach()} }

// Package report makes what people file and read: the register as workbook, CSV or JSON, the lembar kendali of a case as
// PDF, and the monthly report with its charts. It is given cases and gives bytes; the same cases give the same bytes.
// Nothing that it prints holds a secret, a code or a Message-ID.
//
// A QR code is drawn with boombuler/barcode: small, without dependencies, maintained; the others that were looked at rest
// since 2018 and 2020. Charts are pictures (image/png, with the Go fonts of x/image), because mail programs show no SVG.
package report

import (
	"cmp"
	"strings"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
)

// Entry is one case as the register lists it. An Entry without a number carries what belongs to no case.
type Entry struct {
	Number       string     `json:"number,omitempty"`
	Status       sop.Status `json:"status,omitempty"`
	Opened       time.Time  `json:"opened,omitzero"`
	Closed       time.Time  `json:"closed,omitzero"`
	Requester    sop.Person `json:"requester,omitzero"`
	Subject      string     `json:"subject,omitempty"`
	KepalaCopied bool       `json:"kepala_copied,omitempty"`
	Revision     int        `json:"revision,omitempty"`
	SK           string     `json:"sk,omitempty"`          // its number
	SuratTugas   string     `json:"surat_tugas,omitempty"` // its number
	Approver     string     `json:"approver,omitempty"`
	Approved     time.Time  `json:"approved,omitzero"`
	Sent         time.Time  `json:"sent,omitzero"`      // the last member's letter, once every letter has been sent
	Confirmed    time.Time  `json:"confirmed,omitzero"` // the last member's receipt, once every member has confirmed
	Owes         string     `json:"owes,omitempty"`
	Due          time.Time  `json:"due,omitzero"`
	Held         string     `json:"held,omitempty"`
	Outcome      string     `json:"outcome,omitempty"`
	Incidents    int        `json:"incidents,omitempty"`

	Members    []Member        `json:"members,omitempty"`
	Deviations []sop.Deviation `json:"deviations,omitempty"`
	Letters    []Letter        `json:"letters,omitempty"`
	Accounts   []Account       `json:"accounts,omitempty"` // of the office, in an Entry without a number
}

// Account is what the office knows of a person's account, without any secret.
type Account struct {
	NIP    string    `json:"nip"`
	Nama   string    `json:"nama,omitempty"`
	UserID string    `json:"user_id"`
	Since  time.Time `json:"since,omitzero"`
	Case   string    `json:"case,omitempty"`
	State  string    `json:"state"`
}

// Member is one member with the delivery of their letter. SOP 2.3, SOP 3.1
type Member struct {
	No        int             `json:"no"`
	Nama      string          `json:"nama"`
	NIP       string          `json:"nip"`
	Jabatan   string          `json:"jabatan,omitempty"`
	Golongan  string          `json:"golongan,omitempty"`
	Email     string          `json:"email"`
	UserID    string          `json:"user_id,omitempty"`
	State     sop.MemberState `json:"state"`
	Sends     int             `json:"sends"`
	SentAt    time.Time       `json:"sent_at,omitzero"`
	Confirmed time.Time       `json:"confirmed,omitzero"`
	Proof     string          `json:"proof,omitempty"`
	Exposed   bool            `json:"exposed,omitempty"`
	Note      string          `json:"note,omitempty"`
}

// Letter is one letter of the outbox; its subject, which may hold a code, is left out.
type Letter struct {
	Ref      string         `json:"ref"` // key within the case
	Kind     sop.LetterKind `json:"kind"`
	To       sop.Person     `json:"to"`
	Role     sop.Role       `json:"role,omitempty"`
	State    string         `json:"state"`
	Attempts int            `json:"attempts"`
	Made     time.Time      `json:"made"`
	Ended    time.Time      `json:"ended,omitzero"`
	Answer   string         `json:"answer,omitempty"` // the mail server's last words
}

// EntryOf lists a case without its letters.
func EntryOf(c sop.Case) Entry {
	e := Entry{Number: c.Number, Status: c.Status, Opened: c.Opened, Closed: c.Closed, Requester: c.Requester, Subject: c.Subject,
		KepalaCopied: c.KepalaCopied, Revision: c.Revision, SK: numbers(c.Reading, document.SK), SuratTugas: numbers(c.Reading, document.SuratTugas),
		Owes: c.Owes, Due: c.Due, Held: c.Held, Outcome: c.Outcome, Incidents: len(c.Incidents), Deviations: c.Deviations}
	if a := c.Approval; a != nil {
		e.Approver, e.Approved = a.By.Name, a.At
	}
	e.Sent, e.Confirmed = lastSent(c.Members), lastConfirmed(c.Members)
	for i, m := range c.Members {
		e.Members = append(e.Members, Member{No: i + 1, Nama: m.Row.Nama, NIP: m.Row.NIP, Jabatan: m.Row.Jabatan, Golongan: m.Row.Golongan,
			Email: reach(m), UserID: c.Accounts[m.Row.NIP].UserID, State: m.State, Sends: m.Sends, SentAt: m.SentAt,
			Confirmed: m.Confirmed, Proof: m.Proof, Exposed: m.Exposed, Note: m.Note})
	}
	return e
}

// numbers names the papers of a kind that are in force.
func numbers(r document.Reading, k document.Kind) string {
	var out []string
	for _, p := range r.Papers {
		if p.Kind == k && !p.Replaced && p.Number != "" {
			out = append(out, p.Number)
		}
	}
	return strings.Join(out, "; ")
}

func reach(m sop.Member) string { return cmp.Or(m.Address, m.Row.Email) }

// lastSent is zero while the letter of some member has not been sent, lastConfirmed while some member has not confirmed.
func lastSent(members []sop.Member) time.Time {
	return lastOf(members, func(m sop.Member) time.Time { return m.SentAt })
}

func lastConfirmed(members []sop.Member) time.Time {
	return lastOf(members, func(m sop.Member) time.Time { return m.Confirmed })
}

func lastOf(members []sop.Member, when func(sop.Member) time.Time) (last time.Time) {
	for _, m := range members {
		t := when(m)
		if t.IsZero() {
			return t
		}
		if t.After(last) {
			last = t
		}
	}
	return last
}

package control

import (
	"context"
	"errors"
	"slices"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// CaseView is a case as people outside the daemon may see it: no codes, no Message-IDs, nothing sealed.
type CaseView struct {
	Number     string           `json:"number"`
	Status     string           `json:"status"` // the label: Selesai, Menunggu persetujuan …
	Opened     time.Time        `json:"opened"`
	Closed     time.Time        `json:"closed,omitzero"`
	Requester  sop.Person       `json:"requester"`
	Subject    string           `json:"subject"`
	Revision   int              `json:"revision"`
	Owes       string           `json:"owes,omitempty"`
	Due        time.Time        `json:"due,omitzero"`
	Held       string           `json:"held,omitempty"`
	Outcome    string           `json:"outcome,omitempty"`
	Reading    document.Reading `json:"reading"`
	Members    []MemberView     `json:"members"`
	Approval   *ApprovalView    `json:"approval,omitempty"`
	Deviations []sop.Deviation  `json:"deviations"`
	Incidents  []sop.Incident   `json:"incidents"`
	Letters    []LetterView     `json:"letters,omitempty"`
	Events     []EventView      `json:"events,omitempty"`

	Delegations []sop.Delegation `json:"delegations,omitempty"` // also those that have ended
}

// MemberView is one member's way.
type MemberView struct {
	No        int             `json:"no"`
	Nama      string          `json:"nama"`
	NIP       string          `json:"nip"`
	Email     string          `json:"email"`
	UserID    string          `json:"user_id,omitempty"`
	State     sop.MemberState `json:"state"`
	Sends     int             `json:"sends"`
	SentAt    time.Time       `json:"sent_at,omitzero"`
	Confirmed time.Time       `json:"confirmed,omitzero"`
	Proof     string          `json:"proof,omitempty"`
	Note      string          `json:"note,omitempty"`
	Marks     []string        `json:"marks,omitempty"`
	Exposed   bool            `json:"exposed,omitempty"`
	Shredded  bool            `json:"shredded,omitempty"`
}

// ApprovalView is who approved what, and on which proof.
type ApprovalView struct {
	By       sop.Person `json:"by"`
	At       time.Time  `json:"at"`
	Revision int        `json:"revision"`
	Proof    string     `json:"proof"`
	Evidence string     `json:"evidence"` // SHA-256 of the raw reply
	Papers   []string   `json:"papers"`
	Roster   string     `json:"roster"`
}

// LetterView is one letter and how far it has come.
type LetterView struct {
	Kind     sop.LetterKind    `json:"kind"`
	To       string            `json:"to"`
	Topic    string            `json:"topic,omitempty"`
	State    store.LetterState `json:"state"`
	Attempts int               `json:"attempts"`
	Answer   string            `json:"answer,omitempty"`
	Made     time.Time         `json:"made"`
	Ended    time.Time         `json:"ended,omitzero"`
}

// EventView is one line of the journal.
type EventView struct {
	N int `json:"n"`
	sop.Event
}

// Why is everything that led a case to where it is: each mail with its verdict, each decision with its reason.
type Why struct {
	Number string      `json:"number"`
	Status string      `json:"status"`
	Mails  []MailView  `json:"mails"`
	Events []EventView `json:"events"`
}

// MailView is one mail that was judged for the case.
type MailView struct {
	At      time.Time `json:"at"`
	From    string    `json:"from,omitempty"`
	Outcome string    `json:"outcome"`
	Gate    string    `json:"gate,omitempty"`
	Reason  string    `json:"reason"`
	SHA256  string    `json:"sha256,omitempty"`
	Folder  string    `json:"folder,omitempty"`
	Proof   []string  `json:"proof,omitempty"`
}

// unreadable stands where a row cannot be decoded.
const unreadable = "Tidak terbaca"

// named adds each row that could not be decoded to what could be: it keeps nothing else from being shown.
func named[T any](list []T, err error, as func(*store.RowError) T) ([]T, error) {
	damaged, err := store.Damaged(err)
	for _, row := range damaged {
		list = append(list, as(row))
	}
	return list, err
}

// Cases lists cases, oldest first; letters and events are left out.
func (c *Control) Cases(ctx context.Context, openOnly bool) ([]CaseView, error) {
	return office.Read(ctx, c.Clerk, func(b store.Books) ([]CaseView, error) {
		out := []CaseView{}
		err := b.Cases.Each(openOnly, func(cs sop.Case) bool {
			out = append(out, viewOf(cs))
			return true
		})
		return named(out, err, func(row *store.RowError) CaseView {
			return CaseView{Number: row.Key, Status: unreadable, Outcome: row.Error()}
		})
	})
}

// Show gives one case with its letters and its journal.
func (c *Control) Show(ctx context.Context, number string) (CaseView, error) {
	return office.Read(ctx, c.Clerk, func(b store.Books) (v CaseView, err error) {
		cs, err := office.Find(b, number)
		if err != nil {
			return v, err
		}
		v = viewOf(cs)
		rows, err := b.Letters.Of(number)
		v.Letters, err = named(v.Letters, err, func(row *store.RowError) LetterView {
			return LetterView{Topic: row.Key, State: unreadable, Answer: row.Error()}
		})
		for _, r := range rows {
			v.Letters = append(v.Letters, LetterView{r.Letter.Kind, r.Letter.To.Address, r.Letter.Topic, r.State, r.Attempts, r.Answer, r.Made, r.Ended})
		}
		slices.SortStableFunc(v.Letters, func(a, b LetterView) int { return a.Made.Compare(b.Made) })
		events, bad := timeline(b, number)
		v.Events = events
		return v, errors.Join(err, bad)
	})
}

// Why explains a case.
func (c *Control) Why(ctx context.Context, number string) (Why, error) {
	return office.Read(ctx, c.Clerk, func(b store.Books) (w Why, err error) {
		cs, err := office.Find(b, number)
		if err != nil {
			return w, err
		}
		events, err := timeline(b, number)
		w = Why{Number: number, Status: cs.Status.Label(), Mails: []MailView{}, Events: events}
		judged, bad := b.Mails.Of(number)
		w.Mails, bad = named(w.Mails, bad, func(row *store.RowError) MailView { return MailView{Outcome: unreadable, Reason: row.Error()} })
		for _, j := range judged {
			w.Mails = append(w.Mails, MailView{At: j.At, From: j.From, Outcome: j.Outcome, Gate: j.Gate, Reason: j.Reason,
				SHA256: j.SHA256, Folder: j.Folder, Proof: j.Proof})
		}
		return w, errors.Join(bad, err)
	})
}

func timeline(b store.Books, number string) (out []EventView, err error) {
	records, err := b.Journal.Of(number)
	for _, r := range records {
		out = append(out, EventView{r.N, r.Event})
	}
	return named(out, err, func(row *store.RowError) EventView {
		return EventView{Event: sop.Event{Kind: unreadable, Text: row.Error()}}
	})
}

func viewOf(cs sop.Case) CaseView {
	v := CaseView{Number: cs.Number, Status: cs.Status.Label(), Opened: cs.Opened, Closed: cs.Closed, Requester: cs.Requester,
		Subject: cs.Subject, Revision: cs.Revision, Owes: cs.Owes, Due: cs.Due, Held: cs.Held, Outcome: cs.Outcome, Reading: cs.Reading,
		Deviations: cs.Deviations, Incidents: cs.Incidents, Members: []MemberView{},
		Delegations: cs.Delegations}
	for i, m := range cs.Members {
		email := m.Address
		if email == "" {
			email = m.Row.Email
		}
		v.Members = append(v.Members, MemberView{No: i + 1, Nama: m.Row.Nama, NIP: m.Row.NIP, Email: email, UserID: cs.Accounts[m.Row.NIP].UserID,
			State: m.State, Sends: m.Sends, SentAt: m.SentAt, Confirmed: m.Confirmed, Proof: m.Proof, Note: m.Note, Marks: m.Marks,
			Exposed: m.Exposed, Shredded: m.Shredded})
	}
	if a := cs.Approval; a != nil {
		v.Approval = &ApprovalView{a.By, a.At, a.Revision, a.Proof, a.Mail, a.Papers, a.Roster}
	}
	return v
}

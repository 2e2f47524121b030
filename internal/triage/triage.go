// Package triage turns a message, its evidence and its papers into an input of the procedure, or says by name why not. The
// gates stand in the order of DESIGN, "Trust": shape, correlation, intent, authenticity; each refuses with its own reason.
package triage

import (
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// Outcome of the gates for one mail.
type Outcome string

const (
	Obeyed    Outcome = "obeyed"    // A: goes to Decide as what it asks for
	Refused   Outcome = "refused"   // R: no valid proof; recorded, not obeyed
	Held      Outcome = "held"      // H: only a retry or a person can settle it
	Ignored   Outcome = "ignored"   // I: automatic
	NotOurs   Outcome = "not-ours"  // stays where it is
	Duplicate Outcome = "duplicate" // a second delivery of a mail that has its outcome
)

// MessageRef is what a Message-ID leads to: a case, and the letter of ours that bears it (nil for a requester's own mail).
type MessageRef struct {
	Case   string
	Letter *sop.Letter
}

// View is what triage reads of the books.
type View interface {
	Case(number string) (sop.Case, bool, error)
	ByMessageID(messageID string) (MessageRef, bool, error)
	// Content looks up an earlier mail by identity hash, or by "id/" and its Message-ID.
	Content(key string) (c Earlier, ok bool, err error)
	// Outdated are the members whose accounts in this case are not as the office's register has them.
	Outdated(c sop.Case) (nips []string, err error)
	// Owner is the NIP of the person in this office who has a user ID, or "".
	Owner(user string) (nip string, err error)
}

// Earlier is a mail that has its outcome.
type Earlier struct {
	Outcome, Gate, Case, Folder, Hash string
}

// Coder derives the codes that letters carry.
type Coder interface {
	ApprovalCode(number string, revision, issue int, approver string) string
	MemberCode(number, nip string) string
}

// Triage holds the rules of one office.
type Triage struct {
	Office     sop.Office
	Requesters []string // addresses, or *@domain
	Senders    []string // who may stand in Sender for others: a secretary, a system of the office
	Codes      Coder
}

// Mail is one message with what the readers found. Reading is nil until the papers have been read.
type Mail struct {
	Msg     *message.Message
	Arrived time.Time // at the mailbox; zero: expiry is left to the decision
	Proof   sop.Proof // at the level that the sender's role needs
	Reading *document.Reading
	Other   string         // other procedure that the papers or text ask for: reset, nonaktif, mutasi
	Books   []Book         // workbooks that came with it, and what may be or hold one
	TooBig  *sop.Oversized // Msg holds the header only
}

// Book is an attached workbook, or a file that may be or hold one.
type Book struct{ Name, SHA256 string }

// Verdict is the outcome of the gates.
type Verdict struct {
	Outcome       Outcome
	Gate          string // shape, correlation, intent, authenticity, content
	Reason        string // named, kebab-case
	Case          string // "" for a new case and for mail of no case
	Opens         bool   // a new case
	From          sop.Sender
	What          sop.What             // nil where nothing is to be decided
	OperatorAlert string               // topic of a warning to the operator, for what concerns no case
	Answer        string               // topic of an answer to the sender, for what concerns no case
	Papers        bool                 // the papers must be read before this verdict is final
	Amends        []document.Amendment // what of the roster the requester corrects; the papers are read with it
	Enrols        bool                 // an approver's answer to an enrolment letter: what it carries must be looked at, and nothing else
	Fault         string               // of its shape
	Folder        string               // of a duplicate: where its first meeting decided that it goes
}

func (v Verdict) refuse(gate, reason string) Verdict { return v.as(Refused, gate, reason) }
func (v Verdict) hold(gate, reason string) Verdict   { return v.as(Held, gate, reason) }

func (v Verdict) as(o Outcome, gate, reason string) Verdict {
	v.Outcome, v.Gate, v.Reason = o, gate, reason
	return v
}

// Ours says that the mail is filed, archived and recorded with a case or by name; what is not stays untouched.
func (v Verdict) Ours() bool { return v.Outcome != NotOurs }

package sop

import (
	"slices"
	"time"

	"ukpbjd/internal/document"
)

// Input is something that happened. What it consumes (a mail, a letter's attempt, a task, a wake-up) is the caller's to
// keep: nothing here tells an input from its repetition.
type Input struct {
	At   time.Time `json:"at"` // when it arrived
	From Sender    `json:"from,omitzero"`
	Mail Mail      `json:"mail,omitzero"` // the archived mail, for what came by mail

	Outdated []string `json:"outdated,omitempty"` // NIPs whose accounts are not, or not any more, as the office's register has them
	What     What     `json:"-"`
}

// Sender is who sent the input, as the gates proved it.
type Sender struct {
	Person
	Roles []Role `json:"roles"`         // in this case
	NIP   string `json:"nip,omitempty"` // where RoleMember is among them
	Proof Proof  `json:"proof"`
}

// Has says whether the sender takes part in the given role.
func (s Sender) Has(r Role) bool { return slices.Contains(s.Roles, r) }

// What is one kind of input; a type below. Each says what becomes of a case, and gives the named reason of the decision.
type What interface {
	what() string
	decide(d *decision) string
}

type (
	// Request opens a case (SOP 1.1). The case that is decided on is new: only its Number is set.
	Request struct {
		Subject      string
		KepalaCopied bool
		Colleagues   []string // copied, and allowed to ask themselves
		Links        bool     // the text points to something elsewhere
		Reading      document.Reading
		Past         Past
	}
	// Supplement brings more papers or a mended roster to an open case. Reading is that of all papers together.
	Supplement struct {
		Reading document.Reading
		Links   bool
		Past    Past
	}

	// Correction is the requester's word that addresses are wrong, after the approval.
	Correction struct {
		Rows []Corrected
		Past Past

		Unsent []string // NIPs whose letters wait in the outbox and have never left it
	}

	// Repeat is a request for what this case is about already.
	Repeat struct {
		Reading document.Reading
		Past    Past
	}
	// Command is one line of the mail grammar, obeyed or answered according to role and state.
	Command struct {
		Verb  Verb
		Arg   string // reason, note, name or NIP, as written
		Ref   Ref
		Lines []Line // below SETUJU
		Why   string // it was refused, when its code was still good: that has been taken out of use since
	}
	// Unclear is a reply of a participant that holds no command; Why names the gate's reason, Quote the words that it rests on.
	Unclear struct {
		Why, Quote string
		Ref        Ref
	}
	// Refused is a mail that failed a gate: recorded, never obeyed. Tell asks for one answer to the registered address.
	Refused struct {
		Why, Gate string
		Tell      bool
		To        Sender // who is told, where it is another than who sent it
		WrongCode bool
	}
	// Held is a mail that only a retry or a person can settle.
	Held struct{ Why, Gate string }
	// Automatic is an out-of-office or other automatic reply to a letter of this case.
	Automatic struct{ Why string }
	// Bounced is a delivery report for a letter.
	Bounced struct {
		Letter Letter // as it was sent
		Action string // failed, delayed
		Status string
		Text   string
	}
	// Accepted is the 250 of the next mail server.
	Accepted struct {
		Letter Letter
		Text   string
	}
	// Undeliverable is a letter that finally failed.
	Undeliverable struct {
		Letter Letter
		Text   string
		Unsure bool // it may have arrived, and is not sent again
	}
	// Delivered is a report that a letter has arrived. It settles one that is in doubt, and says nothing new of any other.
	Delivered struct {
		Letter Letter
		Text   string
	}
	// AccountsMade is the result of TaskAccounts.
	AccountsMade struct {
		Revision, Issue int
		NIP             string             // only this row's: see Mend
		Accounts        map[string]Account // by NIP
		Sheets          map[string][]byte  // by approver address: the encrypted workbook; nil where credentials.sheet is none
		Pictures        []File             // rows of the roster that were read by machine, as they stand on paper
		Failed          string             // why it could not be done; the case goes to a person
	}
	// CredentialSealed is the result of TaskCredential.
	CredentialSealed struct {
		NIP     string
		Letter  Letter
		Sealed  []byte
		Account []byte // the password under the new key, where one was made
		Failed  string
	}
	// TembusanSealed is the result of TaskTembusan.
	TembusanSealed struct {
		Letter Letter
		Sealed []byte
		Failed string
	}
	// KeyShredded is the result of TaskShred.
	KeyShredded struct {
		NIP   string
		Older bool // only those before the newest
	}
	// Exposed says that a live secret of a member was seen outside its letter. Own: in the member's own answer, which reached nobody but the
	// office; Receipt: that answer is their TERIMA.
	Exposed struct {
		NIP, What    string
		Own, Receipt bool
	}
	// CodeSeen says that a code, or the letter of an issue, that opens something was readable in the shared mailbox.
	CodeSeen struct{ Issue int }
	// Superseded says that another case gives a member a new password: the one of this case must not be opened any more.
	Superseded struct{ NIP, By string }
	// Oversized is a mail of a known requester that is over the size limit.
	Oversized struct {
		Subject     string
		Size, Limit int64
	}
	// Delegated is a DELEGASI that was answered in another case, or its end.
	Delegated struct{ Delegation }
	// Tick is the passing of Case.Wake. It may come early, late and often.
	Tick struct{}
	// Instruct is an operator's command over the socket: hold, release, resend; or the daemon's: void. None can release a
	// credential that no approver has released.
	Instruct struct{ Verb, Arg string }
)

func (Request) what() string          { return "request" }
func (Supplement) what() string       { return "supplement" }
func (Correction) what() string       { return "correction" }
func (Repeat) what() string           { return "repeat" }
func (Command) what() string          { return "command" }
func (Unclear) what() string          { return "unclear" }
func (Refused) what() string          { return "refused" }
func (Held) what() string             { return "held" }
func (Automatic) what() string        { return "automatic" }
func (Bounced) what() string          { return "bounced" }
func (Accepted) what() string         { return "accepted" }
func (Undeliverable) what() string    { return "undeliverable" }
func (Delivered) what() string        { return "delivered" }
func (AccountsMade) what() string     { return "accounts-made" }
func (CredentialSealed) what() string { return "credential-sealed" }
func (TembusanSealed) what() string   { return "tembusan-sealed" }
func (KeyShredded) what() string      { return "key-shredded" }
func (Exposed) what() string          { return "exposed" }
func (CodeSeen) what() string         { return "code-seen" }
func (Superseded) what() string       { return "superseded" }
func (Oversized) what() string        { return "oversized" }
func (Delegated) what() string        { return "delegated" }
func (Tick) what() string             { return "tick" }
func (Instruct) what() string         { return "instruct" }

func (w Delegated) decide(d *decision) string { return d.delegated(w) }

// Verb of the mail grammar.
type Verb string

const (
	Setuju       Verb = "SETUJU"
	Tolak        Verb = "TOLAK"
	Lengkapi     Verb = "LENGKAPI"
	Stop         Verb = "STOP"
	KirimUlang   Verb = "KIRIM ULANG"
	Delegasi     Verb = "DELEGASI"
	Terima       Verb = "TERIMA"
	Salah        Verb = "SALAH"
	Kendala      Verb = "KENDALA"
	Batal        Verb = "BATAL"
	Benar        Verb = "BENAR"
	Jelaskan     Verb = "JELASKAN"
	TanyaStatus  Verb = "STATUS"
	TanyaBantuan Verb = "BANTUAN"

	Tetap     Verb = "TETAP" // below SETUJU: the member has an account, and is sent no password
	Baru      Verb = "BARU"  // a new password, although there is an account
	GantiUser Verb = "USER"  // another user ID
)

// Ref is how a reply was matched to a case.
type Ref struct {
	Via      string     `json:"via"`            // "message-id", "code", or both joined by "+"
	Kind     LetterKind `json:"kind,omitempty"` // of the letter answered
	Revision int        `json:"revision,omitempty"`
	Issue    int        `json:"issue,omitempty"`
	To       string     `json:"to,omitempty"` // addressee of the letter answered
	NIP      string     `json:"nip,omitempty"`
}

// Line is one of the lines that may stand below SETUJU: what is done about one member's account. DESIGN, "Mail grammar"
type Line struct {
	Verb  Verb   // Tetap, Baru or GantiUser
	Who   string // number in the roster, from 1, or NIP
	Arg   string // the user ID that GantiUser gives
	Owner string // NIP of the person in this office who has that user ID already; "": nobody
}

// Level of assurance (DESIGN, "Trust").
type Level string

const (
	Basic    Level = "basic"
	Standard Level = "standard"
	Strict   Level = "strict"
	Signed   Level = "signed"
)

// Result of the authenticity gate for one mail.
type Result string

const (
	Proven    Result = "pass"
	Unproven  Result = "none" // no valid proof
	Failed    Result = "fail"
	Ambiguous Result = "ambiguous" // verdicts that differ
	Temporary Result = "temporary" // temperror, DNS time-out
)

// Proof is what the mail server's verdict, and for higher levels our own checks, say of one mail.
type Proof struct {
	Level  Level    `json:"level"` // asked for
	Result Result   `json:"result"`
	Reason string   `json:"reason"`           // named: dmarc-pass, auth-pass, no-verdict, verdicts-differ …
	Detail []string `json:"detail,omitempty"` // each verdict considered, for `why`

	Seen []Witness `json:"seen,omitempty"` // what it rests on that may be gone tomorrow
}

// Witness is something outside the mail that a proof rests on, as it was seen that day.
type Witness struct {
	Kind string `json:"kind"` // dkim-key, certificate
	Name string `json:"name"` // selector._domainkey.domain; the subject
	Text string `json:"text"` // the record; PEM. Empty: there was none
}

// Carried is what one reply of an approver really brought along: their answer to an enrolment letter, which decides nothing.
type Carried struct {
	At        time.Time `json:"at"`
	From      string    `json:"from"`
	DMARC     string    `json:"dmarc,omitempty"` // what the mail server says: "pass (kantor.example)"; empty: nothing
	SPF       string    `json:"spf,omitempty"`
	DKIM      string    `json:"dkim,omitempty"`
	Login     string    `json:"login,omitempty"`
	Signature string    `json:"signature,omitempty"` // S/MIME, OpenPGP; empty: none
	Fault     string    `json:"fault,omitempty"`     // of its shape, for which no answer of this shape would be obeyed
	Levels    []Proof   `json:"levels"`              // standard, strict and signed, each without what it rests on
}

// Reach is the highest level that such a reply proves.
func (c Carried) Reach() Level {
	reach := Basic
	for _, p := range c.Levels {
		if p.Result == Proven && p.Level.rank() > reach.rank() {
			reach = p.Level
		}
	}
	return reach
}

// Enough says that such a reply would be believed at this level.
func (c Carried) Enough(l Level) bool { return c.Fault == "" && c.Reach().rank() >= l.rank() }

// Package sop is the heart: the procedure SOP 02 as a pure function. Decide takes a case, an input and the time, and says
// what the case becomes, what is journalled, which letters go out and which tasks are to be carried out. It knows no
// clock, no randomness, no disk and no network: the same input on the same case gives the same outcome, for ever.
package sop

import (
	"maps"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/document"
)

// Status of a case; the labels are fixed by the office (DOMAIN, "Letters").
type Status string

const (
	Incomplete        Status = "belum-lengkap"
	AwaitingRequester Status = "menunggu-pemohon" // the roster was read back to the requester
	AwaitingApproval  Status = "menunggu-persetujuan"
	Approved          Status = "disetujui"           // approved: undo window, or letters being sealed
	Sent              Status = "dikirim"             // letters handed to the post, not all accepted yet
	AwaitingReceipt   Status = "menunggu-konfirmasi" // every letter is final, some member has not confirmed
	Done              Status = "selesai"
	Rejected          Status = "ditolak"
	Cancelled         Status = "dibatalkan"
	NeedsReview       Status = "perlu-diperiksa"
)

// Statuses lists all, in the order of the procedure.
var Statuses = []Status{Incomplete, AwaitingRequester, AwaitingApproval, Approved, Sent, AwaitingReceipt, Done, Rejected, Cancelled, NeedsReview}

// Label is the status as letters and pages print it: its words with blanks between them, and a capital letter.
func (s Status) Label() string {
	if !slices.Contains(Statuses, s) {
		s = NeedsReview
	}
	return strings.ToUpper(string(s[:1])) + strings.ReplaceAll(string(s[1:]), "-", " ")
}

// Closed says that a case of this status moves no more: who writes is answered, and trouble is told.
func (s Status) Closed() bool { return s == Done || s == Rejected || s == Cancelled }

// Person is somebody a letter may go to.
type Person struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Case is one request and all that became of it. Times are UTC.
type Case struct {
	Number  string    `json:"number"` // PKJ-2026-0001
	Status  Status    `json:"status"`
	Opened  time.Time `json:"opened"`
	Updated time.Time `json:"updated"`
	Closed  time.Time `json:"closed,omitzero"`

	Requester    Person   `json:"requester"`
	Subject      string   `json:"subject"` // of the request mail
	Thread       []string `json:"thread"`  // Message-IDs of the requester's mails, newest last
	KepalaCopied bool     `json:"kepala_copied"`
	Colleagues   []string `json:"colleagues,omitempty"` // whom the requester copied, and who may send what is missing
	Marks        []string `json:"marks,omitempty"`      // risks of the request as a whole, shown to the approver

	Revision int              `json:"revision"` // of papers and roster, from 1
	Issue    int              `json:"issue"`    // of the approval letter within the revision, from 1; 0 = none yet
	Reading  document.Reading `json:"reading"`

	ReadBack *ReadBack `json:"read_back,omitempty"` // the last time that the roster was read back to the requester

	Attested map[string]document.Kind `json:"attested,omitempty"` // papers that a person has read in the program's place, by ID
	Changes  []string                 `json:"changes,omitempty"`  // what this revision changed against the one before, Indonesian
	Mails    []Mail                   `json:"mails"`              // every mail that took part, oldest first
	Members  []Member                 `json:"members"`            // of the present revision, in roster order
	Accounts map[string]Account       `json:"accounts"`           // by NIP; outlives revisions
	Sheets   map[string]string        `json:"sheets,omitempty"`   // SHA-256 of the account sheet that each approver was sent last, by address

	Bare bool `json:"bare,omitempty"` // a mail server took no approval letter with the papers

	Approval  *Approval  `json:"approval,omitempty"`
	Copy      Copy       `json:"copy,omitzero"`    // the tembusan with passwords
	Votes     []Approval `json:"votes,omitempty"`  // every SETUJU that counts for this revision; the last one made the Approval
	CodeTries int        `json:"code_tries"`       // wrong codes without a known Message-ID, this revision
	Expires   time.Time  `json:"expires,omitzero"` // of the approval letter

	Delegations []Delegation `json:"delegations,omitempty"` // DELEGASI, oldest first; one that has run out counts no more

	Owes     string      `json:"owes,omitempty"` // SOP W.1: who owes the present step: approver, requester, member, daemon
	StepFrom time.Time   `json:"step_from,omitzero"`
	Due      time.Time   `json:"due,omitzero"` // deadline of the present step
	Reminded bool        `json:"reminded"`
	Again    bool        `json:"again,omitempty"` // reminded in the last hour too
	HeldAt   time.Time   `json:"held_at,omitzero"`
	Late     bool        `json:"late"`            // escalated
	Urged    []time.Time `json:"urged,omitempty"` // when that was, and every reminder since, where the requester owes papers
	Missed   time.Time   `json:"missed,omitzero"` // since when it is known that a moment lies more than a day back
	Wake     time.Time   `json:"wake,omitzero"`   // the moment of the next Tick: when something is due; zero: never

	Deviations []Deviation          `json:"deviations,omitempty"` // SOP W.2
	Incidents  []Incident           `json:"incidents,omitempty"`
	Held       string               `json:"held,omitempty"`     // operator's or daemon's reason; no letter leaves while set
	Outcome    string               `json:"outcome,omitempty"`  // words of the refusal or withdrawal
	Answered   map[string]time.Time `json:"answered,omitempty"` // who was told what within a day
	Waiting    []WaitingAnswer      `json:"waiting,omitempty"`  // what they are told when the day is over
	Letters    int                  `json:"letters"`            // counter behind letter keys
}

// Mail is the reference to an archived mail of the case.
type Mail struct {
	SHA256    string    `json:"sha256"`
	MessageID string    `json:"message_id"`
	From      string    `json:"from"`
	At        time.Time `json:"at"`
	What      string    `json:"what"` // permohonan, pelengkap, SETUJU …
}

// WaitingAnswer is an answer that was given within a day already.
type WaitingAnswer struct {
	Key    string    `json:"key"`
	At     time.Time `json:"at"`
	Letter Letter    `json:"letter"`
}

// MemberState is how far the letter of one member has come (SOP 2.3, SOP 3.1).
type MemberState string

const (
	MemberWaiting   MemberState = "menunggu"         // no approval yet
	MemberSealing   MemberState = "disiapkan"        // the worker makes the letter
	MemberQueued    MemberState = "antre"            // in the outbox
	MemberSent      MemberState = "terkirim"         // accepted by the member's mail server
	MemberFailed    MemberState = "gagal"            // bounced or refused for good
	MemberConfirmed MemberState = "diterima"         // TERIMA
	MemberWrong     MemberState = "salah-alamat"     // SALAH: frozen
	MemberLapsed    MemberState = "tanpa-konfirmasi" // never confirmed until the key was destroyed
)

// Member is one row of the roster on its way.
type Member struct {
	Row       document.Row `json:"row"`
	Address   string       `json:"address,omitempty"` // frozen at approval: NIP → address never changes without a new approval
	State     MemberState  `json:"state"`
	Sends     int          `json:"sends"`             // letters ordered, 1 = the first
	Letter    string       `json:"letter,omitempty"`  // key of the latest; what becomes of an earlier one changes nothing
	Earlier   bool         `json:"earlier,omitempty"` // one before it is out, and did not come back
	Mend      *Mend        `json:"mend,omitempty"`
	Former    []Former     `json:"former,omitempty"`
	Rekey     bool         `json:"rekey,omitempty"` // the next letter goes under a new key, and the older ones are destroyed
	SentAt    time.Time    `json:"sent_at,omitzero"`
	Due       time.Time    `json:"due,omitzero"` // of the receipt (SOP 3.1)
	Reminded  bool         `json:"reminded,omitempty"`
	Again     bool         `json:"again,omitempty"`
	Late      bool         `json:"late,omitempty"`
	Confirmed time.Time    `json:"confirmed,omitzero"`
	Proof     string       `json:"proof,omitempty"` // of the TERIMA: "terbukti" or "tanpa bukti"
	Note      string       `json:"note,omitempty"`  // delivery error or the member's KENDALA
	Marks     []string     `json:"marks,omitempty"` // risks shown to the approver
	Exposed   bool         `json:"exposed,omitempty"`
	Astray    bool         `json:"astray,omitempty"`   // SALAH: who reads mail at that address is somebody else
	Quoted    int          `json:"quoted,omitempty"`   // how often they quoted their own password to the office alone
	Warned    bool         `json:"warned,omitempty"`   // and were told of it
	Shredded  bool         `json:"shredded,omitempty"` // the key is destroyed
}

// Account is what a member is given. Sealed is opaque here: the password under the member's own key.
type Account struct {
	UserID string    `json:"user_id"`
	Sealed []byte    `json:"sealed,omitempty"`
	Print  string    `json:"print,omitempty"` // by which its password is known again; nobody else is to have it
	Kept   bool      `json:"kept,omitempty"`  // TETAP: the account exists, the letter carries no password
	Renew  bool      `json:"renew,omitempty"` // BARU: a new password is made although there is an account
	Anew   bool      `json:"anew,omitempty"`  // it was made so
	From   string    `json:"from,omitempty"`  // the case that gave the password of an account that is kept
	Since  time.Time `json:"since,omitzero"`  // when an account that is kept was first released, where that is known
	Made   time.Time `json:"made,omitzero"`
	Gone   bool      `json:"gone,omitempty"` // its key is to be destroyed, though its owner left the roster
}

// Approval is one authentic SETUJU.
type Approval struct {
	By       Person    `json:"by"`             // the registered approver
	Seat     string    `json:"seat,omitempty"` // in which they sat: a deputy in the seat of the one who delegated
	Address  string    `json:"address"`
	At       time.Time `json:"at"`
	Revision int       `json:"revision"`
	Issue    int       `json:"issue"`
	Mail     string    `json:"mail"`            // SHA-256 of the raw reply
	Papers   []string  `json:"papers"`          // SHA-256 of each paper it covers
	Roster   string    `json:"roster"`          // SHA-256 over the exact member list
	Proof    string    `json:"proof"`           // the verdict's reason
	Lines    []string  `json:"lines,omitempty"` // TETAP, BARU, USER that stood below it
	Release  time.Time `json:"release"`         // end of the undo window
	Released bool      `json:"released"`
	Copy     Person    `json:"copy,omitzero"` // Kepala LPSE as registered then, where their copy carries passwords
}

// Delegation lets a registered deputy answer for an approver, in every case.
type Delegation struct {
	From  Person    `json:"from"`
	To    Person    `json:"to"`
	Until time.Time `json:"until"`
}

// Deviation is a penyimpangan (SOP W.2): papers, time or output that missed the standard.
type Deviation struct {
	Kind  string    `json:"kind"` // perlengkapan, waktu, output
	Step  string    `json:"step"` // SOP row
	Owed  string    `json:"owed"` // SOP W.1
	At    time.Time `json:"at"`
	By    string    `json:"by"`              // by how much, Indonesian
	NIP   string    `json:"nip,omitempty"`   // of the member it concerns
	Text  string    `json:"text"`            // what happened, Indonesian
	Reply string    `json:"reply,omitempty"` // JELASKAN
}

// Incident is a credential that may have been seen by somebody else; UU 27/2022 gives 3×24 hours.
type Incident struct {
	NIP   string    `json:"nip"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	What  string    `json:"what"`
}

// Member finds the member of a NIP in the present revision, or nil.
func (c *Case) Member(nip string) *Member {
	for i := range c.Members {
		if c.Members[i].Row.NIP == nip {
			return &c.Members[i]
		}
	}
	return nil
}

// Only is the case as far as one member goes.
func (c Case) Only(nip string) Case {
	c.Members = slices.DeleteFunc(slices.Clone(c.Members), func(m Member) bool { return m.Row.NIP != nip })
	c.Accounts = maps.Collect(maps.All(c.Accounts))
	maps.DeleteFunc(c.Accounts, func(of string, _ Account) bool { return of != nip })
	return c
}

// Files are the SHA-256 sums of the mails and papers that the case rests on.
func (c *Case) Files() (sums []string) {
	for _, m := range c.Mails {
		sums = append(sums, m.SHA256)
	}
	for _, p := range c.Reading.Papers {
		if p.SHA256 != "" {
			sums = append(sums, p.SHA256)
		}
	}
	return sums
}

package sop

import "time"

// Outcome is all that one decision asks for. The clerk commits it in one transaction; nothing of it has happened before.
type Outcome struct {
	Case    Case
	Reason  string // named, kebab-case; goes unchanged to journal, log and page
	Events  []Event
	Letters []Letter
	Tasks   []Task

	Withdrawn []string     // keys of letters that must not be sent any more
	Delegated []Delegation // holds in every case: given, or ended at a moment that has passed
}

// NothingDue is the reason of a tick that came before its moment, or once more after it.
const NothingDue = "nothing-due"

// Quiet says that a tick found nothing due. It leaves no trace: the case is as it was, Updated too, and only its Wake is worked
// out anew. A tick at Case.Wake or later is never quiet, one before it always is; so ticks may come early, late and often.
func (o Outcome) Quiet() bool { return o.Reason == NothingDue }

// Event is one line of the journal.
type Event struct {
	At     time.Time         `json:"at"`
	Kind   string            `json:"kind"`   // kebab-case: case-opened, approved, letter-accepted …
	Actor  string            `json:"actor"`  // address or "daemon"
	Reason string            `json:"reason"` // the decision's
	Text   string            `json:"text"`   // Indonesian, for the timeline; no secrets
	Data   map[string]string `json:"data,omitempty"`
}

// LetterKind names the template.
type LetterKind string

const (
	TandaTerima        LetterKind = "tanda-terima"        // to the requester: opened, what was found
	Kekurangan         LetterKind = "kekurangan"          // to the requester: what is missing, row by row
	PermohonanTembusan LetterKind = "permohonan-tembusan" // to Kepala LPSE, if not copied (SOP 1.4)
	Persetujuan        LetterKind = "persetujuan"         // to an approver
	Kredensial         LetterKind = "kredensial"          // to one member (SOP 2.3)
	Tembusan           LetterKind = "tembusan"            // to Kepala LPSE (SOP 2.2)
	Penolakan          LetterKind = "penolakan"
	Dikembalikan       LetterKind = "dikembalikan"
	Dibatalkan         LetterKind = "dibatalkan"
	TidakDikenali      LetterKind = "jawaban-tidak-dikenali" // nothing happened, and how to answer; Topic says why
	Pengingat          LetterKind = "pengingat"
	Eskalasi           LetterKind = "eskalasi"
	GagalKirim         LetterKind = "gagal-kirim"
	Selesai            LetterKind = "selesai"
	StatusKasus        LetterKind = "status"
	Bantuan            LetterKind = "bantuan"
	LaporanBulanan     LetterKind = "laporan-bulanan"
	PeringatanOperator LetterKind = "peringatan-operator"
	TitikPeriksa       LetterKind = "titik-periksa"      // to Kepala Bagian and Kepala LPSE: the signed checkpoint of the journal
	Pemberitahuan      LetterKind = "pemberitahuan"      // short notice of a decision to those who must know; Topic says which
	Pendaftaran        LetterKind = "pendaftaran"        // to an approver: answer this, so that we see what your replies carry; decides nothing
	RingkasanOperator  LetterKind = "ringkasan-operator" // everything that waits for a person, once a day
	HasilPendaftaran   LetterKind = "hasil-pendaftaran"
	BacaUlang          LetterKind = "baca-ulang" // the roster as read, for the requester to confirm or correct
)

// LetterKinds lists every template.
var LetterKinds = []LetterKind{TandaTerima, Kekurangan, PermohonanTembusan, Persetujuan, Kredensial, Tembusan, Penolakan,
	Dikembalikan, Dibatalkan, TidakDikenali, Pengingat, Eskalasi, GagalKirim, Selesai, StatusKasus, Bantuan, LaporanBulanan,
	PeringatanOperator, RingkasanOperator, Pemberitahuan, TitikPeriksa, Pendaftaran, HasilPendaftaran, BacaUlang}

// Role in which somebody takes part in a case.
type Role string

const (
	RoleRequester Role = "requester"
	RoleApprover  Role = "approver"
	RoleMember    Role = "member"
	RoleKepala    Role = "kepala-lpse"
	RoleBagian    Role = "kepala-bagian"
	RoleOperator  Role = "operator"
	RoleColleague Role = "colleague" // of the requester, who copied them: may send what is missing
	RoleNone      Role = ""
)

// Letter is one letter to one person. The shell renders it; its Message-ID is derived from case number and Key, so deciding
// and rendering again gives the same bytes.
type Letter struct {
	Key      string     `json:"key"` // unique within the case: "7/persetujuan"
	Kind     LetterKind `json:"kind"`
	To       Person     `json:"to"`
	Role     Role       `json:"role"`          // of the addressee
	NIP      string     `json:"nip,omitempty"` // of the member it is to or about
	Revision int        `json:"revision"`
	Issue    int        `json:"issue,omitempty"`   // approval letters
	Topic    string     `json:"topic,omitempty"`   // chooses the wording inside a template
	Note     string     `json:"note,omitempty"`    // somebody's own words, passed on
	Answers  string     `json:"answers,omitempty"` // Message-ID that it replies to
	Of       []string   `json:"of,omitempty"`      // NIPs of the members whose passwords a tembusan, or the sheet of an approval letter, carries
	Files    []File     `json:"-"`
	Sealed   []byte     `json:"-"` // a letter with a password, already rendered and sealed by its worker
	Copy     []byte     `json:"-"` // the same letter without its password, for the archive
}

// File is an attachment of a letter.
type File struct {
	Name, MediaType string
	Bytes           []byte
	Paper           string // SHA-256 of a paper of the case, whose bytes come from the archive when the letter is sent
	ContentID       string // not empty: a picture that the HTML part shows as cid:ContentID
}

// TaskKind names work that needs randomness, time or a program.
type TaskKind string

const (
	TaskAccounts   TaskKind = "accounts"   // make user IDs, passwords and the account sheets of a revision → AccountsMade
	TaskCredential TaskKind = "credential" // render and seal one member's letter → CredentialSealed
	TaskTembusan   TaskKind = "tembusan"   // render and seal the copy with passwords → TembusanSealed
	TaskPictures   TaskKind = "pictures"   // cut the rows that a machine has read out of their scans → Pictured
	TaskShred      TaskKind = "shred"      // destroy a member's key → KeyShredded
	TaskDelegate   TaskKind = "delegate"   // tell an open case what was delegated in another → Delegated
	TaskVoid       TaskKind = "void"       // tell an open case that its codes are void → Instruct
)

// Task is a row in the commit; a worker carries it out and its result returns as an Input.
type Task struct {
	ID        string    `json:"id"` // unique: number/key/kind
	Kind      TaskKind  `json:"kind"`
	Case      string    `json:"case"`
	Revision  int       `json:"revision"`
	Issue     int       `json:"issue,omitempty"`
	NIP       string    `json:"nip,omitempty"`
	Letter    Letter    `json:"letter,omitzero"` // the letter to seal
	Renew     bool      `json:"renew,omitempty"` // credential: under a new key; shred: the keys before the newest
	NotBefore time.Time `json:"not_before,omitzero"`

	Delegation Delegation `json:"delegation,omitzero"`
	Note       string     `json:"note,omitempty"` // why codes are void
}

// Told is the input of a task that tells one open case what was said for all of them; false for every other task.
func (t Task) Told() (in Input, ok bool) {
	in.At = t.NotBefore
	switch t.Kind {
	case TaskDelegate:
		in.From.Person, in.What = t.Delegation.From, Delegated{t.Delegation}
	case TaskVoid:
		in.What = Instruct{Verb: "void", Arg: t.Note}
	}
	return in, in.What != nil
}

// Lasts says that a task is never given up: there is no end to it but its own.
func (t Task) Lasts() bool {
	_, told := t.Told()
	return told || t.Kind == TaskShred
}

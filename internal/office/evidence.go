package office

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Evidence is what a decision of an approver rests on, written down in the commit that carries it out. The journal holds its
// hash. DESIGN, "Trust"
type Evidence struct {
	Mail    string     `json:"mail"` // SHA-256 of the raw reply
	Sealed  bool       `json:"sealed,omitempty"`
	From    string     `json:"from"`
	Roles   []sop.Role `json:"roles"`
	Arrived time.Time  `json:"arrived"`
	Outcome string     `json:"outcome"` // of the gates
	Gate    string     `json:"gate,omitempty"`
	Reason  string     `json:"reason"`
	Verb    sop.Verb   `json:"verb,omitempty"`
	Ref     *sop.Ref   `json:"ref,omitempty"` // how the reply was matched
	Ground  Ground     `json:"ground"`
	Proof   sop.Proof  `json:"proof"`
	Letter  *Answered  `json:"letter,omitempty"`
}

// Ground is by what rules verdicts were read that day.
type Ground struct {
	AuthservID    string   `json:"authserv_id"`
	ReceivedBy    []string `json:"received_by"`
	BelowReceived bool     `json:"below_received,omitempty"`
	Banners       []string `json:"banners,omitempty"`
}

// Answered is the letter that a reply answers.
type Answered struct {
	Key    string         `json:"key"`
	Kind   sop.LetterKind `json:"kind"`
	To     string         `json:"to"`
	Made   time.Time      `json:"made"`
	SHA256 string         `json:"sha256"`
	Cut    string         `json:"cut,omitempty"` // SHA-256 without the account sheet, which goes with the keys
}

// Is says whether these bytes are the letter, whole or without its sheet.
func (a Answered) Is(body []byte) bool { return a.Of(Sum(body)) }

// Of says whether this is the hash of the letter, whole or without its sheet.
func (a Answered) Of(sum string) bool { return sum != "" && (sum == a.SHA256 || sum == a.Cut) }

// Options are what the same check is run with again.
func (g Ground) Options(p sop.Proof) msgauth.Options {
	return msgauth.Options{AuthservID: g.AuthservID, ReceivedBy: g.ReceivedBy, BelowReceived: g.BelowReceived, Level: p.Level,
		Resolver: msgauth.Recorded(p.Seen), Pins: msgauth.RecordedPins(p.Seen)}
}

// RecordEvidence keeps what a decision rests on under its own hash, and returns that. A mail that is judged again leaves the
// evidence of the first time as it was.
func RecordEvidence(b store.Books, number string, e Evidence, ref *sop.Ref) (string, error) {
	if e.Ref = ref; ref != nil && ref.Kind != "" {
		var err error
		if e.Letter, err = answered(b, number, *ref); err != nil {
			return "", err
		}
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("write down the evidence of %s: %w", number, err)
	}
	sum := Sum(raw)
	return sum, b.Journal.PutEvidence(number, sum, raw)
}

// answered finds the letter: the last one of that kind, revision and issue to that person.
func answered(b store.Books, number string, ref sop.Ref) (*Answered, error) {
	rows, err := b.Letters.Of(number)
	if err != nil {
		return nil, err
	}
	var found *Answered
	for _, r := range rows {
		l := r.Letter
		if l.Kind != ref.Kind || l.Revision != ref.Revision || l.Issue != ref.Issue || !strings.EqualFold(l.To.Address, ref.To) {
			continue
		}
		if found != nil && found.Made.After(r.Made) {
			continue
		}
		found = &Answered{Key: l.Key, Kind: l.Kind, To: l.To.Address, Made: r.Made, SHA256: r.SHA256, Cut: r.Cut}
	}
	return found, nil
}

// annotateEvents ties each line of the journal to the mail that brought it about, to the evidence, and a decision to the papers.
func annotateEvents(out sop.Outcome, in sop.Input, evidence string) {
	for i := range out.Events {
		e := &out.Events[i]
		set := func(key, value string) {
			if value == "" {
				return
			}
			if e.Data == nil {
				e.Data = map[string]string{}
			}
			e.Data[key] = value
		}
		set("mail", in.Mail.SHA256)
		set("evidence", evidence)
		if IsDecision(e.Kind) {
			set("papers", strings.Join(sop.PaperHashes(out.Case.Reading), " "))
		}
	}
}

// IsDecision names the kinds of events that no mail but an approver's can bring about.
func IsDecision(kind string) bool { return kind == "approved" || kind == "vote" }

// Sum is the SHA-256 of some bytes, in hex.
func Sum(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// EvidenceMail is the SHA-256 of the mail that some evidence is of.
func EvidenceMail(raw []byte) (string, error) {
	var e Evidence
	err := json.Unmarshal(raw, &e)
	return e.Mail, err
}

package clerk

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/triage"
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

// is says whether these bytes are the letter, whole or without its sheet.
func (a Answered) is(body []byte) bool {
	sum := hexOf(body)
	return sum == a.SHA256 || a.Cut != "" && sum == a.Cut
}

// options are what the same check is run with again.
func (g Ground) options(p sop.Proof) msgauth.Options {
	return msgauth.Options{AuthservID: g.AuthservID, ReceivedBy: g.ReceivedBy, BelowReceived: g.BelowReceived, Level: p.Level,
		Resolver: msgauth.Recorded(p.Seen), Pins: msgauth.RecordedPins(p.Seen)}
}

// witness writes down what an approver's mail rests on, and gives its hash; "" for mail of others.
func (c *Clerk) witness(b store.Books, p *Prepared, v triage.Verdict, cs sop.Case) (string, error) {
	if !v.From.Has(sop.RoleApprover) || p.sha == "" {
		return "", nil
	}
	e := Evidence{Mail: p.sha, Sealed: p.leak != nil, From: fromText(p), Roles: v.From.Roles, Arrived: p.Arrived.UTC(),
		Outcome: string(v.Outcome), Gate: v.Gate, Reason: v.Reason, Proof: p.mail.Proof,
		Ground: Ground{AuthservID: c.Auth.AuthservID, ReceivedBy: c.Auth.ReceivedBy, BelowReceived: c.Auth.BelowReceived, Banners: c.Banners}}
	switch w := v.What.(type) {
	case sop.Command:
		e.Verb, e.Ref = w.Verb, &w.Ref
	case sop.Unclear:
		e.Ref = &w.Ref
	}
	if e.Ref != nil && e.Ref.Kind != "" {
		var err error
		if e.Letter, err = answered(b, cs.Number, *e.Ref); err != nil {
			return "", err
		}
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("write down the evidence of %s: %w", cs.Number, err)
	}
	return hexOf(raw), b.Journal.PutEvidence(cs.Number, p.sha, raw)
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
		found = &Answered{Key: l.Key, Kind: l.Kind, To: l.To.Address, Made: r.Made}
		if r.Sealed {
			continue // a member's own letter: its bytes are nobody else's
		}
		body, err := b.Letters.Body(r.ID())
		if err != nil {
			return nil, err
		}
		found.SHA256, found.Cut = hexOf(body), ""
		if cut := withoutSheet(body); !bytes.Equal(cut, body) {
			found.Cut = hexOf(cut)
		}
	}
	return found, nil
}

// bind ties each line of the journal to the mail that brought it about, to the evidence, and a decision to the papers.
func bind(out sop.Outcome, in sop.Input, evidence string) {
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
		if decision(e.Kind) {
			set("papers", strings.Join(sop.PaperHashes(out.Case.Reading), " "))
		}
	}
}

// decision: kinds of events that no mail but an approver's can bring about.
func decision(kind string) bool { return kind == "approved" || kind == "vote" }

func hexOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// verifyEvidence: what the journal holds the hash of is there, unchanged, and so is the letter that was answered.
func verifyEvidence(b store.Books, r *Report, number string, events []store.Record) error {
	all, err := b.Journal.Evidence(number)
	if err != nil {
		return err
	}
	spoken := map[string]bool{}
	expired := slices.ContainsFunc(events, func(e store.Record) bool { return e.Kind == "retention-deleted" })
	for _, e := range events {
		sum, mail := e.Data["evidence"], e.Data["mail"]
		if sum == "" || spoken[mail] {
			continue
		}
		spoken[mail] = true
		var kept Evidence
		if hexOf(all[mail]) != sum || json.Unmarshal(all[mail], &kept) != nil {
			r.found(number, "the evidence of line %d of the journal is missing or changed", e.N)
			continue
		}
		if a := kept.Letter; a != nil && a.SHA256 != "" && !expired {
			body, err := b.Letters.Body(number + "/" + a.Key)
			if err != nil {
				return err
			}
			if !a.is(body) {
				r.found(number, "the letter %s, which line %d of the journal answers, is missing or changed", a.Key, e.N)
			}
		}
	}
	for mail := range all {
		if !spoken[mail] {
			r.found(number, "evidence %.12s… of which the journal says nothing", mail)
		}
	}
	return nil
}

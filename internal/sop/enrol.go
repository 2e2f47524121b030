package sop

import "time"

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

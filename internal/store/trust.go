package store

import (
	"encoding/json"
	"slices"
	"time"

	"ukpbjd/internal/sop"
)

// Trust is the ground on which approvals are believed, as the configuration had it when the books were last worked with. No
// secret is in it: of certificates and keys there is only the SHA-256.
type Trust struct {
	Level         sop.Level     `json:"level"`
	AuthservID    string        `json:"authserv_id"`
	ReceivedBy    []string      `json:"received_by"`
	BelowReceived bool          `json:"below_received"`
	CodeInSheet   bool          `json:"code_in_sheet"`
	Quorum        int           `json:"quorum"`
	SecondAbove   int           `json:"second_above"`
	UndoWindow    time.Duration `json:"undo_window"`
	Requesters    []string      `json:"requesters"`
	Approvers     []string      `json:"approvers"`           // every address that may approve; of a deputy "ADDRESS for ADDRESS"
	NIPs          []string      `json:"nips"`                // "ADDRESS NIP"
	Pins          []string      `json:"pins"`                // "ADDRESS SHA-256"
	FullCopy      string        `json:"full_copy,omitempty"` // to whom the passwords go beside their members: Kepala LPSE; empty: nobody
}

// Same says that nothing differs but order.
func (t Trust) Same(o Trust) bool { return t.text() == o.text() }

func (t Trust) text() string {
	for _, l := range []*[]string{&t.ReceivedBy, &t.Requesters, &t.Approvers, &t.NIPs, &t.Pins} {
		*l = slices.Compact(slices.Sorted(slices.Values(*l)))
	}
	raw, err := json.Marshal(t)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// Trust reads it; false before the first start.
func (b Books) Trust() (t Trust, known bool, err error) {
	known, err = b.get(bMeta, "trust", &t)
	return t, known, err
}

// PutTrust writes it.
func (b Books) PutTrust(t Trust) error { return b.put(bMeta, "trust", t) }

// Delegations are what approvers have delegated, in every case.
func (b Books) Delegations() (all []sop.Delegation, err error) {
	_, err = b.get(bMeta, "delegations", &all)
	return all, err
}

// PutDelegations writes them anew.
func (b Books) PutDelegations(all []sop.Delegation) error { return b.put(bMeta, "delegations", all) }

// Enrolment is what is known of the replies of one approver or deputy.
type Enrolment struct {
	Asked   time.Time    `json:"asked,omitzero"` // when the last enrolment letter was written
	Carried *sop.Carried `json:"carried,omitempty"`
	Day     string       `json:"day,omitempty"` // on which Told answers were given
	Told    int          `json:"told,omitempty"`
}

// Enrolment reads one, by registered address.
func (b Books) Enrolment(address string) (e Enrolment, err error) {
	_, err = b.get(bMeta, "enrolment/"+address, &e)
	return e, err
}

// PutEnrolment writes one.
func (b Books) PutEnrolment(address string, e Enrolment) error {
	return b.put(bMeta, "enrolment/"+address, e)
}

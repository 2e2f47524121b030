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

package daemon

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/store"
	"ukpbjd/internal/tasks"
)

// Pins are what each approver and deputy signs with, by every address of theirs (DESIGN, "Trust", signed).
func Pins(people config.People) (map[string]msgauth.Pin, error) {
	out := map[string]msgauth.Pin{}
	for _, a := range people.Approving() {
		p, err := msgauth.NewPin(a.Certificates, a.OpenPGPKey)
		if err != nil {
			return nil, fmt.Errorf("what %s signs with: %w", a.Address, err)
		}
		for _, address := range append([]string{a.Address}, a.Aliases...) {
			out[address] = p
		}
	}
	return out, nil
}

// MemberKeys reads the keys of members, and makes a fault of each that no letter can be encrypted to, with its line. At zero
// time none is too old: the daemon starts, and a letter that needs such a key is refused and told of.
func MemberKeys(cfg *config.Config, now time.Time) (tasks.MemberKeys, config.Faults) {
	out := tasks.MemberKeys{}
	var faults config.Faults
	for _, k := range cfg.People.MemberKeys {
		r, err := credential.NewRecipient(k.Certificate, k.OpenPGPKey)
		if err == nil && !now.IsZero() {
			err = r.Check(now)
		}
		whose := KeyOf(k)
		f := k.At
		f.Remedy = AskAnew(k)
		if _, twice := out[whose]; twice && err == nil {
			f.Text, f.Remedy = "a second key for "+whose, "keep one of them"
			faults = append(faults, f)
		} else if err != nil {
			f.Text = "the key of " + whose + " cannot be used: " + err.Error()
			faults = append(faults, f)
		}
		out[whose] = r
	}
	return out, faults
}

// KeyOf names whose key an entry is.
func KeyOf(k config.MemberKey) string { return strings.ToLower(k.Address) + k.NIP }

// AskAnew is the remedy for a key that cannot be used.
func AskAnew(k config.MemberKey) string {
	return "ask " + KeyOf(k) + " for their present certificate or public key, or remove the entry: their letters are then delivered as credentials.delivery says"
}

// trustOf is the part of the configuration that says whom an approval is believed from.
func trustOf(cfg *config.Config) store.Trust {
	t := store.Trust{Level: cfg.Trust.Assurance, AuthservID: cfg.Trust.AuthservID, ReceivedBy: cfg.Trust.ReceivedBy, Senders: cfg.Trust.Senders, BelowReceived: cfg.Trust.BelowReceived,
		CodeInSheet: cfg.Approval.Code == "sheet", Quorum: cfg.Approval.Quorum, SecondAbove: cfg.Approval.SecondAbove, UndoWindow: cfg.Approval.UndoWindow,
		Requesters: cfg.People.Requesters}
	if cfg.Credentials.Tembusan == "full" {
		t.FullCopy = cfg.People.KepalaLPSE.Address
	}
	for _, a := range cfg.People.Approvers {
		trustIn(&t, a, "")
		for _, d := range a.Deputies {
			trustIn(&t, d, " for "+a.Address)
		}
	}
	return t
}

func trustIn(t *store.Trust, a config.Approver, whom string) {
	for _, address := range append([]string{a.Address}, a.Aliases...) {
		t.Approvers = append(t.Approvers, address+whom)
		for _, pin := range [][]byte{a.Certificates, a.OpenPGPKey} {
			if len(pin) > 0 {
				sum := sha256.Sum256(pin)
				t.Pins = append(t.Pins, address+" "+hex.EncodeToString(sum[:]))
			}
		}
	}
	if a.NIP != "" {
		t.NIPs = append(t.NIPs, a.Address+" "+a.NIP)
	}
}

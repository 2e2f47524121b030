package daemon

import (
	"crypto/sha256"
	"encoding/hex"

	"ukpbjd/internal/config"
	"ukpbjd/internal/store"
)

// trustOf is the part of the configuration that says whom an approval is believed from.
func trustOf(cfg *config.Config) store.Trust {
	t := store.Trust{Level: cfg.Trust.Assurance, AuthservID: cfg.Trust.AuthservID, ReceivedBy: cfg.Trust.ReceivedBy, BelowReceived: cfg.Trust.BelowReceived,
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

package daemon

import (
	"fmt"

	"ukpbjd/internal/config"
	"ukpbjd/internal/msgauth"
)

// pins gives what each approver and deputy signs with, by every address of theirs (DESIGN, "Trust", signed).
func pins(approvers []config.Approver) (map[string]msgauth.Pin, error) {
	out := map[string]msgauth.Pin{}
	for _, a := range approvers {
		p, err := msgauth.NewPin(a.Certificates, a.OpenPGPKey)
		if err != nil {
			return nil, fmt.Errorf("what %s signs with: %w", a.Address, err)
		}
		deputies, err := pins(a.Deputies)
		if err != nil {
			return nil, err
		}
		for address, d := range deputies {
			out[address] = d
		}
		for _, address := range append([]string{a.Address}, a.Aliases...) {
			out[address] = p
		}
	}
	return out, nil
}

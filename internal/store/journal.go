package store

import (
	"encoding/json"
	"errors"
	"fmt"

	"ukpbjd/internal/sop"
)

// Record is one line of the journal as it is kept.
type Record struct {
	N int `json:"n"` // from 1 within the case
	sop.Event
}

// Office is the name under which events of no case are kept.
const Office = "office"

// Journal appends events to a case, or to Office.
func (b Books) Journal(number string, events []sop.Event) error {
	for _, e := range events {
		n, err := b.add(bMeta, "journal/"+number, 1)
		if err != nil {
			return err
		}
		if err := b.put(bJournal, fmt.Sprintf("%s/%08d", number, n), Record{n, e}); err != nil {
			return err
		}
	}
	return nil
}

// Events reads the journal of a case, oldest first.
func (b Books) Events(number string) ([]Record, error) {
	var out []Record
	var bad error
	p := number + "/"
	err := b.tx.Scan(bJournal, []byte(p), []byte(prefixEnd(p)), func(k, v []byte) bool {
		var r Record
		if bad = json.Unmarshal(v, &r); bad != nil {
			bad = fmt.Errorf("decode journal %s: %w", k, bad)
			return false
		}
		out = append(out, r)
		return true
	})
	return out, errors.Join(err, bad)
}

package store

import (
	"encoding/json"
	"errors"
	"time"

	"ukpbjd/internal/sop"
)

// TaskRow is one task and how often it was begun.
type TaskRow struct {
	Task     sop.Task  `json:"task"`
	Attempts int       `json:"attempts"`
	Next     time.Time `json:"next,omitzero"`
	Why      string    `json:"why,omitempty"` // the last failure, without secrets
}

// Put writes a task.
func (b Tasks) Put(r TaskRow) error { return b.put(bTasks, r.Task.ID, r) }

// End removes a task together with the commit of its result.
func (b Tasks) End(id string) error { return b.erase(bTasks, id) }

// Due gives at most limit tasks that may be begun, passing over those in busy, and the next moment for the others.
func (b Tasks) Due(now time.Time, limit int, busy func(id string) bool) (rows []TaskRow, next time.Time, err error) {
	var bad error
	err = b.tx.Scan(bTasks, nil, nil, func(k, v []byte) bool {
		if busy(string(k)) {
			return true
		}
		var r TaskRow
		if bad = json.Unmarshal(v, &r); bad != nil {
			return false
		}
		if r.Next.After(now) {
			if next.IsZero() || r.Next.Before(next) {
				next = r.Next
			}
			return true
		}
		rows = append(rows, r)
		return len(rows) < limit
	})
	return rows, next, errors.Join(err, bad)
}

// Waiting counts tasks, up to limit.
func (b Tasks) Waiting(limit int) (int, error) {
	keys, err := b.keys(bTasks, "", "", limit)
	return len(keys), err
}

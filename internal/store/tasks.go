package store

import (
	"time"

	"ukpbjd/internal/sop"
)

// TaskRow is one task, how often it was claimed, and how often it failed.
type TaskRow struct {
	Task     sop.Task  `json:"task"`
	Attempts int       `json:"attempts"` // claims: of some nothing was heard again
	Failures int       `json:"failures,omitempty"`
	Next     time.Time `json:"next,omitzero"`
	Why      string    `json:"why,omitempty"` // the last failure, without secrets
}

// Put writes a task.
func (b Tasks) Put(r TaskRow) error { return b.put(bTasks, r.Task.ID, r) }

// End removes a task together with the commit of its result.
func (b Tasks) End(id string) error { return b.erase(bTasks, id) }

// Get reads one task; false when it has ended.
func (b Tasks) Get(id string) (TaskRow, bool, error) { return row[TaskRow](b.rows, bTasks, id) }

// Tell writes down for one case what was said for all that are open. A later word on the same replaces an earlier one.
func (b Tasks) Tell(number string, t sop.Task) error {
	of := ""
	if t.Kind == sop.TaskDelegate {
		of = t.Delegation.From.Address + "/" + t.Delegation.To.Address + "/"
	}
	t.ID, t.Case = told(number)+of+string(t.Kind), number
	return b.Put(TaskRow{Task: t, Next: t.NotBefore})
}

// Told are the words for one case that it has not heard yet.
func (b Tasks) Told(number string) (list []sop.Task, err error) {
	err = decode(b.rows, bTasks, told(number), prefixEnd(told(number)), func(_ string, r TaskRow) bool {
		list = append(list, r.Task)
		return true
	})
	return list, err
}

func told(number string) string { return number + "/told/" }

// Due returns at most limit tasks that may be begun, passing over those in busy, and the next moment for the others. Of a row
// that cannot be read only the ID is known.
func (b Tasks) Due(now time.Time, limit int, busy func(id string) bool) (rows []TaskRow, next time.Time, err error) {
	err = walk(b.rows, bTasks, "", "", func(id string, r TaskRow, bad error) bool {
		if busy(id) {
			return true
		}
		if bad != nil {
			r.Task.ID = id
		}
		if r.Next.After(now) && r.Next.Sub(now) < maxAhead {
			if next.IsZero() || r.Next.Before(next) {
				next = r.Next
			}
			return true
		}
		rows = append(rows, r)
		return len(rows) < limit
	})
	return rows, next, err
}

// maxAhead is the longest that a task waits for its next try; what lies further ahead was written by a clock that was wrong.
const maxAhead = 48 * time.Hour

// Waiting counts tasks, up to limit.
func (b Tasks) Waiting(limit int) (int, error) {
	keys, err := b.keys(bTasks, "", "", limit)
	return len(keys), err
}

package store

import (
	"encoding/json"
	"errors"
	"fmt"

	"ukpbjd/internal/sop"
)

// CasesAfter gives at most limit cases of a year in order of number, beginning after the given one ("": from the first).
// A long list is read in such steps: a reader left open keeps the engine from using its free pages again.
func (b Books) CasesAfter(year int, after string, limit int) (out []sop.Case, err error) {
	from, to := fmt.Sprintf("%04d/", year), fmt.Sprintf("%04d0", year) // '0' follows '/'
	if after != "" {
		if from, err = caseKey(after); err != nil {
			return nil, err
		}
		from += "\x00"
	}
	var bad error
	err = b.tx.Scan(bCases, []byte(from), []byte(to), func(k, v []byte) bool {
		var c sop.Case
		if bad = json.Unmarshal(v, &c); bad != nil {
			bad = fmt.Errorf("decode case %s: %w", k, bad)
			return false
		}
		out = append(out, c)
		return len(out) < limit
	})
	return out, errors.Join(err, bad)
}

// CountCases gives how many numbers of a year have been allotted.
func (b Books) CountCases(year int) (int, error) { return b.number(bSeq, fmt.Sprint(year)) }

// LettersAfter gives at most limit letters of a case, or of Office, in order of key, beginning after the given key.
func (b Books) LettersAfter(number, after string, limit int) (out []LetterRow, err error) {
	p := number + "/"
	from := p
	if after != "" {
		from += after + "\x00"
	}
	var bad error
	err = b.tx.Scan(bLetters, []byte(from), []byte(prefixEnd(p)), func(k, v []byte) bool {
		var r LetterRow
		if bad = json.Unmarshal(v, &r); bad != nil {
			bad = fmt.Errorf("decode letter %s: %w", k, bad)
			return false
		}
		out = append(out, r)
		return len(out) < limit
	})
	return out, errors.Join(err, bad)
}

// Reported is the last month for which the monthly report has been queued, as 2006-01; empty before the first.
func (b Books) Reported() (string, error) {
	raw, err := b.tx.Get(bMeta, []byte("reported"))
	return string(raw), err
}

// PutReported records it in the transaction that queues the letters: a month is reported once, over every restart.
func (b Books) PutReported(month string) error {
	return b.tx.Put(bMeta, []byte("reported"), []byte(month))
}

// Years lists those in which numbers have been allotted, ascending.
func (b Books) Years() ([]int, error) {
	keys, err := b.keys(bSeq, "", "", 0)
	var out []int
	for _, k := range keys {
		var year int
		if _, err := fmt.Sscanf(k, "%d", &year); err != nil {
			return nil, fmt.Errorf("sequence of year %q: %w", k, err)
		}
		out = append(out, year)
	}
	return out, err
}

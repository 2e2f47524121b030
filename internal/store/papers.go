package store

import (
	"encoding/json"
	"errors"
)

// Shelving is a mail of a case whose papers have no place and no names of their own in the archive yet: the archived mail
// holds their bytes until then.
type Shelving struct {
	Key    string    `json:"-"`
	Case   string    `json:"case"`
	Mail   string    `json:"mail"` // SHA-256
	Papers []Shelved `json:"papers,omitempty"`
}

// Shelved is one of its papers.
type Shelved struct {
	SHA256 string `json:"sha256"`
	Name   string `json:"name"`
}

// Put records it in the commit that first mentions the papers.
func (b Papers) Put(u UID, s Shelving) error { return b.put(bShelving, u.key(), s) }

// Unarchived gives the oldest, at most limit of them (0: all), from key on.
func (b Papers) Unarchived(from string, limit int) (out []Shelving, err error) {
	var bad error
	err = b.tx.Scan(bShelving, []byte(from), nil, func(k, v []byte) bool {
		s := Shelving{Key: string(k)}
		if bad = json.Unmarshal(v, &s); bad == nil {
			out = append(out, s)
		}
		return bad == nil && (limit == 0 || len(out) < limit)
	})
	return out, errors.Join(err, bad)
}

// MarkArchived records that these are done.
func (b Papers) MarkArchived(keys []string) (err error) {
	for _, k := range keys {
		err = errors.Join(err, b.erase(bShelving, k))
	}
	return err
}

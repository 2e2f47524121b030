package store

import "strings"

// Unarchived is a mail of a case whose papers have no place and no names of their own in the archive yet: the archived mail
// holds their bytes until then.
type Unarchived struct {
	Key    string  `json:"-"`
	Case   string  `json:"case"`
	Mail   string  `json:"mail"` // SHA-256
	Papers []Paper `json:"papers,omitempty"`
	Broken error   `json:"-"` // it cannot be read: only Key and Case are known
}

// Paper is one of its papers.
type Paper struct {
	SHA256 string `json:"sha256"`
	Name   string `json:"name"`
}

// Put records it in the commit that first mentions the papers.
func (b Papers) Put(u UID, x Unarchived) error { return b.put(bUnarchived, x.Case+"/"+u.key(), x) }

// Unarchived returns at most limit of them (0: all), by case, from key on.
func (b Papers) Unarchived(from string, limit int) ([]Unarchived, error) {
	return b.between(from, "", limit)
}

// OfCase returns those of one case.
func (b Papers) OfCase(number string) ([]Unarchived, error) {
	p := number + "/"
	return b.between(p, prefixEnd(p), 0)
}

func (b Papers) between(from, to string, limit int) (out []Unarchived, err error) {
	err = walk(b.rows, bUnarchived, from, to, func(k string, x Unarchived, bad error) bool {
		if x.Key, x.Broken = k, bad; bad != nil {
			x.Case, _, _ = strings.Cut(k, "/")
		}
		out = append(out, x)
		return limit == 0 || len(out) < limit
	})
	return out, err
}

// MarkArchived records that one is done.
func (b Papers) MarkArchived(key string) error { return b.erase(bUnarchived, key) }

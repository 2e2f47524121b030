package store

import "errors"

// PutCopy keeps what the archive is to have of a sealed letter.
func (b Books) PutCopy(id string, copy []byte) error {
	if len(copy) == 0 {
		return nil
	}
	return b.tx.Put(bCopies, []byte(id), copy)
}

// Copy reads it; nil where there is none.
func (b Books) Copy(id string) ([]byte, error) {
	raw, err := b.tx.Get(bCopies, []byte(id))
	return append([]byte(nil), raw...), err
}

// Unkept gives at most limit letters that have ended and are not in the archive.
func (b Books) Unkept(limit int) ([]LetterRow, error) {
	ids, err := b.keys(bUnkept, "", "", limit)
	var out []LetterRow
	for _, id := range ids {
		var r LetterRow
		ok, err := b.get(bLetters, id, &r)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, r)
		}
	}
	return out, err
}

// Kept records that a letter is in the archive under this SHA-256; an empty one says that there was nothing to keep.
func (b Books) Kept(id, sha string) error {
	var r LetterRow
	ok, err := b.get(bLetters, id, &r)
	if err != nil {
		return err
	}
	if ok && sha != "" {
		r.Archived = sha
		err = b.put(bLetters, id, r)
	}
	return errors.Join(err, b.erase(bUnkept, id), b.erase(bCopies, id))
}

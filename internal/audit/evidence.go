package audit

import (
	"encoding/json"

	"ukpbjd/internal/office"
	"ukpbjd/internal/store"
)

// verifyEvidence: what the journal holds the hash of is there, unchanged, and so is the letter that was answered.
func verifyEvidence(b store.Books, r *Report, number string, events []store.Record) error {
	all, err := b.Journal.Evidence(number)
	if err != nil {
		return err
	}
	spoken := map[string]bool{}
	for _, e := range events {
		sum := e.Data["evidence"]
		if sum == "" || spoken[sum] {
			continue
		}
		spoken[sum] = true
		var kept office.Evidence
		if office.Sum(all[sum]) != sum || json.Unmarshal(all[sum], &kept) != nil || kept.Mail != e.Data["mail"] {
			r.found(number, "the evidence of line %d of the journal is missing or changed", e.N)
			continue
		}
		if a := kept.Letter; a != nil && a.SHA256 != "" {
			there, err := answeredLetter(b, number, *a)
			if err != nil {
				return err
			}
			if !there {
				r.found(number, "the letter %s, which line %d of the journal answers, is missing or changed", a.Key, e.N)
			}
		}
	}
	for sum := range all {
		if !spoken[sum] {
			r.found(number, "evidence %.12s… of which the journal says nothing", sum)
		}
	}
	return nil
}

// answeredLetter says that the letter of some evidence is kept: its bytes in the books until it is archived, its copy in the
// archive after that.
func answeredLetter(b store.Books, number string, a office.Answered) (bool, error) {
	row, ok, err := b.Letters.Get(number, a.Key)
	if err != nil || !ok {
		return false, err
	}
	if row.Archived != "" {
		return a.Of(row.Archived), nil
	}
	body, err := b.Letters.Body(row.ID())
	return a.Is(body), err
}

package sop

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ukpbjd/internal/document"
)

// Fingerprint is by what a request is known again.
type Fingerprint struct {
	Key  string
	Open bool // counts only as long as the case is open
}

// Fingerprints of a request: its papers, its people under their SK, its people alone. Whoever sends the same again, a new scan of
// it, or the same Pokja for a colleague, asks for the same thing. DESIGN, "Mail grammar"
func Fingerprints(r document.Reading) (out []Fingerprint) {
	hash := func(parts []string) string {
		slices.Sort(parts)
		h := sha256.Sum256([]byte(strings.Join(parts, "\n")))
		return hex.EncodeToString(h[:])[:32]
	}
	if papers := PaperHashes(r); len(papers) > 1 {
		out = append(out, Fingerprint{Key: "papers/" + hash(papers)})
	}
	var people []string
	for _, row := range r.Roster {
		people = append(people, row.NIP)
	}
	if len(people) == 0 || slices.Contains(people, "") {
		return out
	}
	for _, p := range r.Papers {
		if p.Kind == document.SK && p.Number != "" && !p.Replaced {
			number := strings.ToUpper(strings.Join(strings.Fields(p.Number), ""))
			out = append(out, Fingerprint{Key: "sk/" + hash(append(slices.Clone(people), "SK "+number))})
		}
	}
	return append(out, Fingerprint{Key: "people/" + hash(people), Open: true})
}

var forced = regexp.MustCompile(`\bBARU\b`)

// Forces says that the subject of a request asks for a case of its own: the word BARU, where not everything is in capitals.
func Forces(subject string) bool {
	return forced.MatchString(subject) && strings.ToUpper(subject) != subject
}

// Joins says that a request for the same thing belongs to this case: it is open, or has given what was asked for. One that was refused or
// withdrawn stands in nobody's way.
func (c *Case) Joins(f Fingerprint) bool { return !c.Status.Closed() || c.Status == Done && !f.Open }

// decide takes a request for what the case is about already. Before the approval what differs is a new revision; after it the sender
// hears where the case stands.
func (w Repeat) decide(d *decision) string {
	d.c.Thread = append(d.c.Thread, d.in.Mail.MessageID)
	from := d.in.From.Person
	reason := "repeat"
	if !d.c.Status.Closed() && d.c.Approval == nil && !Same(d.c.Reading, w.Reading) {
		d.c.Changes = changes(d.c.Reading, w.Reading)
		d.event("supplemented", "Permohonan yang sama diterima lagi: "+strings.Join(d.c.Changes, "; "), "revision", fmt.Sprint(d.c.Revision+1))
		reason = d.take(w.Reading, w.Past, "repeat", false)
		if sameAddress(from.Address, d.c.Requester.Address) {
			return reason
		}
	} else {
		d.event("repeat", "Permohonan yang sama diterima lagi; tidak ada yang berubah.", "from", from.Address)
	}
	d.reply(StatusKasus, from, RoleRequester, "repeat", "")
	return reason
}

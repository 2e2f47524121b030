package sop

import (
	"fmt"
	"slices"
	"time"

	"ukpbjd/internal/document"
)

// ReadBack is the roster as it was read back to the requester, who alone knows what was meant, and what they said of it. SOP 1.2
type ReadBack struct {
	document.Asked
	Revision  int       `json:"revision"`
	Sent      bool      `json:"sent,omitempty"` // the letter is out
	By        Person    `json:"by,omitzero"`    // who answered
	Answered  time.Time `json:"answered,omitzero"`
	Roster    string    `json:"roster,omitempty"`    // RosterHash of what they answered for
	Corrected []string  `json:"corrected,omitempty"` // what they changed, Indonesian
}

func (b *ReadBack) open() bool { return b != nil && b.Answered.IsZero() }

func (b *ReadBack) answered() bool { return b != nil && !b.open() }

// Pictured is the result of TaskPictures: the rows that a machine has read, as they stand on paper.
type Pictured struct {
	Revision int
	Pictures []File
	Failed   string // the letter goes without them
}

func (Pictured) what() string { return "pictured" }

// inDoubt says that the requester is asked before the approver: for a value that nobody is sure of, for a layout that was not wholly
// understood, or because the office has every roster read back.
func (d *decision) inDoubt() bool {
	r, asked, answered := d.c.Reading, document.Asked{}, ""
	if b := d.c.ReadBack; b.answered() {
		asked, answered = b.Asked, b.Roster
	}
	return (d.o.ReadBack || r.Unsure) && answered != RosterHash(r.Roster) || len(r.ByWord()) > 0 || r.InDoubt(asked)
}

// readBack asks the requester whether the roster was read as it is meant. The approver is asked after that. SOP 1.2
func (d *decision) readBack() string {
	if d.c.Status != AwaitingRequester || d.c.Owes != "requester" { // as for what is missing: an answer that settles nothing ends no step
		d.step("requester", d.o.CompletionDays)
	}
	d.c.Status = AwaitingRequester
	d.c.Reading = d.c.Reading.Answered(document.Asked{}) // what a machine could not read is named
	d.c.ReadBack = &ReadBack{Asked: d.c.Reading.Ask(), Revision: d.c.Revision}
	d.event("read-back", "Daftar anggota dibaca ulang kepada pemohon.", "revision", fmt.Sprint(d.c.Revision), "roster", RosterHash(d.c.Reading.Roster))
	if slices.ContainsFunc(d.c.Reading.Papers, func(p document.Paper) bool { return p.MachineRead && !p.Replaced }) {
		d.task(TaskPictures, "") // the letter shows them
	} else {
		d.sendReadBack(nil)
	}
	return "read-back"
}

func (d *decision) sendReadBack(pictures []File) {
	d.c.ReadBack.Sent = true
	topic := ""
	if len(d.c.Reading.ByWord()) > 0 || d.c.Reading.Unsure {
		topic = "unread"
	}
	d.reply(BacaUlang, d.c.Requester, RoleRequester, topic, "").Files = pictures
}

func (w Pictured) decide(d *decision) string {
	if b := d.c.ReadBack; d.c.Status != AwaitingRequester || b == nil || b.Sent || b.Revision != w.Revision {
		return "stale"
	}
	d.sendReadBack(w.Pictures)
	return "pictured"
}

// takeAnswer notes that the requester has answered for the roster as it is now, and what of it they have changed.
func (d *decision) takeAnswer() {
	b := d.c.ReadBack
	b.By, b.Answered = d.in.From.Person, d.now
	b.Corrected = document.Differences(b.Rows, d.c.Reading.Roster)
	for _, p := range d.c.Reading.ByWord() {
		d.accept(p, document.Formulir)
		d.change("berkas " + p.File + " tidak terbaca oleh sistem; pemohon menyatakan isinya pada baca ulang")
	}
	d.c.Reading = d.checked(d.c.Reading.Attest(d.c.Attested))
	b.Roster = RosterHash(d.c.Reading.Roster)
}

// answers says that a reading holds the answer to the open question: lines that correct it, or a formulir that replaces it.
func (d *decision) answers(r document.Reading) bool {
	had := PaperHashes(d.c.Reading)
	return d.c.ReadBack.open() && (len(r.Amended) > len(d.c.Reading.Amended) || slices.ContainsFunc(r.Papers, func(p document.Paper) bool {
		return p.Kind == document.Formulir && !p.Replaced && !slices.Contains(had, p.SHA256)
	}))
}

// confirmable: BENAR is for what was read back last, from the requester or whom they copied, and leaves nothing open.
func confirmable(_ Office, c *Case, s Sender, w Command, _ time.Time) string {
	b := c.ReadBack
	switch {
	case !s.Has(RoleRequester) && !s.Has(RoleColleague):
		return "wrong-role"
	case c.Approval != nil:
		return "after-approval"
	case b == nil:
		return "nothing-read-back"
	case w.Ref.Revision != c.Revision || b.Revision != c.Revision || RosterHash(b.Rows) != RosterHash(c.Reading.Roster):
		return "read-back-old"
	case b.answered():
		return "read-back-done"
	case c.Reading.Open():
		return "read-back-open"
	}
	return ""
}

// benar confirms exactly what was read back; the approver is asked now. SOP 1.2
func (d *decision) benar(Command) string {
	d.takeAnswer()
	d.c.Reading = d.c.Reading.Answered(d.c.ReadBack.Asked)
	d.event("read-back-confirmed", "Daftar anggota yang dibaca ulang dinyatakan benar.", "revision", fmt.Sprint(d.c.Revision), "roster", d.c.ReadBack.Roster)
	if from := d.in.From; !sameAddress(from.Address, d.c.Requester.Address) {
		d.reply(StatusKasus, from.Person, d.role(), "supplement", "")
	}
	if reason := d.proceed("read-back", false); reason != "complete" {
		return reason
	}
	return "read-back-confirmed"
}

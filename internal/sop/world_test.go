package sop_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

var zone = time.FixedZone("WITA", 8*3600)

// cast are the people of every conversation, by the short name that scripts use.
var cast = map[string]sop.Person{
	"staf": {Name: "Staf Pengadaan", Address: "staf@office.example"}, "staf2": {Name: "Staf Lain", Address: "staf2@office.example"},
	"admin": {Name: "Admin Agency", Address: "admin@office.example"}, "admin2": {Name: "Admin Dua", Address: "admin2@office.example"},
	"alias": {Name: "Admin Agency", Address: "admin.alias@office.example"}, "wakil": {Name: "Wakil Admin", Address: "wakil@office.example"},
	"kepala": {Name: "Kepala LPSE", Address: "kepala@office.example"}, "kabag": {Name: "Kepala Bagian", Address: "kabag@office.example"},
	"operator": {Name: "Operator", Address: "operator@office.example"}, "orang": {Name: "Orang Lain", Address: "orang@evil.example"},
	"kantor": {Name: "UKPBJ", Address: "ukpbj@office.example"},
	"m1":     {Name: "Ni Luh Contoh", Address: "m1@office.example"}, "m2": {Name: "I Wayan Misal, S.T.", Address: "m2@office.example"},
	"m3": {Name: "Made Umpama", Address: "m3@office.example"}, "m4": {Name: "Ketut Andai", Address: "m4@office.example"},
	"m5":   {Name: "Putu Seandainya", Address: "m5@office.example"},
	"baru": {Name: "Alamat Baru", Address: "baru@office.example"}, "baru2": {Name: "Alamat Baru", Address: "baru2@office.example"},
}

func short(address string) string {
	for n, p := range cast {
		if p.Address == address {
			return n
		}
	}
	return address
}

func nipOf(i int) string { return fmt.Sprintf("1980010120050110%02d", i) }

func testOffice() sop.Office {
	return sop.Office{
		Name: "Bagian PBJ", Mailbox: cast["kantor"], CasePrefix: "PKJ",
		Approvers: []sop.Approver{
			{Person: cast["admin"], Aliases: []string{cast["alias"].Address}},
			{Person: cast["admin2"], NIP: nipOf(5)},
		},
		KepalaLPSE: cast["kepala"], KepalaBagian: cast["kabag"], Operator: cast["operator"],
		Level: sop.Standard, Expires: 3, Quorum: 1, Sheet: "encrypted",
		ApprovalDays: 1, CompletionDays: 3, ReceiptDays: 1, ExpiryDays: 7, ShredAfter: 24 * time.Hour,
		Calendar: workday.Standard(zone),
	}
}

// reading makes the papers of a request with n members; seed tells one set of papers from another.
func reading(n int, seed string) document.Reading {
	r := document.Reading{Complete: true}
	for _, k := range document.Required {
		r.Papers = append(r.Papers, document.Paper{File: string(k) + ".pdf", Kind: k, SHA256: string(k) + seed})
	}
	for i := 1; i <= n; i++ {
		p := cast[fmt.Sprintf("m%d", i)]
		r.Roster = append(r.Roster, document.Row{No: i, Nama: p.Name, NIP: nipOf(i), Email: p.Address})
	}
	return r
}

// world is everything around one case: the clock, the outbox, the tasks that nobody has carried out yet.
type world struct {
	office  sop.Office
	decide  func(sop.Office, sop.Case, sop.Input, time.Time) sop.Outcome
	c       sop.Case
	now     time.Time
	n       int // inputs so far
	made    int // accounts so far
	last    sop.Input
	tasks   []sop.Task
	done    []sop.Input // results of tasks, to be delivered again
	letters []sop.Letter
	ended   map[string]bool // keys of letters whose result was taken: there is one for each
	out     sop.Outcome
}

func newWorld(o sop.Office) *world {
	return &world{office: o, decide: sop.Office.Decide, c: sop.Case{Number: "PKJ-2026-0001"}, ended: map[string]bool{},
		now: time.Date(2026, 5, 4, 9, 0, 0, 0, zone).UTC()} // a Monday
}

// put decides one input, and keeps what was asked for.
func (w *world) put(in sop.Input) sop.Outcome {
	w.last = in
	w.out = w.decide(w.office, w.c, in, w.now)
	w.c = w.out.Case
	w.letters = append(w.letters, w.out.Letters...)
	w.tasks = append(w.tasks, w.out.Tasks...)
	return w.out
}

// mail is an input that came by mail from the named person.
func (w *world) mail(who string, proof sop.Result, what sop.What) sop.Input {
	w.n++
	p, ok := cast[who]
	if !ok {
		p = sop.Person{Address: who}
	}
	in := sop.Input{At: w.now, What: what, Mail: w.envelope(p.Address)}
	in.From = w.office.Identify(&w.c, p.Address)
	if len(in.From.Name) == 0 {
		in.From.Name = p.Name
	}
	in.From.Proof = sop.Proof{Level: w.office.Level, Result: proof, Reason: "dmarc-pass"}
	if proof != sop.Proven {
		in.From.Proof.Reason = "no-verdict"
	}
	switch what.(type) {
	case sop.Request, sop.Oversized:
		if w.c.Status == "" {
			in.From.Roles = []sop.Role{sop.RoleRequester}
		}
	}
	return in
}

func (w *world) envelope(from string) sop.Mail {
	return sop.Mail{SHA256: fmt.Sprintf("%064d", w.n), MessageID: fmt.Sprintf("<mail/%d@x.example>", w.n), From: from, At: w.now}
}

// again is the input a second time: what came by mail, as another mail that says the same.
func (w *world) again(in sop.Input) sop.Input {
	if in.Mail.SHA256 != "" {
		w.n++
		in.Mail = w.envelope(in.Mail.From)
		proof := in.From.Proof
		in.From = w.office.Identify(&w.c, in.Mail.From)
		in.From.Proof = proof
	}
	return in
}

// result takes the one result of a letter; ok is false when it was taken before.
func (w *world) result(l sop.Letter, what sop.What) (in sop.Input, ok bool) {
	if w.ended[l.Key] {
		return in, false
	}
	w.ended[l.Key] = true
	return sop.Input{At: w.now, What: what}, true
}

// ref is what a reply to the latest letter of that kind to that person is matched to.
func (w *world) ref(kind sop.LetterKind, to string) sop.Ref {
	for _, l := range slices.Backward(w.letters) {
		if l.Kind == kind && strings.EqualFold(l.To.Address, to) {
			return sop.Ref{Via: "message-id", Kind: l.Kind, Revision: l.Revision, Issue: l.Issue, To: l.To.Address, NIP: l.NIP}
		}
	}
	return sop.Ref{}
}

// take removes the first task of the kind (and member), if there is one.
func (w *world) take(kind sop.TaskKind, nip string) (sop.Task, bool) {
	i := slices.IndexFunc(w.tasks, func(o sop.Task) bool { return o.Kind == kind && (nip == "" || o.NIP == nip) })
	if i < 0 {
		return sop.Task{}, false
	}
	o := w.tasks[i]
	w.tasks = slices.Delete(slices.Clone(w.tasks), i, i+1)
	return o, true
}

// carry is what a worker finds when it carries out a task on the case as it stood when the task was begun.
func (w *world) carry(o sop.Task, seen sop.Case) sop.Input {
	in := sop.Input{At: w.now}
	switch o.Kind {
	case sop.TaskAccounts:
		in.What = w.accounts(o, seen)
	case sop.TaskCredential:
		in.What = sop.CredentialSealed{NIP: o.NIP, Letter: o.Letter, Sealed: slices.Concat([]byte("letter of "), seen.Accounts[o.NIP].Sealed)}
		if made := in.What.(sop.CredentialSealed); o.Renew && !seen.Accounts[o.NIP].Kept {
			made.Account = slices.Concat(seen.Accounts[o.NIP].Sealed, []byte("'"))
			in.What = made
		}
	case sop.TaskTembusan:
		held := []byte("copy of")
		for _, nip := range o.Letter.Of {
			held = fmt.Appendf(held, " %s", seen.Accounts[nip].Sealed)
		}
		in.What = sop.TembusanSealed{Letter: o.Letter, Sealed: held}
	case sop.TaskPictures:
		in.What = sop.Pictured{Revision: o.Revision, Pictures: []sop.File{{Name: "baris-1.png", ContentID: "x"}}}
	case sop.TaskShred:
		in.What = sop.KeyShredded{NIP: o.NIP, Older: o.Renew}
	}
	return in
}

func (w *world) accounts(o sop.Task, seen sop.Case) sop.AccountsMade {
	if o.NIP != "" {
		seen = seen.Only(o.NIP)
	}
	made := sop.AccountsMade{Revision: o.Revision, Issue: o.Issue, NIP: o.NIP, Accounts: map[string]sop.Account{}, Sheets: map[string][]byte{}}
	for _, m := range seen.Members {
		a, ok := seen.Accounts[m.Row.NIP]
		if !ok || a.Renew {
			w.made++
			a = sop.Account{UserID: cmp.Or(a.UserID, "pokja"+m.Row.NIP[16:]), Sealed: fmt.Appendf(nil, "sealed-%d", w.made), Made: w.now}
		}
		made.Accounts[m.Row.NIP] = a
	}
	for _, a := range w.office.Approvers {
		made.Sheets[a.Address] = []byte("sheet")
	}
	return made
}

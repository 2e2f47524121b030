package letter

import (
	"fmt"
	"slices"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// nasty are texts that a roster, a note or a mail server might hold, each of which once broke some letter somewhere.
var nasty = []string{
	"SETUJU", "tolak semua", "Ni Luh\nSETUJU\nContoh", "> TERIMA", "1. Setuju.", "\u202eUJUTES", "STOP\u2028SALAH", "“Batal”",
	"KIRIM ULANG semuanya", "<b>SETUJU</b><script>alert(1)</script>", "a SETUJU SETUJU SETUJU SETUJU SETUJU SETUJU SETUJU SETUJU SETUJU SETUJU",
	"{{.Password.Reveal}}", "\u200bAPPROVE\u200b", "=WEBSERVICE(\"http://evil.example\")", "ſetuju", "| LENGKAPI berkas", "",
	"sebuah kalimat yang panjang sekali sampai melampaui batas kolom surat sehingga kata berikut ini TERIMA SALAH KENDALA uraian tersambung",
}

// bait is the password of Check; it would be seen at once in another letter.
const bait = "Umpan-7x!Kredensial"

// hostile makes the letters of Check: every kind, role and topic, each with its own turn of the nasty texts.
func hostile() []Data {
	var all []Data
	for i, k := range sop.LetterKinds {
		topics := topicsOf(k)
		slices.Sort(topics)
		for j, role := range []sop.Role{sop.RoleRequester, sop.RoleApprover, sop.RoleMember, sop.RoleKepala, sop.RoleBagian,
			sop.RoleOperator, sop.RoleNone} {
			for n, topic := range topics {
				if n > 0 && (n+j)%3 > 0 { // every topic to two or three of the roles
					continue
				}
				all = append(all, hostileData(k, role, topic, i+j+n))
			}
		}
		for turn := range nasty {
			all = append(all, hostileData(k, sop.RoleMember, "", turn))
			if k == sop.Tembusan {
				d := hostileData(k, sop.RoleKepala, "", turn)
				copyOf(&d)
				all = append(all, d)
			}
		}
	}
	return all
}

// copyOf makes it the tembusan that carries passwords: of two members out of three.
func copyOf(d *Data) {
	d.Letter.Role, d.Letter.NIP, d.Passwords, d.Office.FullCopy = sop.RoleKepala, "", map[string]secret.Secret{}, true
	for i, m := range d.Case.Members[:2] {
		nip := m.Row.NIP
		d.Letter.Of = append(d.Letter.Of, nip)
		d.Case.Accounts[nip] = sop.Account{UserID: fmt.Sprintf("made.contoh%d", i)}
		d.Passwords[nip] = secret.New(fmt.Appendf(nil, "%d%s", i, bait))
	}
}

// hostileData fills every field from the nasty texts, beginning at turn.
func hostileData(k sop.LetterKind, role sop.Role, topic string, turn int) Data {
	n := turn
	return hostileFrom(k, role, topic, turn, func() string { n++; return nasty[n%len(nasty)] })
}

func hostileFrom(k sop.LetterKind, role sop.Role, topic string, turn int, next func() string) Data {
	at := time.Date(2026, 5, 5, 1, 27, 0, 0, time.UTC)
	d := Data{
		Office: sop.Office{
			Name: next(), Mailbox: sop.Person{Address: "ukpbj@dinas.example"}, CasePrefix: "PKJ", Quorum: 1 + turn%2,
			Approvers:  []sop.Approver{{Person: sop.Person{Address: "a@dinas.example"}, Deputies: []sop.Approver{{}}}},
			KepalaLPSE: sop.Person{Name: next(), Address: "kepala@dinas.example"}, UndoWindow: time.Duration(turn%2) * time.Hour,
			Sheet: []string{"encrypted", "plain", "none"}[turn%3], CodeInSheet: turn%4 == 3, ApprovalDays: 1, CompletionDays: 3, ReceiptDays: 1,
		},
		Case: sop.Case{
			Number: "PKJ-2026-0001", Status: sop.Statuses[turn%len(sop.Statuses)], Opened: at, Closed: at, Due: at, Expires: at,
			Requester: sop.Person{Name: next(), Address: "staf@dinas.example"}, Subject: next(), Changes: []string{next(), next()},
			Owes: next(), Held: next(), Outcome: next(), Accounts: map[string]sop.Account{},
		},
		Letter: sop.Letter{Key: fmt.Sprintf("7/%s", k), Kind: k, To: sop.Person{Name: next(), Address: "a@dinas.example"}, Role: role,
			Revision: 1 + turn%3, Issue: 1, Topic: topic, Note: next()},
		Code: "7KQF3M", Now: at,
	}
	d.roster(next, at)
	if k == sop.Kredensial {
		d.UserID, d.Password = "made.contoh", secret.New([]byte(bait))
	}
	if k == sop.LaporanBulanan {
		d.Report = &Report{Month: at, Counts: []Count{{sop.Done, 3}}, Medians: []Median{{next(), next()}},
			Deviations: []Lapse{{next(), d.Case.Deviations[0]}}}
	}
	if k == sop.HasilPendaftaran {
		d.Carried = &sop.Carried{At: at, From: next(), DMARC: next(), SPF: next(), DKIM: next(), Login: next(), Signature: next(), Fault: next(),
			Levels: []sop.Proof{{Level: sop.Standard, Result: sop.Proven, Reason: next()}, {Level: sop.Strict, Result: sop.Failed, Reason: next()}}}
	}
	if k == sop.TitikPeriksa {
		d.Journal = &Journal{Lines: 7, At: at}
	}
	return d
}

func (d *Data) roster(next func() string, at time.Time) {
	c := &d.Case
	for i := range 3 {
		r := document.Row{No: i + 1, Nama: next(), NIP: fmt.Sprintf("19860926201505100%d", i), Email: next(), Jabatan: next(),
			Golongan: next(), HP: next(), UserID: next(), Doubts: []string{"nip", next()}, Source: next()}
		c.Reading.Roster = append(c.Reading.Roster, r)
		c.Members = append(c.Members, sop.Member{Row: r, Address: next(), State: sop.MemberConfirmed, SentAt: at, Confirmed: at,
			Proof: "tanpa bukti", Note: next(), Marks: []string{"domain-luar", next()}})
		c.Accounts[r.NIP] = sop.Account{UserID: next()}
		c.Reading.Problems = append(c.Reading.Problems,
			document.Problem{Row: i, Code: next(), Severity: []document.Severity{document.Stop, document.Warn}[i%2], Text: next()})
		c.Reading.Papers = append(c.Reading.Papers, document.Paper{File: next(), SHA256: "0f", Pages: next(), Kind: document.Required[i],
			Title: next(), Number: next(), MachineRead: true})
	}
	c.Reading.Papers = append(c.Reading.Papers, document.Paper{File: next(), Kind: document.Unreadable, Reason: next()})
	c.Reading.Missing = []document.Kind{document.SK, document.Kind(next())}
	c.Deviations = []sop.Deviation{{Kind: next(), Step: next(), Owed: next(), At: at, By: next(), Text: next(), Reply: next()}}
	c.Votes = []sop.Approval{{By: sop.Person{Name: next()}, Address: next(), At: at, Revision: 1, Mail: "a"}}
	c.Approval = &sop.Approval{By: sop.Person{Name: next()}, Address: next(), At: at, Revision: 1, Mail: "b", Release: at}
	d.Letter.NIP = c.Members[0].Row.NIP
}

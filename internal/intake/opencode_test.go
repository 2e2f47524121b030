package intake

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/extract"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

// TestOpenCodeLeavesTheMailbox (issue 11, A2): a mail that carries a code with which a proven SETUJU would be obeyed, and was not obeyed
// itself, is archived and taken out of the mailbox, whoever wrote it, and the approver is asked under another code. What a machine sends is
// only taken out. The controls: SETUJU that is obeyed uses its code up and is filed as it is, and so is a mail with an old code or none.
func TestOpenCodeLeavesTheMailbox(t *testing.T) {
	outsider, assistant := sop.Person{Address: "luar@surat.example"}, officetest.Person("asisten")
	unproven := func(raw []byte) []byte {
		return []byte(strings.Replace(string(raw), "dmarc=pass", "dmarc=none", 1))
	}
	remade := func(x *officetest.Office, number string) {
		x.EndTasks(number)
		cs := x.Get(number)
		x.Must(x.Tell(number, sop.Person{}, sop.AccountsMade{Revision: cs.Revision, Issue: cs.Issue, Accounts: cs.Accounts}))
	}
	robot := func(raw []byte) []byte { return append([]byte("Auto-Submitted: auto-replied\r\n"), raw...) }
	for name, c := range map[string]struct {
		make       func(l store.LetterRow, code string) []byte
		out, anew  bool
		obeyed     bool
		beforehand func(x *officetest.Office, number string)
	}{
		"SETUJU without proof": {make: func(l store.LetterRow, _ string) []byte {
			return unproven(plain(officetest.Admin, "Re: "+l.Subject, "<1@office.example>", l.MessageID, "SETUJU"))
		}, out: true, anew: true},
		"a question": {make: func(l store.LetterRow, _ string) []byte {
			return plain(officetest.Admin, "Re: "+l.Subject, "<1@office.example>", l.MessageID, "Siapa nomor 2?")
		}, out: true, anew: true},
		"only the Message-ID": {make: func(l store.LetterRow, _ string) []byte {
			return plain(officetest.Admin, "Re: akun", "<1@office.example>", l.MessageID, "Siapa nomor 2?")
		}, out: true, anew: true},
		"STATUS, obeyed": {make: func(l store.LetterRow, _ string) []byte {
			return plain(officetest.Admin, "Re: "+l.Subject, "<1@office.example>", l.MessageID, "STATUS")
		}, out: true, obeyed: true},
		"an assistant": {make: func(l store.LetterRow, _ string) []byte {
			return plain(assistant, "FW: "+l.Subject, "<1@office.example>", l.MessageID, "SETUJU")
		}, out: true, anew: true},
		"an outsider quotes it": {make: func(l store.LetterRow, code string) []byte {
			return plain(outsider, "halo", "<1@surat.example>", "", "> Perihal: "+l.Subject+"\r\n> kode "+strings.ToLower(code))
		}, out: true, anew: true},
		"a mail within the mail": {make: func(l store.LetterRow, code string) []byte {
			return []byte("From: <luar@surat.example>\r\nTo: ukpbj@office.example\r\nSubject: terusan\r\nDate: Mon, 1 Jun 2026 09:00:00 +0800\r\nMessage-ID: <1@surat.example>\r\n" +
				"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: ukpbj@office.example\r\nSubject: " +
				l.Subject + "\r\n\r\nisi\r\n--b--\r\n")
		}, out: true, anew: true},
		"an out-of-office": {make: func(l store.LetterRow, _ string) []byte {
			return robot(plain(officetest.Admin, "Re: "+l.Subject, "<1@office.example>", l.MessageID, "Saya cuti."))
		}, out: true},
		"SETUJU, obeyed": {make: func(l store.LetterRow, _ string) []byte {
			return plain(officetest.Admin, "Re: "+l.Subject, "<1@office.example>", l.MessageID, "SETUJU")
		}, obeyed: true},
		"held for its proof": {make: func(l store.LetterRow, _ string) []byte {
			return []byte(strings.Replace(string(plain(officetest.Admin, "Re: "+l.Subject, "<1@office.example>", l.MessageID, "SETUJU")), "dmarc=pass", "dmarc=temperror", 1))
		}},
		"no code": {make: func(l store.LetterRow, _ string) []byte {
			return plain(officetest.Admin, "halo", "<1@office.example>", "", "ADUHAI 222222 ABCDEF")
		}},
		"an old code": {make: func(l store.LetterRow, _ string) []byte {
			return plain(officetest.Admin, "Re: "+l.Subject, "<1@office.example>", l.MessageID, "SETUJU")
		},
			beforehand: func(x *officetest.Office, number string) {
				x.Must(x.Tell(number, sop.Person{}, sop.CodeSeen{Issue: x.Get(number).Issue}))
				remade(x, number)
			}},
	} {
		t.Run(name, func(t *testing.T) {
			x := officetest.New(t, templates.FS)
			x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
			in := New(Options{Clerk: x.Clerk, Archive: x.Archive, Extract: extract.New(extract.Options{OCR: "off"}), Limits: message.DefaultLimits(),
				Auth: msgauth.Options{AuthservID: "mx.office.example", ReceivedBy: []string{"mx.office.example"}}, MaxMessage: 40 << 20, Folders: Folders{"Diproses", "Periksa"}})
			number := x.Ask(1)
			letter := x.LettersOf(number, sop.Persetujuan)[0]
			_, code, _ := strings.Cut(letter.Subject, "kode ")
			if c.beforehand != nil {
				c.beforehand(x, number)
			}
			issue, raw, u := x.Get(number).Issue, c.make(letter, code), store.UID{Validity: 7, UID: 1}
			x.Must(in.TakeIn(t.Context(), Incoming{UID: u, Arrived: x.Now().UTC(), Size: int64(len(raw)), Raw: raw}))
			var s store.MailRecord
			var filed []store.Filing
			x.Look(func(b store.Books) (err error) {
				if s, _, err = b.Mails.Get(u); err == nil {
					filed, err = b.Mails.ToFile(7, 10, func(store.UID) bool { return false })
				}
				return err
			})
			if out := len(filed) == 1 && filed[0].Notice != nil; out != c.out || s.Replaced != c.out || (s.Outcome == "obeyed") != c.obeyed {
				t.Errorf("%s (%s), taken out: %v, %v", s.Outcome, s.Reason, out, s.Replaced)
			}
			if anew := x.Get(number).Issue > issue; anew != c.anew {
				t.Errorf("asked anew: %v", anew)
			}
			if c.out {
				if kept, err := x.Archive.Get(s.SHA256); err != nil || string(kept) != string(raw) {
					t.Errorf("in the archive: %v", err)
				}
			}
			if c.anew { // the genuine answer to the new letter is obeyed
				remade(x, number)
				all := x.LettersOf(number, sop.Persetujuan)
				newest := all[slices.IndexFunc(all, func(l store.LetterRow) bool { return l.Letter.Issue == x.Get(number).Issue })]
				again := plain(officetest.Admin, "Re: "+newest.Subject, "<2@office.example>", newest.MessageID, "SETUJU")
				x.Must(in.TakeIn(t.Context(), Incoming{UID: store.UID{Validity: 7, UID: 2}, Arrived: x.Now().UTC(), Size: int64(len(again)), Raw: again}))
				if x.Get(number).Approval == nil {
					t.Error("SETUJU to the new letter is not obeyed")
				}
			}
		})
	}
}

package intake

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/extract"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/triage"
	"ukpbjd/templates"
)

// plain is a mail of somebody of the office, with the verdict of our server, its own Message-ID and the one it answers.
func plain(from sop.Person, subject, id, answers, text string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Authentication-Results: mx.office.example; dmarc=pass header.from=office.example\r\n"+
		"Received: from out.example (out.example [192.0.2.7]) by mx.office.example with ESMTPS id 4F; Mon, 1 Jun 2026 09:00:00 +0800\r\n"+
		"From: <%s>\r\nTo: ukpbj@office.example\r\nSubject: %s\r\nDate: Mon, 1 Jun 2026 09:00:00 +0800\r\nMessage-ID: %s\r\n", from.Address, subject, id)
	if answers != "" {
		fmt.Fprintf(&b, "In-Reply-To: %s\r\n", answers)
	}
	fmt.Fprintf(&b, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", text)
	return b.Bytes()
}

// TestMessageIDOfAnyLength: a request whose Message-ID is longer than any key of the store, in ASCII or in raw 8-bit, is decided,
// and a reply that names it is matched to its case. The control: a reply that names another is not.
func TestMessageIDOfAnyLength(t *testing.T) {
	for name, id := range map[string]string{
		"33 KiB":            "<" + strings.Repeat("a", 33<<10) + "@office.example>",
		"17 KiB of 8-bit":   "<" + strings.Repeat("\xe9", 17<<10) + "@office.example>",
		"33 KiB, no sign":   strings.Repeat("b", 33<<10),
		"512, as one keeps": "<" + strings.Repeat("c", 510) + ">",
		"short":             "<short@office.example>",
	} {
		t.Run(name, func(t *testing.T) {
			x := officetest.New(t, templates.FS)
			x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
			lim := message.DefaultLimits()
			lim.HeaderLine = 64 << 10
			in := New(Options{Clerk: x.Clerk, Archive: x.Archive, Extract: extract.New(extract.Options{OCR: "off"}), Limits: lim,
				Auth: msgauth.Options{AuthservID: "mx.office.example", ReceivedBy: []string{"mx.office.example"}}, MaxMessage: 40 << 20,
				Folders: Folders{"Diproses", "Periksa"}})
			uid := uint32(0)
			take := func(raw []byte) (s store.MailRecord) {
				uid++
				u := store.UID{Validity: 7, UID: uid}
				x.Must(in.TakeIn(context.Background(), Incoming{UID: u, Arrived: x.Now().UTC(), Size: int64(len(raw)), Raw: raw}))
				x.Look(func(b store.Books) (err error) {
					s, _, err = b.Mails.Get(u)
					return err
				})
				return s
			}
			asked := take(plain(officetest.Staff, "Permohonan akun SPSE Pokja", id, "", "Mohon dibuatkan akun."))
			if asked.Case == "" || asked.Outcome != "obeyed" {
				t.Fatalf("the request is %s (%s)", asked.Outcome, asked.Reason)
			}
			if again := take(plain(officetest.Staff, "Re: tanya", "<2@office.example>", "<"+strings.Trim(id, "<>")+">", "STATUS")); again.Case != asked.Case {
				t.Errorf("the reply is %s (%s) in %q", again.Outcome, again.Reason, again.Case)
			}
			if other := take(plain(officetest.Staff, "Re: tanya", "<3@office.example>", "<other@office.example>", "STATUS")); other.Case != "" {
				t.Errorf("control: a reply to another mail is in %q", other.Case)
			}
			if twice := take(plain(officetest.Staff, "Permohonan akun SPSE Pokja", id, "", "Mohon dibuatkan akun.")); twice.Outcome != "duplicate" {
				t.Errorf("the same mail again is %s (%s)", twice.Outcome, twice.Reason)
			}
			in.Limits = message.DefaultLimits()
			long := plain(officetest.Staff, "Permohonan akun SPSE Pokja", "<x"+id[1:], "", "Mohon dibuatkan akun.")
			if s := take(long); s.Outcome == "" || s.Outcome == "quarantined" || len(id) > in.Limits.HeaderLine && (s.Outcome != "held" || s.Folder != "Periksa") {
				t.Errorf("within the usual limits it is %s (%s)", s.Outcome, s.Reason)
			}
		})
	}
}

// TestExposedInACaseThatIsGone: a mail in which the password of a case that is not in the books stands, beside that of one that is,
// is told to the case that is there, and its copy in the mailbox is replaced. The control is the mail's record of both.
func TestExposedInACaseThatIsGone(t *testing.T) {
	x := officetest.New(t, templates.FS)
	x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
	number := x.Ask(1)
	m := New(Options{Clerk: x.Clerk})
	nip := officetest.Member(1).NIP
	p := &Prepared{Incoming: Incoming{UID: store.UID{Validity: 7, UID: 1}, Arrived: x.Now()}, leak: &leak{redacted: []byte("tanpa sandi"),
		hits: []hit{{"PKJ-2026-0900", nip, nil}, {number, nip, x.Get(number).Accounts[nip].Sealed}}}}
	p.mail.Msg = message.Parse(plain(officetest.Staff, "x", "<1@office.example>", "", "x"), message.DefaultLimits(), nil)
	x.Must(x.Commit(t.Context(), 1, func(b store.Books) error { return m.expose(b, p, triage.Verdict{}, x.Now().UTC()) }))
	if !x.Get(number).Members[0].Exposed && len(x.Get(number).Incidents) == 0 {
		t.Error("the case that is there does not hear")
	}
	x.Write(func(tx store.Tx) error {
		raw, err := tx.Get("replace", []byte("00000007/00000001"))
		if string(raw) != "tanpa sandi" {
			t.Errorf("the mail is not replaced: %q", raw)
		}
		return err
	})
}

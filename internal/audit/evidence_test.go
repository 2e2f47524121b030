package audit_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/audit"
	"ukpbjd/internal/control"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/intake"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

const mx = "mx.office.example"

// reading is an intake that believes the verdicts of one server.
func reading(x *officetest.Office, believes string) *intake.Intake {
	return intake.New(intake.Options{Clerk: x.Clerk, Archive: x.Archive, Extract: extract.New(extract.Options{OCR: "off"}), Limits: message.DefaultLimits(),
		Auth: msgauth.Options{AuthservID: believes, ReceivedBy: []string{mx}}, MaxMessage: 40 << 20, Folders: intake.Folders{Processed: "Diproses", Review: "Periksa"}})
}

// reply is the approver's answer to a letter, with a verdict of our server.
func reply(l store.LetterRow, text string) []byte {
	return []byte("Authentication-Results: " + mx + "; dmarc=pass header.from=office.example\r\n" +
		"Received: from out.example (out.example [192.0.2.7]) by " + mx + " with ESMTPS id 4F; Mon, 1 Jun 2026 09:00:00 +0800\r\n" +
		"From: Admin <" + officetest.Admin.Address + ">\r\nTo: ukpbj@office.example\r\nSubject: Re: " + l.Subject + "\r\nDate: Mon, 1 Jun 2026 09:00:00 +0800\r\n" +
		"Message-ID: <jawab-" + rand.Text() + "@office.example>\r\nIn-Reply-To: " + l.MessageID + "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text + "\r\n")
}

// TestJudgedAgain: an approval that was held, because its verdict was not understood, and is judged again leaves both evidences.
// The books verify, and the bundle proves the decision. The control: with the first evidence overwritten or gone, verify says so.
func TestJudgedAgain(t *testing.T) {
	x := officetest.New(t, templates.FS)
	x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
	number := x.Ask(1)
	raw := append([]byte("Authentication-Results: mx.somebody.example; dmarc=temperror header.from=office.example\r\n"), reply(x.LettersOf(number, sop.Persetujuan)[0], "SETUJU")...)
	in := intake.Incoming{UID: store.UID{Validity: 7, UID: 1}, Arrived: x.Now().UTC(), Size: int64(len(raw)), Raw: raw}
	ctx := context.Background()
	x.Must(reading(x, "mx.somebody.example").TakeIn(ctx, in))
	if x.Get(number).Approval != nil {
		t.Fatal("control: an approval without a verdict is obeyed")
	}
	a := &audit.Audit{Clerk: x.Clerk}
	x.Must((&control.Control{Clerk: x.Clerk, Audit: a}).Retry(ctx, in.UID))
	x.Set(x.Now().Add(time.Minute))
	x.Must(reading(x, mx).TakeIn(ctx, in))
	if x.Get(number).Approval == nil {
		t.Fatal("it is not obeyed when it is judged again")
	}
	var all map[string][]byte
	look := func(b store.Books) (err error) {
		all, err = b.Journal.Evidence(number)
		return err
	}
	if x.Look(look); len(all) != 2 {
		t.Fatalf("%d evidences", len(all))
	}
	found := func() (said []string) {
		r, err := a.Verify(ctx)
		x.Must(err)
		for _, f := range r.Findings {
			said = append(said, f.Where+": "+f.What)
		}
		return said
	}
	if said := found(); len(said) > 0 {
		t.Errorf("verify: %q", said)
	}
	zip, err := a.Evidence(ctx, number)
	x.Must(err)
	key, err := x.Verifier()
	x.Must(err)
	p, err := audit.Prove(ctx, zip, key, nil)
	x.Must(err)
	if !p.Sound() || len(p.Decisions) != 1 || p.Decisions[0].Verb != sop.Setuju {
		t.Errorf("the bundle proves %+v", p)
	}
	for sum, first := range all {
		if strings.Contains(string(first), `"outcome":"obeyed"`) {
			continue
		}
		x.Write(func(tx store.Tx) error { return tx.Delete("evidence", []byte(number+"/"+sum)) })
		if said := found(); len(said) != 1 || !strings.Contains(said[0], "missing or changed") {
			t.Errorf("control: verify: %q", said)
		}
	}
}

// TestVerifyCounts (A14): the two numbers stand the right way round, and a count that cannot be read is a finding, too.
func TestVerifyCounts(t *testing.T) {
	x := officetest.New(t, templates.FS)
	x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
	for range 3 {
		x.Ask(1)
	}
	a := &audit.Audit{Clerk: x.Clerk}
	r, err := a.Verify(t.Context())
	if err != nil || len(r.Findings) > 0 {
		t.Fatalf("control: %v %v", r.Findings, err)
	}
	count := func(n string) {
		x.Write(func(tx store.Tx) error { return tx.Put("counts", []byte(sop.AwaitingApproval), []byte(n)) })
	}
	count("7")
	want := fmt.Sprintf("%s: there are 3 cases, the books count 7", sop.AwaitingApproval)
	if r, err = a.Verify(t.Context()); err != nil || len(r.Findings) != 1 || r.Findings[0].What != want {
		t.Errorf("%v %v, want %q", r.Findings, err, want)
	}
	count("seven")
	if r, err = a.Verify(t.Context()); err != nil || len(r.Findings) == 0 || !strings.Contains(r.Findings[len(r.Findings)-1].What, "seven") {
		t.Errorf("a count that cannot be read: %v, %v", r.Findings, err)
	}
}

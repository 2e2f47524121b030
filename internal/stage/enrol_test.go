package stage

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

func (x *play) enrol(who string) {
	x.t.Helper()
	_, err := x.Daemon.Control.Answer(x.ctx, control.Call{Command: "enrol", Arg: who})
	x.do(err)
}

// enrolment waits until n answers of an approver have been looked at.
func (x *play) enrolment(who sop.Person, n int) (e control.Enrolment) {
	x.t.Helper()
	x.do(x.until(x.ctx, func() bool { return len(x.events(store.Office, "enrolled")) >= n }))
	all, err := x.Daemon.Control.Enrolments(x.ctx)
	x.do(err)
	i := slices.IndexFunc(all, func(e control.Enrolment) bool { return e.Address == who.Address })
	if i < 0 {
		x.t.Fatalf("nothing is known of %s", who.Address)
	}
	return all[i]
}

// TestEnrolment: the answer to an enrolment letter shows what an approver's replies carry, goes back to them, and is never taken
// for an approval, whatever it says; the same words in answer to the approval letter are.
func TestEnrolment(t *testing.T) {
	x := set(t, Options{})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	approval := x.newest(x.Cast.Admin, sop.Persetujuan)
	number := x.only().Number
	x.enrol("")
	ask := x.await(x.Cast.Admin, sop.Pendaftaran)

	mixed := ask // with the subject of the approval letter, code and all
	mixed.Raw = []byte(strings.Replace(string(ask.Raw), "\r\nSubject: ", "\r\nSubject: "+approval.Msg.Subject+"\r\nX-Old: ", 1))
	before := x.only()
	for i, text := range []string{"siap", "SETUJU", "SETUJU", "TOLAK tidak"} {
		l := ask
		if i == 2 {
			l = mixed
		}
		x.do(x.Answer(l, text, rehearsal.Plain))
		e := x.enrolment(x.Cast.Admin, i+1)
		if c := e.Carried; c == nil || e.Reach != sop.Standard || !e.Enough || c.Login != "pass ("+x.Cast.Admin.Address+")" || c.Signature != "" || c.Fault != "" {
			raw, _ := json.Marshal(e)
			t.Fatalf("%s", raw)
		}
	}
	forged, err := x.Reply(ask, "siap lagi", rehearsal.Plain)
	x.do(err)
	x.do(x.Post.Deliver(x.Cast.Office.Address, forged)) // from nobody whom the server knows
	if e := x.enrolment(x.Cast.Admin, 5); e.Reach != sop.Standard || !e.Enough {
		t.Errorf("a forged answer has become what is known: %s", e.Reach)
	}
	told := x.await(x.Cast.Admin, sop.HasilPendaftaran)
	if !strings.Contains(told.Msg.HTML, "[auth-pass]") || !strings.Contains(told.Msg.Text, "Bukti itu cukup") {
		t.Error(told.Msg.Text)
	}
	after := x.only()
	if after.Approval != nil || after.Status != before.Status || len(x.events(number, "not-obeyed"))+len(x.events(number, "refused")) > 0 {
		t.Fatalf("the case has heard of it: %s", after.Status)
	}
	x.do(x.Answer(approval, "SETUJU", rehearsal.Plain)) // the control
	x.finish()
	if r, err := x.Daemon.Audit.Verify(x.ctx); err != nil || len(r.Findings) > 0 {
		t.Error(r.Findings, err)
	}
}

// TestEnrolmentOfOthers: a stranger's answer, an automatic one and a bounce tell nothing of the approver, and stop nothing.
func TestEnrolmentOfOthers(t *testing.T) {
	x := set(t, Options{Change: func(c *config.Config) { c.Trust.Assurance = sop.Strict },
		Rules: func(from, to string) postoffice.Behaviour {
			if strings.HasPrefix(to, "admin@") {
				return postoffice.Behaviour{Bounce: "5.1.1", Times: 1}
			}
			return postoffice.Behaviour{}
		}})
	x.do(x.Start(x.ctx))
	x.enrol(x.Cast.Admin.Address) // comes back
	x.do(x.until(x.ctx, func() bool { return len(x.folder("UKPBJ/Diproses")) == 1 }))
	x.await(x.Cast.Operator, sop.PeringatanOperator)
	if _, err := x.Daemon.Control.Answer(x.ctx, control.Call{Command: "enrol", Arg: "orang@lain.example"}); err == nil {
		t.Error("somebody else was written to")
	}
	x.enrol("")
	ask := x.await(x.Cast.Admin, sop.Pendaftaran)

	stolen := Letter{x.Cast.Staff, ask.Raw, ask.Msg}
	x.do(x.Answer(stolen, "siap", rehearsal.Plain))
	raw, err := x.Reply(ask, "saya sedang cuti", rehearsal.Plain)
	x.do(err)
	x.do(x.Submit(x.Cast.Admin, append([]byte("Auto-Submitted: auto-replied\r\n"), raw...), x.Cast.Office))
	x.do(x.until(x.ctx, func() bool { return len(x.folder("UKPBJ/Diproses")) == 3 }))
	if n := len(x.events(store.Office, "enrolled")); n != 0 {
		t.Fatalf("%d were looked at", n)
	}

	x.do(x.Answer(ask, "siap", rehearsal.Outlook)) // reaches standard, and strict is needed
	e := x.enrolment(x.Cast.Admin, 1)
	if e.Enough || e.Reach != sop.Standard || e.Needs != sop.Strict {
		t.Errorf("%+v", e)
	}
	if l := x.await(x.Cast.Admin, sop.HasilPendaftaran); !strings.Contains(l.Msg.Text, "belum cukup") || !strings.Contains(l.Msg.HTML, "[dkim-no-signature]") ||
		!strings.Contains(strings.Join(strings.Fields(l.Msg.Text), " "), "surel tidak bertanda tangan DKIM") {
		t.Error(l.Msg.Text)
	}
	for i := range 14 { // a mail program gone mad
		raw, err := x.Reply(ask, fmt.Sprintf("siap %d", i), rehearsal.Plain)
		x.do(err)
		x.do(x.Submit(x.Cast.Admin, raw, x.Cast.Office))
	}
	x.enrolment(x.Cast.Admin, 15)
	x.do(x.until(x.ctx, func() (empty bool) { // letters of no case, too
		x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
			sending, err := b.Letters.Sending()
			if err != nil {
				return err
			}
			_, waiting, err := b.Letters.Next(1)
			empty = len(sending)+waiting == 0
			return err
		}))
		return empty
	}))
	answers := len(x.letters(x.Cast.Admin, sop.HasilPendaftaran))
	if answers != 10 {
		t.Errorf("%d answers on one day", answers)
	}
}

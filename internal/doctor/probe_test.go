package doctor

import (
	"strings"
	"testing"

	"ukpbjd/internal/config"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/sop"
)

// TestOwnLoginHidesNoForgery: the server writes our own login into its Received line; a stranger has none, and is judged without it.
func TestOwnLoginHidesNoForgery(t *testing.T) {
	p := &probe{tag: "TAG", cfg: &config.Config{People: config.People{Approvers: []config.Approver{{Person: sop.Person{Address: "admin@office.example"}}}}}}
	received := message.Field{Name: "Received", Value: "from x (unknown [192.0.2.7]) (Authenticated sender: ukpbj@office.example) by mx.office.example (Postfix) with ESMTPSA id 1; Tue, 9 Jun 2026 10:00:00 +0800"}
	forged := message.Field{Name: "Authentication-Results", Value: "mx.office.example; dmarc=pass header.from=office.example (TAG)"}
	o := msgauth.Options{AuthservID: "mx.office.example", ReceivedBy: []string{"mx.office.example"}, Level: sop.Standard}
	for level, header := range map[mailbox.Level][]message.Field{mailbox.Fail: {forged, received}, mailbox.Good: {received, forged}} {
		if f := p.judge(t.Context(), forgedProbe, arrived{&message.Message{Header: header}, nil}, o); f.Level != level {
			t.Errorf("%+v, want %s", f, level)
		}
	}
}

// TestCheckNamesTheValues (issue 11, B3): where the configuration does not fit, check names the values out of the mail that arrived, by which
// it is proven and no forgery is believed. Where there are none such it names none.
func TestCheckNamesTheValues(t *testing.T) {
	const own, store = "from x (unknown [192.0.2.7]) by mx.office.example (Postfix) with ESMTPSA id 1; Tue, 9 Jun 2026 10:00:00 +0800",
		"from mx.office.example by box.office.example with LMTP id 2; Tue, 9 Jun 2026 10:00:01 +0800"
	verdict := func(id, what string) message.Field {
		return message.Field{Name: "Authentication-Results", Value: id + "; " + what}
	}
	received := func(v string) message.Field { return message.Field{Name: "Received", Value: v} }
	forged := verdict("wrong.example", "dmarc=pass header.from=office.example (TAG)")
	real := verdict("office.example", "auth=pass smtp.auth=ukpbj@office.example")
	for name, c := range map[string]struct {
		plain, cheat []message.Field
		want         string
	}{
		"above":                       {[]message.Field{real, received(own)}, []message.Field{real, received(own), forged}, `authserv_id: "office.example" and trust.received_by: [mx.office.example],`},
		"and a store":                 {[]message.Field{received(store), real, received(own)}, []message.Field{received(store), real, received(own), forged}, `trust.received_by: [box.office.example],`},
		"a forgery that comes on top": {[]message.Field{real, received(own)}, []message.Field{forged, real, received(own)}, "let the mail server write"},
		"no verdict":                  {[]message.Field{received(own)}, []message.Field{received(own), forged}, "let the mail server write"},
	} {
		p := &probe{tag: "TAG", cfg: &config.Config{People: config.People{Approvers: []config.Approver{{Person: sop.Person{Address: "admin@office.example"}}}}}}
		p.cfg.SMTP.From.Address, p.cfg.Trust.AuthservID, p.cfg.Trust.ReceivedBy, p.cfg.Trust.Assurance = "ukpbj@office.example", "wrong.example", []string{"wrong.example"}, sop.Standard
		mails := map[string]arrived{plainProbe: {&message.Message{Header: c.plain}, nil}, forgedProbe: {&message.Message{Header: c.cheat}, nil}}
		named := ""
		for _, f := range p.ground(t.Context(), mails, nil) {
			if f.Subject == "trust: verdict" {
				named = f.Remedy
			}
		}
		if !strings.Contains(named, c.want) {
			t.Errorf("%s: %s", name, named)
		}
	}
}

package doctor

import (
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

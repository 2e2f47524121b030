package postman

import (
	"context"
	"testing"
)

// Only what is wrong with this letter or its recipient ends it (law 9).
func TestPolicyIsNotTheLettersFault(t *testing.T) {
	const letters, office = false, true
	for _, x := range []struct {
		step, answer string
		about        bool
	}{
		{"rcpt", "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in relay recipient table", letters},
		{"rcpt", "550 5.1.2 Recipient address rejected: Domain not found", letters},
		{"rcpt", "501 5.1.3 Bad recipient address syntax", letters},
		{"rcpt", "550 5.1.10 Domain does not accept mail (null MX)", letters},
		{"mail", "553 5.1.7 Sender address syntax", office},
		{"rcpt", "550 5.1.8 Sender address rejected: Domain not found", office},
		{"rcpt", "550 5.2.1 The account is disabled", letters},
		{"rcpt", "552 5.2.2 The recipient's inbox is out of storage space", office},
		{"dot", "552 5.2.3 Your message exceeded the size limit of this mailbox", letters},
		{"rcpt", "554 5.3.1 Mail system full", office},
		{"rcpt", "554 5.3.2 System not accepting network messages", office},
		{"mail", "552 5.3.4 Message too big for system", letters},
		{"dot", "552 5.3.4 Message size exceeds fixed limit", letters},
		{"dot", "554 5.3.5 Misconfigured", office},
		{"rcpt", "550 5.4.1 Recipient address rejected: Access denied", letters},
		{"rcpt", "550 5.4.4 Unable to route", letters},
		{"dot", "550 5.4.5 Daily user sending quota exceeded", office},
		{"mail", "503 5.5.1 Error: nested MAIL command", office},
		{"data", "503 5.5.1 Bad sequence of commands", office},
		{"rcpt", "504 5.5.2 <made>: Recipient address rejected: need fully-qualified address", letters},
		{"data", "501 5.5.4 Syntax: DATA", office},
		{"dot", "554 5.6.0 Message content rejected", letters},
		{"dot", "550 5.6.1 Media not supported", letters},
		{"rcpt", "554 5.7.1 <a@b.example>: Relay access denied", office},
		{"dot", "554 5.7.1 Service unavailable; client host blocked", office},
		{"mail", "553 5.7.1 Sender address rejected: not owned by user", office},
		{"dot", "552-5.7.0 This message was blocked\r\n552 5.7.0 see https://support.example", office},
		{"mail", "530 5.7.0 Must issue a STARTTLS command first", office},
		{"mail", "530 log in first", office},
		{"mail", "538 encryption required", office},
		{"rcpt", "535 5.7.8 who are you", office},
		{"rcpt", "525 5.7.13 User account disabled", office},
		{"rcpt", "550 5.7.26 unauthenticated sender", office},
		{"rcpt", "550 4.2.2 mailbox full", office}, // a server that contradicts itself

		// without an enhanced status, or with one that says nothing
		{"rcpt", "550 5.0.0 Refused on request", letters},
		{"rcpt", "550 No such user here", letters},
		{"rcpt", "550 quota@kantor.example unknown", letters},
		{"rcpt", "551 User not local", letters},
		{"rcpt", "553 Mailbox name not allowed", letters},
		{"rcpt", "556 Domain does not accept mail", letters},
		{"rcpt", "501 Syntax error in address", letters},
		{"dot", "554 Transaction failed", letters},
		{"rcpt", "550 relay not permitted", office},
		{"rcpt", "550 Administrative prohibition", office},
		{"rcpt", "554 Relay access denied", office},
		{"dot", "554 rejected as spam", office},
		{"dot", "550 rejected", office},
		{"mail", "550 Access denied", office},
		{"mail", "553 sender not allowed", office},
		{"rcpt", "552 Exceeded storage allocation", office},
		{"rcpt", "521 Host does not accept mail", office},
		{"data", "500 Command unrecognized", office},
		{"data", "502 Command not implemented", office},
		{"mail", "503 Bad sequence of commands", office},
		{"rcpt", "504 Parameter not implemented", office},
		{"mail", "555 Parameters not recognized", office},
		{"mail", "501 Syntax error in parameters", office},
	} {
		s := serve(t, script{x.step: {x.answer}}, nil)
		r := open(t, s, nil).Send(context.Background(), item(1))
		want := Failed
		if x.about == office {
			want = Deferred
		}
		if r.Outcome != want || r.Policy != x.about || r.Code/100 != 5 {
			t.Errorf("%s: %q: %+v, want %v", x.step, x.answer, r, want)
		}
	}
}

// Before a transaction nothing can be the fault of a letter; and what passes by itself is no alarm.
func TestPolicyBeforeTheLetter(t *testing.T) {
	for step, x := range map[string]struct {
		answer string
		policy bool
	}{"greet": {"554 5.7.1 no service for you", true}, "ehlo": {"550 5.7.1 go away", true}, "rcpt": {"450 4.7.1 greylisted", false}, "dot": {"451 4.3.0 later", false}} {
		s := serve(t, script{step: {x.answer}, "helo": {x.answer}}, nil)
		if r := open(t, s, nil).Send(context.Background(), item(1)); r.Outcome != Deferred || r.Policy != x.policy {
			t.Errorf("%s: %+v", step, r)
		}
	}
}

// Package msgauth says who really sent a mail: it reads the mail server's own verdict from Authentication-Results (RFC 8601)
// and, at level strict or where that server says nothing, checks the DKIM signature itself; at level signed also S/MIME or OpenPGP over the body. It decides nothing; its answer is a sop.Proof with a named reason
// and every verdict that it considered. THREATS.md beside it says who could try what, and what remains.
//
// Nothing is kept, on disk or in memory.
package msgauth

import (
	"context"
	"strings"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// Options are the office's ground of trust.
type Options struct {
	AuthservID string    // whose Authentication-Results count
	ReceivedBy []string  // hosts of ours that write Received lines: names, or addresses of hosts that hand mail on to us
	Level      sop.Level // asked for; zero is standard

	// BelowReceived also takes the verdicts that stand between our border host's own Received line and the next one, where
	// milters under Postfix write them. Set it only where that host removes foreign fields of AuthservID (RFC 8601 §5);
	// without it a forged field of a sender who adds no Received line of their own stands at the same place.
	BelowReceived bool

	Resolver Resolver // DNS for our own DKIM check; nil: no key is ever found

	Pins map[string]Pin // level signed: by the approver's address, byte for byte
}

// CheckRaw says what a mail proves whose header is given top down and whose only From address is from. Each level asks for all that those
// below it ask for, and for more. At is when the mail arrived; raw is the whole mail as the server gave it.
func CheckRaw(ctx context.Context, raw []byte, at time.Time, header []message.Field, from string, o Options) sop.Proof {
	p := checkVerdict(header, from, o)
	deeper := o.Level == sop.Strict || o.Level == sop.Signed
	switch own := p; {
	case p.Result == sop.Proven && deeper:
		p = checkSignature(ctx, p, raw, at, from, o)
	case o.Resolver != nil && !deeper && silent(p): // DESIGN, "Trust", standard (c); above it the server has to speak, too
		if own = checkSignature(ctx, own, raw, at, from, o); own.Result == sop.Proven || own.Result == sop.Temporary {
			p = own
		}
		p.Detail = own.Detail
	}
	if p.Result == sop.Proven && o.Level == sop.Signed {
		p = checkSigned(p, raw, at, from, o)
	}
	return p
}

// silent says that the mail server said nothing of the sender. What it did say, and what of it cannot be read, stands.
func silent(p sop.Proof) bool {
	return p.Result == sop.Unproven && (p.Reason == "no-verdict" || p.Reason == "no-authserv-id" || strings.HasSuffix(p.Reason, "-none"))
}

func checkVerdict(header []message.Field, from string, o Options) sop.Proof {
	switch o.Level {
	case sop.Basic:
		return sop.Proof{Level: sop.Basic, Result: sop.Proven, Reason: "basic"}
	case "":
		o.Level = sop.Standard
	case sop.Standard, sop.Strict, sop.Signed:
	default:
		return refuse(o.Level, sop.Unproven, "unknown-level")
	}
	author, plain := parseSender(from)
	if !plain {
		return refuse(o.Level, sop.Unproven, "from-not-plain")
	}
	if o.AuthservID == "" {
		return refuse(o.Level, sop.Unproven, "no-authserv-id")
	}
	fields, login, notes := trusted(header, o)
	return judge(fields, login, notes, author, o)
}

func refuse(level sop.Level, r sop.Result, reason string, detail ...string) sop.Proof {
	return sop.Proof{Level: level, Result: r, Reason: reason, Detail: detail}
}

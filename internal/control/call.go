package control

import (
	"context"
	"errors"
	"fmt"

	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Call is one operator's command, from the control socket or from a program that has opened the store itself.
type Call struct {
	Command  string `json:"command"`
	Case     string `json:"case,omitempty"`
	Arg      string `json:"arg,omitempty"`
	Open     bool   `json:"open,omitempty"`
	UID      uint32 `json:"uid,omitempty"`
	Validity uint32 `json:"uidvalidity,omitempty"` // of UID; 0: the number alone names it
	Body     []byte `json:"body,omitempty"`        // verify: a checkpoint
	Year     int    `json:"year,omitempty"`
	After    string `json:"after,omitempty"` // goes on with a long answer

	Folders *[]string `json:"folders,omitempty"` // ground: where copies of sent mail appear; nil: not looked at
}

// Bundle is an evidence bundle as it goes over the socket.
type Bundle struct {
	Zip []byte `json:"zip"`
}

// ErrUnknownCall says that a command is not spoken here. `approve` is none, and never will be.
var ErrUnknownCall = errors.New("the daemon knows no such command")

// Answer carries out a call; every call is journalled first.
func (c *Control) Answer(ctx context.Context, call Call) (any, error) {
	do, ok := calls[call.Command]
	if !ok {
		return nil, fmt.Errorf("%s: %w", call.Command, ErrUnknownCall)
	}
	if call.Command == "register" && call.After != "" { // a part of an answer whose beginning was journalled
		return do(c, ctx, call)
	}
	if err := c.note(ctx, call.Command, call.Case+" "+call.Arg); err != nil {
		return nil, err
	}
	return do(c, ctx, call)
}

// note journals a command before it is carried out.
func (c *Control) note(ctx context.Context, command, text string) error {
	return c.Update(ctx, func(b store.Books) error { return c.journal(b, "operator", "operator-command", command, text) })
}

var calls = map[string]func(*Control, context.Context, Call) (any, error){
	"queue": queueCall, "looked": queueCall,
	"cases": func(c *Control, ctx context.Context, x Call) (any, error) { return c.Cases(ctx, x.Open) },
	"show":  func(c *Control, ctx context.Context, x Call) (any, error) { return c.Show(ctx, x.Case) },
	"why":   func(c *Control, ctx context.Context, x Call) (any, error) { return c.Why(ctx, x.Case) },
	"verify": func(c *Control, ctx context.Context, x Call) (any, error) {
		return c.Audit.VerifyAgainst(ctx, x.Body, x.Arg)
	},
	"evidence": func(c *Control, ctx context.Context, x Call) (any, error) {
		zip, err := c.Audit.Evidence(ctx, x.Case)
		return Bundle{zip}, err
	},
	"reconcile":  func(c *Control, ctx context.Context, _ Call) (any, error) { return c.Reconcile(ctx) },
	"hold":       instructCall,
	"release":    instructCall,
	"resend":     instructCall,
	"accept":     instructCall,
	"reject":     instructCall,
	"close":      instructCall,
	"retry":      retryCall,
	"ground":     groundCall,
	"enrol":      enrolCall,
	"enrolments": func(c *Control, ctx context.Context, _ Call) (any, error) { return c.Enrolments(ctx) },
	"sheet":      func(c *Control, ctx context.Context, x Call) (any, error) { return c.Sheet(ctx, x.Case) },
	"papers":     func(c *Control, ctx context.Context, x Call) (any, error) { return c.Papers(ctx, x.Case) },
	"accounts":   func(c *Control, ctx context.Context, _ Call) (any, error) { return c.Accounts(ctx) },
	"accounts-import": func(c *Control, ctx context.Context, x Call) (any, error) {
		return c.ImportAccounts(ctx, x.Body)
	},
	"register": func(c *Control, ctx context.Context, x Call) (any, error) {
		return c.RegisterStep(ctx, x.Year, x.After)
	},
}

// looking are the calls that only read, and need no key: they can be answered from books that are open for reading.
var looking = map[string]bool{"queue": true, "cases": true, "show": true, "why": true, "sheet": true, "enrolments": true, "accounts": true}

// Looks says whether a call can be answered by Look.
func Looks(command string) bool { return looking[command] }

// Look answers a call from books that cannot be written. It is not in the journal, as the register of such books is not.
func (c *Control) Look(ctx context.Context, call Call) (any, error) {
	if !Looks(call.Command) {
		return nil, fmt.Errorf("%s: %w", call.Command, ErrUnknownCall)
	}
	return calls[call.Command](c, ctx, call)
}

func instructCall(c *Control, ctx context.Context, x Call) (any, error) {
	if err := c.Instruct(ctx, x.Case, sop.Instruct{Verb: x.Command, Arg: x.Arg}); err != nil {
		return nil, err
	}
	return c.Show(ctx, x.Case)
}

func retryCall(c *Control, ctx context.Context, x Call) (any, error) {
	u := store.UID{Validity: x.Validity, UID: x.UID}
	if x.Validity == 0 {
		all, err := office.Read(ctx, c.Clerk, func(b store.Books) ([]store.UID, error) { return b.Mails.Numbered(x.UID) })
		switch {
		case err != nil:
			return nil, err
		case len(all) == 0:
			return nil, fmt.Errorf("UID %d: no mail of that number has an outcome", x.UID)
		case len(all) > 1:
			return nil, fmt.Errorf("the number %d names several mails, as the server has renumbered the inbox: say which of %v", x.UID, all)
		}
		u = all[0]
	}
	return u.String(), c.Retry(ctx, u)
}

// Package control is what an operator asks and orders: views of the books, and commands that change them. Every command is
// journalled. None of them can release a credential that no approver has released.
package control

import (
	"ukpbjd/internal/audit"
	"ukpbjd/internal/office"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Control answers the operator. Safe for concurrent use.
type Control struct {
	*office.Clerk
	Audit *audit.Audit // nil where the books can only be read
	Mail  queue.Signal // there may be mail to read again
}

// journal notes in the journal of the office what its operator or the daemon did.
func (c *Control) journal(b store.Books, actor, kind, reason, text string) error {
	return b.Journal.Append(store.Office, []sop.Event{{At: c.Now().UTC(), Kind: kind, Actor: actor, Reason: reason, Text: text}})
}

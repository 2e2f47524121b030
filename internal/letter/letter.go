// Package letter turns a sop.Letter into subject, text and HTML with templates that an office can override. No line of any
// letter parses as a command.
package letter

import (
	"io/fs"
	"time"

	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// Data is everything a template may show.
type Data struct {
	Office sop.Office
	Case   sop.Case
	Letter sop.Letter
	Code   string // of an approval or member letter; "" where the code stands in the sheet
	Now    time.Time
	// only for kredensial
	UserID   string
	Password secret.Secret
}

// Rendered is one letter ready to be put into a mail.
type Rendered struct{ Subject, Text, HTML string }

// Set is a parsed set of templates; safe for concurrent use.
type Set struct{}

// Parse reads the templates; a file of the same name in override (may be nil) wins.
func Parse(shipped, override fs.FS) (*Set, error) { return nil, nil }

// Render makes one letter.
func (s *Set) Render(d Data) (Rendered, error) { return Rendered{}, nil }

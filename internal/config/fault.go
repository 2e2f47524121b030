package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ukpbjd/internal/document"
)

// Fault is one thing that is wrong. Line 0 is the file as a whole. Text never shows what stands in a secret's file.
type Fault struct {
	File         string // base name
	Line         int
	Key          string // imap.security, people.approvers[0].email
	Text, Remedy string
}

func (f Fault) String() string {
	s := f.File
	if f.Line > 0 {
		s += fmt.Sprintf(":%d", f.Line)
	}
	if f.Key != "" {
		s += ": " + f.Key
	}
	if s += ": " + f.Text; f.Remedy != "" {
		s += "; " + f.Remedy
	}
	return s
}

// Faults are all of them, by line.
type Faults []Fault

// Error gives one line for each.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, x := range f {
		lines[i] = x.String()
	}
	return strings.Join(lines, "\n")
}

func (f Faults) sort() {
	slices.SortStableFunc(f, func(a, b Fault) int { return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line) })
}

// nearest is the known word that was probably meant, or "".
func nearest(word string, known []string) string {
	best, least := "", len(word)/3+2
	for _, k := range known {
		d := document.Distance(word, k, least)
		if strings.HasPrefix(k, word) && len(word) > 2 || strings.HasPrefix(word, k) {
			d = 1
		}
		if d < least {
			best, least = k, d
		}
	}
	return best
}

package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// bar is a progress bar on a terminal; elsewhere it says nothing.
type bar struct {
	out   io.Writer // nil: no terminal
	what  string
	total int
	drawn time.Time
}

const (
	barWidth = 40
	barEvery = 100 * time.Millisecond
)

func (s *shell) bar(what string, total int) *bar {
	b := &bar{what: what, total: total}
	if f, ok := s.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		b.out = f
	}
	return b
}

// at shows how far the work has come.
func (b *bar) at(n int) {
	if b.out == nil || n < b.total && time.Since(b.drawn) < barEvery {
		return
	}
	b.drawn = time.Now()
	b.total = max(b.total, n, 1)
	full := n * barWidth / b.total
	fmt.Fprintf(b.out, "\r%s [%s%s] %d/%d", b.what, strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), n, b.total)
}

// done ends the line.
func (b *bar) done() {
	if b.out != nil && !b.drawn.IsZero() {
		fmt.Fprintln(b.out)
	}
}

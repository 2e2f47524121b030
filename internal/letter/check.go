package letter

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ukpbjd/internal/htmltext"
	"ukpbjd/internal/sop"
)

// maxFaults of one letter are enough to mend it by.
const maxFaults = 10

// Check renders every letter with hostile data, to every role, and says what an override breaks: a template that does not run,
// a line that reads as a command, a password that is missing, not alone or elsewhere, content from afar. copies: Kepala LPSE's
// tembusan is to carry passwords, too.
func (s *Set) Check(copies bool) []error {
	var errs []error
	seen, faulty := map[string]bool{}, map[sop.LetterKind]int{}
	for _, d := range hostile() {
		kind := d.Letter.Kind
		if faulty[kind] >= maxFaults || !copies && full(d.Letter) {
			continue
		}
		for _, fault := range s.faults(d) {
			faulty[kind]++
			e := fmt.Errorf("letter %s: %w", kind, fault)
			if !seen[e.Error()] {
				seen[e.Error()] = true
				errs = append(errs, e)
			}
		}
	}
	return errs
}

func (s *Set) faults(d Data) []error {
	r, err := s.render(d)
	if err != nil {
		return []error{err}
	}
	var errs []error
	pass := passwords(d)
	for _, part := range []struct{ name, text string }{{"text", r.Text}, {"html", htmlText(r.HTML)}} {
		for line := range strings.SplitSeq(part.text, "\n") {
			if startsAsCommand(line) && !slices.Contains(pass, line) {
				errs = append(errs, fmt.Errorf("%s: the line %q reads as a command", part.name, clean(line, 80)))
			}
		}
		for _, p := range pass {
			if !alone(part.text, p) {
				errs = append(errs, fmt.Errorf("%s: the password does not stand exactly once, alone on its line", part.name))
			}
		}
	}
	return append(errs, remote(r.HTML)...)
}

// alone says that pass stands in text once, as a line of its own.
func alone(text, pass string) bool {
	return strings.Count(text, pass) == 1 && strings.Contains("\n"+text+"\n", "\n"+pass+"\n")
}

// remote finds what would make a mail client fetch or run something.
func remote(page string) []error {
	low := strings.ReplaceAll(strings.ToLower(page), `<img src="cid:`, "<i ") // a picture in the mail itself (RFC 2392)
	var errs []error
	for _, mark := range []string{"<script", "<img", "<link", "<iframe", "<object", "<embed", "<form", "<video", "<audio", "<svg",
		"url(", "@import", " src=", " background=\"http", "javascript:"} {
		if strings.Contains(low, mark) {
			errs = append(errs, fmt.Errorf("html: holds %q", mark))
		}
	}
	for _, part := range strings.Split(low, "href=")[1:] {
		if !strings.HasPrefix(strings.TrimLeft(part, `"'`), "mailto:") {
			errs = append(errs, fmt.Errorf("html: a link that is not mailto: %q", clean(part, 40)))
		}
	}
	return errs
}

// inline are the elements at whose edges a mail client begins no new line.
var inline = strings.Fields("a abbr b big code em font i img s small span strong sub sup tt u")

// htmlText is the text of a page, a line for every block, cell and break, as a mail client would quote it.
func htmlText(page string) string {
	var b strings.Builder
	edge := func(name string) {
		if !slices.Contains(inline, name) {
			b.WriteByte('\n')
		}
	}
	err := htmltext.Read(context.Background(), strings.NewReader(page), htmltext.Events{
		Open: func(name string, _ []htmltext.Attr) { edge(name) }, Close: edge,
		Text: func(text string) { b.WriteString(strings.ReplaceAll(text, "\n", " ")) }})
	if err != nil { // maxLetter keeps every page readable
		return page
	}
	return squeeze(b.String())
}

func squeeze(s string) string {
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

// topicsOf are all the topics that have words of their own, and one that has none.
func topicsOf(k sop.LetterKind) []string {
	switch k {
	case sop.TandaTerima:
		return []string{"", "supplement", "repeat", "read-back"}
	case sop.StatusKasus:
		return []string{"", "repeat"}
	case sop.GagalKirim:
		return []string{"", "kredensial", "persetujuan"}
	}
	return append([]string{"", "STOP"}, slices.Collect(maps.Keys(reasons[k].of))...)
}

package doctor

import (
	_ "embed"
	"strings"

	"ukpbjd/internal/mailbox"
)

//go:embed remedies.txt
var remediesText string

var answers = parseAnswers(remediesText)

// answer is one thing that servers say, and what to do about it; the file says how it is written.
type answer struct {
	words  []string
	remedy string
}

func parseAnswers(text string) (out []answer) {
	blocks := strings.Split(strings.TrimSpace(text), "\n\n")
	for _, b := range blocks[1:] { // the first says what the file is
		words, remedy, _ := strings.Cut(b, "\n")
		out = append(out, answer{strings.Split(words, " | "), remedy})
	}
	return out
}

// fits says whether a server of this name means this by what it says, both in lower case.
func (a answer) fits(host, says string) bool {
	said, here, anywhere := false, false, true
	for _, w := range a.words {
		if domain, ok := strings.CutPrefix(w, "@"); ok {
			anywhere = false
			here = here || strings.HasSuffix("."+host, "."+domain)
		} else {
			said = said || strings.Contains(says, w)
		}
	}
	return said && (here || anywhere)
}

// advise gives a fault the remedy that fits what the server said, where one is known.
func (d door) advise(f Finding) Finding {
	for _, a := range answers {
		if f.Level == mailbox.Fail && a.fits(strings.ToLower(d.Host), strings.ToLower(f.Text)) {
			f.Remedy = strings.ReplaceAll(a.remedy, "SECTION", d.kind)
			break
		}
	}
	return f
}

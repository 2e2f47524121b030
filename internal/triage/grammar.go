package triage

import (
	"regexp"
	"slices"
	"strings"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// Command is one line of the mail grammar (DESIGN, contract).
type Command struct {
	Verb sop.Verb
	Arg  string // reason, note, name, NIP or code, as written
}

// argument says what may follow a verb on its line.
type argument int

const (
	none argument = iota
	optional
	required
	code
)

type word struct {
	text string // upper case
	verb sop.Verb
	arg  argument
}

// words of the grammar with their English twins; longer ones first where one begins another.
var words = []word{
	{"SETUJU", sop.Setuju, code}, {"APPROVE", sop.Setuju, code},
	{"TOLAK", sop.Tolak, required}, {"REJECT", sop.Tolak, required},
	{"LENGKAPI", sop.Lengkapi, required}, {"RETURN", sop.Lengkapi, required},
	{"STOP", sop.Stop, none},
	{"KIRIM ULANG", sop.KirimUlang, optional}, {"RESEND", sop.KirimUlang, optional},
	{"DELEGASI", sop.Delegasi, required}, {"DELEGATE", sop.Delegasi, required},
	{"TERIMA", sop.Terima, none}, {"RECEIVED", sop.Terima, none},
	{"SALAH", sop.Salah, none}, {"WRONG", sop.Salah, none},
	{"KENDALA", sop.Kendala, required}, {"PROBLEM", sop.Kendala, required},
	{"BATAL", sop.Batal, none}, {"CANCEL", sop.Batal, none},
	{"JELASKAN", sop.Jelaskan, required}, {"EXPLAIN", sop.Jelaskan, required},
	{"STATUS", sop.TanyaStatus, none},
	{"BANTUAN", sop.TanyaBantuan, none}, {"HELP", sop.TanyaBantuan, none},
}

// CodePattern is the shape of an approval or member code: six characters that nobody confuses.
const CodePattern = `[2-9A-HJKMNP-Z]{6}`

var codeShape = regexp.MustCompile(`^(?i:` + CodePattern + `)$`)

// ParseCommand reads one line. The whole line must be the command: any letter case, inner blanks folded, one full stop at the
// end allowed. Anything else on it, and it is no command.
func ParseCommand(line string) (Command, bool) {
	if len(line) > 2000 {
		return Command{}, false
	}
	folded := strings.Join(strings.Fields(line), " ")
	for _, w := range words {
		if rest, ok := cutWord(folded, w.text); ok {
			return w.take(rest)
		}
	}
	return Command{}, false
}

// cutWord gives what follows the verb, which must end at a blank, at the end, or at the one full stop that ends the line.
func cutWord(line, verb string) (rest string, ok bool) {
	if len(line) < len(verb) || !strings.EqualFold(line[:len(verb)], verb) { // as many bytes: a homoglyph or a Kelvin sign has more
		return "", false
	}
	rest = line[len(verb):]
	return rest, rest == "" || rest == "." || rest[0] == ' '
}

func (w word) take(rest string) (Command, bool) {
	rest = strings.TrimSpace(rest)
	bare := strings.TrimSuffix(rest, ".")
	switch w.arg {
	case none:
		return Command{Verb: w.verb}, bare == ""
	case code:
		return Command{Verb: w.verb, Arg: strings.ToUpper(bare)}, bare == "" || codeShape.MatchString(bare)
	case required:
		return Command{Verb: w.verb, Arg: rest}, bare != ""
	}
	return Command{Verb: w.verb, Arg: bare}, true
}

// intent is what the first own line of a reply says, or why it says nothing that may be obeyed. It is read from one place
// only, the text/plain part; an HTML part that begins with another command makes the mail a matter for a person.
func intent(msg *message.Message) (Command, string) {
	lines := ownLines(msg.Own)
	html := ownLines(msg.HTMLOwn)
	if strings.TrimSpace(msg.Text) == "" && len(html) > 0 {
		return Command{}, "html-only"
	}
	switch {
	case len(lines) == 0 && msg.Below:
		return Command{}, "below-quote"
	case len(lines) == 0:
		return Command{}, "empty"
	}
	first, ok := ParseCommand(lines[0])
	if !ok {
		return Command{}, "not-a-command"
	}
	if slices.ContainsFunc(lines[1:], isCommand) {
		return Command{}, "two-commands"
	}
	if len(html) > 0 {
		if c, is := ParseCommand(html[0]); is && !agree(first, c) {
			return Command{}, "html-differs"
		}
	}
	return first, ""
}

func isCommand(line string) bool {
	_, is := ParseCommand(line)
	return is
}

// agree: the same verb, and words of which one goes on where the other was wrapped.
func agree(text, html Command) bool {
	a, b := strings.TrimSuffix(text.Arg, "."), strings.TrimSuffix(html.Arg, ".")
	return text.Verb == html.Verb && (a == b || a != "" && strings.HasPrefix(b, a+" ") || b != "" && strings.HasPrefix(a, b+" "))
}

func ownLines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

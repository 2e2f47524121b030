package triage

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

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
	{"BENAR", sop.Benar, none}, {"CORRECT", sop.Benar, none},
	{"JELASKAN", sop.Jelaskan, required}, {"EXPLAIN", sop.Jelaskan, required},
	{"STATUS", sop.TanyaStatus, none},
	{"BANTUAN", sop.TanyaBantuan, none}, {"HELP", sop.TanyaBantuan, none},
}

// CodePattern is the shape of an approval or member code: six characters that nobody confuses.
const CodePattern = `[2-9A-HJKMNP-Z]{6}`

var codeShape = regexp.MustCompile(`^(?i:` + CodePattern + `)$`)

// ParseCommand reads one line: the word, in any letter case, and what may follow it. Invisible marks, quotation marks and asterisks
// around the word do not count, nor a full stop or exclamation mark at its end, nor courtesies behind it. Anything else, and it is
// no command.
func ParseCommand(line string) (Command, bool) {
	if len(line) > 2000 {
		return Command{}, false
	}
	folded := strings.TrimLeft(strings.Join(strings.Fields(line), " "), around)
	for _, w := range words {
		if rest, ok := cutWord(folded, w.text); ok {
			return w.take(rest)
		}
	}
	return Command{}, false
}

// around are the marks that may stand around the word: quotation marks, a mail program's bold, and what nobody sees.
const around = "\"'*“”„‘’«» \u200b\u200c\u200d\u2060\ufeff\u200e\u200f"

// cutWord gives what follows the verb, which must end where a word can.
func cutWord(line, verb string) (rest string, ok bool) {
	if len(line) < len(verb) || !strings.EqualFold(line[:len(verb)], verb) { // as many bytes: a homoglyph or a Kelvin sign has more
		return "", false
	}
	rest = line[len(verb):]
	r, _ := utf8.DecodeRuneInString(rest)
	return rest, rest == "" || strings.ContainsRune(around+".!,:;", r) || strings.HasPrefix(rest, "- ")
}

func (w word) take(rest string) (Command, bool) {
	rest, ended := strings.TrimLeft(rest, around), false
	if rest != "" && (rest[0] == '.' || rest[0] == '!') {
		rest, ended = strings.TrimLeft(rest[1:], around), true
	}
	if w.arg == required || w.arg == optional && !ended {
		rest = strings.TrimSpace(strings.TrimLeft(rest, around+",:;-"))
		if w.arg == optional {
			if rest = strings.TrimSuffix(rest, "."); courteous(rest) {
				rest = ""
			}
		}
		if strings.Trim(rest, ".!") == "" {
			rest = ""
		}
		return Command{Verb: w.verb, Arg: rest}, true
	}
	c := Command{Verb: w.verb}
	if w.arg == code && !ended {
		first, more, _ := strings.Cut(strings.TrimLeft(rest, around+",:"), " ")
		bare := strings.TrimSuffix(strings.Trim(first, around+","), ".")
		if codeShape.MatchString(bare) && !courtesies[strings.ToLower(strings.TrimRight(bare, ".!"))] {
			c.Arg, rest = strings.ToUpper(bare), more
		}
	}
	return c, courteous(rest)
}

// courteous: nothing but courtesies of a closed list, and one mark that ends a sentence behind each.
func courteous(s string) bool {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(around+",/", r) })
	for i := 0; i < len(words); i++ {
		next := ""
		if i+1 < len(words) {
			next = strings.TrimRight(words[i+1], ".!")
		}
		switch w := words[i]; {
		case w == "terima" && next == "kasih", w == "mohon" && (next == "diproses" || next == "dilanjutkan"), w == "silakan" && (next == "diproses" || next == "dilanjutkan"),
			w == "selamat" && courtesies["selamat "+next]:
			i++
		case w == "." || w == "!" || len(strings.TrimRight(w, ".!"))+1 < len(w) || !courtesies[strings.TrimRight(w, ".!")]:
			return false
		}
	}
	return len(words) > 0 || strings.Trim(s, around) == ""
}

// courtesies are words that change nothing, alone or in the pairs above.
var courtesies = func() map[string]bool {
	out := wordSet("pak bu bapak ibu bpk mas mbak bli gus dik kak saudara sdr admin terimakasih trims trimakasih tks thx thanks makasih trmksh suksma matur salam " +
		"hormat nggih inggih diproses banyak tim team ukpbj lpse wr wb warahmatullahi wabarakatuh")
	for _, s := range []string{"pagi", "siang", "sore", "malam", "bekerja", "bertugas"} {
		out["selamat "+s] = true
	}
	return out
}()

// greeting: a line above the command that only greets.
func greeting(line string) bool {
	l := strings.ToLower(strings.Trim(line, around+".,!:"))
	for _, g := range greetings {
		if rest, ok := strings.CutPrefix(l, g); ok && courteous(strings.Trim(rest, " ,.")) {
			return true
		}
	}
	return false
}

var greetings = []string{"selamat pagi", "selamat siang", "selamat sore", "selamat malam", "dengan hormat", "assalamualaikum", "assalamu'alaikum", "om swastyastu",
	"om swastiastu", "rahajeng semeng", "rahajeng rahina", "rahajeng siang", "rahajeng tengai", "rahajeng sanja", "rahajeng wengi", "salam sejahtera", "yth.", "yth", "halo", "hai", "dear", "hi", "good morning", "good afternoon"}

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
	if goesOn[first.Verb] { // in the next lines
		first.Arg = strings.TrimSpace(strings.Join(append([]string{first.Arg}, lines[1:]...), " "))
		if len(first.Arg) > maxArg {
			first.Arg = strings.ToValidUTF8(first.Arg[:maxArg], "")
		}
		if first.Arg == "" && first.Verb != sop.Kendala {
			return first, "words-missing"
		}
	}
	if first.Verb == sop.Delegasi && first.Arg == "" {
		return first, "words-missing"
	}
	return first, ""
}

// goesOn are the verbs whose words may stand in the lines below.
var goesOn = map[sop.Verb]bool{sop.Tolak: true, sop.Lengkapi: true, sop.Kendala: true, sop.Jelaskan: true}

// maxArg bounds somebody's own words, in bytes.
const maxArg = 2000

func isCommand(line string) bool {
	_, is := ParseCommand(line)
	return is
}

// agree: the same verb, and words of which one goes on where the other was wrapped.
func agree(text, html Command) bool {
	a, b := strings.TrimSuffix(text.Arg, "."), strings.TrimSuffix(html.Arg, ".")
	return text.Verb == html.Verb && (a == b || a != "" && strings.HasPrefix(b, a+" ") || b != "" && strings.HasPrefix(a, b+" "))
}

// ownLines are the filled lines, without greetings at the top.
func ownLines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" && (len(out) > 0 || !greeting(l)) {
			out = append(out, l)
		}
	}
	return out
}

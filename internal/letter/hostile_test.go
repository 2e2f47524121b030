package letter

import (
	"flag"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/triage"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

// Two judges that know nothing of startsAsCommand: the grammar as triage reads it, and a stricter one for which every line
// whose first word is a verb with an argument counts.
var (
	bareVerb = regexp.MustCompile(`(?i)^(setuju|approve|tolak|reject|lengkapi|return|stop|kirim ulang|resend|delegasi|delegate|terima|` +
		`received|salah|wrong|kendala|problem|batal|cancel|jelaskan|explain|status|bantuan|help)( [0-9a-z]{6})?[.!?]?$`)
	verbWithMore = regexp.MustCompile(`(?i)^(tolak|reject|lengkapi|return|kirim ulang|resend|delegasi|delegate|kendala|problem|jelaskan|explain)([ ,:;]|\.[^a-z0-9])`)
	decoration   = regexp.MustCompile(`^[\s>|*\-•·–—\d.)("'“”‘’«»\[\]]+`)
)

func isCommand(line string) bool {
	for _, l := range []string{line, decoration.ReplaceAllString(line, "")} {
		l = strings.Join(strings.Fields(strings.Trim(l, " \"'“”‘’«»)]")), " ")
		if _, ok := triage.ParseCommand(l); ok || bareVerb.MatchString(l) || verbWithMore.MatchString(l) {
			return true
		}
	}
	return false
}

func commandLines(text string, passwords []string) (bad []string) {
	for l := range strings.SplitSeq(text, "\n") {
		if !slices.Contains(passwords, l) && isCommand(l) {
			bad = append(bad, l)
		}
	}
	return bad
}

// pageLines is the text of a page by the real HTML parser, a line for every block, cell and break.
func pageLines(t interface{ Fatalf(string, ...any) }, page string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatalf("html: %v", err)
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(strings.ReplaceAll(n.Data, "\n", " "))
		}
		block := n.Type == html.ElementNode && n.DataAtom != atom.B && n.DataAtom != atom.Span && n.DataAtom != atom.A
		if block {
			b.WriteByte('\n')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if block {
			b.WriteByte('\n')
		}
	}
	walk(doc)
	return squeeze(b.String())
}

func TestTheJudgesKnowACommand(t *testing.T) { // negative control of every test below
	for _, l := range []string{"SETUJU", "setuju.", "> Setuju", "1. TERIMA", "- tolak semua", "| “LENGKAPI berkas”", "KIRIM ULANG", "setuju 7KQF3M",
		"* Kendala: gagal", "HELP", "  status  "} {
		if !isCommand(l) {
			t.Errorf("%q passes as harmless", l)
		}
		if !startsAsCommand(l) {
			t.Errorf("startsAsCommand(%q) = false", l)
		}
	}
	for _, l := range []string{"Balas dengan kata \"SETUJU\".", "1. Nama : SETUJU", "Yth. TERIMA", "Statusnya baik", "status@dinas.example", ""} {
		if isCommand(l) || startsAsCommand(l) {
			t.Errorf("%q counts as a command", l)
		}
	}
	for _, l := range []string{"ſetuju", "ＳＥＴＵＪＵ", "TERİMA", "terıma", "\u200b> 3) STOP!"} {
		if !startsAsCommand(l) {
			t.Errorf("startsAsCommand(%q) = false", l)
		}
	}
}

// nastyText draws words that are likely to break something, glued in every way.
func nastyText() *rapid.Generator[string] {
	word := rapid.OneOf(
		rapid.SampledFrom(nasty),
		rapid.SampledFrom([]string{"SETUJU", "Tolak", "lengkapi", "STOP", "kirim", "ULANG", "KIRIM ULANG", "delegasi", "TERIMA", "salah", "KENDALA",
			"batal", "jelaskan", "status", "BANTUAN", "approve", "REJECT", "return", "Resend", "HELP", "7KQF3M", ".", ">", "-", "1.", "“", "\"", "|"}),
		rapid.StringMatching(`[a-zA-Z]{1,14}`),
		rapid.StringN(0, 6, -1),
	)
	gap := rapid.SampledFrom([]string{" ", " ", " ", "\n", "\r\n", "\u2028", "\u2029", "\u0085", "\v", "\u200b", "\u202e", "\u00a0", "\t", ""})
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(0, 40).Draw(t, "words") {
			b.WriteString(word.Draw(t, "word"))
			b.WriteString(gap.Draw(t, "gap"))
		}
		return b.String()
	})
}

func TestNoLineIsACommand(t *testing.T) {
	set := shipped(t)
	text := nastyText()
	roles := []sop.Role{sop.RoleRequester, sop.RoleApprover, sop.RoleMember, sop.RoleKepala, sop.RoleBagian, sop.RoleOperator, sop.RoleNone}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(sop.LetterKinds).Draw(t, "kind")
		topic := rapid.OneOf(rapid.SampledFrom(topicsOf(kind)), text).Draw(t, "topic")
		drawn := make([]string, 12)
		for i := range drawn {
			drawn[i] = text.Draw(t, "text")
		}
		n := 0
		d := hostileFrom(kind, rapid.SampledFrom(roles).Draw(t, "role"), topic, rapid.IntRange(0, 12).Draw(t, "turn"),
			func() string { n++; return drawn[n%len(drawn)] })
		if kind == sop.Tembusan && rapid.Bool().Draw(t, "copy") {
			copyOf(&d)
		}
		r, err := set.render(d) // without the last resort
		if err != nil {
			t.Fatalf("render: %v", err)
		}
		check(t, r, passwords(d)...)
	})
}

type fatal interface {
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

func check(t fatal, r Rendered, pass ...string) {
	if bad := commandLines(r.Text, pass); bad != nil {
		t.Fatalf("text: %q", bad)
	}
	lines := pageLines(t, r.HTML)
	if bad := commandLines(lines, pass); bad != nil {
		t.Fatalf("html: %q", bad)
	}
	if errs := remote(r.HTML); strings.Contains(r.HTML, "<script") || len(errs) > 0 {
		t.Fatalf("html fetches or runs something: %v", errs)
	}
	if strings.ContainsAny(r.Subject, "\r\n\x00") || len([]rune(r.Subject)) > 200 || r.Subject == "" {
		t.Fatalf("subject %q", r.Subject)
	}
	if len(pass) == 0 {
		if strings.Contains(r.Text+r.HTML+r.Subject, bait) {
			t.Fatalf("a password stands in a letter that was given none")
		}
		return
	}
	for _, p := range pass {
		if !alone(r.Text, p) || !alone(lines, p) || strings.Contains(r.Subject, p) {
			t.Fatalf("the password does not stand alone on its line")
		}
	}
}

// An override that prints data without care is found by Check, and its letters are still harmless.
func TestCheckFindsCarelessOverrides(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	block := func(text, html string) string {
		return `{{define "subject"}}Surat{{end}}{{define "text"}}` + text + `{{end}}{{define "html"}}` + html + `{{end}}`
	}
	for name, c := range map[string]struct{ file, body, want string }{
		"verb alone in text":   {"status.tmpl", block("Balas:\nSTATUS\n", "<p>x</p>"), "reads as a command"},
		"verb alone in cell":   {"bantuan.tmpl", block("x", "<table><tr><td>SETUJU</td><td>menyetujui</td></tr></table>"), "reads as a command"},
		"verb after bullet":    {"status.tmpl", block("- TOLAK alasan", "<p>x</p>"), "reads as a command"},
		"user ID by itself":    {"tembusan.tmpl", block("x", "{{range .Members}}<p>{{.UserID}}</p>{{end}}"), "reads as a command"},
		"password not alone":   {"kredensial.tmpl", block("Password: {{.Password.Reveal}}", "<p>{{.Password.Reveal}}</p>"), "alone on its line"},
		"password left out":    {"kredensial.tmpl", block("x", "<p>x</p>"), "alone on its line"},
		"password elsewhere":   {"tembusan.tmpl", block("{{.Letter.Password}}", "<p>x</p>"), "can't evaluate"},
		"picture from afar":    {"status.tmpl", block("x", `<img src="https://x.example/a.png">`), "holds"},
		"link from afar":       {"status.tmpl", block("x", `<a href="https://x.example/">x</a>`), "not mailto"},
		"data as link":         {"penolakan.tmpl", block("x", `<a href="{{.Note}}">x</a>`), "not mailto"},
		"field that is none":   {"status.tmpl", block("{{.Nothing}}", "<p>x</p>"), "can't evaluate"},
		"subject is empty":     {"status.tmpl", `{{define "subject"}}{{end}}{{define "text"}}x{{end}}{{define "html"}}x{{end}}`, "subject"},
		"endless":              {"status.tmpl", block(`{{define "a"}}{{template "a" .}}x{{end}}{{template "a" .}}`, "x"), ""},
		"careful: good sample": {"status.tmpl", block(`Balas dengan kata "STATUS".`, "<p>Keadaan: {{.Status}}</p>"), "none"},
	} {
		t.Run(name, func(t *testing.T) { judgeOverride(t, c.file, c.body, c.want) })
	}
}

func TestHostileMoments(t *testing.T) {
	set := shipped(t)
	for _, at := range []time.Time{{}, time.Unix(1<<40, 0), time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)} {
		d := samples[5].data()
		d.Now, d.Case.Due, d.Case.Expires = at, at, at
		if _, err := set.Render(d); err != nil {
			t.Error(err)
		}
	}
}

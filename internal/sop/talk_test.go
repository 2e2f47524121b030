package sop_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
)

var rewrite = flag.Bool("rewrite", false, "write what is decided now into the recorded conversations")

// TestConversations holds what is decided against testdata/*.txt. After a change of rules: go test -rewrite, and read the diff.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no recorded conversations", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			got, err := replay(string(want))
			if err != nil {
				t.Fatal(err)
			}
			if *rewrite {
				if err := os.WriteFile(f, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(want) {
				t.Errorf("%s is decided differently now; -rewrite and inspect the diff:\n%s", f, firstDifference(string(want), got))
			}
		})
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d\n- %s\n+ %s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("%d lines became %d", len(w), len(g))
}

// replay runs every line that begins with "> " and gives the conversation with the answers that it has now. Comments and
// empty lines stay.
func replay(script string) (string, error) {
	t := &talk{world: newWorld(testOffice())}
	var b strings.Builder
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "> "):
			b.WriteString(line + "\n")
			if err := t.say(line[2:], &b); err != nil {
				return "", fmt.Errorf("%s: %w", line, err)
			}
		case line == "" || strings.HasPrefix(line, "#"):
			b.WriteString(line + "\n")
		}
	}
	return b.String(), nil
}

// talk runs one conversation.
type talk struct {
	*world
	args map[string]string // key=value of the present line
	rest []string          // its other words
}

func (t *talk) say(line string, b *strings.Builder) error {
	name, words := t.parse(line)
	if do, ok := scenery[name]; ok {
		out, err := do(t)
		if out != "" {
			b.WriteString(out + "\n")
		}
		return err
	}
	ins, err := t.input(name, words)
	if err != nil {
		return err
	}
	for _, in := range ins {
		t.describe(b, t.put(in))
	}
	if len(ins) == 0 {
		b.WriteString("  nothing to do\n")
	}
	return nil
}

func (t *talk) parse(line string) (name, words string) {
	t.args, t.rest = map[string]string{}, nil
	if i := strings.Index(line, ` "`); i >= 0 { // the words of a command, last on the line
		words, line = strings.Trim(line[i+1:], `"`), line[:i]
	}
	for i, w := range strings.Fields(line) {
		if k, v, ok := strings.Cut(w, "="); ok {
			t.args[k] = v
		} else if i > 0 {
			t.rest = append(t.rest, w)
		} else {
			name = w
		}
	}
	return name, words
}

func (t *talk) arg(key, other string) string {
	if v, ok := t.args[key]; ok {
		return v
	}
	return other
}

func (t *talk) number(key string, other int) int {
	if n, err := strconv.Atoi(t.arg(key, "")); err == nil {
		return n
	}
	return other
}

func (t *talk) says(word string) bool { return slices.Contains(t.rest, word) }

// nip is the member that the line names by number.
func (t *talk) nip() string {
	for _, w := range t.rest {
		if n, err := strconv.Atoi(w); err == nil {
			return nipOf(n)
		}
	}
	return ""
}

// scenery are lines that decide nothing.
var scenery = map[string]func(*talk) (string, error){
	"office": (*talk).setOffice, "configuration": (*talk).configure,
	"every": func(t *talk) (string, error) { return t.every(), nil },
	"show":  func(t *talk) (string, error) { return t.show(), nil },
	"new": func(t *talk) (string, error) {
		t.world = newWorld(t.office)
		return "", nil
	},
	"wait": func(t *talk) (string, error) {
		d, err := duration(t.rest[0])
		t.now = t.now.Add(d)
		return "  " + t.clock(t.now), err
	},
}

func (t *talk) setOffice() (string, error) {
	o := testOffice()
	o.Quorum, o.SecondAbove = t.number("quorum", 1), t.number("above", 0)
	var err error
	if u := t.arg("undo", ""); u != "" {
		o.UndoWindow, err = time.ParseDuration(u)
	}
	if t.arg("approvers", "2") == "1" {
		o.Approvers = o.Approvers[:1]
	}
	if t.says("deputies") {
		o.Approvers[0].Deputies = []sop.Approver{{Person: cast["wakil"]}}
	}
	if d := t.arg("standing", ""); d != "" {
		until, _ := time.ParseInLocation("2006-01-02", d, zone)
		o.Standing = []sop.Delegation{{From: cast["admin"], To: cast["wakil"], Until: until.UTC()}}
	}
	o.Level = sop.Level(t.arg("level", "standard"))
	o.FullCopy, o.ReadBack = t.says("full"), t.says("read-back")
	t.world = newWorld(o)
	return "", err
}

// configure changes what the configuration says, in the middle of a case.
func (t *talk) configure() (string, error) {
	t.office.FullCopy = t.says("full")
	t.office.KepalaLPSE = cast[t.arg("kepala", "kepala")]
	return "", nil
}

func duration(s string) (time.Duration, error) {
	s = strings.TrimPrefix(s, "+")
	if n, ok := strings.CutSuffix(s, "d"); ok {
		days, err := strconv.Atoi(n)
		return time.Duration(days) * 24 * time.Hour, err
	}
	return time.ParseDuration(s)
}

// input makes what a line says. Most lines are one input; "seal", "accepted" and "shred" may be several.
func (t *talk) input(name, words string) ([]sop.Input, error) {
	if v, ok := verbs[name]; ok {
		return t.verb(v, words), nil
	}
	if do, ok := happenings[name]; ok {
		return do(t, words)
	}
	return nil, fmt.Errorf("no such line %q", name)
}

var verbs = map[string]sop.Verb{"SETUJU": sop.Setuju, "TOLAK": sop.Tolak, "LENGKAPI": sop.Lengkapi, "STOP": sop.Stop, "KIRIM-ULANG": sop.KirimUlang,
	"DELEGASI": sop.Delegasi, "TERIMA": sop.Terima, "SALAH": sop.Salah, "KENDALA": sop.Kendala, "BATAL": sop.Batal, "BENAR": sop.Benar, "JELASKAN": sop.Jelaskan,
	"STATUS": sop.TanyaStatus, "BANTUAN": sop.TanyaBantuan, "TARI": "TARI"}

// answers are the letters that each verb is an answer to, unless the line says otherwise.
var answers = map[sop.Verb]sop.LetterKind{sop.Setuju: sop.Persetujuan, sop.Tolak: sop.Persetujuan, sop.Lengkapi: sop.Persetujuan, sop.Benar: sop.BacaUlang,
	sop.Terima: sop.Kredensial, sop.Salah: sop.Kredensial, sop.Kendala: sop.Kredensial}

func (t *talk) verb(v sop.Verb, words string) []sop.Input {
	from := t.arg("from", "admin")
	c := sop.Command{Verb: v, Arg: words, Lines: t.lines()}
	to := cast[t.arg("of", from)].Address
	if a, ok := t.office.Approver(to); ok {
		to = a.Address
	}
	c.Ref = t.ref(sop.LetterKind(t.arg("kind", string(answers[v]))), to)
	c.Ref.Via = t.arg("via", "message-id")
	c.Ref.Revision, c.Ref.Issue = t.number("rev", c.Ref.Revision), t.number("issue", c.Ref.Issue)
	in := t.mail(from, sop.Result(t.arg("proof", "pass")), c)
	in.From.Proof.Level = sop.Level(t.arg("level", string(t.office.Level)))
	if d, err := duration(t.arg("arrived", "")); err == nil {
		in.At = t.now.Add(-d)
	}
	return []sop.Input{in}
}

// lines are those below SETUJU: lines=TETAP:1,USER:3:nama.lain. An owner may follow.
func (t *talk) lines() (out []sop.Line) {
	for text := range strings.SplitSeq(t.arg("lines", ""), ",") {
		if f := append(strings.Split(text, ":"), "", "", ""); f[0] != "" {
			out = append(out, sop.Line{Verb: sop.Verb(f[0]), Who: f[1], Arg: f[2], Owner: f[3]})
		}
	}
	return out
}

// happenings are inputs that are no command.
var happenings = map[string]func(t *talk, words string) ([]sop.Input, error){
	"request": func(t *talk, _ string) ([]sop.Input, error) {
		what := sop.Request{Subject: "Permohonan akun", KepalaCopied: t.says("copied"), Reading: t.papers()}
		return []sop.Input{t.mail(t.arg("from", "staf"), sop.Proven, what)}, nil
	},
	"supplement": func(t *talk, _ string) ([]sop.Input, error) {
		return []sop.Input{t.mail(t.arg("from", "staf"), sop.Proven, sop.Supplement{Reading: t.papers()})}, nil
	},
	"repeat": func(t *talk, _ string) ([]sop.Input, error) {
		return []sop.Input{t.mail(t.arg("from", "staf"), sop.Proven, sop.Repeat{Reading: t.papers()})}, nil
	},
	"correct": func(t *talk, _ string) ([]sop.Input, error) {
		x := sop.Corrected{NIP: t.nip(), Address: cast[t.arg("to", "")].Address}
		return []sop.Input{t.mail(t.arg("from", "staf"), sop.Proven, sop.Correction{Rows: []sop.Corrected{x}})}, nil
	},
	"unclear": func(t *talk, words string) ([]sop.Input, error) {
		return []sop.Input{t.mail(t.arg("from", "admin"), sop.Proven, sop.Unclear{Why: words})}, nil
	},
	"refused": func(t *talk, words string) ([]sop.Input, error) {
		w := sop.Refused{Why: words, Gate: t.arg("gate", "correlation"), Tell: t.says("tell"), WrongCode: t.says("wrong-code")}
		return []sop.Input{t.mail(t.arg("from", "admin"), sop.Unproven, w)}, nil
	},
	"held": func(t *talk, words string) ([]sop.Input, error) {
		return []sop.Input{t.mail(t.arg("from", "admin"), sop.Temporary, sop.Held{Why: words, Gate: "authenticity"})}, nil
	},
	"automatic": func(t *talk, words string) ([]sop.Input, error) {
		return []sop.Input{t.mail(t.arg("from", "admin"), sop.Unproven, sop.Automatic{Why: words})}, nil
	},
	"oversized": func(t *talk, _ string) ([]sop.Input, error) {
		return []sop.Input{t.mail(t.arg("from", "staf"), sop.Proven, sop.Oversized{Subject: "Permohonan akun", Size: 50 << 20, Limit: 40 << 20})}, nil
	},
	"exposed": func(t *talk, words string) ([]sop.Input, error) {
		return []sop.Input{t.mail(t.arg("from", "orang"), sop.Unproven, sop.Exposed{NIP: t.nip(), What: words})}, nil
	},
	"elsewhere": func(t *talk, _ string) ([]sop.Input, error) { // DELEGASI in another case
		until, err := time.ParseInLocation("2006-01-02", t.arg("until", ""), zone)
		from := sop.Sender{Person: cast[t.arg("from", "admin")]}
		return []sop.Input{{At: t.now, From: from, What: sop.Delegated{Delegation: sop.Delegation{From: from.Person, To: cast[t.arg("to", "wakil")], Until: until.UTC()}}}}, err
	},
	"instruct": func(t *talk, words string) ([]sop.Input, error) {
		return []sop.Input{{At: t.now, What: sop.Instruct{Verb: t.rest[0], Arg: words}}}, nil
	},
	"tick": func(t *talk, _ string) ([]sop.Input, error) {
		switch {
		case len(t.rest) > 0:
			d, err := duration(t.rest[0])
			t.now = t.now.Add(d)
			return []sop.Input{{At: t.now, What: sop.Tick{}}}, err
		case t.c.Wake.IsZero():
			return nil, nil
		case t.c.Wake.After(t.now):
			t.now = t.c.Wake
		}
		return []sop.Input{{At: t.now, What: sop.Tick{}}}, nil
	},
	"again":    func(t *talk, _ string) ([]sop.Input, error) { return []sop.Input{t.again(t.last)}, nil },
	"nothing":  func(t *talk, _ string) ([]sop.Input, error) { return []sop.Input{{At: t.now}}, nil },
	"accounts": (*talk).makeAccounts, "seal": (*talk).seal, "shred": (*talk).shred, "copy": (*talk).copy,
	"accepted": (*talk).accept, "bounced": (*talk).bounce, "undeliverable": (*talk).fail,
}

// papers are the papers of a request as the line describes them.
func (t *talk) papers() document.Reading {
	r := reading(t.number("members", 3), t.arg("seed", "a"))
	if to := t.arg("address", ""); to != "" {
		r.Roster[0].Email = cast[to].Address
	}
	if d := t.arg("outside", ""); d != "" {
		r.Roster[0].Email = "luar@" + d
	}
	switch {
	case t.says("no-sk"):
		r.Complete, r.Missing, r.Papers = false, []document.Kind{document.SK}, slices.Delete(r.Papers, 1, 2)
	case t.says("bad-nip"):
		r.Problems = append(r.Problems, document.Problem{Row: 2, Field: "nip", Code: document.CodeBadNIP, Severity: document.Stop, Text: "Baris 2: NIP keliru."})
	case t.says("unreadable"):
		r.NeedsPerson = true
	case t.says("photo"): // nobody's program can read the SK, nor, with "photos", the surat tugas
		r.Complete, r.NeedsPerson, r.Missing = false, true, []document.Kind{}
		r.Papers[1].Kind = document.Unreadable
		if t.says("photos") {
			r.Papers[2].Kind = document.Unreadable
		}
	case t.says("doubt"): // about an address; "machine": it was read by OCR
		r.Roster[1].Doubts = []string{"email"}
		r.Papers[0].MachineRead = t.says("machine")
		if to := t.arg("changed", ""); to != "" {
			r.Roster[1].Email = cast[to].Address
		}
		if to := t.arg("amended", ""); to != "" {
			r.Amended = []document.Amendment{{Of: r.Roster[1], Field: "email", Value: cast[to].Address}}
			r.Roster[1].Email, r.Roster[1].Doubts = cast[to].Address, nil
		}
	case t.says("disagree"): // SK and formulir, over a NIP
		r.Problems = append(r.Problems, document.Problem{Row: 2, Field: "nip", Code: document.CodeDisagrees, Severity: document.Stop, Text: "NIP dalam formulir (1) berbeda dengan NIP dalam SK (2)."})
		r.NeedsPerson = true
	case t.says("handwritten"): // nobody's program can read the formulir; SK and surat tugas name the members
		r.Complete, r.NeedsPerson, r.Missing = false, true, []document.Kind{}
		r.Papers[0].Kind, r.Papers[0].Reason = document.Unreadable, document.ReasonNoText
		if !t.says("filled") {
			for i := range r.Roster {
				r.Roster[i].Email = ""
			}
			break
		}
		for _, row := range r.Roster {
			r.Amended = append(r.Amended, document.Amendment{Of: row, Field: "email", Value: row.Email})
		}
	case t.says("no-roster"):
		r.Roster = nil
	case t.says("same-address"):
		r.Roster[1].Email = r.Roster[0].Email
	}
	return r
}

func (t *talk) makeAccounts(words string) ([]sop.Input, error) {
	if t.says("again") {
		return t.done[len(t.done)-1:], nil
	}
	o, ok := t.take(sop.TaskAccounts, "")
	if !ok {
		return nil, nil
	}
	in := t.carry(o, t.c)
	made := in.What.(sop.AccountsMade)
	if t.says("failed") {
		made = sop.AccountsMade{Revision: o.Revision, Issue: o.Issue, NIP: o.NIP, Failed: words}
	}
	if t.says("other") { // as made before the case had any
		seen := t.c
		seen.Accounts = nil
		made = t.accounts(o, seen)
	}
	in.What = made
	t.done = append(t.done, in)
	return []sop.Input{in}, nil
}

func (t *talk) seal(words string) (ins []sop.Input, err error) {
	for {
		o, ok := t.take(sop.TaskCredential, t.nip())
		if !ok {
			return ins, nil
		}
		in := t.carry(o, t.c)
		w := in.What.(sop.CredentialSealed)
		if t.says("failed") {
			w.Sealed, w.Failed = nil, words
		}
		if to := t.arg("to", ""); to != "" {
			w.Letter.To = cast[to]
		}
		in.What = w
		ins = append(ins, in)
	}
}

func (t *talk) copy(words string) (ins []sop.Input, err error) {
	o, ok := t.take(sop.TaskTembusan, "")
	if !ok {
		return nil, nil
	}
	seen := t.c
	in := t.carry(o, seen)
	w := in.What.(sop.TembusanSealed)
	if t.says("failed") {
		w.Sealed, w.Failed = nil, words
	}
	if to := t.arg("to", ""); to != "" {
		w.Letter.To = cast[to]
	}
	in.What = w
	return []sop.Input{in}, nil
}

func (t *talk) shred(string) (ins []sop.Input, err error) {
	for {
		o, ok := t.take(sop.TaskShred, t.nip())
		if !ok {
			return ins, nil
		}
		ins = append(ins, t.carry(o, t.c))
	}
}

// post gives the letters that a line is about: the latest of a kind to somebody, or the latest credential letters.
func (t *talk) post() (ls []sop.Letter) {
	kind := sop.LetterKind(t.arg("kind", string(sop.Kredensial)))
	seen := map[string]bool{}
	for _, l := range slices.Backward(t.letters) {
		who := short(l.To.Address)
		if l.Kind != kind || seen[who] || len(t.rest) > 0 && !t.says("all") && !t.says(who) {
			continue
		}
		seen[who] = true
		if t.says("first") { // the earliest instead
			i := slices.IndexFunc(t.letters, func(x sop.Letter) bool { return x.Kind == kind && x.To == l.To })
			l = t.letters[i]
		}
		ls = append(ls, l)
	}
	slices.Reverse(ls)
	return ls
}

func (t *talk) accept(string) (ins []sop.Input, err error) {
	for _, l := range t.post() {
		if in, ok := t.result(l, sop.Accepted{Letter: l, Text: "250 ok"}); ok {
			ins = append(ins, in)
		}
	}
	return ins, nil
}

func (t *talk) bounce(words string) (ins []sop.Input, err error) {
	for _, l := range t.post() {
		ins = append(ins, sop.Input{At: t.now,
			What: sop.Bounced{Letter: l, Action: t.arg("action", "failed"), Status: t.arg("status", "5.1.1"), Text: words}})
	}
	return ins, nil
}

func (t *talk) fail(words string) (ins []sop.Input, err error) {
	for _, l := range t.post() {
		if in, ok := t.result(l, sop.Undeliverable{Letter: l, Text: words}); ok {
			ins = append(ins, in)
		}
	}
	return ins, nil
}

func (t *talk) clock(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.In(zone).Format("Mon 02 Jan 15:04:05")
}

// describe writes what was decided: the reason, the case, and everything that was asked for.
func (t *talk) describe(b *strings.Builder, out sop.Outcome) {
	c := out.Case
	fmt.Fprintf(b, "  %s → %s, revision %d.%d", out.Reason, c.Status, c.Revision, c.Issue)
	if c.Owes != "" {
		fmt.Fprintf(b, ", %s until %s", c.Owes, t.clock(c.Due))
	}
	fmt.Fprintf(b, ", wake %s\n", t.clock(c.Wake))
	for _, e := range out.Events {
		fmt.Fprintf(b, "  event %s: %s", e.Kind, e.Text)
		for _, k := range []string{"why", "by", "note", "proof"} {
			if e.Data[k] != "" {
				fmt.Fprintf(b, " [%s %s]", k, e.Data[k])
			}
		}
		b.WriteString("\n")
	}
	for _, l := range out.Letters {
		fmt.Fprintf(b, "  letter %s → %s (%s)", l.Kind, short(l.To.Address), l.Role)
		for _, s := range []string{l.Topic, l.Note} {
			if s != "" {
				fmt.Fprintf(b, ", %s", strings.ReplaceAll(s, "@office.example", ""))
			}
		}
		if slices.ContainsFunc(l.Files, func(f sop.File) bool { return f.Paper == "" }) {
			b.WriteString(", sheet")
		}
		if l.Sealed != nil {
			fmt.Fprintf(b, ", %q", l.Sealed)
		}
		b.WriteString("\n")
	}
	for _, o := range out.Tasks {
		fmt.Fprintf(b, "  task %s", o.Kind)
		if o.Renew {
			b.WriteString(map[bool]string{true: " older", false: " renewed"}[o.Kind == sop.TaskShred])
		}
		if m := c.Member(o.NIP); m != nil {
			fmt.Fprintf(b, " of %s", m.Row.Nama)
		} else if o.NIP != "" {
			fmt.Fprintf(b, " of %s", o.NIP)
		}
		b.WriteString("\n")
	}
}

// show draws the case as it stands.
func (t *talk) show() string {
	var b strings.Builder
	c := t.c
	for _, m := range c.Members {
		a := c.Accounts[m.Row.NIP]
		fmt.Fprintf(&b, "  %-20s %s, sent %d×, %s %q", m.Row.Nama, m.State, m.Sends, a.UserID, a.Sealed)
		for _, f := range []struct {
			on   bool
			text string
		}{{m.Address != "", "to " + short(m.Address)}, {m.Proof != "", m.Proof}, {m.Mend != nil, "mend"}, {m.Exposed, "exposed"}, {m.Shredded, "shredded"}, {a.Kept, "kept"}, {m.Note != "", m.Note}} {
			if f.on {
				b.WriteString(", " + f.text)
			}
		}
		for _, x := range m.Marks {
			b.WriteString(", marked " + x)
		}
		b.WriteString("\n")
	}
	for _, x := range c.Reading.Problems {
		fmt.Fprintf(&b, "  problem %s: %s\n", x.Code, x.Text)
	}
	for _, x := range c.Changes {
		fmt.Fprintf(&b, "  change: %s\n", x)
	}
	for _, x := range c.Deviations {
		fmt.Fprintf(&b, "  deviation %s %s by %s: %s %s\n", x.Kind, x.Step, x.Owed, x.Text, x.Reply)
	}
	for _, x := range c.Incidents {
		fmt.Fprintf(&b, "  incident %s until %s: %s\n", x.NIP, t.clock(x.Until), x.What)
	}
	for _, v := range c.Votes {
		fmt.Fprintf(&b, "  vote of %s on %d.%d\n", v.By.Name, v.Revision, v.Issue)
	}
	if c.Held != "" {
		fmt.Fprintf(&b, "  held: %s\n", c.Held)
	}
	return strings.TrimRight(b.String(), "\n")
}

// every tries each command of each person on the case as it stands, and keeps nothing of it.
func (t *talk) every() string {
	var b strings.Builder
	for _, name := range []string{"SETUJU", "TOLAK", "LENGKAPI", "STOP", "KIRIM-ULANG", "DELEGASI", "BATAL", "BENAR", "TERIMA", "SALAH", "KENDALA", "JELASKAN", "STATUS", "BANTUAN"} {
		fmt.Fprintf(&b, "  %-11s", name)
		for _, who := range []string{"admin", "staf", "m1", "kepala", "orang"} {
			w := *t.world
			try := talk{world: &w, args: map[string]string{"from": who}}
			words := map[string]string{"DELEGASI": "Wakil Admin SAMPAI 2026-05-29"}[name]
			if arg := map[string]bool{"TOLAK": true, "LENGKAPI": true, "KENDALA": true, "JELASKAN": true}; arg[name] {
				words = "alasan"
			}
			out := w.put(try.verb(verbs[name], words)[0])
			fmt.Fprintf(&b, " · %s %s", who, out.Reason)
			if out.Case.Status != t.c.Status {
				fmt.Fprintf(&b, " → %s", out.Case.Status)
			}
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

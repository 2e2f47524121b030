package message

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type ownCase struct{ name, text, want string }

func trimmerCases(t testing.TB) []ownCase {
	dir := filepath.Join(corpora, "discourse+email_reply_trimmer/test")
	files, _ := filepath.Glob(filepath.Join(dir, "emails/*.txt"))
	if len(files) == 0 {
		t.Skip("no corpora beside the project")
	}
	var out []ownCase
	for _, f := range files {
		text, _ := os.ReadFile(f)
		want, err := os.ReadFile(filepath.Join(dir, "trimmed", filepath.Base(f)))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, ownCase{filepath.Base(f), string(text), string(want)})
	}
	return out
}

func crispCases(t testing.TB) []ownCase {
	dir := filepath.Join(corpora, "crisp-oss+email-reply-parser")
	f, err := os.Open(filepath.Join(dir, "expected.jsonl"))
	if err != nil {
		t.Skip("no corpora beside the project: ", err)
	}
	defer f.Close()
	var out []ownCase
	for s := bufio.NewScanner(f); s.Scan(); {
		var row struct {
			Path  string
			Reply string `json:"reply_text"`
		}
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, row.Path))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, ownCase{filepath.Base(row.Path), string(text), row.Reply})
	}
	return out
}

func indonesianCases(t testing.TB) []ownCase {
	dir := filepath.Join(corpora, "_locale/id-replies")
	f, err := os.Open(filepath.Join(dir, "expected.tsv"))
	if err != nil {
		t.Skip("no corpora beside the project: ", err)
	}
	defer f.Close()
	var out []ownCase
	for s := bufio.NewScanner(f); s.Scan(); {
		p := strings.Split(s.Text(), "\t")
		var want string
		if len(p) < 3 || json.Unmarshal([]byte(p[2]), &want) != nil {
			continue
		}
		if text, err := os.ReadFile(filepath.Join(dir, p[0])); err == nil {
			out = append(out, ownCase{p[0], string(text), want})
		}
	}
	return out
}

// withoutQuotes drops the lines of an expected answer that are quotes by their own mark: those sets keep a quote that stands
// between own words, which we must not.
func withoutQuotes(s string) string {
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		if !isQuoted(l) {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

func firstWord(s string) string {
	if f := strings.Fields(s); len(f) > 0 {
		return f[0]
	}
	return ""
}

// uncertain are answers that stand unmarked below an opener, or in a forwarded mail: a quote for all we know, so none may be obeyed.
var uncertain = map[string]bool{"embedded_email_17.txt": true, "embedded_email_18.txt": true, "forwarded_message.txt": true}

func TestOwnTextOfCorpora(t *testing.T) {
	for _, set := range []struct {
		name  string
		cases []ownCase
		floor float64
	}{
		{"trimmer", trimmerCases(t), 95}, {"crisp", crispCases(t), 95}, {"indonesian", indonesianCases(t), 100},
	} {
		exact, literal, first, sure := 0, 0, 0, 0
		for _, c := range set.cases {
			got, _, certain := stripQuotes(c.text, nil, DefaultLimits().OwnBytes, false)
			fold := func(s string) string { return strings.Join(strings.Fields(s), " ") }
			if fold(got) == fold(c.want) {
				literal++
			}
			want := withoutQuotes(c.want)
			if fold(got) == fold(want) {
				exact++
			} else {
				t.Logf("%s %s\n got %q\nwant %q", set.name, c.name, got, want)
			}
			if firstWord(got) == firstWord(want) {
				first++
			} else {
				t.Errorf("%s %s: first word %q, want %q", set.name, c.name, firstWord(got), firstWord(want))
			}
			if certain {
				sure++
			}
			if certain == uncertain[c.name] {
				t.Errorf("%s %s: certain: %v", set.name, c.name, certain)
			}
		}
		n := len(set.cases)
		t.Logf("%s: %d cases, exact %.1f %% (as printed, with quotes: %.1f %%), first word %.1f %%, certain %.1f %%", set.name, n, pct(exact, n), pct(literal, n), pct(first, n), pct(sure, n))
		if pct(exact, n) < set.floor {
			t.Errorf("%s: exact %.1f %%, floor %.0f %%", set.name, pct(exact, n), set.floor)
		}
	}
}

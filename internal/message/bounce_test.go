package message

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sisimaiExpected: how many recipients each bounce of the set has. Complaints and replies on leave are no bounces.
func sisimaiExpected(t testing.TB) map[string]int {
	f, err := os.Open(filepath.Join(corpora, "sisimai+set-of-emails/expected.tsv"))
	if err != nil {
		t.Skip("no corpora beside the project: ", err)
	}
	defer f.Close()
	want := map[string]int{}
	for s := bufio.NewScanner(f); s.Scan(); {
		p := strings.Split(s.Text(), "\t")
		if strings.HasPrefix(p[0], "#") || len(p) < 5 || p[0] == "path" || p[4] == "feedback" || p[4] == "vacation" {
			continue
		}
		want[p[0]]++
	}
	return want
}

func TestBouncesOfSisimai(t *testing.T) {
	want := sisimaiExpected(t)
	total, found, exact := 0, 0, 0
	for path, n := range want {
		raw, err := os.ReadFile(filepath.Join(corpora, "sisimai+set-of-emails", path))
		if err != nil || left(path) {
			continue
		}
		total++
		m := Parse(raw, DefaultLimits(), nil)
		switch {
		case m.Bounce == nil:
			t.Logf("missed  %s %q", path, m.Subject)
		case len(m.Bounce.Recipients) == n:
			found++
			exact++
		default:
			found++
			t.Logf("counted %s want %d got %v", path, n, m.Bounce.Recipients)
		}
	}
	t.Logf("bounces %d: found %d (%.1f %%), recipients exact %d (%.1f %%)", total, found, pct(found, total), exact, pct(exact, total))
	if !raceOn && (pct(found, total) < 99 || pct(exact, total) < 92) {
		t.Error("floors 99 % and 92 %")
	}
}

func pct(a, b int) float64 { return 100 * float64(a) / float64(max(b, 1)) }

func TestNoFalseBounce(t *testing.T) {
	human, alarms, marked := 0, 0, 0
	for _, f := range corpusFiles(t, func(c corpusFile) bool { return c.role == "mail" && (c.kind == "request-like" || c.kind == "other") }) {
		m := Parse(corpusBytes(t, f.path), DefaultLimits(), nil)
		human++
		if m.Bounce != nil {
			alarms++
			t.Logf("bounce? %s %q %v", f.path, m.Subject, m.Bounce.Recipients)
		}
		if len(m.Automation) > 0 {
			marked++
			t.Logf("marked %s %q %v", f.path, m.Subject, m.Automation)
		}
	}
	t.Logf("human mail %d: bounces %d, marked %d", human, alarms, marked)
}

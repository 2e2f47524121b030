package secret

import (
	"bytes"
	"crypto/rand"
	"math"
	"strings"
	"testing"
)

func TestGenerate(t *testing.T) {
	const n = 20_000
	seen := map[string]bool{}
	count := map[rune]int{}
	for range n {
		s, err := DefaultRule.Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		p := s.Reveal()
		if len(p) < 12 || !Strong(s) || strings.ContainsAny(p, "0Oo1lI|") || strings.ContainsAny(p, " \"'`\\<>&,;") || seen[p] {
			t.Fatal("a password breaks the rule, or came twice") // not shown: it looks real
		}
		if !strings.ContainsAny(p[:1], lower+upper) || strings.ContainsAny(p[len(p)-1:], specials) {
			t.Fatal("a password begins or ends badly")
		}
		seen[p] = true
		for _, c := range p[1 : len(p)-1] {
			count[c]++
		}
	}
	// Within a class every character is as likely as another.
	for _, class := range []string{lower, upper, digits, specials} {
		sum := 0
		for _, c := range class {
			sum += count[c]
		}
		mean := float64(sum) / float64(len(class))
		for _, c := range class {
			if d := math.Abs(float64(count[c]) - mean); d > 6*math.Sqrt(mean) {
				t.Errorf("%c came %d times, its class %.0f times on average", c, count[c], mean)
			}
		}
	}
	if alphabet := DefaultRule.Letters + DefaultRule.Symbols; len(alphabet) != 64 || strings.ContainsAny(alphabet, "0Oo1lI|") {
		t.Error("the alphabet has not 64 characters, or confusable ones")
	}
}

func TestGenerateFromABrokenSource(t *testing.T) {
	if _, err := DefaultRule.Generate(bytes.NewReader(nil)); err == nil {
		t.Error("an empty source gave a password")
	}
	for _, gen := range []func() (Secret, error){
		func() (Secret, error) { return DefaultRule.Generate(same(0)) },
	} {
		if _, err := gen(); err == nil {
			t.Error("a source that repeats itself gave a secret")
		}
	}
}

type same byte

func (s same) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(s)
	}
	return len(p), nil
}

func TestStrong(t *testing.T) {
	for p, want := range map[string]bool{
		"Contoh-1": true, "contoh-1": false, "CONTOH-1": false, "Contoh-x": false, "Contoh11": false, "Cont-1": false, "": false,
		"Contoh -1": false, "Contoh-1\n": false, "Contoh-1é": false, "Contoh-1\u200b": false, strings.Repeat("Contoh-1", 9): false,
	} {
		if got := Strong(New([]byte(p))); got != want {
			t.Errorf("Strong(%q) = %v", p, got)
		}
	}
	if Strong(Secret{}) {
		t.Error("an absent secret is strong")
	}
}

// TestRule: what a configured rule makes keeps it, and what cannot be kept is refused with its reason.
func TestRule(t *testing.T) {
	for _, r := range []Rule{DefaultRule, {20, "abcdefgABCDEFG234", "-_"}, {64, lower + upper + digits, "!"}, {12, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "!#$%*+-=?@^_~"}} {
		if err := r.Check(); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
		seen := map[string]bool{}
		for range 500 {
			s, err := r.Generate(rand.Reader)
			if err != nil || len(s.Reveal()) != r.Length || !r.Keeps(s) || seen[s.Reveal()] {
				t.Fatalf("%+v: %v, or a password that breaks it, or came twice", r, err)
			}
			seen[s.Reveal()] = true
		}
	}
	for why, r := range map[string]Rule{
		"bits": {11, lower + upper + digits, specials}, "12 characters": {12, "aB2", "-_"}, "not 8 to 64": {65, lower + upper + digits, specials},
		"twice": {20, "aab" + upper + digits, specials}, "a symbol": {20, lower + upper + digits, ""}, "a digit": {20, lower + upper, specials},
		"among symbols": {20, lower + upper + digits + "-", specials}, "letters and digits": {20, lower + upper + digits, "1"}, "typed": {20, lower + upper + digits, "é"}, "everywhere": {20, lower + upper + digits, "-<"},
	} {
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), map[bool]string{true: "bits", false: why}[why == "12 characters"]) {
			t.Errorf("%s: %v", why, err)
		}
	}
	own := Rule{16, lower + upper + digits, "-"}
	for p, want := range map[string]bool{"Cantah-cantah-23": true, "Cantah-23": false, "Cantah+cantah+23": false} {
		if own.Keeps(New([]byte(p))) != want {
			t.Errorf("%s: want %v", p, want)
		}
	}
	if !DefaultRule.Keeps(New([]byte("Contoh-1"))) {
		t.Error("where nothing is configured, SPSE's rule suffices for another program")
	}
}

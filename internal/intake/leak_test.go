package intake

import (
	"flag"
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

// TestCaseNumbers: the fast search finds what the plain pattern finds.
func TestCaseNumbers(t *testing.T) {
	tag := regexp.MustCompile(`PKJ-\d{4}-\d{4,8}`)
	piece := rapid.SampledFrom([]string{"PKJ", "-", "2026", "0001", "-0", "123456789", "P", "KJ-20", "26-00", "x", "--", "\r\n", "PKJ-2026-0001", "PKJ-2026-00012345678"})
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for _, s := range rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces") {
			text += s
		}
		want := tag.FindAllString(text, 5)
		if got := caseNumbers([]byte(text), "PKJ", 5); !slices.Equal(got, want) {
			t.Fatalf("in %q: %q, want %q", text, got, want)
		}
	})
}

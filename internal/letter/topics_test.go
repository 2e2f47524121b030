package letter

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ukpbjd/internal/sop"
)

// Every topic that the procedure or the gates send has words of its own here.
func TestTopicsOfTheProcedureAreKnown(t *testing.T) {
	for _, x := range []struct {
		room, pattern string
		kind          sop.LetterKind
		least         int
	}{
		{"sop", `d\.(?:reject|answer)\("([a-z-]+)"`, sop.TidakDikenali, 4},
		{"triage", `return Command\{\}, "([a-z-]+)"`, sop.TidakDikenali, 3},
		{"triage", `Refused\{Why: "([a-z-]+)"`, sop.TidakDikenali, 2},
		{"triage", `refused\(v, "correlation", "([a-z-]+)", true\)`, sop.TidakDikenali, 4},
		{"sop", `tellApprovers\("([a-z-]+)"`, sop.Pemberitahuan, 4},
		{"sop", `Pemberitahuan, .*?, "([a-z-]+)"`, sop.Pemberitahuan, 3},
		{"sop", `PeringatanOperator, .*?, "([a-z-]+)"`, sop.PeringatanOperator, 4},
		{"triage", `OperatorAlert = "([a-z-]+)"`, sop.PeringatanOperator, 3},
		{"sop", `toPerson\("([a-z-]+)"`, sop.PeringatanOperator, 2},
		{"sop", `toPerson\("([a-z-]+)"`, sop.Kekurangan, 2},
	} {
		known := map[string]bool{}
		for _, topic := range topicsOf(x.kind) {
			known[topic] = true
		}
		found := topicsIn(t, x.room, x.pattern)
		if len(found) < x.least {
			t.Errorf("%s: only %v found by %s", x.room, found, x.pattern)
		}
		for _, topic := range found {
			if !known[topic] {
				t.Errorf("%s sends %s with topic %q, which has no words", x.room, x.kind, topic)
			}
		}
	}
}

func topicsIn(t *testing.T, room, pattern string) (topics []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", room, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(src), -1) {
			topics = append(topics, m[1])
		}
	}
	return topics
}

// Every topic that a recorded conversation of the procedure ever sent has words of its own.
func TestTopicsOfTheConversationsAreKnown(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "sop", "testdata", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatal("no recorded conversations", err)
	}
	sent := regexp.MustCompile(`(?m)^  letter ([a-z-]+) → [^,\n]*(?:, ([a-z-]+))?(?:, .*)?$`)
	seen := map[string]bool{}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range sent.FindAllStringSubmatch(string(src), -1) {
			seen[m[1]+" "+m[2]] = true
		}
	}
	for s := range seen {
		kind, topic, _ := strings.Cut(s, " ")
		switch k := sop.LetterKind(kind); k {
		case sop.TidakDikenali, sop.Pemberitahuan, sop.PeringatanOperator, sop.Pengingat, sop.Eskalasi:
			if !slices.Contains(topicsOf(k), topic) {
				t.Errorf("%s is sent with topic %q, which has no words", kind, topic)
			}
		case sop.GagalKirim:
			if letterName(sop.LetterKind(topic)) == letterName("") {
				t.Errorf("%s is sent about %q, which has no name", kind, topic)
			}
		default:
			if !slices.Contains(sop.LetterKinds, k) {
				t.Errorf("%s is sent and has no template", kind)
			}
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d kinds and topics found", len(seen))
	}
}

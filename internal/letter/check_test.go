package letter

import (
	"testing"

	"ukpbjd/templates"
)

func shipped(t testing.TB) *Set {
	t.Helper()
	s, err := Parse(templates.FS, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestShippedLettersPassCheck(t *testing.T) {
	for _, err := range shipped(t).Check(true) {
		t.Error(err)
	}
}

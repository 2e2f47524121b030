package extract

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
)

// Mails after public bug reports, with what is right in each.
func TestSharedBugInputs(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "bug-inputs")
	if _, err := os.Stat(dir); err != nil {
		dir = filepath.Join("..", "..", "..", "..", "shared", "bug-inputs")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no ../shared/bug-inputs here")
	}
	r := New(Options{OCR: "off", TempDir: t.TempDir()})
	for name, want := range map[string]struct{ complete, person bool }{
		"request-apple-mail-inline-files":   {true, false},
		"request-docx-document2":            {true, false},
		"request-office-lock-file":          {true, false},
		"request-p7m-opaque":                {true, false},
		"request-winmail":                   {true, false},
		"request-xls-xml2003":               {true, false},
		"request-xlsx-x000D":                {true, false},
		"request-xlsx-zero-width-email":     {true, false},
		"request-scan-with-camscanner-line": {false, true}, // nothing reads pictures here
		"control-scan-without-text":         {false, true},
		"request-tiff-g4":                   {false, true},
	} {
		raw, err := os.ReadFile(filepath.Join(dir, name+".eml"))
		if err != nil {
			t.Error(err)
			continue
		}
		msg := message.Parse(raw, message.DefaultLimits(), nil)
		got := document.Read(document.Bundle{Sources: r.All(context.Background(), msg.Files), Body: msg.Text})
		if got.Complete != want.complete || got.NeedsPerson != want.person || len(got.Missing) > 0 || len(got.Problems) > 0 || want.complete && len(got.Roster) != 3 {
			t.Errorf("%s: complete %v, person %v, missing %v, %d members, problems %+v, papers %+v", name, got.Complete, got.NeedsPerson, got.Missing, len(got.Roster), got.Problems, got.Papers)
		}
	}
}

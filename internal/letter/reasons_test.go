package letter

import (
	"strings"
	"testing"

	"ukpbjd/internal/document"
)

// Whoever sent a file that cannot be read is told what to do next, or who will look at it.
func TestEveryReasonSaysWhatToDo(t *testing.T) {
	for _, reason := range []string{document.ReasonEncrypted, document.ReasonCorrupt, document.ReasonEmpty, document.ReasonTooLarge, document.ReasonUnsupported,
		document.ReasonNoText, document.ReasonTimeout, document.ReasonMalware, document.ReasonUnscanned} {
		if said := unreadable[reason]; !strings.Contains(said, "mohon") && !strings.Contains(said, "petugas") {
			t.Errorf("%s: %q", reason, said)
		}
	}
}

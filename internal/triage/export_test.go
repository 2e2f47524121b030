package triage

import "strings"

// ReadsAsAmendment says that a line would be taken for one that corrects a roster.
func ReadsAsAmendment(line string) bool {
	return amendLine.MatchString(strings.TrimSpace(visible(line)))
}

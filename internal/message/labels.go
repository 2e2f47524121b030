package message

import (
	_ "embed"
	"strings"
)

//go:embed labels.txt
var labelsText string

// headerLabels are the names of header fields in many languages, in lower case, and what they label.
var headerLabels = func() map[string]string {
	all, role := map[string]string{}, ""
	for line := range strings.Lines(labelsText) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "|") {
			role = line
			continue
		}
		for name := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			if all[name] == "" {
				all[name] = role
			}
		}
	}
	return all
}()

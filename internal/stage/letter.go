package stage

import (
	"strings"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/message"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// PasswordIn finds the password in a credential letter: it stands alone on its line, and keeps SPSE's rule.
func PasswordIn(m *message.Message) string {
	if KindOf(m) != sop.Kredensial {
		return ""
	}
	for line := range strings.Lines(m.Text) {
		line = strings.TrimSpace(line)
		if !strings.ContainsAny(line, " \t") && !strings.Contains(line, "://") && !strings.Contains(line, "."+"example") && credential.Strong(secret.New([]byte(line))) {
			return line
		}
	}
	return ""
}

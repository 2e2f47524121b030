package tasks

import (
	"context"
	"strings"
	"testing"
)

// TestCommandInheritsNothing: a program of the office gets no more of this service's environment than it needs to run.
func TestCommandInheritsNothing(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x")
	t.Setenv("NOTIFY_SOCKET", "/run/systemd/notify")
	out, err := Command{Argv: []string{"/usr/bin/env"}}.run(context.Background(), nil)
	if err != nil || !strings.Contains(string(out), "PATH=") || strings.Contains(string(out), "CREDENTIALS") || strings.Contains(string(out), "NOTIFY") {
		t.Errorf("%v\n%s", err, out)
	}
}

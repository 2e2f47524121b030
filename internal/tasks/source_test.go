package tasks

import (
	"context"
	"strings"
	"testing"

	"ukpbjd/internal/secret"
)

// TestCommandInheritsNothing: a program of the office gets no more of this service's environment than it needs to run.
// TestCommandIsHeldToTheRules: what a program answers is refused whole, by name and without the password; the control is a good answer.
func TestCommandIsHeldToTheRules(t *testing.T) {
	want := []Wanted{{NIP: "1"}, {NIP: "2"}}
	const one, two = `{"nip":"1","user_id":"satu","password":"Contoh-11"}`, `{"nip":"2","user_id":"dua","password":"Contoh-22"}`
	for name, x := range map[string]struct {
		said, want string
		rule       secret.Rule
	}{
		"good":             {one + "," + two, "", secret.Rule{}},
		"no password":      {`{"nip":"1","user_id":"satu"},{"nip":"2","user_id":"dua"}`, "", secret.Rule{}},
		"somebody else":    {one + "," + `{"nip":"3","user_id":"dua","password":"Contoh-22"}`, "no account for 2", secret.Rule{}},
		"one more":         {one + "," + two + "," + `{"nip":"3","user_id":"tiga","password":"Contoh-33"}`, "3 accounts for 2", secret.Rule{}},
		"one twice":        {one + "," + two + "," + two, "3 accounts for 2", secret.Rule{}},
		"one ID":           {one + "," + `{"nip":"2","user_id":"SATU","password":"Contoh-22"}`, "gave 1 and 2 one user ID, SATU", secret.Rule{}},
		"one password":     {one + "," + `{"nip":"2","user_id":"dua","password":"Contoh-11"}`, "gave 1 and 2 one password", secret.Rule{}},
		"an odd ID":        {one + "," + `{"nip":"2","user_id":"d ua","password":"Contoh-22"}`, "gave 2 a user ID", secret.Rule{}},
		"a weak password":  {one + "," + `{"nip":"2","user_id":"dua","password":"contoh"}`, "gave 2 a password", secret.Rule{}},
		"against the rule": {one + "," + two, "gave 1 a password", secret.Rule{Length: 20, Letters: secret.DefaultRule.Letters, Symbols: "-"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Command{Argv: []string{"/bin/sh", "-c", "cat >/dev/null; echo '[" + x.said + "]'"}, Rule: x.rule}.Make(t.Context(), "PKJ-2026-0001", want)
			if (err == nil) != (x.want == "") || err != nil && (!strings.Contains(err.Error(), x.want) || strings.Contains(strings.ToLower(err.Error()), "contoh-")) {
				t.Errorf("%v, want %q", err, x.want)
			}
		})
	}
}

func TestCommandInheritsNothing(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x")
	t.Setenv("NOTIFY_SOCKET", "/run/systemd/notify")
	out, err := Command{Argv: []string{"/usr/bin/env"}}.run(context.Background(), nil)
	if err != nil || !strings.Contains(string(out), "PATH=") || strings.Contains(string(out), "CREDENTIALS") || strings.Contains(string(out), "NOTIFY") {
		t.Errorf("%v\n%s", err, out)
	}
}

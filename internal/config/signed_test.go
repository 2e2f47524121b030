package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"ukpbjd/internal/sop"
)

func TestSignedNeedsAKeyForEverybody(t *testing.T) {
	dir := house(t)
	text := strings.Replace(minimal, "received_by: [", "assurance: signed, received_by: [", 1)
	_, faults := load(t, dir, text)
	var all strings.Builder
	for _, f := range faults {
		all.WriteString(f.String() + "\n")
	}
	for _, want := range []string{"people.approvers[0].certificate_file: is needed", "people.approvers[0].deputies[0].certificate_file: is needed"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no fault says %q:\n%s", want, all.String())
		}
	}
	write(t, filepath.Join(dir, "key.asc"), "-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
	text = strings.ReplaceAll(text, "sheet_passphrase_file:", "openpgp_key_file: key.asc, sheet_passphrase_file:")
	c, faults := load(t, dir, text)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if c.Office().Level != sop.Signed || len(c.People.Approvers[0].OpenPGPKey) == 0 || len(c.People.Approvers[0].Deputies[0].OpenPGPKey) == 0 {
		t.Errorf("level %s, approvers %+v", c.Office().Level, c.People.Approvers)
	}
	write(t, filepath.Join(dir, "key.asc"), "-----BEGIN PGP PRIVATE KEY BLOCK-----\n")
	if _, faults = load(t, dir, text); len(faults) != 2 {
		t.Errorf("a private key was taken: %v", faults)
	}
}

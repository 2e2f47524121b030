package config_test

import (
	"encoding/pem"
	"path/filepath"
	"strings"
	"testing"
)

func TestMemberKeys(t *testing.T) {
	dir := house(t)
	write(t, filepath.Join(dir, "a.asc"), "-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
	with := func(list string) string {
		return strings.Replace(minimal, "people:\n", "people:\n  member_keys:\n"+list, 1)
	}
	c, faults := load(t, dir, with("    - {email: Anggota@Office.example, openpgp_key_file: a.asc}\n    - {nip: \"198609262015051001\", openpgp_key_file: a.asc}\n"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	k := c.People.MemberKeys
	if len(k) != 2 || !strings.EqualFold(k[0].Address, "anggota@office.example") || len(k[0].OpenPGPKey) == 0 || k[1].NIP != "198609262015051001" {
		t.Errorf("%+v", k)
	}
	if k[1].At.Line != 7 || k[1].At.Key != "people.member_keys[1]" || k[1].At.File != "ukpbjd.yaml" {
		t.Errorf("the second stands at %+v", k[1].At)
	}
	write(t, filepath.Join(dir, "secret.asc"), string(pem.EncodeToMemory(&pem.Block{Type: "PGP PRIVATE KEY BLOCK", Bytes: []byte("x")})))
	write(t, filepath.Join(dir, "junk.pem"), "halo\n")
	for list, want := range map[string]string{
		"{openpgp_key_file: a.asc}": "member_keys[0]: it must say whose key it is; write either email or nip",
		`{email: a@b.example, nip: "198609262015051001", openpgp_key_file: a.asc}`: "member_keys[0]: it must say whose key it is",
		"{email: a@b.example}":                                                        "member_keys[0]: one key is wanted; name either certificate_file or openpgp_key_file",
		"{email: nobody, openpgp_key_file: a.asc}":                                    "member_keys[0].email:",
		"{email: a@b.example, openpgp_key_file: secret.asc}":                          "member_keys[0].openpgp_key_file: the file holds no public key",
		"{email: a@b.example, openpgp_key_file: absent.asc}":                          "member_keys[0].openpgp_key_file: the file cannot be read",
		"{email: a@b.example, certificate_file: junk.pem}":                            "member_keys[0].certificate_file: the file holds no certificate",
		"{email: a@b.example, certificate: a.asc, openpgp_key_file: a.asc}":           "did you mean certificate_file?",
		"{email: a@b.example, certificate_file: junk.pem, openpgp_key_file: a.asc}\n": "member_keys[0].certificate_file",
	} {
		_, faults := load(t, dir, with("    - "+strings.TrimSpace(list)+"\n"))
		if len(faults) != 1 || !strings.Contains(faults[0].String(), want) || faults[0].Line != 6 {
			t.Errorf("%s: %v, want %q", list, faults, want)
		}
	}
}

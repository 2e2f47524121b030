package doctor

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/mailbox"
)

// TestMemberKeysThatCannotBeUsed: check names the line and the remedy; the daemon itself starts with a key that is only too old.
func TestMemberKeysThatCannotBeUsed(t *testing.T) {
	now := time.Date(2026, 6, 9, 10, 0, 0, 0, time.UTC)
	certificate := func(bits int, until time.Time) []byte {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Anggota"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: until}
		der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	good, old := certificate(2048, now.AddDate(1, 0, 0)), certificate(2048, now.Add(-time.Minute))
	soon, weak := certificate(2048, now.AddDate(0, 0, 7)), certificate(1024, now.AddDate(1, 0, 0))
	at := config.Fault{File: "ukpbjd.yaml", Line: 31, Key: "people.member_keys[0]"}
	for name, c := range map[string]struct {
		keys  []config.MemberKey
		level mailbox.Level
		want  string
		open  bool
	}{
		"good":    {[]config.MemberKey{{Address: "a@gov.example", Certificate: good, At: at}}, mailbox.Good, "1, all for encryption", true},
		"soon":    {[]config.MemberKey{{Address: "a@gov.example", Certificate: soon, At: at}}, mailbox.Warn, "ukpbjd.yaml:31: people.member_keys[0]: comes to its end within 30 days", true},
		"expired": {[]config.MemberKey{{Address: "a@gov.example", Certificate: old, At: at}}, mailbox.Fail, "ukpbjd.yaml:31: people.member_keys[0]: the key of a@gov.example cannot be used: it is out of its time", true},
		"weak":    {[]config.MemberKey{{NIP: "198609262015051001", Certificate: weak, At: at}}, mailbox.Fail, "its RSA key has 1024 bits", false},
		"junk":    {[]config.MemberKey{{Address: "a@gov.example", OpenPGPKey: []byte("halo"), At: at}}, mailbox.Fail, "no OpenPGP key can be read in it", false},
		"twice": {[]config.MemberKey{{Address: "a@gov.example", Certificate: good, At: at}, {Address: "A@gov.example", Certificate: good, At: at}}, mailbox.Fail,
			"a second key for a@gov.example", false},
	} {
		cfg := &config.Config{People: config.People{MemberKeys: c.keys}}
		found := checkMemberKeys(cfg, now)
		if len(found) == 0 || found[0].Level != c.level || !strings.Contains(found[0].Text, c.want) || (found[0].Remedy == "") != (c.level == mailbox.Good) {
			t.Errorf("%s: %+v, want %q", name, found, c.want)
		}
		if _, faults := daemon.MemberKeys(cfg, time.Time{}); (len(faults) == 0) != c.open {
			t.Errorf("%s: opened with %v", name, faults)
		}
	}
	if found := checkMemberKeys(&config.Config{}, now); len(found) > 0 {
		t.Errorf("without keys: %+v", found)
	}
}

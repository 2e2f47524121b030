package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/sop"
)

var pinDay = time.Date(2026, 5, 5, 9, 0, 0, 0, time.UTC)

func certificateUntil(t *testing.T, days int, usage x509.ExtKeyUsage) []byte {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(int64(days) + 1000), Subject: pkix.Name{CommonName: "Admin Agency"}, NotBefore: pinDay.AddDate(-1, 0, 0),
		NotAfter: pinDay.AddDate(0, 0, days), EmailAddresses: []string{"admin@office.example"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{usage}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// TestCheckPins: at level signed a missing or useless certificate is a fault; below it nothing of it is.
func TestCheckPins(t *testing.T) {
	const mail, other = x509.ExtKeyUsageEmailProtection, x509.ExtKeyUsageServerAuth
	join := func(all ...[]byte) (out []byte) {
		for _, b := range all {
			out = append(out, b...)
		}
		return out
	}
	for name, x := range map[string]struct {
		pem    []byte
		signed mailbox.Level // of the first line at level signed; below it a fault is a warning
		lines  int
	}{
		"good":               {certificateUntil(t, 300, mail), mailbox.Good, 1},
		"ends soon":          {certificateUntil(t, 20, mail), mailbox.Warn, 1},
		"expired":            {certificateUntil(t, -1, mail), mailbox.Fail, 1},
		"for a server":       {certificateUntil(t, 300, other), mailbox.Warn, 1},
		"old one beside new": {join(certificateUntil(t, -1, mail), certificateUntil(t, 300, mail)), mailbox.Good, 2},
		"unreadable":         {[]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), mailbox.Fail, 1},
		"nothing":            {nil, mailbox.Fail, 1},
	} {
		a := config.Approver{Person: sop.Person{Name: "Admin", Address: "admin@office.example"}, Certificates: x.pem}
		for _, level := range []sop.Level{sop.Signed, sop.Standard} {
			cfg := &config.Config{Trust: config.Trust{Assurance: level}, People: config.People{Approvers: []config.Approver{{Person: sop.Person{Address: "x@office.example"},
				Certificates: certificateUntil(t, 300, mail), Deputies: []config.Approver{a}}}}}
			found := checkPins(cfg, pinDay)[1:] // the first is the approver's own, who is well
			want, lines := x.signed, x.lines
			if level == sop.Standard && want == mailbox.Fail {
				want = mailbox.Warn
			}
			if level == sop.Standard && x.pem == nil {
				lines = 0
			}
			if len(found) != lines || lines > 0 && found[0].Level != want {
				t.Errorf("%s at %s: %+v", name, level, found)
			}
			if lines == 2 && found[1].Level != mailbox.Warn {
				t.Errorf("%s at %s: %+v", name, level, found[1])
			}
		}
	}
}

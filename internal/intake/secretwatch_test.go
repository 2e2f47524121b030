package intake

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/message"
	"ukpbjd/internal/office"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store/bolt"
)

// watching is an intake that watches for so many passwords, and knows no case.
func watching(t testing.TB, passwords int) (*Intake, *credential.Watch) {
	t.Helper()
	dir := t.TempDir()
	db, err := bolt.Open(filepath.Join(dir, "ukpbjd.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	vault, err := credential.OpenVault(filepath.Join(dir, "keys.db"), secret.New(make([]byte, 32)), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { vault.Close() })
	clerk, err := office.New(t.Context(), office.Options{DB: db, Vault: vault, Now: time.Now, Meter: silent{}, Office: sop.Office{CasePrefix: "PKJ"}})
	if err != nil {
		t.Fatal(err)
	}
	w, err := clerk.SecretWatch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range passwords {
		p, err := secret.DefaultRule.Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		w.Add(fmt.Sprintf("PKJ-2026-%04d/1", i), p)
	}
	return New(Options{Clerk: clerk}), w
}

// TestNoFalseAlarm: in none of thousands of mails of all kinds is a password seen that is not in it, however many live; put into
// it, it is seen.
func TestNoFalseAlarm(t *testing.T) {
	const corpora = "../../../shared/corpora"
	if _, err := os.Stat(corpora); err != nil {
		t.Skip("the corpora are not here: ", err)
	}
	c, w := watching(t, 2000)
	for i, chosen := range []string{"Pokja#2026", "Badung@12345", "Pengadaan-1!", "Rahasia1*"} {
		w.Add(fmt.Sprintf("PKJ-2025-%04d/1", i), secret.New([]byte(chosen)))
	}
	word := secret.New([]byte("Kenari-7xQ#mawar"))
	w.Add("PKJ-2024-0001/1", word)
	mails, oneIn := 0, 3
	switch {
	case os.Getenv("UKPBJD_LONG") != "":
		oneIn = 1
	case testing.Short():
		oneIn = 24
	}
	slowest := time.Duration(0)
	err := filepath.WalkDir(corpora, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || filepath.Dir(path) == corpora {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil || len(raw)%oneIn > 0 {
			return err
		}
		msg := message.Parse(raw, message.DefaultLimits(), nil)
		began := time.Now()
		seen, err := c.suspectedIn(context.Background(), msg, false)
		slowest = max(slowest, time.Since(began))
		if len(seen) > 0 || err != nil {
			t.Errorf("%s: %d passwords are seen, %v", path, len(seen), err)
		}
		mails++
		msg.Files = append(msg.Files, message.Attachment{Name: "terusan.eml", ContentType: "message/rfc822",
			Bytes: []byte("From: a@b.example\r\nSubject: Sandi\r\n\r\nSandi saya: " + word.Reveal() + ".\r\n")})
		if seen, err = c.suspectedIn(context.Background(), msg, true); !slices.Equal(seen, []string{"PKJ-2024-0001"}) || err != nil {
			t.Errorf("%s: the password put into it is not seen: %q %v", path, seen, err)
		}
		return nil
	})
	if err != nil || mails == 0 {
		t.Fatal(mails, err)
	}
	t.Logf("%d mails, the slowest took %s", mails, slowest)
}

// BenchmarkFindLeaks: a request with three papers of 100 KB, that names no case, where 5,000 passwords live. Before is what the
// search did without the watch, papers what it costs to look into what their readers found.
func BenchmarkFindLeaks(b *testing.B) {
	bundle, err := rehearsal.Papers(1, 5, rehearsal.Office{Domain: "office.example", PadTo: 100_000})
	if err != nil {
		b.Fatal(err)
	}
	raw := bundle.Mail(rehearsal.Envelope{From: sop.Person{Name: "Staf", Address: "staf@office.example"}, To: []sop.Person{{Address: "ukpbj@office.example"}},
		Date: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC), HTML: true, MessageID: "<1@office.example>"})
	msg := message.Parse(raw, message.DefaultLimits(), nil)
	ctx := context.Background()
	files := extract.New(extract.Options{OCR: "off"}).All(ctx, msg.Files)
	c, _ := watching(b, 5000)
	for _, x := range []struct {
		name string
		do   func() error
	}{
		{"before", func() error { c.mentioned([]string{""}, raw, msg); return nil }},
		{"after", func() error { _, err := c.findLeaks(ctx, "", true, raw, msg); return err }},
		{"papers", func() error { _, _, err := c.printedIn(ctx, files); return err }},
		{"not-read", func() error { _, err := c.findLeaks(ctx, "", false, raw, msg); return err }},
	} {
		b.Run(fmt.Sprintf("%s-%dK", x.name, len(raw)>>10), func(b *testing.B) {
			for b.Loop() {
				if err := x.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

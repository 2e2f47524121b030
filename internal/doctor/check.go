// Package doctor is `check`: it looks at everything that the daemon will need, proves the ground of trust by trying to cheat, and
// says what to do about what it finds.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/office"
	"ukpbjd/templates"
)

// Finding is one line of check: what was looked at, what was found, what to do.
type Finding = mailbox.Finding

func good(subject, format string, args ...any) Finding {
	return Finding{Level: mailbox.Good, Subject: subject, Text: fmt.Sprintf(format, args...)}
}

func bad(subject, remedy, format string, args ...any) Finding {
	return Finding{Level: mailbox.Fail, Subject: subject, Remedy: remedy, Text: fmt.Sprintf(format, args...)}
}

func warn(subject, remedy, format string, args ...any) Finding {
	return Finding{Level: mailbox.Warn, Subject: subject, Remedy: remedy, Text: fmt.Sprintf(format, args...)}
}

// Checkup is all that check found, and what serve has to remember of it.
type Checkup struct {
	Findings  []Finding
	Ground    string   // Sound, Unsafe; empty: not proven this time, what was found before holds
	Sent      []string // folders in which copies of what is sent appear by themselves
	SentKnown bool     // they were looked at
}

// Check looks at everything that the daemon will need, and goes on after a fault where it can. It decides nothing and leaves
// no mail behind.
func Check(ctx context.Context, cfg *config.Config) Checkup {
	found := slices.Concat(checkConfig(cfg), checkSeal(cfg), checkStorage(cfg), checkTools(cfg), checkLetters(cfg), checkPins(cfg, time.Now()), checkMemberKeys(cfg, time.Now()))
	box, post := daemon.OpenBox(cfg, slog.New(slog.DiscardHandler)), daemon.OpenPost(cfg)
	defer box.Close()
	defer post.Close()
	found = append(found, door{"imap", cfg.IMAP.Server}.try(ctx, box.Check)...)
	found = append(found, door{"smtp", cfg.SMTP.Server}.try(ctx, func(ctx context.Context) []Finding {
		if err := post.Check(ctx); err != nil {
			return []Finding{bad("smtp", "check smtp.address, smtp.security, smtp.username and its password file", "%v", err)}
		}
		return []Finding{good("smtp", "signed in to %s", cfg.SMTP.Address)}
	})...)
	if slices.ContainsFunc(found, func(f Finding) bool { return f.Level == mailbox.Fail }) {
		return Checkup{Findings: append(found, warn("probe", "mend the faults above and run check again", "not sent"))}
	}
	c := newProbe(cfg, box, post).run(ctx)
	for i, f := range c.Findings {
		if f.Subject == "probe" {
			c.Findings[i] = door{"smtp", cfg.SMTP.Server}.advise(f)
		}
	}
	c.Findings = append(found, c.Findings...)
	return c
}

func checkConfig(cfg *config.Config) []Finding {
	found := []Finding{good("configuration", "%s is well-formed", cfg.Path)}
	for _, w := range cfg.Warnings {
		found = append(found, warn("configuration", "see the comment beside this key in the sample configuration", "%s", w))
	}
	for _, key := range cfg.Placeholders() {
		found = append(found, bad("configuration", "write the office's own in "+cfg.Path, "%s still holds the sample's example", key))
	}
	return found
}

// checkSeal names the key that checkpoints are signed with; those who keep them compare it once.
func checkSeal(cfg *config.Config) []Finding {
	key, err := Verifier(cfg)
	if err != nil {
		return []Finding{bad("journal", "write the master key anew with `ukpbjd init`", "%v", err)}
	}
	return []Finding{good("journal", "checkpoints are checked with %s", key)}
}

// Verifier is the key by which anybody checks the checkpoints of this office.
func Verifier(cfg *config.Config) (string, error) {
	keys, err := credential.NewKeys(cfg.Credentials.MasterKey)
	if err != nil {
		return "", err
	}
	seal, err := office.SealOf(keys, cfg.Office())
	if err != nil {
		return "", err
	}
	return seal.Verifier()
}

// checkStorage tries to write where the books will lie; a running daemon keeps them open, so they are left alone.
func checkStorage(cfg *config.Config) []Finding {
	path := cfg.Storage.Path
	if err := os.MkdirAll(path, 0o700); err != nil {
		return []Finding{bad("storage", "make storage.path writable for this user", "%v", err)}
	}
	probe := filepath.Join(path, ".check")
	err := os.WriteFile(probe, []byte("ukpbjd"), 0o600)
	if err = errors.Join(err, os.Remove(probe)); err != nil {
		return []Finding{bad("storage", "make storage.path writable for this user, on a disk with room", "%v", err)}
	}
	return []Finding{good("storage", "%s is writable", path)}
}

// checkTools names the optional programs that read papers.
func checkTools(cfg *config.Config) []Finding {
	tools := extract.New(extract.Options{OCR: cfg.Extract.OCR}).Tools()
	names := map[string]string{"pdftotext": "poppler-utils", "pdftoppm": "poppler-utils", "tesseract": "tesseract-ocr tesseract-ocr-ind",
		"catdoc": "catdoc", "bwrap": "bubblewrap"}
	var found []Finding
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if at := tools[name]; at != "" {
			found = append(found, good("tool "+name, "%s", at))
		} else {
			found = append(found, warn("tool "+name, "apt-get install "+names[name], "not installed; papers that need it go to a person"))
		}
	}
	return found
}

// checkLetters renders every letter, the office's own ones too, with hostile data.
func checkLetters(cfg *config.Config) []Finding {
	set, err := letter.Parse(templates.FS, daemon.Override(cfg))
	if err != nil {
		return []Finding{bad("letters", "mend the file in letters.override that it names", "%v", err)}
	}
	var found []Finding
	for _, err := range set.Check(cfg.Credentials.Tembusan == "full") {
		found = append(found, bad("letters", "mend the file in letters.override that it names", "%v", err))
	}
	if len(found) == 0 {
		found = append(found, good("letters", "every letter renders, and no line of any is a command"))
	}
	return found
}

// maxSkew is how far this clock and the mail server's may be apart.
const maxSkew = 2 * time.Minute

func checkClock(sent, arrived time.Time) Finding {
	if off := arrived.Sub(sent).Abs(); off > maxSkew {
		return bad("clock", "set this machine's clock (timedatectl set-ntp true)", "this clock and the mail server's differ by %s", off.Round(time.Second))
	}
	return good("clock", "agrees with the mail server's")
}

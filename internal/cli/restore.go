package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"ukpbjd/internal/backup"
	"ukpbjd/internal/credential"
)

type restoreCmd struct {
	File       string `arg:"" type:"existingfile" help:"A backup."`
	Identity   string `name:"identity-file" help:"age identity that opens the keys." placeholder:"FILE"`
	Passphrase string `name:"passphrase-file" help:"Passphrase that opens the keys." placeholder:"FILE"`
	LeaveKeys  bool   `help:"Leave the keys in the backup; live passwords are then lost, and made anew by new approvals."`
	Master     string `help:"New file for the backup's master key, where it is not the configured one." placeholder:"FILE"`
	Seal       string `help:"The seal that backup printed: proves a backup of another master key, whose keys an identity opens." placeholder:"HEX"`
	JSON       bool   `name:"json" help:"As JSON."`
}

// Run unpacks into an empty storage path. The daemon that is started on it sends nothing until `release --all`.
func (c *restoreCmd) Run(s *shell) error {
	o := backup.RestoreOptions{File: c.File, LeaveKeys: c.LeaveKeys, Master: c.Master, Seal: c.Seal}
	switch {
	case c.Identity != "" && c.Passphrase != "":
		return fail(exitUsage, errors.New("--identity-file or --passphrase-file, not both"))
	case c.Identity != "" || c.Passphrase != "":
		found, err := secretFile(c.Identity + c.Passphrase)
		if err != nil {
			return fail(exitUsage, err)
		}
		o.Unlock = &credential.Unlock{Identity: found}
		if c.Passphrase != "" {
			o.Unlock = &credential.Unlock{Passphrase: found}
		}
	}
	cfg, err := s.load()
	if err != nil {
		return err
	}
	r, err := backup.Restore(s.ctx, cfg, o)
	if err != nil {
		return fail(exitTrouble, err)
	}
	return s.tell(c.JSON, r, func(w io.Writer) { printRecovery(w, r, cfg.IMAP.Processed, cfg.IMAP.Inbox) })
}

func printRecovery(w io.Writer, r backup.Recovery, processed, inbox string) {
	since := stamp(r.From)
	fmt.Fprintf(w, `restored as of %s: %d cases, %d of them open; %d letters may have gone since; %d passwords cannot be opened
open: %s

Nothing is sent now, and every open approval code is void. Before letters go again:
  1. ukpbjd serve        the page and the commands work; mail is read, nothing is sent
  2. move the mails that came after %s from %s back to %s: they are judged again
  3. ukpbjd show CASE    compare with what people have; ukpbjd hold CASE where a letter must not go again
  4. ukpbjd release --all
A checkpoint that was mailed after %s will say that lines are missing: that is this restore.
`, since, r.Cases, len(r.Open), r.Doubtful, r.Keyless, strings.Join(r.Open, " "), since, processed, inbox, since)
}

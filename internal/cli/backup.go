package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"ukpbjd/internal/backup"
	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/secret"
)

type backupCmd struct {
	File        string `arg:"" help:"New file; one that exists is not replaced."`
	Keys        bool   `help:"Put the keys in too, sealed (age): live passwords can then be opened from the backup."`
	Recipient   string `help:"Seal the keys for this age recipient." placeholder:"age1…"`
	Passphrase  string `name:"passphrase-file" help:"Seal the keys with the passphrase in this file." placeholder:"FILE"`
	ListArchive bool   `help:"Only list the archive, when it is backed up by other means."`
	JSON        bool   `name:"json" help:"As JSON."`
}

// Run copies the books of a running daemon, or of a store that nobody has open.
func (c *backupCmd) Run(s *shell) error {
	lock, err := c.lock()
	if err != nil {
		return fail(exitUsage, err)
	}
	cfg, err := s.load()
	if err != nil {
		return err
	}
	m, err := backup.Backup(s.ctx, cfg, backup.BackupOptions{File: c.File, Lock: lock, List: c.ListArchive, Snapshot: snapshotOf(cfg)})
	if err != nil {
		return fail(exitTrouble, err)
	}
	keys := "without keys"
	if m.Keys {
		keys = "with the keys, sealed"
	}
	return s.tell(c.JSON, m, func(w io.Writer) { fmt.Fprintf(w, "%s  %d files, %s\nseal %s\n", c.File, len(m.Files), keys, m.Seal) })
}

func (c *backupCmd) lock() (*credential.Lock, error) {
	switch {
	case !c.Keys && (c.Recipient != "" || c.Passphrase != ""):
		return nil, errors.New("a recipient or passphrase seals keys: say --keys")
	case !c.Keys:
		return nil, nil
	case (c.Recipient == "") == (c.Passphrase == ""):
		return nil, errors.New("--keys needs either --recipient or --passphrase-file")
	}
	l := &credential.Lock{Recipients: c.Recipient}
	var err error
	if c.Passphrase != "" {
		l.Passphrase, err = secretFile(c.Passphrase)
	}
	return l, err
}

const maxSecret = 64 << 10

func secretFile(name string) (secret.Secret, error) {
	raw, err := readFile(name, maxSecret)
	defer clear(raw)
	return secret.New(bytes.TrimRight(raw, "\r\n")), err
}

// snapshotOf asks the daemon, or opens the store where none runs.
func snapshotOf(cfg *config.Config) func(context.Context, io.Writer) error {
	return func(ctx context.Context, w io.Writer) error {
		err := streamSnapshot(ctx, cfg, w)
		if !errors.Is(err, errNoDaemon) {
			return err
		}
		desk, err := daemon.OpenRooms(ctx, cfg)
		if err != nil {
			return err
		}
		return errors.Join(desk.Control.Snapshot(ctx, w), desk.Close())
	}
}

func streamSnapshot(ctx context.Context, cfg *config.Config, w io.Writer) error {
	res, err := post(ctx, cfg, control.Call{Command: control.SnapshotCommand})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("copy the store: %w", err)
	}
	if res.StatusCode != http.StatusOK || res.Trailer.Get(control.Complete) == "" {
		return errors.New("copy the store: the daemon broke off")
	}
	return nil
}

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"ukpbjd/internal/config"
)

// What the package installs: the unit serves this configuration as this user.
const (
	serviceUser   = "ukpbjd"
	serviceConfig = "/etc/ukpbjd/ukpbjd.yaml"
	serviceState  = "/var/lib/ukpbjd"
)

// asService are the commands that look with the service's eyes, or write into its books: as root they would find readable what the
// service cannot read, and leave files behind that it cannot open.
var asService = []string{"check", "enrol", "resend", "hold", "release", "accept", "reject", "close", "retry", "accounts"}

// standIn is the user that a command of root's works as: the one of --as, else the service's own where its unit serves this
// configuration; "" for root itself.
func standIn(euid int, as, command, path string) string {
	_, unit := os.Stat("/usr/lib/systemd/system/ukpbjd.service")
	switch {
	case euid != 0:
		return ""
	case as != "":
		return as
	case unit == nil && path == serviceConfig && slices.Contains(asService, command):
		return serviceUser
	}
	return ""
}

func lookup(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, bad := strconv.ParseUint(u.Uid, 10, 32)
	gid, worse := strconv.ParseUint(u.Gid, 10, 32)
	c := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	groups, err := u.GroupIds()
	for _, g := range groups {
		if n, err := strconv.ParseUint(g, 10, 32); err == nil {
			c.Groups = append(c.Groups, uint32(n))
		}
	}
	return c, errors.Join(bad, worse, err)
}

// runAs runs this program anew as another user. The secrets, which only root reads, are handed over as systemd hands them to the unit,
// and the folder of the books is made as systemd makes it.
func (s *shell) runAs(name string, args []string) error {
	who, err := lookup(name)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("work as %s: %w", name, err))
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	handed, err := handOver(filepath.Join(filepath.Dir(s.config), "credentials"), who)
	if err != nil {
		return fmt.Errorf("hand the secrets to %s: %w", name, err)
	}
	defer os.RemoveAll(handed)
	if name == serviceUser {
		err := os.Mkdir(serviceState, 0o700)
		if err == nil {
			err = os.Chown(serviceState, int(who.Uid), int(who.Gid))
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make %s: %w", serviceState, err)
		}
	}
	c := exec.CommandContext(s.ctx, self, args...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, s.stdout, s.stderr
	c.Env = append(os.Environ(), "CREDENTIALS_DIRECTORY="+handed)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	err = c.Run()
	if ended := (*exec.ExitError)(nil); errors.As(err, &ended) && ended.ExitCode() > 0 {
		return fail(ended.ExitCode(), errSaid)
	}
	return err
}

// handOver copies the secrets of a folder into one that only who may enter.
func handOver(from string, who *syscall.Credential) (dir string, err error) {
	if dir, err = os.MkdirTemp("/run", "ukpbjd-credentials-*"); err != nil { // in memory, where there is such a place
		dir, err = os.MkdirTemp("", "ukpbjd-credentials-*")
	}
	if err != nil {
		return "", err
	}
	own := func(path string) error { return os.Chown(path, int(who.Uid), int(who.Gid)) }
	entries, err := os.ReadDir(from)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // check says so
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || err != nil {
			continue
		}
		var raw []byte
		if raw, err = readFile(filepath.Join(from, e.Name()), maxSecret); err == nil {
			to := filepath.Join(dir, e.Name())
			err = errors.Join(config.WriteNew(to, raw, 0o400), own(to))
		}
		clear(raw)
	}
	if err = errors.Join(err, own(dir)); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

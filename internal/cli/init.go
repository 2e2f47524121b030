package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"ukpbjd/internal/config"
	"ukpbjd/internal/form"
)

type initCmd struct {
	Office     string `help:"Name of the office, as letters sign it." placeholder:"NAME"`
	Mailbox    string `help:"Address of the office mailbox." placeholder:"ADDRESS"`
	IMAP       string `name:"imap" help:"IMAP server, host:port." placeholder:"HOST:PORT"`
	SMTP       string `name:"smtp" help:"SMTP server, host:port." placeholder:"HOST:PORT"`
	Approver   string `help:"Address of the Admin Agency." placeholder:"ADDRESS"`
	KepalaLpse string `name:"kepala-lpse" help:"Address of Kepala LPSE." placeholder:"ADDRESS"`
	Requesters string `help:"Who may ask: an address, or *@domain." placeholder:"PATTERN"`
	Authserv   string `help:"authserv-id of the office's mail server." placeholder:"HOST"`
	Storage    string `help:"Where the daemon keeps its books." placeholder:"DIR"`
}

// Run writes what is not there yet, beside the configuration file; it never overwrites.
func (c *initCmd) Run(s *shell) error {
	a := config.Answers{Office: c.Office, IMAP: c.IMAP, SMTP: c.SMTP, ApproverEmail: c.Approver, KepalaLPSEEmail: c.KepalaLpse,
		Requesters: c.Requesters, AuthservID: c.Authserv, Storage: c.Storage, Username: c.Mailbox}
	if c.Mailbox != "" {
		a.From = fmt.Sprintf("UKPBJ <%s>", c.Mailbox)
	}
	told, err := config.Init(filepath.Dir(s.config), a, rand.Reader)
	if err == nil {
		err = c.forms(s, filepath.Dir(s.config))
	}
	for _, line := range told {
		fmt.Fprintln(s.stdout, line)
	}
	return err
}

// forms writes the office's blank formulir beside the configuration: they are what the office gives to those who ask.
func (c *initCmd) forms(s *shell, dir string) error {
	xlsx, docx, err := form.Blank(c.Office)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name    string
		content []byte
	}{{"formulir-kosong.xlsx", xlsx}, {"formulir-kosong.docx", docx}} {
		path := filepath.Join(dir, f.name)
		switch err := config.WriteNew(path, f.content, 0o644); {
		case errors.Is(err, fs.ErrExist):
			fmt.Fprintln(s.stdout, "kept    "+path)
		case err != nil:
			return err
		default:
			fmt.Fprintln(s.stdout, "written "+path)
		}
	}
	return nil
}

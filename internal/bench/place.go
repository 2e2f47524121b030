package bench

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"ukpbjd/internal/config"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
)

// maxStaff is how many different senders there are.
const maxStaff = 200

func staff(i int) string { return fmt.Sprintf("staf%03d@%s", i%maxStaff, stage.Domain) }

// place is where an office is reached, and what its daemon needs.
type place struct {
	IMAP, SMTP        string
	Mailbox, Password string
	Config, Storage   string // of the daemon
}

// in opens an office for the time of fn.
func (o Options) in(fn func(place) error) error {
	dir, err := os.MkdirTemp(o.Dir, "office-")
	if err != nil {
		return err
	}
	page, err := freePort()
	if err != nil {
		return err
	}
	var members []sop.Person
	for i := range maxStaff {
		members = append(members, sop.Person{Address: staff(i)})
	}
	s, err := stage.Open(stage.Options{Dir: dir, Members: members, Page: page, Change: func(c *config.Config) { c.IMAP.Start.All = true },
		Post: func(p *postoffice.Options) { p.BriefJournal = true }})
	if err != nil {
		return err
	}
	path, err := s.Write(dir)
	password, bad := os.ReadFile(filepath.Join(dir, "password"))
	if err = errors.Join(err, bad); err == nil {
		err = fn(place{IMAP: s.Post.IMAPAddr(), SMTP: s.Post.SMTPAddr(), Mailbox: s.Cast.Office.Address,
			Password: string(bytes.TrimSpace(password)), Config: path, Storage: s.Config.Storage.Path})
	}
	return errors.Join(err, s.Close())
}

// officeCPU is what the office and its load have taken so far; daemon and floors share the machine with it.
func officeCPU() float64 { return usageOf(os.Getpid()).cpu }

// freePort is free now; the configuration takes no port 0.
func freePort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

package bench

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/secret"
)

const (
	ownDomain = "tirtawana.example"
	maxStaff  = 200 // different senders
)

// place is an embedded office.
type place struct {
	IMAP, SMTP        string
	Mailbox, Password string
	People            string // domain of staff and of everybody with a role
	Host              string // whose Received lines and verdicts count
	pid               int    // of its process
}

func (p place) at(local string) string { return local + "@" + p.People }
func (p place) staff(i int) string     { return p.at(fmt.Sprintf("staf%03d", i%maxStaff)) }

// roles are the addresses that the configuration names.
func (p place) roles() []string {
	return []string{p.at("admin"), p.at("kepala.lpse"), p.at("kepala.bagian"), p.at("operator")}
}

// open starts an embedded office.
func (o Options) open(ctx context.Context, name string) (place, func() error, error) {
	p := place{Mailbox: "ukpbj@" + ownDomain, Password: rand.Text(), People: ownDomain}
	c, err := begin(o.Self(ctx, "bench-office"), p)
	if err != nil {
		return p, nil, err
	}
	if err := c.hear(&p); err != nil {
		return p, nil, fmt.Errorf("open the office for %s: %w", name, err)
	}
	p.pid = c.cmd.Process.Pid
	return p, c.end, nil
}

// officeCPU is what the embedded office has taken so far; daemon and floors share the machine with it.
func (p place) officeCPU() float64 { return usageOf(p.pid).cpu }

// Office is the process of the embedded post office: it reads its task, says where it is, and stays until its input ends.
func Office(in io.Reader, out io.Writer) error {
	var p place
	ended, err := obey(in, &p)
	if err != nil {
		return err
	}
	pass := secret.New([]byte(p.Password))
	accounts := []postoffice.Account{{Address: p.Mailbox, Password: pass}}
	for i := range maxStaff {
		accounts = append(accounts, postoffice.Account{Address: p.staff(i), Password: pass})
	}
	for _, a := range p.roles() {
		accounts = append(accounts, postoffice.Account{Address: a, Password: pass})
	}
	office, err := postoffice.Start(postoffice.Options{Accounts: accounts, BriefJournal: true})
	if err != nil {
		return err
	}
	p.IMAP, p.SMTP, p.Host = office.IMAPAddr(), office.SMTPAddr(), office.Host()
	if err := json.NewEncoder(out).Encode(p); err != nil {
		return errors.Join(err, office.Close())
	}
	<-ended
	return office.Close()
}

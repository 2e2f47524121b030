//go:build bench

package cli

import (
	"errors"
	"os"

	"ukpbjd/internal/bench"
)

// floorFlags choose what the floors are measured against.
type floorFlags struct {
	Stored   []int  `help:"With --large, stored cases beside which the cost of a mail is compared: few, many." default:"1000,100000"`
	Imap     string `name:"imap" help:"IMAP server on loopback instead of the embedded office, host:port." placeholder:"HOST:PORT"`
	SMTP     string `name:"smtp" help:"Its SMTP server." placeholder:"HOST:PORT"`
	Mailbox  string `help:"Its office mailbox, which must be empty." default:"ukpbj@desk.test"`
	Password string `name:"password-file" help:"File with the mailbox's password." placeholder:"FILE"`
	People   string `help:"Domain of everybody else on that server." default:"sink.test"`
}

func (f floorFlags) options() (o bench.Floors, err error) {
	if (f.Imap == "") != (f.SMTP == "") || len(f.Stored) != 2 {
		return o, errors.New("--imap and --smtp go together, and --stored takes two numbers")
	}
	return bench.Floors{Stored: [2]int(f.Stored), IMAP: f.Imap, SMTP: f.SMTP, Mailbox: f.Mailbox, PasswordFile: f.Password, People: f.People}, nil
}

// benchFloor is the process of one floor.
type benchFloor struct {
	BenchFloor benchFloorCmd `cmd:"" hidden:""`
}

type benchFloorCmd struct{}

func (benchFloorCmd) Run(s *shell) error { return bench.Floor(s.ctx, os.Stdin, s.stdout) }

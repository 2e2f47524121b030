package cli

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/mail"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"ukpbjd/internal/config"
	"ukpbjd/internal/form"
)

type initCmd struct{ config.Answers }

// Run writes what is not there yet, beside the configuration file; it never overwrites. The blank formulir is among it: it is what
// the office gives to those who ask. On a terminal it asks for what no flag has told.
func (c *initCmd) Run(s *shell) error {
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second) // a resolver that says nothing keeps nobody waiting
	defer cancel()
	if term.IsTerminal(int(os.Stdin.Fd())) {
		interview(os.Stdin, s.stdout, &c.Answers, func(a *config.Answers) { a.Propose(ctx, net.DefaultResolver) })
	}
	c.Propose(ctx, net.DefaultResolver)
	xlsx, docx, err := form.Blank(c.Office)
	if err != nil {
		return err
	}
	told, err := config.Init(place(s.config), c.Answers, rand.Reader, config.NewFile{Name: "formulir-kosong.xlsx", Text: xlsx, Mode: 0o644},
		config.NewFile{Name: "formulir-kosong.docx", Text: docx, Mode: 0o644})
	for _, line := range told {
		fmt.Fprintln(s.stdout, line)
	}
	return err
}

// place makes root write what the service may read, too: for its group where there is one, else for everybody. The files hold no secret.
func place(path string) config.Place {
	if os.Geteuid() != 0 {
		return config.Place{Config: path, Mode: 0o600, Group: -1}
	}
	if service, err := lookup(serviceUser); err == nil {
		return config.Place{Config: path, Mode: 0o640, Group: int(service.Gid)}
	}
	return config.Place{Config: path, Mode: 0o644, Group: -1}
}

// interview asks for what is not told yet, the mailbox first: what propose makes of it stands in brackets and is taken by an empty
// line. The end of the input takes all of it.
func interview(in io.Reader, out io.Writer, a *config.Answers, propose func(*config.Answers)) {
	lines := bufio.NewScanner(in)
	ask := func(into *string, proposed, question string, address bool) {
		if *into != "" {
			return
		}
		for {
			fmt.Fprint(out, question)
			if proposed != "" {
				fmt.Fprintf(out, " [%s]", proposed)
			}
			fmt.Fprint(out, ": ")
			if !lines.Scan() {
				*into = proposed
				return
			}
			*into = cmp.Or(strings.TrimSpace(lines.Text()), proposed)
			if _, err := mail.ParseAddress(*into); *into == "" || !address || err == nil {
				return
			}
			fmt.Fprintln(out, "  Write it as name@example.go.id, or as Name <name@example.go.id>.")
		}
	}
	ask(&a.Mailbox, "", "Address of the office mailbox", true)
	likely := *a
	propose(&likely)
	ask(&a.IMAP, likely.IMAP, "IMAP server, host:port", false)
	likely.SMTP = "" // it follows the IMAP server that was named
	likely.IMAP = a.IMAP
	propose(&likely)
	ask(&a.SMTP, likely.SMTP, "SMTP server, host:port", false)
	ask(&a.Office, "", "Name of the office, as letters sign it", false)
	ask(&a.Requesters, likely.Requesters, "Who may ask for accounts: an address, or *@domain", false)
	ask(&a.Approver, "", "Admin Agency, who approves: Name <address>", true)
	ask(&a.KepalaLPSE, "", "Kepala LPSE, who gets the copy: Name <address>", true)
	ask(&a.KepalaBagian, "", "Kepala Bagian PBJ, who gets the reports: Name <address>", true)
	ask(&a.Operator, "", "Operator, who is warned (not the office mailbox itself): Name <address>", true)
	fmt.Fprintln(out)
}

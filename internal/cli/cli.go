// Package cli is the face of the program: one file a command, exit codes that scripts can rely on, text for people and JSON
// for programs.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes (contract; sysexits.h).
const (
	exitOK          = 0
	exitTrouble     = 1
	exitUsage       = 64
	exitUnavailable = 69
	exitTryLater    = 75
	exitConfig      = 78
)

// failure is an error with the exit code that it deserves.
type failure struct {
	code int
	err  error
}

func (f failure) Error() string { return f.err.Error() }
func (f failure) Unwrap() error { return f.err }

func fail(code int, err error) error {
	if err == nil {
		return nil
	}
	return failure{code, err}
}

// shell is what every command is given.
type shell struct {
	ctx            context.Context
	stdout, stderr io.Writer
	config         string
}

// grammar is the command line. There is no approve, and there never will be: only an approver's own mail approves.
type grammar struct {
	Config string `help:"Configuration file (${default})." env:"UKPBJD_CONFIG" default:"${config}" placeholder:"PATH"`
	As     string `help:"Work as this user (root only); beside the installed unit, what touches its books works as the unit's user." placeholder:"USER"`

	Demo    demoCmd    `cmd:"" help:"Play the whole story in an embedded post office; needs no configuration."`
	Init    initCmd    `cmd:"" help:"Write a commented configuration, keys and the sheet passphrase."`
	Check   checkCmd   `cmd:"" help:"Check configuration, login, folders, a probe mail, the ground of trust, clock and tools."`
	Enrol   enrolCmd   `cmd:"" help:"Write to each approver, to see what their replies really carry; their answer approves nothing."`
	Serve   serveCmd   `cmd:"" help:"Run the office."`
	Cases   casesCmd   `cmd:"" help:"List the cases."`
	Show    showCmd    `cmd:"" help:"Show one case: members, letters, timeline."`
	Read    readCmd    `cmd:"" help:"Say what would be read from these mails; decides nothing."`
	Why     whyCmd     `cmd:"" help:"Say why a case is where it is: every mail, rule and verdict."`
	Resend  resendCmd  `cmd:"" help:"Send released credentials again, to the approved address."`
	Hold    holdCmd    `cmd:"" help:"Keep back every letter of a case."`
	Release releaseCmd `cmd:"" help:"End a hold. It cannot release a credential."`
	Queue   queueCmd   `cmd:"" help:"List what waits for a person: held, refused, quarantined, put aside; why, and what can be done."`
	Accept  acceptCmd  `cmd:"" help:"Say that you have read a paper that the program could not; the approver is asked as ever."`
	Reject  rejectCmd  `cmd:"" help:"Refuse a request that waits for a person, or is incomplete; the requester is told."`
	Close   closeCmd   `cmd:"" help:"End a case that nobody has approved; the requester is told."`
	Retry   retryCmd   `cmd:"" help:"Judge a quarantined or held mail again."`
	Verify  verifyCmd  `cmd:"" help:"Hold journal, archive, outbox and keys against the invariants."`
	Backup  backupCmd  `cmd:"" help:"Copy books and archive into one file while the daemon works; keys only if asked."`
	Restore restoreCmd `cmd:"" help:"Unpack a backup into an empty storage path; it sends nothing until release --all."`
	Letters lettersCmd `cmd:"" help:"Write each letter as it will look, about an invented case."`
	Form    formCmd    `cmd:"" help:"Write the blank formulir of the office, for people to fill in."`
	Version versionCmd `cmd:"" help:"Print the version."`
	Bench   benchCmd   `cmd:"" help:"Measure a day's load on this machine; needs no configuration."`

	Accounts accountsCmd `cmd:"" help:"The register of accounts: list it, or take over the accounts that the office has."`
	Register registerCmd `cmd:"" help:"Write the register of a year: cases, members and deliveries, deviations, letters."`
	Sheet    sheetCmd    `cmd:"" help:"Print the lembar kendali of a case."`
	Replay   replayCmd   `cmd:"" help:"Play the recorded mail through this version and configuration; print what would be decided otherwise."`

	WriteDocs docsCmd `cmd:"" hidden:""`
}

// Main runs one command and gives its exit code.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	var g grammar
	over, ended := -1, false
	parser, err := kong.New(&g, kong.Name("ukpbjd"), kong.Vars{"config": serviceConfig}, kong.Description("SPSE accounts for Pokja members (SOP 02), by email."),
		kong.Writers(stdout, stderr), kong.UsageOnError(), kong.Exit(func(code int) { over, ended = code, true }))
	if err != nil {
		fmt.Fprintln(stderr, "ukpbjd:", err)
		return exitTrouble
	}
	k, err := parser.Parse(args)
	if ended && over == 0 {
		return exitOK // --help
	}
	if err != nil {
		fmt.Fprintln(stderr, "ukpbjd:", err)
		return exitUsage
	}
	s := &shell{ctx, stdout, stderr, g.Config}
	command, _, _ := strings.Cut(k.Command(), " ")
	if name := standIn(os.Geteuid(), g.As, command, g.Config); name != "" {
		return exit(stderr, s.runAs(name, args))
	}
	return exit(stderr, k.Run(s))
}

func exit(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	var f failure
	if !errors.As(err, &f) {
		f = failure{exitTrouble, err}
	}
	if !errors.Is(err, errSaid) {
		fmt.Fprintln(stderr, "ukpbjd:", err)
	}
	return f.code
}

// errSaid is trouble that the command's own output has told already.
var errSaid = errors.New("found trouble")

package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ukpbjd/internal/control"
	"ukpbjd/internal/store"
)

type resendCmd struct {
	Case   caseNumber `arg:"" help:"Case number."`
	Member string     `arg:"" optional:"" help:"Name or NIP; everybody who has not confirmed when left out."`
}

type holdCmd struct {
	Case caseNumber `arg:"" help:"Case number."`
}

type releaseCmd struct {
	Case caseNumber `arg:"" optional:"" help:"Case number."`
	All  bool       `help:"Let letters go again after a restore, when the books have been compared with the mailbox."`
}

type acceptCmd struct {
	Case  caseNumber `arg:"" help:"Case number."`
	Paper string     `arg:"" help:"File name of the paper, as show prints it."`
	Kind  string     `help:"What it is: formulir, sk, surat_tugas or other; left out where only one is wanting." enum:",formulir,sk,surat_tugas,other" default:""`
}

type endCmd struct {
	Case   caseNumber `arg:"" help:"Case number."`
	Reason []string   `arg:"" optional:"" help:"Why, in words that the requester is told."`
}

type (
	rejectCmd struct{ endCmd }
	closeCmd  struct{ endCmd }
)

type retryCmd struct {
	UID string `arg:"" help:"UID of the mail, as the warning letter names it: VALIDITY-NUMBER, or the number where it names one mail only."`
}

func (c *resendCmd) Run(s *shell) error { return s.instruct("resend", string(c.Case), c.Member) }

func (c *acceptCmd) Run(s *shell) error {
	paper := c.Paper
	if c.Kind != "" {
		paper = c.Kind + "=" + paper
	}
	return s.instruct("accept", string(c.Case), paper)
}

func (c *rejectCmd) Run(s *shell) error {
	return s.instruct("reject", string(c.Case), strings.Join(c.Reason, " "))
}

func (c *closeCmd) Run(s *shell) error {
	return s.instruct("close", string(c.Case), strings.Join(c.Reason, " "))
}

func (c *holdCmd) Run(s *shell) error { return s.instruct("hold", string(c.Case), "") }

func (c *releaseCmd) Run(s *shell) error {
	if c.All == (c.Case != "") {
		return fail(exitUsage, errors.New("either a case number, or --all after a restore"))
	}
	if c.All {
		var r store.Restored
		if err := s.call(control.Call{Command: "reconcile"}, &r); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.stdout, "the books restored from %s are reconciled; letters go again\n", stamp(r.From))
		return err
	}
	return s.instruct("release", string(c.Case), "")
}

func (s *shell) instruct(command, number, arg string) error {
	var v control.CaseView
	if err := s.call(control.Call{Command: command, Case: number, Arg: arg}, &v); err != nil {
		return err
	}
	last := "-"
	if n := len(v.Events); n > 0 {
		last = v.Events[n-1].Reason
	}
	fmt.Fprintf(s.stdout, "%s  %s  %s: %s\n", v.Number, v.Status, command, last)
	return nil
}

func (c *retryCmd) Run(s *shell) error {
	call, named := control.Call{Command: "retry"}, ""
	validity, uid, whole := strings.Cut(c.UID, "-")
	if !whole {
		validity, uid = "0", c.UID
	}
	v, bad := strconv.ParseUint(validity, 10, 32)
	n, worse := strconv.ParseUint(uid, 10, 32)
	if bad != nil || worse != nil || whole && v == 0 {
		return fail(exitUsage, fmt.Errorf("%q is no UID: VALIDITY-NUMBER, as the warning letter names it", c.UID))
	}
	call.Validity, call.UID = uint32(v), uint32(n)
	if err := s.call(call, &named); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "%s will be judged again by the same gates.\n", named)
	return nil
}

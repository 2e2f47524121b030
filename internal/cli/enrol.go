package cli

import (
	"fmt"
	"io"
	"slices"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/doctor"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/sop"
)

type enrolCmd struct {
	Address string `arg:"" optional:"" help:"One approver or deputy; all when left out."`
	Show    bool   `help:"Write to nobody; only show what is known."`
	JSON    bool   `name:"json" help:"As JSON."`
}

// Run writes to approvers. Their replies show which level they can reach; they never approve anything.
func (c *enrolCmd) Run(s *shell) error {
	call := control.Call{Command: "enrol", Arg: c.Address}
	if c.Show {
		call.Command = "enrolments"
	}
	var all []control.Enrolment
	if err := s.call(call, &all); err != nil {
		return err
	}
	return s.tell(c.JSON, all, func(out io.Writer) {
		table(out, func(w io.Writer) { printEnrolments(w, all) })
		if strictReachable(all) {
			fmt.Fprintln(out, raiseToStrict)
		}
	})
}

const raiseToStrict = "The replies of all reach strict: set trust.assurance: strict. At standard, whoever may write into the office mailbox can approve."

// strictReachable: everybody's last reply would be believed at strict, and less is asked of them.
func strictReachable(all []control.Enrolment) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(e control.Enrolment) bool {
		return e.Carried == nil || !e.Carried.Enough(sop.Strict) || e.Needs == sop.Strict || e.Needs == sop.Signed
	})
}

func printEnrolments(w io.Writer, all []control.Enrolment) {
	fmt.Fprintln(w, "ALAMAT\tNAMA\tDITULIS\tDIBALAS\tTERCAPAI\tPERLU\tCUKUP\tYANG DIBAWA")
	for _, e := range all {
		answered, reach, enough := "-", "-", "-"
		if e.Carried != nil {
			answered, reach, enough = stamp(e.Carried.At), string(e.Reach), "belum"
		}
		if e.Enough {
			enough = "ya"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Address, e.Name, stamp(e.Asked), answered, reach, e.Needs, enough, carriedWords(e))
	}
}

// carriedWords is what the last reply brought along, in one line.
func carriedWords(e control.Enrolment) string {
	if e.Carried == nil {
		return ""
	}
	words := ""
	for _, x := range []struct{ what, value string }{{"dmarc", e.Carried.DMARC}, {"spf", e.Carried.SPF}, {"dkim", e.Carried.DKIM}, {"auth", e.Carried.Login},
		{"signature", e.Carried.Signature}, {"fault", e.Carried.Fault}} {
		if x.value != "" {
			words += x.what + "=" + x.value + " "
		}
	}
	for _, p := range e.Carried.Levels {
		words += fmt.Sprintf("%s:%s ", p.Level, p.Reason)
	}
	return words[:len(words)-1]
}

// enrolled are lines of check: which level each approver's replies really reach.
func (s *shell) enrolled(cfg *config.Config) (lines []doctor.Finding, err error) {
	var all []control.Enrolment
	err = s.ask(cfg, control.Call{Command: "enrolments"}, &all)
	for _, e := range all {
		f := doctor.Finding{Level: mailbox.Good, Subject: "replies of " + e.Address}
		switch {
		case e.Carried == nil:
			f.Level, f.Text, f.Remedy = mailbox.Warn, "never seen", "run `ukpbjd enrol "+e.Address+"` and let them answer the letter"
		case !e.Enough:
			f.Level, f.Text = mailbox.Warn, fmt.Sprintf("reach %s, %s is needed: %s", e.Reach, e.Needs, carriedWords(e))
			f.Remedy = "let them answer the letter again from the mailbox and program that fit, or choose another trust.assurance"
		default:
			f.Text = fmt.Sprintf("reach %s: %s", e.Reach, carriedWords(e))
		}
		lines = append(lines, f)
	}
	if strictReachable(all) {
		lines = append(lines, doctor.Finding{Level: mailbox.Good, Subject: "trust", Text: raiseToStrict})
	}
	return lines, err
}

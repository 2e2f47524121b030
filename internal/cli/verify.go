package cli

import (
	"fmt"
	"io"
	"path"
	"strings"

	"ukpbjd/internal/audit"
	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/doctor"
	"ukpbjd/internal/message"
)

type verifyCmd struct {
	JSON       bool   `name:"json" help:"As JSON."`
	Checkpoint string `help:"Compare the journal with a checkpoint as it was mailed: the attached file, or the whole mail (.eml)." placeholder:"FILE"`
	Evidence   string `help:"Prove an evidence bundle; needs no store and no network." placeholder:"FILE.zip"`
	Verifier   string `help:"Key that the checkpoint must be signed with; the office's own when left out." placeholder:"KEY"`
}

func (c *verifyCmd) Run(s *shell) error {
	call := control.Call{Command: "verify", Arg: c.Verifier}
	if c.Checkpoint != "" {
		var err error
		if call.Body, err = readCheckpoint(c.Checkpoint); err != nil {
			return fail(exitUsage, err)
		}
	}
	if c.Evidence != "" {
		return c.prove(s, call.Body)
	}
	var r audit.Report
	if err := s.call(call, &r); err != nil {
		return err
	}
	return found(len(r.Findings) > 0, s.tell(c.JSON, r, func(w io.Writer) {
		fmt.Fprintf(w, "%d cases, %d letters, %d mails, %d archived files, %d lines of the journal\n", r.Cases, r.Letters, r.Mails, r.Files, r.Lines)
		if a := r.Against; a != nil {
			fmt.Fprintf(w, "compared with the checkpoint of %s over %d lines\n", stamp(a.Signed), a.Lines)
		}
		for _, x := range r.Aside {
			fmt.Fprintf(w, "put aside %s by %s: %s: %s\n", stamp(x.At), x.Queue, x.Key, x.Why)
		}
		printFaults(w, r.Findings)
	}))
}

func printFaults(w io.Writer, all []audit.Finding) {
	for _, f := range all {
		fmt.Fprintf(w, "%s: %s\n", f.Where, f.What)
	}
}

// maxCheckpoint bounds what goes to the daemon: a checkpoint has a few hundred bytes.
const maxCheckpoint = 32 << 10

// readCheckpoint takes the attachment out of a saved mail.
func readCheckpoint(name string) ([]byte, error) {
	raw, err := readFile(name, maxRead)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(path.Ext(name), ".eml") {
		for _, f := range message.Parse(raw, message.DefaultLimits(), nil).Files {
			if strings.HasPrefix(path.Base(f.Name), "titik-periksa-") {
				raw = f.Bytes
			}
		}
	}
	if len(raw) > maxCheckpoint {
		return nil, fmt.Errorf("read %s: this is no checkpoint", name)
	}
	return raw, nil
}

// maxBundle bounds an evidence bundle.
const maxBundle = 512 << 20

// prove checks an evidence bundle offline. The key comes from the command line, else from the configuration if there is one;
// else the bundle's own is used, and the answer says so.
func (c *verifyCmd) prove(s *shell, kept []byte) error {
	raw, err := readFile(c.Evidence, maxBundle)
	if err != nil {
		return fail(exitUsage, err)
	}
	key := c.Verifier
	if key == "" {
		if cfg, faults := config.Load(s.config); len(faults) == 0 {
			if key, err = doctor.Verifier(cfg); err != nil {
				return err
			}
		}
	}
	p, err := audit.Prove(s.ctx, raw, key, kept)
	if err != nil {
		return fail(exitTrouble, err)
	}
	return found(!p.Sound(), s.tell(c.JSON, p, func(w io.Writer) { printProven(w, p) }))
}

func printProven(w io.Writer, p *audit.Proven) {
	fmt.Fprintf(w, "%s  %d lines of the journal, %d decisions\n", p.Case, p.Lines, len(p.Decisions))
	for _, d := range p.Decisions {
		fmt.Fprintf(w, "  %s  %s  %s  %s  → %s\n", d.At, d.By, d.Verb, d.Proof, strings.Join(d.Events, ", "))
		if d.Letter != "" {
			fmt.Fprintf(w, "      answers %s\n", d.Letter)
		}
	}
	fmt.Fprintf(w, "signed with %s\n", p.Verifier)
	if !p.Trusted {
		fmt.Fprintln(w, "That key is the bundle's own word: compare it with `ukpbjd version --verifier` or with a mailed checkpoint.")
	}
	printFaults(w, p.Findings)
}

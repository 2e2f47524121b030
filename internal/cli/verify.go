package cli

import (
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"ukpbjd/internal/audit"
	"ukpbjd/internal/control"
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
	if c.JSON {
		if err := printJSON(s.stdout, r); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(s.stdout, "%d cases, %d letters, %d mails, %d archived files, %d lines of the journal\n", r.Cases, r.Letters, r.Mails, r.Files, r.Lines)
		if a := r.Against; a != nil {
			fmt.Fprintf(s.stdout, "compared with the checkpoint of %s over %d lines\n", stamp(a.Signed), a.Lines)
		}
		for _, x := range r.Aside {
			fmt.Fprintf(s.stdout, "put aside %s by %s: %s: %s\n", stamp(x.At), x.Queue, x.Key, x.Why)
		}
		for _, f := range r.Findings {
			fmt.Fprintf(s.stdout, "%s: %s\n", f.Where, f.What)
		}
	}
	if len(r.Findings) > 0 {
		return fail(exitTrouble, errSaid)
	}
	return nil
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

func readBundle(name string) ([]byte, error) { return readFile(name, maxBundle) }

func readFile(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(raw)) > most {
		err = fmt.Errorf("read %s: over %d MiB", name, most>>20)
	}
	return raw, err
}

package cli

import (
	"fmt"
	"io"

	"ukpbjd/internal/control"
	"ukpbjd/internal/letter"
)

type queueCmd struct {
	JSON bool   `name:"json" help:"As JSON."`
	Done string `help:"Take this off the list first: a mail by UID, or what was put aside. It decides nothing." placeholder:"ID"`
}

func (c *queueCmd) Run(s *shell) error {
	var list []letter.Waiting
	call := control.Call{Command: "queue", Arg: c.Done}
	if c.Done != "" {
		call.Command = "looked"
	}
	if err := s.call(call, &list); err != nil {
		return err
	}
	return s.tell(c.JSON, list, func(out io.Writer) {
		if len(list) == 0 {
			fmt.Fprintln(out, "nothing waits for a person")
		}
		for _, w := range list {
			fmt.Fprintf(out, "%s  %s\n", w.ID, stamp(w.At))
			for _, x := range [][2]string{{"case", w.Case}, {"from", w.From}, {"subject", w.Subject}, {"why", w.Text + " (" + w.Why + ")"}, {"remedy", w.Remedy}} {
				if x[1] != "" && x[1] != w.ID {
					fmt.Fprintf(out, "  %-8s%s\n", x[0], x[1])
				}
			}
		}
	})
}

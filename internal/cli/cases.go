package cli

import (
	"fmt"
	"io"

	"ukpbjd/internal/control"
)

type casesCmd struct {
	JSON bool `name:"json" help:"As JSON."`
	Open bool `help:"Only cases that are not closed."`
}

func (c *casesCmd) Run(s *shell) error {
	var list []control.CaseView
	if err := s.call(control.Call{Command: "cases", Open: c.Open}, &list); err != nil {
		return err
	}
	return s.tell(c.JSON, list, func(out io.Writer) {
		table(out, func(w io.Writer) {
			fmt.Fprintln(w, "NOMOR\tSTATUS\tDIBUKA\tTENGGAT\tPEMOHON\tANGGOTA")
			for _, x := range list {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d/%d\n", x.Number, x.Status, day(x.Opened), day(x.Due),
					x.Requester.Address, confirmed(x), len(x.Members))
			}
		})
	})
}

func confirmed(x control.CaseView) int {
	n := 0
	for _, m := range x.Members {
		if !m.Confirmed.IsZero() {
			n++
		}
	}
	return n
}

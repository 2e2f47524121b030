package statuspage

import (
	"context"
	"time"
)

// Reply is what the last answer of an approver to an enrolment letter reached.
type Reply struct {
	Name         string
	At           time.Time // zero: they were asked and have not answered yet
	Reach, Needs string
	Enough       bool
}

// replies reads them, with short names; a page without them is a page still.
func (p *page) replies(ctx context.Context) []Reply {
	if p.Replies == nil {
		return nil
	}
	list, err := p.Replies(ctx)
	if err != nil {
		return nil
	}
	for i := range list {
		list[i].Name = short(list[i].Name)
	}
	return list
}

package doctor

import (
	"context"
	"slices"
	"strings"
	"time"
)

// sentTime is how long a provider may take to put a copy aside.
const sentTime = 3 * time.Second

// copies looks for the probes in the folders of sent mail, takes them away, and names the folders.
func (p *probe) copies(ctx context.Context) (in []string, err error) {
	folders, err := p.box.SentFolders(ctx)
	if err != nil || len(folders) == 0 {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, sentTime+probeTime)
	defer cancel()
	look, late := time.NewTicker(500*time.Millisecond), time.NewTimer(sentTime)
	defer look.Stop()
	defer late.Stop()
	for {
		for _, f := range folders {
			found, err := p.box.Copies(ctx, f, "Message-ID", strings.ToLower(p.tag))
			if err == nil {
				err = p.box.RemoveCopies(ctx, f, found)
			}
			if err != nil {
				return in, err
			}
			if len(found) > 0 && !slices.Contains(in, f) {
				in = append(in, f)
			}
		}
		if len(in) > 0 {
			return in, nil
		}
		select {
		case <-look.C:
		case <-late.C:
			return in, nil
		case <-ctx.Done():
			return in, ctx.Err()
		}
	}
}

func (p *probe) keeps(in []string) Finding {
	const remedy = "switch off at the provider that sent mail is kept by itself; until then serve takes letters with credentials out of that folder again, " +
		"and credentials.delivery: pdf keeps passwords out of them"
	switch {
	case len(in) == 0:
		return good("sent copies", "nobody keeps a copy of what is sent")
	case p.cfg.Credentials.Delivery == "pdf":
		return warn("sent copies", remedy, "the provider keeps a copy of every letter in %s", strings.Join(in, ", "))
	}
	return bad("sent copies", remedy, "the provider keeps a copy of every letter in %s, passwords in plain", strings.Join(in, ", "))
}

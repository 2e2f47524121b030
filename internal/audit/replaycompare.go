package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// incidental events tell what the post and the workers did, not what was decided.
var incidental = map[string]bool{"letter-accepted": true, "letter-delayed": true, "letter-suppressed": true, "accounts-made": true, "tick": true,
	"accepted": true, "instruct": true, "key-shredded": true, "approval-asked": true, "code-seen": true}

// compareCases holds the decisions in the journal of every case beside those that were played.
func (r *Replay) compareCases(ctx context.Context, out *Replayed) error {
	for cs, err := range store.Walk(ctx, r.Recording.from.DB, 0) {
		if err != nil {
			return err
		}
		out.Cases++
		if len(cs.Mails) == 0 {
			continue
		}
		if err := r.compareCase(ctx, cs, out); err != nil {
			return err
		}
	}
	return nil
}

func (r *Replay) compareCase(ctx context.Context, was sop.Case, out *Replayed) error {
	before, _, err1 := decisions(r.Recording.from.Clerk, ctx, was.Number)
	after, now, err2 := decisions(r.New.Office, ctx, was.Number)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	add := func(what, a, b string) {
		out.Differences = append(out.Differences, Difference{Case: was.Number, At: was.Opened, What: what, Was: a, Now: b})
	}
	before, after = append(before, "nothing"), append(after, "nothing")
	for i := range min(len(before), len(after)) {
		if before[i] != after[i] {
			add(fmt.Sprintf("decision %d", i+1), before[i], after[i])
			break // what follows from it differs too
		}
	}
	if was.Status != now.Status {
		add("status", was.Status.Label(), now.Status.Label())
	}
	for _, m := range was.Members {
		if x := now.Member(m.Row.NIP); x == nil || x.Row.Email != m.Row.Email || x.State != m.State {
			add("member "+m.Row.NIP, memberWords(&m), memberWords(x))
		}
	}
	return nil
}

func memberWords(m *sop.Member) string {
	if m == nil {
		return "not in the list"
	}
	return strings.TrimSpace(m.Row.Email + " " + string(m.State))
}

// decisions are the events of a case that say what was decided, each with its reason.
func decisions(c *office.Clerk, ctx context.Context, number string) (out []string, cs sop.Case, err error) {
	err = c.View(ctx, func(b store.Books) error {
		var err error
		if cs, _, err = b.Cases.Get(number); err != nil {
			return err
		}
		return b.Journal.Each(number, func(e store.Record) bool {
			if !incidental[e.Kind] {
				out = append(out, e.Kind+": "+e.Reason)
			}
			return true
		})
	})
	return out, cs, err
}

package clerk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ukpbjd/internal/store"
)

// Why is everything that led a case to where it is: each mail with its verdict, each decision with its reason.
type Why struct {
	Number string      `json:"number"`
	Status string      `json:"status"`
	Mails  []MailView  `json:"mails"`
	Events []EventView `json:"events"`
}

// MailView is one mail that was judged for the case.
type MailView struct {
	At      time.Time `json:"at"`
	From    string    `json:"from,omitempty"`
	Outcome string    `json:"outcome"`
	Gate    string    `json:"gate,omitempty"`
	Reason  string    `json:"reason"`
	SHA256  string    `json:"sha256,omitempty"`
	Folder  string    `json:"folder,omitempty"`
	Proof   []string  `json:"proof,omitempty"`
}

// Why explains a case.
func (c *Clerk) Why(ctx context.Context, number string) (Why, error) {
	var w Why
	err := c.View(ctx, func(b store.Books) error {
		cs, ok, err := b.Cases.Get(number)
		if err != nil || !ok {
			return errors.Join(err, fmt.Errorf("%s: %w", number, ErrNoCase))
		}
		w = Why{Number: number, Status: cs.Status.Label(), Mails: []MailView{}}
		judged, err := b.Mails.Of(number)
		for _, j := range judged {
			w.Mails = append(w.Mails, MailView{At: j.At, From: j.From, Outcome: j.Outcome, Gate: j.Gate, Reason: j.Reason,
				SHA256: j.SHA256, Folder: j.Folder, Proof: j.Proof})
		}
		events, err2 := b.Journal.Of(number)
		for _, e := range events {
			w.Events = append(w.Events, EventView{e.N, e.At, e.Kind, e.Actor, e.Reason, e.Text, e.Data})
		}
		return errors.Join(err, err2)
	})
	return w, err
}

func sortLetters(ls []LetterView) {
	slices.SortStableFunc(ls, func(a, b LetterView) int { return a.Made.Compare(b.Made) })
}

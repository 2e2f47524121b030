package bottle

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
)

// rest ends all trouble, and gives the office a day.
func (w *world) rest() error {
	if err := w.stage.Post.Open(); err != nil && !strings.Contains(err.Error(), "already open") {
		return err
	}
	if w.daemon == nil {
		if err := w.serve(); err != nil {
			return err
		}
	}
	<-time.After(24 * time.Hour)
	return nil
}

// oracle says what a careful clerk owed, from what people sent and what lies in the mailboxes.
func (w *world) oracle() {
	wrong := func(format string, args ...any) { w.t.Errorf(format, args...) }
	staff := w.letters(w.stage.Cast.Staff.Address)
	for _, a := range w.facts.requests {
		i := slices.IndexFunc(staff, func(l stage.Letter) bool {
			return strings.Contains(strings.Join(append(l.Msg.Fields("References"), l.Msg.Fields("In-Reply-To")...), " "), a.id)
		})
		if i < 0 {
			wrong("the request %s of %s was never answered", a.id, a.at.Format(time.DateTime))
		}
	}
	cases, err := w.daemon.Control.Cases(w.ctx, false)
	w.must(err)
	ended := map[string]int{}
	released := map[string]bool{}
	for _, c := range cases {
		ended[c.Status]++
		if c.Approval != nil {
			if released[c.Number] = true; len(w.facts.approvals[c.Number]) == 0 {
				wrong("%s is approved, and the approver never said so", c.Number)
			}
		}
		if c.Closed.IsZero() && (c.Owes != "approver" || len(w.facts.approvals[c.Number]) > 0) { // they may stay silent for ever
			wrong("%s of %s has not ended: %s, owes %s", c.Number, c.Opened.Format(time.DateOnly), c.Status, c.Owes)
		}
	}
	for _, address := range slices.Sorted(maps.Keys(w.faces)) {
		ids := map[string]map[string]bool{} // of credential letters, by case
		for _, l := range w.letters(address) {
			if stage.KindOf(l.Msg) != sop.Kredensial {
				continue
			}
			number := caseOf(l)
			if ids[number] == nil {
				ids[number] = map[string]bool{}
			}
			ids[number][l.Msg.MessageID] = true
			if !released[number] {
				wrong("%s has credentials of %s, which nobody approved", address, number)
			}
			if !strings.Contains(strings.ToLower(string(l.Raw)), "to: ") || w.faces[address] == nil {
				wrong("credentials lie in the mailbox of %s", address)
			}
		}
	}
	w.untouched(wrong)
	if f := w.daemon.Faults(); len(f) > 0 {
		wrong("readiness still says %q", f)
	}
	r, err := w.daemon.Audit.Verify(w.ctx)
	w.must(err)
	for _, f := range r.Findings {
		wrong("verify: %+v", f)
	}
	w.t.Logf("seed: %d requests, %d cases %v, %d forged, trouble %v", len(w.facts.requests), len(cases), ended, w.facts.forged, w.facts.troubles)
}

func (w *world) letters(address string) (all []stage.Letter) {
	mails, err := w.stage.Post.Messages(address, "INBOX")
	w.must(err)
	for _, m := range mails {
		all = append(all, stage.Letter{Raw: m.Raw, Msg: message.Parse(m.Raw, message.DefaultLimits(), nil)})
	}
	return all
}

// untouched: mail that is not ours lies where it lay, unread.
func (w *world) untouched(wrong func(string, ...any)) {
	mails, err := w.stage.Post.Messages(w.stage.Cast.Office.Address, "INBOX")
	w.must(err)
	there := map[string]string{}
	for _, m := range mails {
		there[message.Parse(m.Raw, message.DefaultLimits(), nil).Subject] = fmt.Sprint(m.Flags)
	}
	for _, s := range w.facts.chats {
		if flags, ok := there[s]; !ok || flags != "[]" {
			wrong("mail of others, %q: there %v, flags %s", s, ok, flags)
		}
	}
}

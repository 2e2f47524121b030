package sop_test

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ukpbjd/internal/sop"
)

// checkWake: Wake is the moment at which something is due. A tick before it is quiet, one at it is not, a second one is again;
// and a case comes to rest.
func (h *history) checkWake(c sop.Case) {
	now := h.now
	if !c.Wake.IsZero() && c.Wake.Before(now) {
		h.fail("at %s a tick is wanted at %s", now, c.Wake)
	}
	for i := range 30 {
		if i == 0 {
			h.checkQuiet(c, now)
		}
		if c.Wake.IsZero() {
			return
		}
		now = c.Wake
		next := h.decide(h.office, c, sop.Input{At: now, What: sop.Tick{}}, now)
		if next.Quiet() || len(next.Events) == 0 {
			h.fail("a tick at %s was wanted, and does nothing: %s", now, next.Reason)
			return
		}
		c = next.Case
		if !c.Wake.IsZero() && !c.Wake.After(now) {
			h.fail("after a tick at %s another is wanted at %s", now, c.Wake)
		}
	}
	h.fail("thirty ticks, and no rest")
}

// checkQuiet: ticks before Wake leave no trace; where none is wanted, none ever does anything.
func (h *history) checkQuiet(c sop.Case, from time.Time) {
	until := c.Wake
	if until.IsZero() {
		until = from.AddDate(1, 0, 0)
	}
	for _, now := range []time.Time{from, from.Add(until.Sub(from) / 2), until.Add(-1)} {
		if now.Before(from) || !now.Before(until) {
			continue
		}
		out := h.decide(h.office, c, sop.Input{At: now, What: sop.Tick{}}, now)
		if !out.Quiet() || len(out.Events)+len(out.Letters)+len(out.Tasks) > 0 || !reflect.DeepEqual(out.Case, c) {
			h.fail("at %s nothing is due before %s; a tick leaves a trace: %s, %d events, wake %s", now, c.Wake, out.Reason, len(out.Events), out.Case.Wake)
		}
	}
}

// checkOwed works out by rules of its own what is owed, and by when the case must wake for it.
func (h *history) checkOwed(c sop.Case) {
	by := func(what string, at time.Time, wait time.Duration) {
		switch passed := h.now.Sub(at); {
		case passed > 24*time.Hour: // so far back that it is not believed at once
			at = h.office.Calendar.NextOpen(h.now.Add(wait))
		case passed > 0:
			at = h.now
		}
		if c.Wake.IsZero() || c.Wake.After(at) {
			h.fail("%s at %s, and the case wakes at %s", what, at, c.Wake)
		}
	}
	if a := c.Approval; a != nil && !a.Released && c.Status == sop.Approved && c.Held == "" {
		by("the end of the undo window", a.Release, h.office.Window(c.Risks()))
	}
	const day = 24 * time.Hour
	escalated := func(due time.Time) time.Time {
		if late := h.office.Calendar.NextOpen(due.Add(time.Second)); h.now.Sub(late) > day {
			return late
		}
		return h.office.Calendar.NextOpen(later(due.Add(time.Second), h.now))
	}
	clocks, last := 0, c.StepFrom // of the last delivery, or of the answer that a row waits for
	for _, m := range c.Members {
		last = later(last, m.SentAt)
		if x := m.Mend; x != nil {
			last = later(last, x.Due)
			taken := slices.ContainsFunc(c.Members, func(o sop.Member) bool { return o.Row.NIP != m.Row.NIP && cmp.Or(o.Address, o.Row.Email) == x.Address })
			if c.Held == "" && !x.Release.IsZero() && taken { // it goes with the row that has the address, which owes its own
			} else if c.Held == "" && !x.Release.IsZero() {
				by("the end of the undo window of "+m.Row.NIP, x.Release, h.office.Window(x.Marks))
			} else if c.Held == "" && !x.Late {
				by("the new address of "+m.Row.NIP, escalated(x.Due), day)
			}
		}
	}
	for _, m := range c.Members {
		switch made := !c.Accounts[m.Row.NIP].Made.IsZero(); {
		case m.State == sop.MemberConfirmed && made && !m.Shredded:
			by("the key of "+m.Row.NIP, m.Confirmed.Add(h.office.ShredAfter), day)
		case c.Status.Closed() && made && !m.Shredded:
			h.fail("the case is closed, and the key of %s lives", m.Row.NIP)
		case m.State == sop.MemberSent && !c.Status.Closed() && c.Held == "":
			clocks++
			if !m.Late {
				by("the receipt of "+m.Row.NIP, escalated(m.Due), day)
			}
		}
		if c.Status == sop.AwaitingReceipt && c.Held == "" && m.State != sop.MemberConfirmed && m.State != sop.MemberLapsed {
			by("the end of waiting for "+m.Row.NIP, h.office.Calendar.Deadline(last, h.office.ExpiryDays), day)
		}
	}
	if !c.Status.Closed() && c.Held == "" && !c.Late && !c.Due.IsZero() && (c.Owes != "member" || clocks == 0) {
		by("the step of "+c.Owes, escalated(c.Due), day)
	}
}

func later(all ...time.Time) time.Time { return slices.MaxFunc(all, time.Time.Compare) }

// end drives the case on as an honest world does, until it rests.
func (h *history) end() {
	for range 300 {
		if h.c.Status.Closed() && h.c.Wake.IsZero() && len(h.tasks)+len(h.begun) == 0 {
			return
		}
		h.happen(h.onward())
	}
	h.fail("it does not end: %s, %s owes, held %q, wake %s", h.c.Status, h.c.Owes, h.c.Held, h.c.Wake)
}

// onward is the next thing that an honest world does; it waits only where nobody has anything to do.
func (h *history) onward() sop.Input {
	switch {
	case len(h.tasks) > 0:
		o := h.tasks[0]
		h.tasks = slices.Clone(h.tasks[1:])
		return h.carry(o, h.c)
	case len(h.begun) > 0:
		b := h.begun[0]
		h.begun = slices.Clone(h.begun[1:])
		return h.carry(b.task, b.seen)
	case h.c.Held != "":
		return sop.Input{At: h.now, What: sop.Instruct{Verb: "release"}}
	case h.c.Status == sop.AwaitingRequester:
		return h.settleRoster()
	case h.c.Status == sop.Incomplete || h.c.Status == sop.NeedsReview:
		return h.mail("staf", sop.Proven, sop.Supplement{Reading: reading(3, fmt.Sprint(h.n))})
	case h.c.Status == sop.AwaitingApproval:
		who := "admin"
		if slices.ContainsFunc(h.c.Votes, func(v sop.Approval) bool { return v.By != cast["admin2"] }) {
			who = "admin2"
		}
		return h.mail(who, sop.Proven, sop.Command{Verb: sop.Setuju, Ref: h.ref(sop.Persetujuan, cast[who].Address)})
	}
	for _, m := range h.c.Members {
		i := slices.IndexFunc(h.letters, func(l sop.Letter) bool { return l.Key == m.Letter })
		if m.State == sop.MemberQueued && i >= 0 && !h.c.Status.Closed() {
			if in, ok := h.result(h.letters[i], sop.Accepted{Letter: h.letters[i], Text: "250"}); ok {
				return in
			}
		}
	}
	if h.c.Wake.After(h.now) {
		h.now = h.c.Wake
	}
	return sop.Input{At: h.now, What: sop.Tick{}}
}

// TestEveryCaseEnds: whatever has happened, with ticks early, late and twice, an honest world brings the case to its end, and
// then nothing is owed: no key lives, no tick is wanted.
func TestEveryCaseEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(drawOffice(t), t.Fatalf)
		h.run(t)
		h.end()
		for nip, a := range h.c.Accounts {
			if len(a.Sealed) > 0 {
				t.Fatalf("%s: the key of %s is not destroyed", h.c.Status, nip)
			}
		}
	})
}

// window plays an undo window of twenty minutes among ticks and other inputs at random moments, some of them at the very
// nanosecond of its end. The office ticks whenever the case wants it, up to late behind. It says what went wrong.
func window(t *rapid.T, decide decider) string {
	o := testOffice()
	o.UndoWindow = 20 * time.Minute
	w := newWorld(o)
	w.decide = decide
	w.put(w.mail("staf", sop.Proven, sop.Request{Reading: reading(2, "a")}))
	accounts, _ := w.take(sop.TaskAccounts, "")
	w.put(w.carry(accounts, w.c))
	approved := w.now
	w.put(w.mail("admin", sop.Proven, sop.Command{Verb: sop.Setuju, Ref: w.ref(sop.Persetujuan, cast["admin"].Address)}))
	end := approved.Add(o.UndoWindow)
	late := time.Duration(rapid.IntRange(0, 2).Draw(t, "late")) * time.Minute
	moments := []time.Time{end}
	for range rapid.IntRange(0, 8).Draw(t, "inputs") {
		moments = append(moments, approved.Add(time.Duration(rapid.Int64Range(0, int64(40*time.Minute)).Draw(t, "at"))))
	}
	moments = append(moments, end.Add(-1), end, end.Add(1), approved.Add(time.Hour))
	slices.SortStableFunc(moments, time.Time.Compare)
	var released []time.Time
	owed := w.c.Wake.Add(late) // of the tick: what else comes before it does not put it off
	put := func(in sop.Input, at time.Time) {
		w.now = at
		_, tick := in.What.(sop.Tick)
		defer func() {
			if next := w.c.Wake.Add(late); tick || next.Before(owed) {
				owed = next
			}
		}()
		for _, e := range w.put(in).Events {
			if e.Kind == "released" {
				released = append(released, at)
			}
		}
	}
	for _, at := range moments {
		first := at.Add(rapid.SampledFrom([]time.Duration{-1, 0}).Draw(t, "first")) // who is first in the same nanosecond
		for n := 0; n < 10 && !w.c.Wake.IsZero() && !owed.After(first); n++ {
			put(sop.Input{What: sop.Tick{}}, later(owed, w.now))
		}
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			put(w.mail("staf", sop.Proven, sop.Command{Verb: sop.TanyaStatus}), at)
		case 1:
			put(w.mail("admin2", sop.Proven, sop.Unclear{Why: "not-a-command"}), at)
		default: // a tick that nobody asked for: too early, or once more
			if at.Before(end) || len(released) > 0 {
				put(sop.Input{What: sop.Tick{}}, at)
			}
		}
	}
	if len(released) != 1 || released[0].Before(end) || released[0].After(end.Add(late+time.Microsecond)) {
		return fmt.Sprintf("the window ends at %s, released at %s, at most %s late", end, released, late)
	}
	if n := len(w.tasks); n != 2 {
		return fmt.Sprintf("%d letters for 2 members", n)
	}
	return ""
}

// TestUndoWindowEnds (A8): an approval is released once, at the end of its undo window, whatever ticks come early, late, twice, or
// together with something else.
func TestUndoWindowEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if said := window(t, sop.Office.Decide); said != "" {
			t.Fatal(said)
		}
	})
}

// TestUndoWindowControl is the negative control: a tick that uses up the name of a later one, and a decision that forgets to
// work out when the case wakes, are caught.
func TestUndoWindowControl(t *testing.T) {
	for name, decide := range map[string]decider{
		"ticks remembered by their moment": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
			name := fmt.Sprintf("tick/%d", c.Wake.UnixNano())
			_, tick := in.What.(sop.Tick)
			if _, had := c.Answered[name]; tick && had {
				return sop.Outcome{Case: c, Reason: sop.NothingDue}
			}
			out := o.Decide(c, in, now)
			if tick {
				out.Case.Answered = map[string]time.Time{name: now}
				for told := range c.Answered {
					out.Case.Answered[told] = now
				}
			}
			return out
		},
		"woken only by ticks": broken["woken only by ticks"], "an early tick is the last": broken["an early tick is the last"],
	} {
		said := ""
		for seed := 0; said == "" && seed < 200; seed++ {
			said = rapid.Custom(func(t *rapid.T) string { return window(t, decide) }).Example(seed)
		}
		if said == "" {
			t.Errorf("%s: not caught", name)
		}
		t.Logf("%s: %s", name, said)
	}
}

// TestClockJump: whatever has happened, ticks of a clock that stands years ahead do nothing in the first minutes but note it; and
// when the clock is right again, all that falls due does so as in a twin of the case that saw no jump.
func TestClockJump(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if said := jump(t, sop.Office.Decide); said != "" {
			t.Fatal(said)
		}
	})
}

// TestClockJumpControl is the negative control: a Decide that believes every clock is caught.
func TestClockJumpControl(t *testing.T) {
	credulous := func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		c.Missed = now.Add(-48 * time.Hour)
		return o.Decide(c, in, now)
	}
	said := ""
	for seed := 0; said == "" && seed < 200; seed++ {
		said = rapid.Custom(func(t *rapid.T) string { return jump(t, credulous) }).Example(seed)
	}
	if said == "" {
		t.Error("not caught")
	}
	t.Log(said)
}

func jump(t *rapid.T, decide decider) string {
	h := newHistory(drawOffice(t), func(string, ...any) {})
	h.run(t)
	tick := func(c sop.Case, now time.Time) sop.Outcome {
		return decide(h.office, c, sop.Input{At: now, What: sop.Tick{}}, now)
	}
	for !h.c.Wake.IsZero() && !h.c.Wake.After(h.now) { // nothing is due by the right clock
		h.c = tick(h.c, h.now).Case
	}
	if !h.c.Missed.IsZero() { // it waits already, and would wait anew
		return ""
	}
	twin, jumped := h.c, h.c
	ahead := h.now.AddDate(rapid.IntRange(1, 10).Draw(t, "years"), 0, 0)
	for range rapid.IntRange(1, 5).Draw(t, "ticks") {
		out := tick(jumped, ahead)
		if len(out.Letters)+len(out.Tasks) > 0 || timeless(out.Case) != timeless(twin) {
			return fmt.Sprintf("at %s, after a jump from %s: %s, %d letters, %d tasks", ahead, h.now, out.Reason, len(out.Letters), len(out.Tasks))
		}
		jumped, ahead = out.Case, ahead.Add(time.Minute)
	}
	jumped = tick(jumped, h.now).Case // as the office does when its clock was set back
	for !twin.Wake.IsZero() {
		now := twin.Wake
		if !jumped.Wake.Equal(now) {
			return fmt.Sprintf("the clock is right again: wake at %s, its twin at %s", jumped.Wake, now)
		}
		a, b := tick(jumped, now), tick(twin, now)
		if jumped, twin = a.Case, b.Case; a.Reason != b.Reason || picture(a.Letters) != picture(b.Letters) || timeless(jumped) != timeless(twin) {
			return fmt.Sprintf("the clock is right again: at %s %s, its twin %s", now, a.Reason, b.Reason)
		}
	}
	return ""
}

// timeless is the case without what a tick may write that does nothing.
func timeless(c sop.Case) string {
	c.Updated, c.Missed, c.Wake = time.Time{}, time.Time{}, time.Time{}
	return picture(c)
}

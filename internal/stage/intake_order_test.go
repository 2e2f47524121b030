package stage

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// TestOrderOfArrival (A7): what an approver says second takes effect second, although it is small and read long before the first,
// which carries megabytes: STOP after SETUJU withdraws it, and TOLAK before SETUJU stands. Eight of eight. The control is the
// same mails the other way round: then the other outcome is right, so the order is what counts.
func TestOrderOfArrival(t *testing.T) {
	const pairs = 4 // of each kind
	big := sop.File{Name: "stempel.jpg", MediaType: "image/jpeg", Bytes: []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00" + strings.Repeat("gambar stempel kantor ", 90_000))}
	for _, turned := range []bool{false, true} {
		t.Run(fmt.Sprintf("turned %v", turned), func(t *testing.T) {
			t.Parallel()
			var bundles []rehearsal.Bundle
			var members []sop.Person
			for i := range 2 * pairs {
				b := papersOf(t, int64(100+i), 3)
				bundles, members = append(bundles, b), append(members, People(b)...)
			}
			x := set(t, Options{Members: members, Change: func(c *config.Config) { c.Approval.UndoWindow = time.Hour }})
			x.do(x.Start(x.ctx))
			var asked []Letter
			for _, b := range bundles {
				x.do(x.Request(b, false))
				asked = append(asked, x.newest(x.Cast.Admin, sop.Persetujuan, asked...))
			}
			x.do(x.Stop())
			for i, l := range asked {
				first, second := "SETUJU", "STOP"
				if i >= pairs {
					first, second = "TOLAK SK belum ada", "SETUJU"
				}
				if turned {
					first, second = second, first
				}
				x.do(x.Answer(l, first, rehearsal.Plain, big))
				x.do(x.Answer(l, second, rehearsal.Plain))
			}
			x.do(x.Start(x.ctx))
			x.do(x.until(x.ctx, func() bool { return len(x.mailsOf(x.Cast.Admin.Address)) == 2*len(asked) }))
			x.quiet()
			cases, err := x.Daemon.Control.Cases(x.ctx, false)
			x.do(err)
			for i, c := range cases {
				want, stopped := sop.AwaitingApproval.Label(), i < pairs
				switch {
				case !stopped && !turned:
					want = sop.Rejected.Label()
				case !stopped:
					want = sop.Approved.Label()
				} // a STOP voids the code that is open too, so that with it both orders end alike; the journal tells them apart
				approved := len(x.events(c.Number, "approved")) > 0
				if c.Status != want || (c.Approval != nil) != (turned && !stopped) || approved != (stopped != turned) {
					t.Errorf("%s is %s, want %s; was approved: %v", c.Number, c.Status, want, approved)
				}
			}
			x.sound()
		})
	}
}

// outcome is what became of one mail.
type outcome struct {
	store.MailRecord
	uid uint32
}

// mailsOf are the outcomes of the mails of one sender, in order of UID.
func (x *play) mailsOf(from string) (out []outcome) {
	x.t.Helper()
	x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
		return b.Mails.Each(func(u store.UID, s store.MailRecord) bool {
			if strings.EqualFold(s.From, from) {
				out = append(out, outcome{s, u.UID})
			}
			return true
		})
	}))
	return out
}

// TestRefusedSetujuIsNotOvertaken (A4, A7): SETUJU, then STOP, and the server says NO [SERVERBUG] to SETUJU for its first few
// fetches. Both are obeyed, in this order, and the approval is withdrawn.
func TestRefusedSetujuIsNotOvertaken(t *testing.T) {
	t.Parallel()
	x := set(t, Options{Change: func(c *config.Config) { c.Approval.UndoWindow = time.Hour }})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, false))
	l := x.newest(x.Cast.Admin, sop.Persetujuan)
	x.quiet()
	x.do(x.Stop())
	before := len(x.folder("INBOX"))
	x.do(x.Answer(l, "SETUJU", rehearsal.Plain))
	x.do(x.Answer(l, "STOP", rehearsal.Plain))
	x.Post.Refuse(x.Cast.Office.Address, "FETCH", x.folder("INBOX")[before].UID, "SERVERBUG", 4)
	x.do(x.Start(x.ctx))
	x.wait(func() bool { return len(x.mailsOf(x.Cast.Admin.Address)) == 2 })
	all := x.mailsOf(x.Cast.Admin.Address)
	slices.SortFunc(all, func(a, b outcome) int { return a.At.Compare(b.At) })
	if all[0].uid > all[1].uid || all[0].Outcome != "obeyed" || all[1].Outcome != "obeyed" || x.only().Approval != nil {
		t.Errorf("%+v; approval %v", all, x.only().Approval)
	}
}

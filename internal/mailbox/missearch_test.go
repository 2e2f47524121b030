package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/postoffice"
)

// missearches are the ways in which a server's search goes wrong; the first is the control.
var missearches = []string{"", postoffice.Fields, postoffice.Everything, postoffice.Nothing}

// beside puts mail of others into a folder: letters, some of them under the Subject of our mark.
func beside(t *testing.T, o *postoffice.Office, name string, n int) {
	t.Helper()
	for i := range n {
		raw := letter(i)
		if i%2 == 0 {
			raw = fmt.Appendf(nil, "Subject: Re: %s\r\n\r\nisi\r\n", markSubject)
		}
		if err := o.Put(desk, name, raw); err != nil {
			t.Fatal(err)
		}
	}
}

// made is an office with a folder.
func made(t *testing.T, opt postoffice.Options, name string) *postoffice.Office {
	t.Helper()
	o := office(t, opt)
	err := boxAt(t, o.IMAPAddr()).filing.do(soon(t), job{work: func(ctx context.Context, s *session) error { _, err := s.ensure(ctx, name); return err }})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func marksIn(t *testing.T, o *postoffice.Office, id string) (n int) {
	t.Helper()
	for _, m := range folder(t, o, handled) {
		if strings.HasPrefix(string(m.Raw), ownerField+": "+id+"\r\n") && !slices.Contains(m.Flags, `\Deleted`) {
			n++
		}
	}
	return n
}

// TestClaimWhateverSearchSays (A16): one mark, however often it is claimed; mail of others is neither ours nor another's mark; and
// other books are refused.
func TestClaimWhateverSearchSays(t *testing.T) {
	for _, how := range missearches {
		for _, opt := range []postoffice.Options{{}, {HideMOVE: true, HideUIDPLUS: true}} {
			o := made(t, opt, handled)
			beside(t, o, handled, 60)
			o.Refuse(desk, how, 0, "-", -1)
			b := boxAt(t, o.IMAPAddr())
			for range 4 {
				err := b.Claim(soon(t), Mark{"buku-a", 1, "a"}, raised)
				if blind := how == postoffice.Nothing; blind != errors.Is(err, ErrUnmarked) || !blind && err != nil {
					t.Fatalf("%q, %+v: %v", how, opt, err)
				}
			}
			if n := marksIn(t, o, "buku-a"); n != 1 {
				t.Errorf("%q, %+v: %d marks", how, opt, n)
			}
			refusedClaim(t, boxAt(t, o.IMAPAddr()), Mark{"buku-b", 1, "a"})
			if all := len(folder(t, o, handled)); all != 61 {
				t.Errorf("%q, %+v: %d messages", how, opt, all)
			}
		}
	}
}

// TestClaimBeforeTheIndex: a search that lags finds the mark later. Until then it is said that others may not find it, and it is not
// written again, though other mail came behind it; then two that did not see each other are told apart.
func TestClaimBeforeTheIndex(t *testing.T) {
	for _, opt := range []postoffice.Options{{}, {HideMOVE: true, HideUIDPLUS: true}} {
		o := office(t, opt)
		a, b := boxAt(t, o.IMAPAddr()), boxAt(t, o.IMAPAddr())
		o.Refuse(desk, postoffice.Nothing, 0, "-", -1)
		unmarked := func(b *Box, mark Mark) {
			for range 2 {
				if err := b.Claim(soon(t), mark, raised); !errors.Is(err, ErrUnmarked) {
					t.Fatalf("%+v: %v", mark, err)
				}
			}
		}
		unmarked(a, Mark{"buku-a", 1, "a"})
		refusedClaim(t, b, Mark{"buku-b", 1, "a"}) // the mark is among the newest
		beside(t, o, handled, maxFound)
		unmarked(a, Mark{"buku-a", 1, "a"})
		unmarked(b, Mark{"buku-b", 1, "a"})
		beside(t, o, handled, maxFound)
		unmarked(a, Mark{"buku-a", 1, "a"})
		unmarked(b, Mark{"buku-b", 1, "a"})
		if x, y := marksIn(t, o, "buku-a"), marksIn(t, o, "buku-b"); x != 1 || y != 1 {
			t.Fatalf("%d and %d marks", x, y)
		}
		o.Refuse(desk, postoffice.Nothing, 0, "-", 0)
		refusedClaim(t, b, Mark{"buku-b", 1, "a"})
		mustClaim(t, a, Mark{"buku-a", 1, "a"})
		x, y := marksIn(t, o, "buku-a"), marksIn(t, o, "buku-b")
		if x != 1 || y != 0 {
			t.Errorf("%+v: in the end %d and %d marks", opt, x, y)
		}
	}
}

// TestClaimTakenAway is the control of what the Box remembers: a person who takes our mark away does not silence it.
func TestClaimTakenAway(t *testing.T) {
	for _, opt := range []postoffice.Options{{}, {HideMOVE: true, HideUIDPLUS: true}} {
		o := office(t, opt)
		b := boxAt(t, o.IMAPAddr())
		for range 3 {
			mustClaim(t, b, Mark{"buku-a", 1, "a"})
			if err := o.Discard(desk, handled, func(postoffice.Stored) bool { return true }); err != nil {
				t.Fatal(err)
			}
		}
		mustClaim(t, b, Mark{"buku-a", 1, "a"})
		if n := marksIn(t, o, "buku-a"); n != 1 {
			t.Errorf("%d marks", n)
		}
	}
}

// TestClaimBehindAThousand: a mark is found behind any number of mails that resemble it. The control is the same without the mark.
func TestClaimBehindAThousand(t *testing.T) {
	for _, served := range []bool{true, false} {
		o := made(t, postoffice.Options{}, handled)
		b := boxAt(t, o.IMAPAddr())
		if served {
			mustClaim(t, boxAt(t, o.IMAPAddr()), Mark{"buku-b", 1, "a"})
		}
		for range 1100 {
			if err := o.Put(desk, handled, fmt.Appendf(nil, "Subject: %s\r\n\r\nisi\r\n", markSubject)); err != nil {
				t.Fatal(err)
			}
		}
		if served {
			refusedClaim(t, b, Mark{"buku-a", 1, "a"})
		} else {
			mustClaim(t, b, Mark{"buku-a", 1, "a"})
		}
	}
}

// TestClaimThatCannotLookAtAll: a search that names more than can be looked at is no answer. It is said, and the mark written once. The
// control is the same mailbox on a server that searches.
func TestClaimThatCannotLookAtAll(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of mails take a while")
	}
	o := made(t, postoffice.Options{}, handled)
	beside(t, o, handled, maxLook)
	o.Refuse(desk, postoffice.Everything, 0, "-", -1)
	b := boxAt(t, o.IMAPAddr())
	for range 2 {
		if err := b.Claim(soon(t), Mark{"buku-a", 1, "a"}, raised); !errors.Is(err, ErrUnmarked) || !errors.Is(err, errMany) {
			t.Errorf("%v", err)
		}
	}
	refusedClaim(t, boxAt(t, o.IMAPAddr()), Mark{"buku-b", 1, "a"})
	o.Refuse(desk, postoffice.Everything, 0, "-", 0)
	mustClaim(t, b, Mark{"buku-a", 1, "a"})
	if n := marksIn(t, o, "buku-a"); n != 1 {
		t.Errorf("%d marks", n)
	}
}

// TestClaimOfDeletedMark: a person followed the advice, and the server names the mark all the same.
func TestClaimOfDeletedMark(t *testing.T) {
	for _, deleted := range []bool{true, false} {
		o := made(t, postoffice.Options{}, handled)
		flags := []string{`\Deleted`}
		if !deleted {
			flags = nil
		}
		b := boxAt(t, o.IMAPAddr())
		if err := o.Put(desk, handled, claimText(Mark{"buku-b", 1, "a"}, desk, time.Now()), flags...); err != nil {
			t.Fatal(err)
		}
		o.Refuse(desk, postoffice.Everything, 0, "-", -1)
		if deleted {
			mustClaim(t, b, Mark{"buku-a", 1, "a"})
		} else {
			refusedClaim(t, b, Mark{"buku-a", 1, "a"})
		}
	}
}

// TestReplaceWhateverSearchSays (A9): one notice for one mark, whatever the search says and however often the process is started
// anew; for another mark there is another one.
func TestReplaceWhateverSearchSays(t *testing.T) {
	for _, how := range missearches {
		for _, head := range []string{"Message-ID: <1@desk.test>\n", "", "Message-ID: <\xff>\n", "rusak\nMessage-ID: <1@desk.test>\n"} {
			o := made(t, postoffice.Options{}, "UKPBJ/Periksa")
			put(t, o, 2)
			beside(t, o, "UKPBJ/Periksa", 70)
			o.Refuse(desk, "STORE", 0, "NOPERM", -1)
			o.Refuse(desk, how, 0, "-", -1)
			notice := []byte(head + "Subject: disunting\n\ntanpa sandi\n")
			for range 3 { // processes
				b := boxAt(t, o.IMAPAddr())
				for i, ref := range mustSince(t, b, 1) {
					for range 2 {
						if err := b.Replace(soon(t), ref.UID, "UKPBJ/Periksa", notice, fmt.Sprintf("7-%d", i)); !errors.Is(err, ErrCannotRemove) {
							t.Fatal(err)
						}
					}
				}
				if n := notices(t, o, "UKPBJ/Periksa"); n != 2 {
					t.Fatalf("%q, %q: %d notices", how, head, n)
				}
			}
			o.Refuse(desk, "STORE", 0, "NOPERM", 0)
			b := boxAt(t, o.IMAPAddr())
			if err := b.Replace(soon(t), mustSince(t, b, 1)[0].UID, "UKPBJ/Periksa", notice, "7-0"); err != nil {
				t.Error(err)
			}
			if in, all := len(folder(t, o, "INBOX")), len(folder(t, o, "UKPBJ/Periksa")); in != 1 || all != 72 {
				t.Errorf("%q, %q: %d in the inbox, %d beside", how, head, in, all)
			}
		}
	}
}

// TestReplaceCutBeforeTheAnswer: the server has taken the notice and the line broke off, so nobody knows; it is looked for again.
func TestReplaceCutBeforeTheAnswer(t *testing.T) {
	for _, how := range missearches {
		o := office(t, postoffice.Options{})
		put(t, o, 1)
		o.Refuse(desk, how, 0, "-", -1)
		o.CutAnswer(desk, "APPEND", 1)
		b := boxAt(t, o.IMAPAddr())
		uid := mustSince(t, b, 1)[0].UID
		if err := b.Replace(soon(t), uid, "UKPBJ/Periksa", []byte("Subject: disunting\n\nisi\n"), "7-1"); err == nil || !Passing(err) {
			t.Error(err)
		}
		if err := b.Replace(soon(t), uid, "UKPBJ/Periksa", []byte("Subject: disunting\n\nisi\n"), "7-1"); err != nil {
			t.Error(err)
		}
		if n := notices(t, o, "UKPBJ/Periksa"); n != 1 || len(folder(t, o, "INBOX")) > 0 {
			t.Errorf("%q: %d notices", how, n)
		}
	}
}

// TestCopiesBelieveNoSearch: what is taken away from the folder of sent mail is our own, whatever the server names. The control
// is the probe, which is found and goes.
func TestCopiesBelieveNoSearch(t *testing.T) {
	for _, how := range missearches {
		o := office(t, postoffice.Options{})
		beside(t, o, "Sent", 20)
		if err := o.Put(desk, "Sent", []byte("Message-ID: <Uji.123@desk.test>\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		o.Refuse(desk, how, 0, "-", -1)
		b := boxAt(t, o.IMAPAddr())
		found, err := b.Copies(soon(t), "Sent", "Message-ID", "uji.123")
		if err == nil {
			err = b.RemoveCopies(soon(t), "Sent", found)
		}
		if left := len(folder(t, o, "Sent")); err != nil || len(found) != 1 || left != 20 {
			t.Errorf("%q: %d found, %d left, %v", how, len(found), left, err)
		}
	}
}

// TestBehindAThousand: what was copied is not copied again, and what is wanted comes back, behind any number of mails that are named
// with it. The control is mail that is not there.
func TestBehindAThousand(t *testing.T) {
	for _, there := range []bool{true, false} {
		o := made(t, postoffice.Options{HideMOVE: true}, "Lain")
		b := boxAt(t, o.IMAPAddr())
		if err := o.Put(desk, "INBOX", letter(7)); err != nil {
			t.Fatal(err)
		}
		want := 1101
		if there {
			if err := o.Put(desk, "Lain", letter(7)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 1100 {
			if err := o.Put(desk, "Lain", letter(10+i)); err != nil {
				t.Fatal(err)
			}
		}
		o.Refuse(desk, postoffice.Everything, 0, "-", -1)
		if err := b.File(soon(t), wholes(mustSince(t, b, 1)), "Lain"); err != nil {
			t.Fatal(err)
		}
		if n := len(folder(t, o, "Lain")); n != want {
			t.Errorf("there=%v: %d filed", there, n)
		}
		for _, id := range []string{"7@desk.test", "9999@desk.test"} {
			if found, err := b.Return(soon(t), "Lain", Wanted{MessageID: id}); err != nil || found != (id == "7@desk.test") {
				t.Errorf("there=%v: %s: %v, %v", there, id, found, err)
			}
		}
	}
}

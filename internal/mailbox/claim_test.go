package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"ukpbjd/internal/postoffice"
)

const handled = "UKPBJ/Diproses"

func raised(context.Context, bool) error { return nil }

func mustClaim(t *testing.T, b *Box, mark Mark) {
	t.Helper()
	if err := b.Claim(soon(t), mark, raised); err != nil {
		t.Fatalf("%+v: %v", mark, err)
	}
}

func refusedClaim(t *testing.T, b *Box, mark Mark) {
	t.Helper()
	err := b.Claim(soon(t), mark, raised)
	if !errors.Is(err, ErrServed) || Passing(err) || !strings.Contains(err.Error(), "Diproses") || !strings.Contains(err.Error(), "stop that daemon") ||
		!strings.Contains(err.Error(), fmt.Sprint(time.Now().Year())) {
		t.Errorf("%+v: %v", mark, err)
	}
}

// TestClaim (A16): one mailbox, one set of books, in its newest copy.
func TestClaim(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		b := p.box(t)
		if err := b.Append(soon(t), handled, letter(1), nil, time.Time{}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			mustClaim(t, b, Mark{"buku-a", 3, "a"})
		}
		refusedClaim(t, b, Mark{"buku-b", 1, "a"})
		refusedClaim(t, b, Mark{"buku-b", 9, "a"})
		refusedClaim(t, b, Mark{"buku-a", 2, "a"})
		mustClaim(t, b, Mark{"buku-a", 4, "a"})
		refusedClaim(t, b, Mark{"buku-a", 3, "a"})
		mustClaim(t, p.box(t), Mark{"buku-a", 4, "a"})
		name := ""
		if found, err := b.Copies(soon(t), handled, "Message-ID", "1@desk.test"); err != nil || len(found) != 1 {
			t.Errorf("the mail beside it: %v, %v", found, err)
		}
		s := <-b.filing.slot
		name = s.name(handled)
		b.filing.slot <- s
		flags := flagsIn(t, p, name)
		if seen := 0; len(flags) == 2 {
			for _, f := range flags {
				if len(f) == 1 && f[0] == imap.FlagSeen {
					seen++
				}
			}
			if seen != 1 {
				t.Errorf("flags %v", flags)
			}
		} else {
			t.Errorf("%d messages in the folder", len(flags))
		}
	})
}

func TestClaimTouchesNothingElse(t *testing.T) {
	for _, opt := range []postoffice.Options{{}, {HideMOVE: true, HideUIDPLUS: true}} {
		o := office(t, opt)
		b := boxAt(t, o.IMAPAddr())
		mustClaim(t, b, Mark{"buku-a", 1, "a"})
		for _, raw := range []string{
			"Received: from x by y\r\nX-UKPBJ-Pemilik: buku-b\r\nX-UKPBJ-Masa: 9\r\nSubject: palsu\r\n\r\n", // came by SMTP
			"Subject: isi\r\n\r\nX-UKPBJ-Pemilik: buku-b\r\n",
		} {
			if err := b.Append(soon(t), handled, []byte(raw), nil, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.Put(desk, handled, []byte("X-UKPBJ-Pemilik: buku-c\r\n\r\n"), `\Deleted`); err != nil { // by a person, who followed the advice
			t.Fatal(err)
		}
		for epoch := 2; epoch < 5; epoch++ {
			mustClaim(t, b, Mark{"buku-a", epoch, "a"})
		}
		live, marks := 0, 0
		for _, m := range folder(t, o, handled) {
			ours := strings.Contains(string(m.Raw), ownerField+": buku-a\r\n")
			switch gone := strings.Contains(fmt.Sprint(m.Flags), `\Deleted`); {
			case ours && !gone:
				live++
			case !ours && len(m.Flags) <= 1:
				marks++
			}
		}
		if live != 1 || marks != 3 {
			t.Errorf("%d marks of ours, %d other messages", live, marks)
		}
		if err := b.Claim(soon(t), Mark{"x\r\ny", 1, "a"}, raised); !errors.Is(err, errMark) {
			t.Error(err)
		}
		if err := o.Put(desk, handled, []byte("X-UKPBJ-Pemilik: buku-a\r\nX-UKPBJ-Masa: tujuh\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		refusedClaim(t, b, Mark{"buku-a", 9, "a"})
	}
}

// TestClaimRace: of many that claim at once at most one serves, and the others leave nothing behind. The control is one alone.
func TestClaimRace(t *testing.T) {
	for _, n := range []int{1, 2, 8} {
		for range 10 {
			o := office(t, postoffice.Options{})
			mustClaim(t, boxAt(t, o.IMAPAddr()), Mark{"dulu", 1, "a"}) // the folder is there
			for _, m := range folder(t, o, handled) {
				if err := removeFrom(t, o, m.UID); err != nil {
					t.Fatal(err)
				}
			}
			errs := make([]error, n)
			var racers sync.WaitGroup
			for i := range n {
				b := boxAt(t, o.IMAPAddr())
				racers.Go(func() { errs[i] = b.Claim(soon(t), Mark{fmt.Sprintf("buku-%d", i), 1, "a"}, raised) })
			}
			racers.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else if !errors.Is(err, ErrServed) {
					t.Error(err)
				}
			}
			if left := len(folder(t, o, handled)); won != 1 || left != 1 {
				t.Fatalf("%d of %d serve, %d marks", won, n, left)
			}
		}
	}
}

// removeFrom is a person's mail program.
func removeFrom(t *testing.T, o *postoffice.Office, uid uint32) error {
	t.Helper()
	b := boxAt(t, o.IMAPAddr(), func(o *Options) { o.Inbox = handled })
	return b.Remove(soon(t), UID{mustState(t, b).UIDValidity, uid})
}

// TestClaimCut: whatever breaks off, one mark is there in the end, and it is confirmed.
func TestClaimCut(t *testing.T) {
	for _, command := range []string{"APPEND", "FETCH", "STORE", "EXPUNGE"} {
		o := office(t, postoffice.Options{})
		b := boxAt(t, o.IMAPAddr())
		mustClaim(t, b, Mark{"buku-a", 1, "a"})
		o.CutAnswer(desk, command, 1)
		if err := b.Claim(soon(t), Mark{"buku-a", 2, "a"}, raised); err != nil && !Passing(err) {
			t.Errorf("%s: %v", command, err)
		}
		again(t, func() error { return b.Claim(soon(t), Mark{"buku-a", 2, "a"}, raised) })
		live := slices.DeleteFunc(folder(t, o, handled), func(m postoffice.Stored) bool { return slices.Contains(m.Flags, `\Deleted`) })
		if len(live) != 1 || !strings.Contains(string(live[0].Raw), epochField+": 2\r\n") {
			t.Errorf("%s: %d marks", command, len(live))
		}
	}
}

// TestClaimCopiedOnce (A16): two copies of the same books, each started once since, bear the same name and age. The later one is
// refused, and of two at once one serves. The control is the same start, which confirms its mark.
func TestClaimCopiedOnce(t *testing.T) {
	o := office(t, postoffice.Options{})
	b := boxAt(t, o.IMAPAddr())
	for range 2 {
		mustClaim(t, b, Mark{"buku-a", 2, "satu"})
	}
	refusedClaim(t, boxAt(t, o.IMAPAddr()), Mark{"buku-a", 2, "dua"})
	mustClaim(t, b, Mark{"buku-a", 2, "satu"})
	if err := o.Put(desk, handled, claimText(Mark{"buku-a", 2, "tiga"}, desk, time.Now())); err != nil { // came later, and is about to go
		t.Fatal(err)
	}
	mustClaim(t, b, Mark{"buku-a", 2, "satu"})
	refusedClaim(t, boxAt(t, o.IMAPAddr()), Mark{"buku-a", 2, "tiga"})
}

// TestClaimOtherFolders (A16): a daemon whose folders are named otherwise left its mark there. The controls are marks that somebody
// threw away, and an older one of ours, which goes.
func TestClaimOtherFolders(t *testing.T) {
	for _, waste := range []string{"Trash", "Arsip/Sampah"} {
		o := office(t, postoffice.Options{})
		b, other := boxAt(t, o.IMAPAddr()), boxAt(t, o.IMAPAddr(), func(o *Options) { o.Processed = "Arsip/Diproses" })
		if err := b.Append(soon(t), waste, claimText(Mark{"buku-x", 9, "w"}, desk, time.Now()), nil, time.Time{}); err != nil {
			t.Fatal(err)
		}
		mustClaim(t, other, Mark{"buku-a", 1, "a"})
		mustClaim(t, boxAt(t, o.IMAPAddr()), Mark{"buku-a", 2, "b"}) // the same books, their folder renamed
		refusedClaim(t, other, Mark{"buku-b", 1, "c"})
		refusedClaim(t, other, Mark{"buku-a", 2, "c"})
		for range 2 {
			mustClaim(t, b, Mark{"buku-a", 3, "d"})
		}
		if old := folder(t, o, "Arsip/Diproses"); len(old) != 0 {
			t.Errorf("%d old marks of ours are left", len(old))
		}
		if thrown := folder(t, o, waste); len(thrown) != 1 {
			t.Errorf("%d of 1 marks are left in %s", len(thrown), waste)
		}
	}
}

// TestClaimOtherFoldersRace: two that looked before either had written see each other the next time, and one of them goes on.
func TestClaimOtherFoldersRace(t *testing.T) {
	o := office(t, postoffice.Options{})
	a, b := boxAt(t, o.IMAPAddr()), boxAt(t, o.IMAPAddr(), func(o *Options) { o.Processed = "Arsip/Diproses" })
	mustClaim(t, a, Mark{"buku-a", 1, "a"})
	b.unsure = true // as if it had looked before
	if err := b.Append(soon(t), "Arsip/Diproses", claimText(Mark{"buku-b", 1, "b"}, desk, time.Now()), nil, time.Time{}); err != nil {
		t.Fatal(err)
	}
	mustClaim(t, a, Mark{"buku-a", 1, "a"})
	refusedClaim(t, b, Mark{"buku-b", 1, "b"})
	if left := folder(t, o, "Arsip/Diproses"); len(left) != 0 {
		t.Errorf("%d marks of the one that was refused", len(left))
	}
}

// TestClaimFull: a mailbox over quota takes no mark, and that stops nobody but one whom another mark refuses. The control is a
// refusal for good where nothing of ours lies.
func TestClaimFull(t *testing.T) {
	for _, x := range []struct {
		lies, code string
		want       error
	}{
		{"", "OVERQUOTA", ErrUnmarked}, {"buku-a", "OVERQUOTA", ErrUnmarked}, {"buku-a", "NOPERM", ErrUnmarked}, {"buku-b", "OVERQUOTA", ErrServed},
		{"", "NOPERM", nil},
	} {
		o := office(t, postoffice.Options{})
		b := boxAt(t, o.IMAPAddr())
		if x.lies != "" {
			mustClaim(t, b, Mark{x.lies, 1, "a"})
		}
		o.Refuse(desk, "APPEND", 0, x.code, 2)
		for range 2 {
			err := b.Claim(soon(t), Mark{"buku-a", 2, "b"}, raised)
			if err == nil || x.want != nil && !errors.Is(err, x.want) || x.want == nil && errors.Is(err, ErrUnmarked) {
				t.Errorf("%+v: %v", x, err)
			}
		}
		o.Refuse(desk, "APPEND", 0, x.code, 0)
		if x.want != ErrServed {
			mustClaim(t, b, Mark{"buku-a", 2, "b"})
		}
	}
}

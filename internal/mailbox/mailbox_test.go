package mailbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"go.uber.org/goleak"

	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/secret"
)

const desk = "ukpbj@desk.test"

var word = secret.New([]byte("kata sandi"))

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func office(t *testing.T, opt postoffice.Options) *postoffice.Office {
	t.Helper()
	opt.Accounts = []postoffice.Account{{Address: desk, Password: word}}
	o, err := postoffice.Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

func boxAt(t *testing.T, addr string, change ...func(*Options)) *Box {
	t.Helper()
	opt := Options{Address: addr, Security: "none", Username: desk, Password: word, Poll: time.Minute, Timeout: 10 * time.Second, Retry: 5 * time.Millisecond}
	for _, c := range change {
		c(&opt)
	}
	b := New(opt)
	t.Cleanup(func() { b.Close() })
	return b
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func put(t *testing.T, o *postoffice.Office, n int, flags ...string) {
	t.Helper()
	for i := range n {
		raw := fmt.Appendf(nil, "From: a@desk.test\r\nSubject: surat %d\r\n\r\n%s\r\n", i+1, strings.Repeat("isi ", i%50))
		if err := o.Put(desk, "INBOX", raw, flags...); err != nil {
			t.Fatal(err)
		}
	}
}

func folder(t *testing.T, o *postoffice.Office, name string) []postoffice.Stored {
	t.Helper()
	all, err := o.Messages(desk, name)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func fetchAll(t *testing.T, b *Box, refs []Ref) (uids []uint32, err error) {
	t.Helper()
	err = b.Fetch(soon(t), refs, func(m Mail) error {
		if m.Size > 0 && int64(len(m.Raw)) != m.Size && !m.TooBig {
			t.Errorf("message %v has %d bytes, announced %d", m.UID, len(m.Raw), m.Size)
		}
		if cap(m.Raw) != len(m.Raw) && !m.TooBig {
			t.Errorf("message %v lies in %d bytes for %d", m.UID, cap(m.Raw), len(m.Raw))
		}
		uids = append(uids, m.UID.UID)
		return nil
	})
	return uids, err
}

func mustSince(t *testing.T, b *Box, uid uint32) []Ref {
	t.Helper()
	refs, err := b.Since(soon(t), UID{mustState(t, b).UIDValidity, uid})
	if err != nil {
		t.Fatal(err)
	}
	return refs
}

// again tries until it holds: while the gate is closed, calls return the last failure at once.
func again(t *testing.T, try func() error) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for err := try(); err != nil; err = try() {
		select {
		case <-tick.C:
		case <-soon(t).Done():
			t.Fatal(err)
		}
	}
}

func mustState(t *testing.T, b *Box) State {
	t.Helper()
	st, err := b.State(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func wholes(refs []Ref) (uids []UID) {
	for _, r := range refs {
		uids = append(uids, r.UID)
	}
	return uids
}

func TestLookingTouchesNothing(t *testing.T) {
	o := office(t, postoffice.Options{})
	put(t, o, 250)
	b := boxAt(t, o.IMAPAddr())
	st, err := b.State(soon(t))
	if err != nil || st.UIDNext != 251 || st.UIDValidity == 0 {
		t.Fatalf("state %+v, %v", st, err)
	}
	for _, from := range []uint32{0, 1, 200, 250, 251, 4_000_000_000} {
		refs := mustSince(t, b, from)
		want := 251 - int(max(from, 1))
		if want < 0 {
			want = 0
		}
		if len(refs) != want {
			t.Errorf("since %d: %d messages, want %d", from, len(refs), want)
		}
		if !slices.IsSortedFunc(refs, func(a, b Ref) int { return int(a.UID.UID) - int(b.UID.UID) }) {
			t.Errorf("since %d: not ascending", from)
		}
	}
	refs := mustSince(t, b, 1)
	if refs[0].Size == 0 || refs[0].Arrived.IsZero() {
		t.Errorf("no size or date: %+v", refs[0])
	}
	uids, err := fetchAll(t, b, refs)
	if err != nil || !slices.Equal(uids, uidsOf(refs)) {
		t.Errorf("%d of %d fetched in order, %v", len(uids), len(refs), err)
	}
	for _, m := range folder(t, o, "INBOX") {
		if len(m.Flags) > 0 {
			t.Fatalf("message %d got flags %v", m.UID, m.Flags)
		}
	}
}

func TestFile(t *testing.T) {
	for _, c := range []struct {
		name          string
		move, uidplus bool
	}{{"MOVE", true, true}, {"UIDPLUS", false, true}, {"neither", false, false}} {
		t.Run(c.name, func(t *testing.T) {
			o := office(t, postoffice.Options{HideMOVE: !c.move, HideUIDPLUS: !c.uidplus})
			put(t, o, 1000)
			put(t, o, 1, `\Deleted`) // somebody else's, marked and not yet expunged
			b := boxAt(t, o.IMAPAddr())
			if _, err := b.State(soon(t)); err != nil {
				t.Fatal(err)
			}
			refs := mustSince(t, b, 1)
			ours := wholes(refs[:999])
			for range 2 { // repeating is harmless
				if err := b.File(soon(t), ours, "UKPBJ/Diproses"); err != nil {
					t.Fatal(err)
				}
			}
			left, filed := folder(t, o, "INBOX"), folder(t, o, "UKPBJ/Diproses")
			want := 2
			if !c.uidplus {
				want = 1001 // copied and marked
			}
			if len(left) != want || len(filed) != 999 {
				t.Errorf("%d left, %d filed", len(left), len(filed))
			}
			if last := left[len(left)-1]; last.UID != 1001 || fmt.Sprint(last.Flags) != `[\Deleted]` {
				t.Errorf("another's mail was touched: %d %v", last.UID, last.Flags)
			}
			for _, m := range filed {
				if slices.ContainsFunc(m.Flags, func(f string) bool { return strings.EqualFold(f, `\Seen`) || strings.EqualFold(f, `\Deleted`) }) {
					t.Fatalf("flags %v on a filed message", m.Flags)
				}
			}
		})
	}
}

func TestRemoveTakesOne(t *testing.T) {
	o := office(t, postoffice.Options{})
	put(t, o, 3, `\Deleted`)
	b := boxAt(t, o.IMAPAddr())
	second := UID{mustState(t, b).UIDValidity, 2}
	for range 2 {
		if err := b.Remove(soon(t), second); err != nil {
			t.Fatal(err)
		}
	}
	if left := folder(t, o, "INBOX"); len(left) != 2 || left[0].UID != 1 || left[1].UID != 3 {
		t.Errorf("left: %v", left)
	}
	old := office(t, postoffice.Options{HideMOVE: true, HideUIDPLUS: true})
	put(t, old, 2)
	b = boxAt(t, old.IMAPAddr())
	if err := b.Remove(soon(t), UID{mustState(t, b).UIDValidity, 1}); !errors.Is(err, ErrCannotRemove) {
		t.Errorf("without UIDPLUS: %v", err)
	}
	if left := folder(t, old, "INBOX"); len(left) != 2 {
		t.Errorf("%d left without UIDPLUS", len(left))
	}
}

func TestAppend(t *testing.T) {
	o := office(t, postoffice.Options{})
	b := boxAt(t, o.IMAPAddr())
	at := time.Date(2026, 5, 5, 9, 30, 0, 0, time.UTC)
	big := append([]byte("Subject: besar\r\n\r\n"), bytes.Repeat([]byte("0123456789abcdef\r\n"), 300_000)...)
	for _, raw := range [][]byte{[]byte("Subject: kecil\n\nisi\n"), big} {
		if err := b.Append(soon(t), "UKPBJ/Periksa", raw, []string{`\Seen`}, at); err != nil {
			t.Fatal(err)
		}
	}
	got := folder(t, o, "UKPBJ/Periksa")
	if len(got) != 2 || string(got[0].Raw) != "Subject: kecil\r\n\r\nisi\r\n" || !bytes.Equal(got[1].Raw, big) || !got[0].Arrived.Equal(at) {
		t.Errorf("%d messages", len(got))
	}
	if n, err := b.Count(soon(t), "UKPBJ/Periksa"); n != 2 || err != nil {
		t.Errorf("count %d, %v", n, err)
	}
	if n, err := b.Count(soon(t), "Tidak/Ada"); n != 0 || err != nil {
		t.Errorf("count of an absent folder %d, %v", n, err)
	}
	if list, err := b.Folders(soon(t)); err != nil || !slices.Equal(list, []string{"INBOX", "Sent", "UKPBJ/Periksa"}) {
		t.Errorf("folders %v, %v", list, err)
	}
}

// TestOldUIDsTouchNothing (A3): what is owed under an old UIDVALIDITY is refused on every connection, also after State has seen
// the new one. The control carries the same out under the new one.
func TestOldUIDsTouchNothing(t *testing.T) {
	o := office(t, postoffice.Options{})
	put(t, o, 3)
	b := boxAt(t, o.IMAPAddr())
	before, old := mustState(t, b), mustSince(t, b, 1)
	if err := o.Renumber(desk, "INBOX"); err != nil {
		t.Fatal(err)
	}
	for _, seen := range []bool{false, true} {
		if seen && mustState(t, b).UIDValidity == before.UIDValidity {
			t.Fatal("not renumbered")
		}
		mixed := append(wholes(old[:1]), UID{mustState(t, b).UIDValidity, 2})
		_, since := b.Since(soon(t), old[0].UID)
		_, fetch := fetchAll(t, b, old)
		for name, err := range map[string]error{"since": since, "fetch": fetch, "file": b.File(soon(t), wholes(old), "Lain"),
			"file of both": b.File(soon(t), mixed, "Lain"), "remove": b.Remove(soon(t), old[0].UID)} {
			if !errors.Is(err, ErrUIDValidity) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if in, moved := folder(t, o, "INBOX"), folder(t, o, "Lain"); len(in) != 3 || len(moved) != 0 {
		t.Fatalf("%d in the inbox, %d moved", len(in), len(moved))
	}
	for _, m := range folder(t, o, "INBOX") {
		if len(m.Flags) > 0 {
			t.Errorf("message %d got %v", m.UID, m.Flags)
		}
	}
	refs := mustSince(t, b, 1)
	if err := errors.Join(b.File(soon(t), wholes(refs[:2]), "Lain"), b.Remove(soon(t), refs[2].UID)); err != nil {
		t.Fatal(err)
	}
	if in, moved := folder(t, o, "INBOX"), folder(t, o, "Lain"); len(in) != 0 || len(moved) != 2 {
		t.Errorf("%d in the inbox, %d moved", len(in), len(moved))
	}
}

// TestOneSelectForMany: a folder that stays open is not opened for every mail, and what arrived meanwhile is seen all the same.
func TestOneSelectForMany(t *testing.T) {
	o := office(t, postoffice.Options{})
	tap := tapped(t, o.IMAPAddr())
	b := boxAt(t, tap.addr)
	const n = 5
	for i := range n {
		put(t, o, 1)
		refs := mustSince(t, b, 1)
		if uids, err := fetchAll(t, b, refs); err != nil || !slices.Equal(uids, []uint32{uint32(i) + 1}) {
			t.Fatal(uids, err)
		}
		if err := b.File(soon(t), wholes(refs), "Lain"); err != nil {
			t.Fatal(err)
		}
	}
	if filed := len(folder(t, o, "Lain")); filed != n || tap.heard("EXAMINE") != n || tap.heard("SELECT") != 1 {
		t.Errorf("%d filed, EXAMINE %d times, SELECT %d times", filed, tap.heard("EXAMINE"), tap.heard("SELECT"))
	}
}

func TestBrokenMessageIsIsolated(t *testing.T) {
	o := office(t, postoffice.Options{})
	put(t, o, 30)
	o.DropFetch(desk, 7, 50, -1)
	o.DropFetch(desk, 19, 0, -1)
	b := boxAt(t, o.IMAPAddr())
	uids, err := fetchAll(t, b, mustSince(t, b, 1))
	broken := Broken(err)
	if len(uids) != 28 || slices.Contains(uids, 7) || !slices.IsSorted(uids) || len(broken) != 2 || broken[0].UID.UID != 7 || broken[1].UID.UID != 19 {
		t.Errorf("%d fetched, broken %v", len(uids), err)
	}
	var one *MessageError
	if !errors.As(err, &one) || one.UID.UID != 7 {
		t.Errorf("errors.As: %v", one)
	}
}

func TestDropInMidFetchIsRepeated(t *testing.T) {
	o := office(t, postoffice.Options{})
	put(t, o, 30)
	o.DropFetch(desk, 0, 900, 1)
	b := boxAt(t, o.IMAPAddr())
	if uids, err := fetchAll(t, b, mustSince(t, b, 1)); err != nil || len(uids) != 30 {
		t.Errorf("%d fetched, %v", len(uids), err)
	}
}

func TestServerGoneIsNoBrokenMessage(t *testing.T) {
	o := office(t, postoffice.Options{})
	put(t, o, 300)
	b := boxAt(t, o.IMAPAddr())
	refs := mustSince(t, b, 1)
	n := 0
	err := b.Fetch(soon(t), refs, func(Mail) error {
		if n++; n == 1 {
			return o.Stop()
		}
		return nil
	})
	if err == nil || len(Broken(err)) > 0 {
		t.Errorf("after %d: %v", n, err)
	}
	if err := o.Open(); err != nil {
		t.Fatal(err)
	}
	again(t, func() error { _, err := b.State(soon(t)); return err })
	if uids, err := fetchAll(t, b, refs); err != nil || len(uids) != 300 {
		t.Errorf("after the restart: %d, %v", len(uids), err)
	}
}

func TestFetchStopsAheadOfASlowReader(t *testing.T) {
	o := office(t, postoffice.Options{})
	for range 20 {
		if err := o.Put(desk, "INBOX", bytes.Repeat([]byte("x"), 1_000_000)); err != nil {
			t.Fatal(err)
		}
	}
	b := boxAt(t, o.IMAPAddr())
	refs := mustSince(t, b, 1)
	first := true
	err := b.Fetch(soon(t), refs, func(Mail) error {
		if first {
			first = false
			// While this one is worked on, the fetching connection is free for others, so it is not stalled in mid-literal.
			for range 5 {
				if _, err := b.State(soon(t)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	stop := errors.New("enough")
	if err := b.Fetch(soon(t), refs, func(Mail) error { return stop }); err != stop {
		t.Errorf("the reader's own error: %v", err)
	}
}

func TestTooLargeIsNeverHeld(t *testing.T) {
	o := office(t, postoffice.Options{})
	put(t, o, 2)
	const head = "Subject: besar\r\n\r\n"
	if err := o.Put(desk, "INBOX", append([]byte(head), bytes.Repeat([]byte("x"), 300_000)...)); err != nil {
		t.Fatal(err)
	}
	put(t, o, 1)
	b := boxAt(t, o.IMAPAddr(), func(o *Options) { o.MaxMessage = 100_000 })
	refs := mustSince(t, b, 1)
	for name, lie := range map[string]int64{"told": refs[2].Size, "lied": 100, "unknown": 0} {
		refs[2].Size = lie
		var got []string
		err := b.Fetch(soon(t), refs, func(m Mail) error {
			got = append(got, fmt.Sprint(m.UID.UID, m.TooBig))
			if m.TooBig && string(m.Raw) != head {
				t.Errorf("%s: %.50q", name, m.Raw)
			}
			return nil
		})
		if err != nil || fmt.Sprint(got) != "[1 false 2 false 3 true 4 false]" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestTooLargeWithoutHeaderStopsNobody (A2c): a header that cannot be had costs the others nothing.
func TestTooLargeWithoutHeaderStopsNobody(t *testing.T) {
	o := office(t, postoffice.Options{})
	put(t, o, 1)
	if err := o.Put(desk, "INBOX", bytes.Repeat([]byte("x"), 300_000)); err != nil {
		t.Fatal(err)
	}
	put(t, o, 1)
	b := boxAt(t, o.IMAPAddr(), func(o *Options) { o.MaxMessage = 100_000 })
	refs := mustSince(t, b, 1)
	for name, fault := range map[string]func(times int){
		"cut":     func(times int) { o.DropFetch(desk, 2, 20, times) },
		"refused": func(times int) { o.Refuse(desk, "FETCH", 2, "-", times) },
	} {
		fault(-1)
		uids, err := fetchAll(t, b, refs)
		if broken := Broken(err); !slices.Equal(uids, []uint32{1, 3}) || len(broken) != 1 || broken[0].UID != refs[1].UID || broken[0].Passing() != (name == "cut") {
			t.Errorf("%s: %v, %v", name, uids, err)
		}
		fault(0)
		if uids, err := fetchAll(t, b, refs); len(uids) != 3 || err != nil {
			t.Errorf("%s is over: %v, %v", name, uids, err)
		}
	}
}

// TestPassingNoIsNoFaultOfTheMessage (A4): as long as the server hands over nothing, or speaks of itself, no message is blamed.
func TestPassingNoIsNoFaultOfTheMessage(t *testing.T) {
	for _, code := range []string{"SERVERBUG", "UNAVAILABLE", "INUSE", "LIMIT", "EXPIRED", "AUTHENTICATIONFAILED", "-", "CORRUPTION"} {
		for _, n := range []int{1, 2, 30} {
			o := office(t, postoffice.Options{})
			put(t, o, n)
			b := boxAt(t, o.IMAPAddr())
			refs := mustSince(t, b, 1)
			o.Refuse(desk, "FETCH", 0, code, -1)
			uids, err := fetchAll(t, b, refs)
			if len(uids) > 0 || err == nil || !Passing(err) && code != "CORRUPTION" || slices.ContainsFunc(Broken(err), func(e *MessageError) bool { return !e.Passing() }) {
				t.Errorf("%s to %d: %v, %v", code, n, uids, err)
			}
			o.Refuse(desk, "FETCH", 0, code, 0)
			if uids, err := fetchAll(t, b, refs); err != nil || len(uids) != n {
				t.Errorf("%s is over: %v, %v", code, uids, err)
			}
		}
	}
}

// TestFailsAlone is the control: a message is blamed if others come, before it, after it, or from the folder of handled mail;
// but not where the server calls the fault its own.
func TestFailsAlone(t *testing.T) {
	for _, c := range []struct {
		name, code string
		n          int
		handled    bool
		uid        uint32
		alone      bool
		passing    bool
	}{
		{"first of many", "-", 5, false, 1, true, false},
		{"last of many", "CORRUPTION", 5, false, 5, true, false},
		{"the server's own fault", "SERVERBUG", 5, false, 3, true, true},
		{"one and no other", "-", 1, false, 1, false, true},
		{"one beside handled mail", "-", 1, true, 1, true, false},
	} {
		o := office(t, postoffice.Options{})
		put(t, o, c.n)
		b := boxAt(t, o.IMAPAddr())
		refs := mustSince(t, b, 1)
		if c.handled {
			if err := b.Append(soon(t), "UKPBJ/Diproses", []byte("Subject: x\r\n\r\n"), nil, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		o.Refuse(desk, "FETCH", c.uid, c.code, -1)
		uids, err := fetchAll(t, b, refs)
		broken := Broken(err)
		if len(uids) != c.n-1 || len(broken) != 1 || broken[0].Alone != c.alone || broken[0].Passing() != c.passing || Passing(err) != c.passing {
			t.Errorf("%s: %v, %v", c.name, uids, err)
		}
	}
}

func TestPassing(t *testing.T) {
	said := func(kind imap.StatusResponseType, code imap.ResponseCode) error {
		return fmt.Errorf("move: %w", &imap.Error{Type: kind, Code: code, Text: "x"})
	}
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false}, {said("NO", ""), true}, {said("NO", "SERVERBUG"), true}, {said("BAD", "UNAVAILABLE"), true}, {said("NO", "X-OTHER"), true},
		{said("BAD", ""), false}, {said("NO", "NOPERM"), false}, {said("NO", "TOOBIG"), false}, {io.ErrUnexpectedEOF, true}, {errSilence, true},
		{own("%w", ErrUIDValidity), false}, {own("%w", ErrCannotRemove), false}, {&unreachable{own("%w", ErrLogin)}, true},
		{errors.Join(&MessageError{Alone: true, Err: own("%w", errNoBody)}, &MessageError{Err: errNoBody}), false},
		{&MessageError{Alone: true, Err: io.ErrUnexpectedEOF}, true}, {&MessageError{Alone: true, Err: errSilence}, true},
		{errors.Join(&MessageError{Err: errNoBody}, &MessageError{Err: errNoBody}), true},
	} {
		if got := Passing(c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}

func TestMissingMessagesArePassedOver(t *testing.T) {
	o := office(t, postoffice.Options{})
	put(t, o, 5)
	b := boxAt(t, o.IMAPAddr())
	refs := mustSince(t, b, 1)
	if err := b.File(soon(t), wholes([]Ref{refs[1], refs[4]}), "Lain"); err != nil {
		t.Fatal(err)
	}
	if uids, err := fetchAll(t, b, refs); err != nil || !slices.Equal(uids, []uint32{1, 3, 4}) {
		t.Errorf("%v, %v", uids, err)
	}
}

func TestOddMailComesByteForByte(t *testing.T) {
	o := office(t, postoffice.Options{})
	odd := []string{
		" From: boss@desk.test\r\nFrom: x@evil.example\r\n\r\nisi", "From : x@evil.example\r\n\r\nisi\r\n", "no header at all", "", "\r\n", "A: b\n\nlines\nwithout\nCR\n",
		"Subject: \xff\xfe\r\n\r\n\x00\x01)\r\n* 1 FETCH (UID 9)\r\n", "From MAILER-DAEMON Mon\r\nA: b\r\n\r\n",
	}
	for _, raw := range odd {
		if err := o.Put(desk, "INBOX", []byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	b := boxAt(t, o.IMAPAddr())
	i := 0
	err := b.Fetch(soon(t), mustSince(t, b, 1), func(m Mail) error {
		if string(m.Raw) != odd[i] {
			t.Errorf("%q became %q", odd[i], m.Raw)
		}
		i++
		return nil
	})
	if err != nil || i != len(odd) {
		t.Errorf("%d of %d, %v", i, len(odd), err)
	}
}

func TestRefusedLogin(t *testing.T) {
	o := office(t, postoffice.Options{})
	o.RefuseLogins(1)
	b := boxAt(t, o.IMAPAddr())
	_, err := b.State(soon(t))
	if !errors.Is(err, ErrLogin) || strings.Contains(err.Error(), word.Reveal()) {
		t.Errorf("refused: %v", err)
	}
	again(t, func() error { _, err := b.State(soon(t)); return err })
}

func TestSecurity(t *testing.T) {
	for _, security := range []string{"tls", "starttls"} {
		o := office(t, postoffice.Options{Security: security})
		put(t, o, 5)
		good := boxAt(t, o.IMAPAddr(), func(opt *Options) { opt.Security, opt.TLS = security, o.ClientTLS() })
		if uids, err := fetchAll(t, good, mustSince(t, good, 1)); err != nil || len(uids) != 5 {
			t.Errorf("%s: %d, %v", security, len(uids), err)
		}
		if err := good.Append(soon(t), "Sent", bytes.Repeat([]byte("x"), 100_000), nil, time.Time{}); err != nil {
			t.Errorf("%s: %v", security, err)
		}
		for _, f := range boxAt(t, o.IMAPAddr(), func(opt *Options) { opt.Security = security }).Check(soon(t)) {
			if f.Level != Fail || f.Subject != "imap TLS" {
				t.Errorf("%s with an unknown certificate: %+v", security, f)
			}
		}
	}
	if _, err := boxAt(t, "mail.desk.test:143").State(soon(t)); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("plain text to another host: %v", err)
	}
}

func TestCheck(t *testing.T) {
	levels := func(found []Finding) (s string) {
		for _, f := range found {
			s += string(f.Level) + " "
			if f.Level != Good && f.Remedy == "" {
				t.Errorf("no remedy: %+v", f)
			}
		}
		return s
	}
	o := office(t, postoffice.Options{})
	if got := levels(boxAt(t, o.IMAPAddr()).Check(soon(t))); got != "ok ok ok ok ok ok ok " {
		t.Error(got)
	}
	if list := folder(t, o, "UKPBJ/Periksa"); len(list) != 0 {
		t.Error(list)
	}
	old := office(t, postoffice.Options{HideMOVE: true, HideUIDPLUS: true, HideIDLE: true})
	if got := levels(boxAt(t, old.IMAPAddr()).Check(soon(t))); got != "ok warn warn warn ok ok ok " {
		t.Error(got)
	}
	wrong := boxAt(t, o.IMAPAddr(), func(o *Options) { o.Password = secret.New([]byte("salah")) })
	if found := wrong.Check(soon(t)); len(found) != 1 || found[0].Subject != "imap login" {
		t.Errorf("%+v", found)
	}
	missing := boxAt(t, o.IMAPAddr(), func(o *Options) { o.Inbox = "Tidak/Ada" })
	if got := levels(missing.Check(soon(t))); got != "ok ok ok ok fail ok ok " {
		t.Error(got)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	o := office(t, postoffice.Options{})
	put(t, o, 1)
	b := boxAt(t, o.IMAPAddr())
	watch := make(chan error, 1)
	woken := make(chan struct{}, 100)
	go func() { watch <- b.Watch(context.Background(), func() { woken <- struct{}{} }, func(error) {}) }()
	<-woken
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := <-watch; err != nil {
		t.Error(err)
	}
	if _, err := b.State(soon(t)); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

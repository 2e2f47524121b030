package mailbox

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/postoffice/realserver"
	"ukpbjd/internal/secret"
)

// place is a server that all of the following must hold on.
type place struct {
	addr, user string
	password   secret.Secret
	restart    func() error
	variant    bool
}

func (p place) box(t *testing.T, change ...func(*Options)) *Box {
	t.Helper()
	return boxAt(t, p.addr, append([]func(*Options){func(o *Options) {
		o.Username, o.Password = p.user, p.password
		o.Timeout, o.Retry = 30*time.Second, 50*time.Millisecond
	}}, change...)...)
}

// places: a test asks for each in a subtest, so that one that is not installed skips alone.
var places = []struct {
	name string
	open func(*testing.T) place
}{
	{"embedded", func(t *testing.T) place {
		o := office(t, postoffice.Options{})
		return place{o.IMAPAddr(), desk, word, func() error {
			if err := o.Stop(); err != nil {
				return err
			}
			return o.Open()
		}, false}
	}},
	{"dovecot", dovecot(realserver.DovecotOptions{})},
	{"dovecot without MOVE", dovecot(realserver.DovecotOptions{HideMOVE: true})},
	{"dovecot with a namespace", dovecot(realserver.DovecotOptions{Separator: ".", Prefix: "INBOX."})},
	{"cyrus", func(t *testing.T) place {
		c := realserver.StartCyrus(t)
		return place{c.IMAP, realserver.CyrusUser, secret.New([]byte(realserver.Password)), c.Restart, false}
	}},
}

func dovecot(opt realserver.DovecotOptions) func(*testing.T) place {
	return func(t *testing.T) place {
		d := realserver.StartDovecot(t, opt)
		return place{d.IMAP, desk, secret.New([]byte(realserver.Password)), d.Restart, opt != realserver.DovecotOptions{}}
	}
}

func everywhere(t *testing.T, test func(*testing.T, place)) {
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			if testing.Short() && p.name != "embedded" {
				t.Skip("real servers take a while")
			}
			test(t, p.open(t))
		})
	}
}

func letter(i int) []byte {
	return fmt.Appendf(nil, "From: a@desk.test\r\nSubject: surat %d\r\nMessage-ID: <%d@desk.test>\r\n\r\n%s\r\n", i, i, strings.Repeat("isi ", i%100))
}

// fill appends n mails that nobody has read, over one connection of its own.
func fill(t *testing.T, p place, n int, flags ...imap.Flag) {
	t.Helper()
	asPerson(t, p, func(c *imapclient.Client) {
		var sent []*imapclient.AppendCommand
		for i := range n {
			raw := letter(i)
			cmd := c.Append("INBOX", int64(len(raw)), &imap.AppendOptions{Flags: flags})
			cmd.Write(raw) //nolint:errcheck // Wait tells
			cmd.Close()    //nolint:errcheck // as above
			sent = append(sent, cmd)
		}
		for _, cmd := range sent {
			if _, err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// asPerson is another mail program on the same mailbox.
func asPerson(t *testing.T, p place, f func(*imapclient.Client)) {
	t.Helper()
	c, err := imapclient.DialInsecure(p.addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(p.user, p.password.Reveal()).Wait(); err != nil {
		t.Fatal(err)
	}
	f(c)
}

func flagsIn(t *testing.T, p place, folder string) map[uint32][]imap.Flag {
	t.Helper()
	found := map[uint32][]imap.Flag{}
	asPerson(t, p, func(c *imapclient.Client) {
		box, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
		if err != nil {
			t.Fatal(err)
		}
		if box.NumMessages == 0 {
			return
		}
		list, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, Flags: true}).Collect()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			found[uint32(m.UID)] = slices.DeleteFunc(m.Flags, func(f imap.Flag) bool { return f == `\Recent` })
		}
	})
	return found
}

func TestOfficeDay(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		const n = 1000
		fill(t, p, n)
		fill(t, p, 1, imap.FlagDeleted, imap.FlagFlagged) // somebody else's
		b := p.box(t)
		for _, f := range b.Check(soon(t)) {
			if f.Level == Fail {
				t.Errorf("%+v", f)
			}
		}
		st, err := b.State(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		refs := mustSince(t, b, 1)
		if len(refs) != n+1 || refs[n].UID.UID != st.UIDNext-1 || refs[0].Arrived.IsZero() {
			t.Fatalf("%d messages, state %+v", len(refs), st)
		}
		i := 0
		err = b.Fetch(soon(t), refs[:n], func(m Mail) error {
			if !bytes.Equal(m.Raw, letter(i)) || m.Size != int64(len(m.Raw)) {
				t.Errorf("message %d of %d bytes differs", i, m.Size)
			}
			i++
			return nil
		})
		if err != nil || i != n {
			t.Fatalf("%d fetched, %v", i, err)
		}
		for uid, flags := range flagsIn(t, p, "INBOX") {
			if uid != refs[n].UID.UID && len(flags) > 0 {
				t.Fatalf("message %d got %v", uid, flags)
			}
		}
		for range 2 {
			if err := b.File(soon(t), wholes(refs[:n-2]), "UKPBJ/Diproses"); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Remove(soon(t), refs[n-2].UID); err != nil {
			t.Fatal(err)
		}
		left := flagsIn(t, p, "INBOX")
		if len(left) != 2 || len(left[refs[n-1].UID.UID]) != 0 || len(left[refs[n].UID.UID]) != 2 {
			t.Errorf("left in the inbox: %v", left)
		}
		if got, err := b.Count(soon(t), "UKPBJ/Diproses"); got != n-2 || err != nil {
			t.Errorf("%d filed, %v", got, err)
		}
		if list, err := b.Folders(soon(t)); err != nil || !slices.Contains(list, "UKPBJ/Diproses") || !slices.Contains(list, "INBOX") {
			t.Errorf("folders %v, %v", list, err)
		}
		filedFlags(t, p, b)
	})
}

// filedFlags: what was unread is unread after it was filed.
func filedFlags(t *testing.T, p place, b *Box) {
	t.Helper()
	name := ""
	err := b.filing.do(soon(t), job{work: func(_ context.Context, s *session) error { name = s.name("UKPBJ/Diproses"); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	for uid, flags := range flagsIn(t, p, name) {
		if len(flags) > 0 {
			t.Fatalf("filed message %d has %v", uid, flags)
		}
	}
}

func TestRestartsInTheMiddle(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		if p.variant {
			t.Skip("restarts as its plain sister does")
		}
		fill(t, p, 300)
		b := p.box(t, func(o *Options) { o.Poll = time.Hour })
		bell := watched(t, b)
		ring(t, bell, "after the connect")
		before, err := b.State(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		refs := mustSince(t, b, 1)
		var got []uint32
		// The daemon's way: what was not reached is asked for again.
		for left, tries := refs, 0; len(left) > 0 && tries < 5; tries++ {
			err = b.Fetch(soon(t), left, func(m Mail) error {
				if got = append(got, m.UID.UID); len(got) == 5 {
					return p.restart()
				}
				return nil
			})
			left = refs[len(got):]
			again(t, func() error { _, err := b.State(soon(t)); return err }) // a restart takes as long as it takes
		}
		if err != nil || !slices.Equal(got, uidsOf(refs)) {
			t.Errorf("%d of %d fetched, %v", len(got), len(refs), err)
		}
		ring(t, bell, "after the restart")
		after, err := b.State(soon(t))
		if err != nil || after != before {
			t.Errorf("state %+v, then %+v, %v", before, after, err)
		}
		fill(t, p, 1)
		ring(t, bell, "after a mail")
		if err := p.restart(); err != nil {
			t.Fatal(err)
		}
		again(t, func() error { return b.File(soon(t), wholes(refs[:1]), "UKPBJ/Periksa") })
		if err := p.restart(); err != nil {
			t.Fatal(err)
		}
		again(t, func() error { return b.Append(soon(t), "UKPBJ/Periksa", letter(1), []string{`\Seen`}, time.Time{}) })
		if n, err := b.Count(soon(t), "UKPBJ/Periksa"); n != 2 || err != nil {
			t.Errorf("%d in the folder, %v", n, err)
		}
	})
}

func TestLargeMailIsHeldOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		const size = 25 << 20
		b := p.box(t)
		line := strings.Repeat("0123456789abcde", 5) + "\r\n"
		raw := []byte("Subject: besar\r\n\r\n" + strings.Repeat(line, size/len(line)))
		if err := b.Append(soon(t), "INBOX", raw, nil, time.Time{}); err != nil {
			t.Fatal(err)
		}
		refs := mustSince(t, b, 1)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := b.Fetch(soon(t), refs, func(m Mail) error {
			runtime.ReadMemStats(&after)
			if !bytes.Equal(m.Raw, raw) {
				t.Error("it came changed")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(len(raw))+2<<20 {
			t.Errorf("%d bytes allocated for a mail of %d", grown, len(raw))
		}
	})
}

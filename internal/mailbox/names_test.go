package mailbox

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

func TestServerNames(t *testing.T) {
	for _, c := range []struct{ folder, prefix, delim, want string }{
		{"UKPBJ/Diproses", "", "/", "UKPBJ/Diproses"},
		{"UKPBJ/Diproses", "INBOX.", ".", "INBOX.UKPBJ.Diproses"},
		{"INBOX/UKPBJ/Diproses", "INBOX.", ".", "INBOX.UKPBJ.Diproses"},
		{"inbox", "INBOX.", ".", "INBOX"},
		{"Arsip v1.2/Surat", "", ".", "Arsip v1_2.Surat"},
		{"UKPBJ/Diproses", "", "", "UKPBJ/Diproses"},
		{"Sent", "INBOX.", ".", "INBOX.Sent"},
	} {
		if got := serverName(c.folder, c.prefix, c.delim); got != c.want {
			t.Errorf("%s with %q and %q: %s, want %s", c.folder, c.prefix, c.delim, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		folder := strings.Join(rapid.SliceOfN(rapid.StringMatching(`[A-Za-z0-9 ]{1,8}`), 1, 4).Draw(t, "folder"), "/")
		delim := rapid.SampledFrom([]string{"/", ".", "\\", "^"}).Draw(t, "delim")
		prefix := rapid.SampledFrom([]string{"", "Kantor" + delim}).Draw(t, "prefix")
		if strings.EqualFold(folder, "INBOX") || prefix != "" && strings.HasPrefix(strings.ToLower(folder), "kantor/") {
			t.Skip("stands for itself")
		}
		if got := ownName(serverName(folder, prefix, delim), prefix, delim); got != folder {
			t.Fatalf("%q became %q", folder, got)
		}
	})
}

func TestCommandsCoverEveryUID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		uids := rapid.SliceOfNDistinct(rapid.Uint32Range(1, 1<<32-1), 0, 3000, rapid.ID).Draw(t, "uids")
		slices.Sort(uids)
		var all []uint32
		for _, part := range commands(uids) {
			if n := len(setOf(part).String()); n > commandBytes {
				t.Fatalf("a set of %d bytes", n)
			}
			named, err := expand(setOf(part), 0, 1<<32)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, named...)
		}
		if !slices.Equal(all, uids) {
			t.Fatalf("%d UIDs became %d", len(uids), len(all))
		}
	})
	many := make([]uint32, 100_000)
	for i := range many {
		many[i] = uint32(i) + 1
	}
	if n := len(commands(many)); n > 30 {
		t.Errorf("%d commands for one range", n)
	}
}

func FuzzExpand(f *testing.F) {
	f.Add(uint32(1), uint32(5), uint32(3), uint32(9), uint32(2))
	f.Add(uint32(0), uint32(0), uint32(1), uint32(1<<32-1), uint32(0))
	f.Fuzz(func(t *testing.T, a, b, c, d, from uint32) {
		const limit = 10_000
		uids, err := expand(imap.UIDSet{{Start: imap.UID(a), Stop: imap.UID(b)}, {Start: imap.UID(c), Stop: imap.UID(d)}}, from, limit)
		if err == nil && (len(uids) > limit || !slices.IsSorted(uids) || len(uids) > 0 && uids[0] < from) {
			t.Errorf("%d UIDs from %d on", len(uids), from)
		}
	})
}

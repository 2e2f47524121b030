package mailbox

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestCopies: copies are found by the folder's name or its mark, and by a header field; only those that were meant are taken
// out, and nothing else is touched.
func TestCopies(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		b := p.box(t)
		for _, f := range []string{"Sent", "Arsip/Surat Terkirim", "Lain"} {
			for i, kind := range []string{"kredensial", "selesai", "kredensial"} {
				raw := fmt.Appendf(nil, "From: ukpbj@desk.test\r\nMessage-ID:\r\n <%d@desk.test>\r\nX-UKPBJ-Surat: %s\r\nSubject: surat\r\n\r\nisi\r\n", i, kind)
				if err := b.Append(soon(t), f, raw, nil, time.Unix(1_800_000_000, 0)); err != nil {
					t.Fatal(err)
				}
			}
		}
		folders, err := b.SentFolders(soon(t))
		if err != nil || !slices.Equal(folders, []string{"Arsip/Surat Terkirim", "Sent"}) {
			t.Fatal(folders, err)
		}
		found, err := b.Copies(soon(t), "Sent", "X-UKPBJ-Surat", "kredensial")
		if err != nil || len(found) != 2 || found[0].MessageID != "<0@desk.test>" || found[1].MessageID != "<2@desk.test>" {
			t.Fatalf("%v %v", found, err)
		}
		if none, err := b.Copies(soon(t), "Tidak/Ada", "Message-ID", "x"); err != nil || len(none) > 0 {
			t.Errorf("%v %v", none, err)
		}
		other := Copy{"Sent", UID{found[0].UID.Validity, found[0].UID.UID + 1}, "<another@desk.test>"} // renumbered meanwhile: that UID is somebody else's
		if err := b.RemoveCopies(soon(t), "Sent", []Copy{found[1], other}); err != nil {
			t.Fatal(err)
		}
		left, err := b.Copies(soon(t), "Sent", "Subject", "surat")
		if err != nil || len(left) != 2 || left[0].MessageID != "<0@desk.test>" || left[1].MessageID != "<1@desk.test>" {
			t.Errorf("%v are left, %v", left, err)
		}
		if n, err := b.Count(soon(t), "Lain"); err != nil || n != 3 {
			t.Errorf("%d in another folder, %v", n, err)
		}
		name := ""
		if err := b.filing.do(soon(t), job{work: func(_ context.Context, s *session) error { name = s.name("Sent"); return nil }}); err != nil {
			t.Fatal(err)
		}
		for uid, flags := range flagsIn(t, p, name) {
			if slices.Contains(flags, `\Seen`) || slices.Contains(flags, `\Deleted`) {
				t.Errorf("UID %d is marked %v", uid, flags)
			}
		}
	})
}

package mailbox

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ukpbjd/internal/postoffice"
)

// TestCopies: copies are found by name of the folder and by a header field, and only those that were meant are taken out.
func TestCopies(t *testing.T) {
	o := office(t, postoffice.Options{})
	b := boxAt(t, o.IMAPAddr())
	for _, f := range []string{"Sent", "Arsip/Surat Terkirim", "Lain"} {
		for i := range 3 {
			kind := []string{"kredensial", "selesai", "kredensial"}[i]
			raw := fmt.Appendf(nil, "Message-ID:\r\n <%d@desk.test>\r\nX-UKPBJ-Surat: %s\r\nSubject: surat\r\n\r\nisi\r\n", i, kind)
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
	if err != nil || !slices.Equal(found, []Copy{{"Sent", 1, "<0@desk.test>"}, {"Sent", 3, "<2@desk.test>"}}) {
		t.Fatalf("%v %v", found, err)
	}
	if none, err := b.Copies(soon(t), "Tidak/Ada", "Message-ID", "x"); err != nil || len(none) > 0 {
		t.Errorf("%v %v", none, err)
	}
	wrong := []Copy{found[1], {"Sent", 2, "<another@desk.test>"}} // renumbered meanwhile: UID 2 is somebody else's
	if err := b.RemoveCopies(soon(t), "Sent", wrong); err != nil {
		t.Fatal(err)
	}
	left := folder(t, o, "Sent")
	if len(left) != 2 || len(folder(t, o, "Lain")) != 3 {
		t.Errorf("%d mails are left", len(left))
	}
	for _, m := range left {
		if len(m.Flags) > 0 {
			t.Errorf("UID %d is marked %v", m.UID, m.Flags)
		}
	}
}

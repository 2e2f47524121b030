package mailbox

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/postoffice"
)

// TestMoveThatCannotBeRead: some servers answer a MOVE, or one of messages that are gone, with a COPYUID that no client can
// read (outlook.com). If the messages are gone, it is done; the control, in which they stay, is an error.
func TestMoveThatCannotBeRead(t *testing.T) {
	for name, answer := range map[string]string{
		"control":              "* OK [COPYUID 14 1 9] x\r\n%s OK done\r\n",
		"outlook-short":        "* OK [COPYUID 14  ]\r\n%s OK MOVE completed.\r\n",
		"exchange2013-nostar":  "[COPYUID 52 1 1146]\r\n%s OK MOVE completed.\r\n",
		"copyuid-star":         "* OK [COPYUID 1234567890 1 100:*] x\r\n%s OK done\r\n",
		"copyuid-zero":         "%s OK [COPYUID 0 1 41] MOVE completed\r\n",
		"vanished-extra-space": "* 1 EXPUNGE \r\n%s OK done\r\n",
		"refused-and-done":     "%s NO [SERVERBUG] x\r\n",
		"cut":                  "* OK [COPY",
	} {
		for _, works := range []bool{true, false} {
			gone, moves := false, 0
			addr := scripted(t, welcome, map[string]script{
				"LIST": func(w io.Writer, tag, _ string) bool {
					fmt.Fprintf(w, "* LIST () \"/\" Diproses\r\n%s OK done\r\n", tag)
					return false
				},
				"SELECT": ordinary("EXAMINE"),
				"UID SEARCH": func(w io.Writer, tag, _ string) bool {
					if gone {
						fmt.Fprintf(w, "* ESEARCH (TAG %q) UID\r\n%s OK done\r\n", tag, tag)
						return false
					}
					return ordinary("UID SEARCH")(w, tag, "")
				},
				"UID MOVE": func(w io.Writer, tag, _ string) bool {
					moves++
					gone = works
					io.WriteString(w, strings.ReplaceAll(answer, "%s", tag)) //nolint:errcheck // the client sees it
					return name == "cut"
				}})
			b := boxAt(t, addr, brisk)
			for range 2 {
				err := b.File(soon(t), []UID{{7, 1}}, "Diproses")
				if works && err != nil || !works && err == nil && name != "control" && name != "copyuid-zero" && name != "vanished-extra-space" {
					t.Errorf("%s, works=%v: %v after %d moves", name, works, err, moves)
				}
			}
		}
	}
}

// TestMoveCutInTheAnswer is the same against the embedded server: MOVE, and COPY with what follows it.
func TestMoveCutInTheAnswer(t *testing.T) {
	for _, c := range []struct {
		command string
		opt     postoffice.Options
		left    int
	}{
		{"MOVE", postoffice.Options{}, 1},
		{"COPY", postoffice.Options{HideMOVE: true}, 1},
		{"STORE", postoffice.Options{HideMOVE: true}, 1},
		{"EXPUNGE", postoffice.Options{HideMOVE: true}, 1},
		{"COPY", postoffice.Options{HideMOVE: true, HideUIDPLUS: true}, 11},
		{"STORE", postoffice.Options{HideMOVE: true, HideUIDPLUS: true}, 11},
	} {
		o := office(t, c.opt)
		put(t, o, 11)
		b := boxAt(t, o.IMAPAddr())
		refs := mustSince(t, b, 1)
		o.CutAnswer(desk, c.command, 1)
		if err := b.File(soon(t), wholes(refs[:10]), "Lain"); err != nil {
			t.Errorf("%s: %v", c.command, err)
		}
		if in, there := len(folder(t, o, "INBOX")), len(folder(t, o, "Lain")); in != c.left || there != 10 {
			t.Errorf("%s: %d left, %d filed", c.command, in, there)
		}
	}
}

// TestNeverASecondCopy (A9): whatever a server without MOVE refuses, and whoever tries again, each mail is copied once. The
// control is mail that only resembles: it is copied too.
func TestNeverASecondCopy(t *testing.T) {
	for _, uidplus := range []bool{true, false} {
		for _, refused := range []string{"STORE", "EXPUNGE"} {
			o := office(t, postoffice.Options{HideMOVE: true, HideUIDPLUS: !uidplus})
			if !uidplus && refused == "EXPUNGE" {
				continue
			}
			same := "Message-ID: <1@desk.test>\r\nSubject: %s\r\n\r\nisi\r\n"
			for _, raw := range []string{fmt.Sprintf(same, "satu"), fmt.Sprintf(same, "dua!"), "Subject: tanpa\r\n\r\nisi\r\n", "Subject: lain!\r\n\r\nisi\r\n"} {
				if err := o.Put(desk, "INBOX", []byte(raw)); err != nil {
					t.Fatal(err)
				}
			}
			o.Refuse(desk, refused, 0, "-", -1)
			for range 3 { // processes
				b := boxAt(t, o.IMAPAddr())
				refs := mustSince(t, b, 1)
				for range 3 {
					if err := b.File(soon(t), wholes(refs), "Lain"); err == nil || !Passing(err) {
						t.Fatal(err)
					}
				}
				if err := b.Close(); err != nil {
					t.Fatal(err)
				}
			}
			o.Refuse(desk, refused, 0, "-", 0)
			b := boxAt(t, o.IMAPAddr())
			if err := b.File(soon(t), wholes(mustSince(t, b, 1)), "Lain"); err != nil {
				t.Fatal(err)
			}
			in, want := len(folder(t, o, "INBOX")), 0
			if !uidplus {
				want = 4
			}
			if there := len(folder(t, o, "Lain")); there != 4 || in != want {
				t.Errorf("%s refused: %d copies, %d in the inbox", refused, there, in)
			}
		}
	}
}

func notices(t *testing.T, o *postoffice.Office, name string) (n int) {
	t.Helper()
	for _, m := range folder(t, o, name) {
		if strings.HasPrefix(string(m.Raw), replacementField+": ") {
			n++
		}
	}
	return n
}

// TestReplaceOnce (A9): the notice is there once, whatever is refused or breaks off, and only the one message goes.
func TestReplaceOnce(t *testing.T) {
	notice := []byte("Subject: disunting\n\ntanpa sandi\n")
	refuse := func(command, code string) func(*postoffice.Office, int) {
		return func(o *postoffice.Office, times int) { o.Refuse(desk, command, 0, code, times) }
	}
	for _, c := range []struct {
		name      string
		opt       postoffice.Options
		fault     func(o *postoffice.Office, times int)
		permanent bool
	}{
		{"well", postoffice.Options{}, func(*postoffice.Office, int) {}, false},
		{"deletion refused", postoffice.Options{}, refuse("STORE", "NOPERM"), true},
		{"deletion refused for now", postoffice.Options{}, refuse("STORE", "INUSE"), false},
		{"expunge refused", postoffice.Options{}, refuse("EXPUNGE", "NOPERM"), true},
		{"expunge refused for now", postoffice.Options{}, refuse("EXPUNGE", "-"), false},
		{"append refused", postoffice.Options{}, refuse("APPEND", "OVERQUOTA"), false},
		{"append cut", postoffice.Options{}, func(o *postoffice.Office, times int) { o.CutAnswer(desk, "APPEND", max(times, -1)) }, false},
		{"expunge cut", postoffice.Options{}, func(o *postoffice.Office, times int) { o.CutAnswer(desk, "EXPUNGE", times) }, false},
	} {
		o := office(t, c.opt)
		put(t, o, 2)
		put(t, o, 1, `\Deleted`) // somebody else's
		b := boxAt(t, o.IMAPAddr())
		uid := mustSince(t, b, 1)[0].UID
		c.fault(o, -1)
		for range 5 {
			err := b.Replace(soon(t), uid, "UKPBJ/Periksa", notice, "7.1")
			if errors.Is(err, ErrCannotRemove) != c.permanent || err != nil && Passing(err) == c.permanent {
				t.Errorf("%s: %v", c.name, err)
			}
			if n := notices(t, o, "UKPBJ/Periksa"); n > 1 {
				t.Fatalf("%s: %d notices", c.name, n)
			}
		}
		c.fault(o, 0)
		for range 2 {
			if err := b.Replace(soon(t), uid, "UKPBJ/Periksa", notice, "7.1"); err != nil {
				t.Errorf("%s is over: %v", c.name, err)
			}
		}
		if in := folder(t, o, "INBOX"); notices(t, o, "UKPBJ/Periksa") != 1 || len(in) != 2 || in[0].UID != 2 || in[1].UID != 3 {
			t.Errorf("%s: %d notices, %v in the inbox", c.name, notices(t, o, "UKPBJ/Periksa"), in)
		}
	}
	// Without UIDPLUS it stays, marked, and the notice stays alone.
	o := office(t, postoffice.Options{HideUIDPLUS: true, HideMOVE: true})
	put(t, o, 2)
	b := boxAt(t, o.IMAPAddr())
	refs := mustSince(t, b, 1)
	for range 3 {
		if err := b.Replace(soon(t), refs[0].UID, "UKPBJ/Periksa", notice, "7.1"); !errors.Is(err, ErrCannotRemove) || Passing(err) {
			t.Errorf("without UIDPLUS: %v", err)
		}
	}
	if n := notices(t, o, "UKPBJ/Periksa"); n != 1 {
		t.Errorf("%d notices without UIDPLUS", n)
	}
	if err := b.Replace(soon(t), UID{refs[0].UID.Validity + 1, 2}, "UKPBJ/Periksa", notice, "7.2"); !errors.Is(err, ErrUIDValidity) {
		t.Errorf("renumbered: %v", err)
	}
	if err := b.Replace(soon(t), refs[1].UID, "UKPBJ/Periksa", notice, "x\r\nBcc: y"); !errors.Is(err, errMark) {
		t.Errorf("mark: %v", err)
	}
	if in := folder(t, o, "INBOX"); len(in) != 2 || len(in[1].Flags) > 0 {
		t.Errorf("%v", in)
	}
}

// TestReturn (A6): one message comes back, by the best identity that is known, and never one of two that differ.
func TestReturn(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	mail := func(id, text string) string { return "Message-ID: <" + id + ">\r\nSubject: x\r\n\r\n" + text }
	for _, c := range []struct {
		name  string
		mails []string
		want  Wanted
		found bool
		err   error
	}{
		{"by time and size", []string{mail("a@x", "isi"), mail("b@x", "lebih panjang")}, Wanted{Arrived: at, Size: int64(len(mail("a@x", "isi")))}, true, nil},
		{"two of one size and second", []string{mail("a@x", "isi"), mail("b@x", "isi")}, Wanted{Arrived: at, Size: int64(len(mail("a@x", "isi")))}, false, ErrAmbiguous},
		{"told apart by Message-ID", []string{mail("a@x", "isi"), mail("b@x", "isi")}, Wanted{MessageID: "<b@x>", Arrived: at, Size: int64(len(mail("a@x", "isi")))}, true, nil},
		{"another time, same Message-ID", []string{mail("b@x", "isi")}, Wanted{MessageID: "b@x", Arrived: at.Add(time.Hour)}, true, nil},
		{"same Message-ID, other content", []string{mail("b@x", "isi"), mail("b@x", "isi lain")}, Wanted{MessageID: "b@x"}, false, ErrAmbiguous},
		{"same Message-ID, told apart by size", []string{mail("b@x", "isi"), mail("b@x", "isi lain")}, Wanted{MessageID: "b@x", Size: int64(len(mail("b@x", "isi lain")))}, true, nil},
		{"the same twice", []string{mail("b@x", "isi"), mail("b@x", "isi")}, Wanted{MessageID: "b@x"}, true, nil},
		{"Message-ID contained in another", []string{mail("bb@x", "isi")}, Wanted{MessageID: "b@x"}, false, nil},
		{"another Message-ID, same size and second", []string{mail("a@x", "isi")}, Wanted{MessageID: "b@x", Arrived: at, Size: int64(len(mail("a@x", "isi")))}, false, nil},
		{"not there", nil, Wanted{MessageID: "b@x", Arrived: at, Size: 5}, false, nil},
	} {
		for _, opt := range []postoffice.Options{{}, {HideMOVE: true}} {
			opt.Now = func() time.Time { return at }
			o := office(t, opt)
			b := boxAt(t, o.IMAPAddr())
			for _, raw := range c.mails {
				if err := b.Append(soon(t), "UKPBJ/Periksa", []byte(raw), nil, at); err != nil {
					t.Fatal(err)
				}
			}
			found, err := b.Return(soon(t), "UKPBJ/Periksa", c.want)
			if found != c.found || !errors.Is(err, c.err) {
				t.Errorf("%s: %v, %v", c.name, found, err)
			}
			in, n := folder(t, o, "INBOX"), 0
			if c.found {
				n = 1
			}
			if len(in) != n || len(folder(t, o, "UKPBJ/Periksa")) != len(c.mails)-n {
				t.Errorf("%s: %d came back", c.name, len(in))
			}
			if n == 1 && c.want.MessageID != "" && !strings.Contains(string(in[0].Raw), strings.Trim(c.want.MessageID, "<>")) {
				t.Errorf("%s: %q came back", c.name, in[0].Raw)
			}
		}
	}
}

// TestReturnWhereNothingCanBeRemoved: the original stayed in the inbox, marked; what is brought back comes as new all the same.
func TestReturnWhereNothingCanBeRemoved(t *testing.T) {
	o := office(t, postoffice.Options{HideMOVE: true, HideUIDPLUS: true})
	put(t, o, 1)
	b := boxAt(t, o.IMAPAddr())
	refs := mustSince(t, b, 1)
	if err := b.File(soon(t), wholes(refs), "UKPBJ/Periksa"); err != nil {
		t.Fatal(err)
	}
	found, err := b.Return(soon(t), "UKPBJ/Periksa", Wanted{Arrived: refs[0].Arrived, Size: refs[0].Size})
	if again := mustSince(t, b, 2); !found || err != nil || len(again) != 1 {
		t.Errorf("%v, %v, %v", found, err, again)
	}
}

// TestDateDecidesNothing (A6): a server's clock that is behind, or a person's drag, hides no mail.
func TestDateDecidesNothing(t *testing.T) {
	o := office(t, postoffice.Options{})
	put(t, o, 2)
	b := boxAt(t, o.IMAPAddr())
	st := mustState(t, b)
	for _, at := range []time.Time{time.Unix(1, 0), time.Now().Add(-48 * time.Hour), time.Now().Add(48 * time.Hour)} {
		if err := b.Append(soon(t), "INBOX", []byte("Subject: diseret\r\n\r\n"), nil, at); err != nil {
			t.Fatal(err)
		}
	}
	if refs := mustSince(t, b, st.UIDNext); !slices.Equal(uidsOf(refs), []uint32{3, 4, 5}) {
		t.Errorf("%v", refs)
	}
}

package stage

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"ukpbjd/internal/message"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// carried says which files of a request came with an approval letter, byte for byte.
func carried(l Letter, b rehearsal.Bundle) (names []string) {
	for _, f := range b.Files {
		for _, g := range l.Msg.Files {
			if g.Name == f.Name && bytes.Equal(g.Bytes, f.Bytes) {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

// TestPapersAreEnclosed: the approver gets the papers themselves, and the same bytes again where the delivery is in doubt. The store and
// the archived letter hold no second copy of them, and the proof of the approval stands.
func TestPapersAreEnclosed(t *testing.T) {
	x := set(t, Options{Rules: func(_, to string) postoffice.Behaviour {
		if strings.HasPrefix(to, "admin") {
			return postoffice.Behaviour{Ending: postoffice.DropAccepted, Times: 1}
		}
		return postoffice.Behaviour{}
	}})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	l := x.await(x.Cast.Admin, sop.Persetujuan)
	x.wait(func() bool { return len(x.letters(x.Cast.Admin, sop.Persetujuan)) == 2 })
	var sent [][]byte
	for _, j := range x.Post.Journal() {
		if j.From == x.Cast.Office.Address && j.To[0] == x.Cast.Admin.Address && KindOf(message.Parse(j.Raw, message.DefaultLimits(), nil)) == sop.Persetujuan {
			sent = append(sent, j.Raw)
		}
	}
	if len(sent) != 2 || !bytes.Equal(sent[0], sent[1]) {
		t.Errorf("sent %d times, and not the same bytes", len(sent))
	}
	if got := carried(l, x.bundle); len(got) != len(x.bundle.Files) || len(l.Msg.Files) != len(got)+1 {
		t.Errorf("of %d files %q are there, with %d others", len(x.bundle.Files), got, len(l.Msg.Files)-len(got))
	}
	for _, line := range bytes.SplitN(l.Raw, []byte("\n"), -1) {
		if len(line) > 998 {
			t.Fatalf("a line of %d bytes", len(line)) // RFC 5322 §2.1.1
		}
	}
	number := x.only().Number
	x.do(x.Answer(l, "SETUJU", rehearsal.Outlook))
	x.finish()
	for _, m := range People(x.bundle) { // SOP R.2
		closing := x.await(m, sop.Selesai)
		if got := carried(closing, x.bundle); len(got) != len(x.bundle.Files) || len(closing.Msg.Files) != len(got)+1 {
			t.Errorf("of %d files %q came with the closing letter, with %d others", len(x.bundle.Files), got, len(closing.Msg.Files)-len(got))
		}
	}
	x.do(x.until(x.ctx, func() bool { return len(x.endedLetters()) == 0 }))
	x.provesOne(number)
	raw, err := os.ReadFile(x.archivedLetter(number, sop.Persetujuan))
	x.do(err)
	for _, p := range x.only().Reading.Papers {
		if !bytes.Contains(raw, []byte("terlampir pada surat yang dikirim; SHA-256 "+p.SHA256)) {
			t.Errorf("the archived letter does not say that %s came with it", p.File)
		}
	}
	if len(raw) > 60_000 {
		t.Errorf("the archived letter has %d bytes", len(raw))
	}
}

// TestPapersThatDoNotFit: what is over the bound is left out, and the letter says which and why; what a mail server does not take goes
// without papers at once, under a new code.
func TestPapersThatDoNotFit(t *testing.T) {
	t.Run("bound", func(t *testing.T) {
		x := set(t, Options{})
		large := int64(0)
		for _, f := range x.bundle.Files {
			large = max(large, int64(len(f.Bytes)))
		}
		x.Config.Approval.Papers = large - 1
		x.do(x.Start(x.ctx))
		x.do(x.Request(x.bundle, true))
		l := x.await(x.Cast.Admin, sop.Persetujuan)
		got := carried(l, x.bundle)
		if len(got) == 0 || len(got) == len(x.bundle.Files) {
			t.Errorf("carried: %q", got)
		}
		text := strings.Join(strings.Fields(l.Msg.Text), " ")
		for _, f := range x.bundle.Files {
			said := strings.Contains(text, "Berkas yang tidak terlampir: "+f.Name) || strings.Contains(text, ", "+f.Name+"; sebabnya")
			if there := strings.Contains(strings.Join(got, " "), f.Name); there == said {
				t.Errorf("%s: attached %v, said to be left out %v", f.Name, there, said)
			}
		}
		if !strings.Contains(text, "seluruh lampiran dibatasi") {
			t.Error("the letter does not say why")
		}
		x.do(x.Answer(l, "SETUJU", rehearsal.Outlook))
		x.finish()
		closing := x.await(People(x.bundle)[0], sop.Selesai)
		if n := len(carried(closing, x.bundle)); n != len(got) || !strings.Contains(strings.Join(strings.Fields(closing.Msg.Text), " "), "seluruh lampiran dibatasi") {
			t.Errorf("%d files came with the closing letter, and it says:\n%s", n, closing.Msg.Text)
		}
		x.sound()
	})
	t.Run("bounced", func(t *testing.T) {
		x := set(t, Options{Rules: func(_, to string) postoffice.Behaviour {
			if strings.HasPrefix(to, "admin") {
				return postoffice.Behaviour{Bounce: "5.3.4", Text: "Message too big", Times: 1}
			}
			return postoffice.Behaviour{}
		}})
		x.do(x.Start(x.ctx))
		x.do(x.Request(x.bundle, true))
		l := x.await(x.Cast.Admin, sop.Persetujuan)
		if got := carried(l, x.bundle); len(got) > 0 || len(x.events(x.only().Number, "papers-left-out")) != 1 {
			t.Errorf("carried %q", got)
		}
		if !strings.Contains(strings.Join(strings.Fields(l.Msg.Text), " "), "server surel menolak surat dengan lampiran sebesar itu") {
			t.Errorf("the letter does not say why:\n%s", l.Msg.Text)
		}
		x.do(x.Answer(l, "SETUJU", rehearsal.Outlook))
		x.finish()
		x.sound()
	})
	t.Run("refused", func(t *testing.T) { // even without papers: it is tried once, and somebody hears
		size := 8000
		for _, f := range papersOf(t, 3, 3).Files {
			size += len(f.Bytes) * 137 / 100
		}
		x := set(t, Options{Post: func(o *postoffice.Options) { o.MaxMessage = int64(size) }})
		x.do(x.Start(x.ctx))
		x.do(x.Request(x.bundle, true))
		x.await(x.Cast.Operator, sop.GagalKirim)
		if n := x.only().Number; len(x.events(n, "papers-left-out")) != 1 || len(x.events(n, "letter-lost")) != 2 {
			t.Errorf("%d letters lost", len(x.events(n, "letter-lost")))
		}
	})
}

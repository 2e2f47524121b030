package extract

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

// hurried is a requester who knows the truth and nothing of programs: asked about a roster they correct the values that are wrong, by lines,
// or send the right formulir where it names the wrong people; asked for papers they send them.
type hurried struct {
	office   sop.Office
	truth    []document.Row
	right    []document.Source // a clean request's papers
	sources  []document.Source
	c        sop.Case
	readback int
	answers  int
}

var hurriedStaff = sop.Person{Name: "Staf", Address: "staf@tirtawana.example"}

func (h *hurried) say(what sop.What) {
	in := sop.Input{At: time.Now(), What: what, From: sop.Sender{Person: hurriedStaff, Roles: []sop.Role{sop.RoleRequester}, Proof: sop.Proof{Level: sop.Standard, Result: sop.Proven}}}
	for {
		out := h.office.Decide(h.c, in, time.Now())
		h.c = out.Case
		for _, l := range out.Letters {
			if l.Kind == sop.BacaUlang {
				h.readback++
			}
		}
		if i := slices.IndexFunc(out.Tasks, func(t sop.Task) bool { return t.Kind == sop.TaskPictures }); i < 0 {
			return
		}
		in = sop.Input{At: time.Now(), What: sop.Pictured{Revision: h.c.Revision}}
	}
}

func (h *hurried) send(fresh []document.Source, amends []document.Amendment) {
	r := document.Read(document.Bundle{Previous: h.sources, Sources: fresh, Earlier: h.c.Reading.Papers, Said: h.c.Reading.Said, Amended: h.c.Reading.Amended, Amends: amends})
	h.sources = append(h.sources, fresh...)
	h.say(sop.Supplement{Reading: r})
}

// wrong are the lines that the truth asks for; false where the roster names other people, or not all.
func (h *hurried) wrong() (lines []document.Amendment, people bool) {
	for i, row := range h.c.Reading.Roster {
		at := slices.IndexFunc(h.truth, func(x document.Row) bool {
			return x.NIP == row.NIP || document.NameKey(x.Nama) == document.NameKey(row.Nama)
		})
		if at < 0 {
			return nil, false
		}
		for _, v := range []struct{ label, is, want string }{{"nama", row.Nama, h.truth[at].Nama}, {"NIP", row.NIP, h.truth[at].NIP}, {"email", row.Email, h.truth[at].Email}} {
			if a, ok := document.Amend(h.c.Members[i].Row, v.label, v.want); v.is != v.want && ok {
				lines = append(lines, a)
			}
		}
	}
	return lines, len(h.c.Reading.Roster) == len(h.truth)
}

func (h *hurried) answer() {
	h.answers++
	lines, people := h.wrong()
	var fresh []document.Source
	for _, p := range document.Read(document.Bundle{Sources: h.right}).Papers {
		if slices.Contains(h.c.Reading.Missing, p.Kind) || p.Kind == document.Formulir && !people || h.c.Status == sop.NeedsReview {
			fresh = append(fresh, h.right[slices.IndexFunc(h.right, func(s document.Source) bool { return s.File == p.File })])
		}
	}
	switch {
	case len(fresh) > 0 || len(lines) > 0:
		h.send(fresh, lines)
	default:
		h.say(sop.Command{Verb: sop.Benar, Ref: sop.Ref{Via: "message-id", Kind: sop.BacaUlang, Revision: h.c.Revision}})
	}
}

// TestHurriedRequestersAreAsked plays the requests of ../shared/papers-hurried: what reaches the approver is exact, and nobody is asked more
// than once but for papers that are not there. UKPBJD_OCR=1 reads the photographs, too.
func TestHurriedRequestersAreAsked(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(filepath.Dir(shared(t)), "papers-hurried", "*.eml"))
	if err != nil || len(files) == 0 {
		t.Skip("no ../shared/papers-hurried here", err)
	}
	ocr := "off"
	if os.Getenv("UKPBJD_OCR") == "1" {
		ocr = "auto"
	}
	reader := New(Options{OCR: ocr, TempDir: t.TempDir()})
	read := func(f string) (*message.Message, []document.Source) {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		msg := message.Parse(raw, message.DefaultLimits(), nil)
		return msg, reader.All(context.Background(), msg.Files)
	}
	_, right := read(files[slices.IndexFunc(files, func(f string) bool { return strings.HasSuffix(f, "00_base_docx.eml") })])
	for i := range right {
		right[i].SHA256 = "right" + right[i].File
	}
	truth := document.Read(document.Bundle{Sources: right}).Roster
	office := sop.Office{Mailbox: sop.Person{Address: "ukpbj@tirtawana.example"}, Level: sop.Standard, Quorum: 1, Sheet: "none", ApprovalDays: 1, CompletionDays: 3, Expires: 3,
		Approvers: []sop.Approver{{Person: sop.Person{Name: "Admin", Address: "admin@tirtawana.example"}}}, Calendar: workday.Standard(time.UTC)}
	asked := 0
	for _, f := range files {
		msg, sources := read(f)
		h := &hurried{office: office, truth: truth, right: right, sources: sources, c: sop.Case{Number: "PKJ-2026-0001"}}
		h.say(sop.Request{Reading: document.Read(document.Bundle{Sources: sources, Body: msg.Own})})
		for h.c.Status != sop.AwaitingApproval && h.answers < 4 {
			h.answer()
		}
		asked += min(h.readback, 1)
		t.Logf("%s: %d read back, %d answers", filepath.Base(f), h.readback, h.answers)
		exact := slices.EqualFunc(h.c.Reading.Roster, truth, func(a, b document.Row) bool { return a.NIP == b.NIP && a.Nama == b.Nama && a.Email == b.Email })
		if h.c.Status != sop.AwaitingApproval || !exact || h.readback > 1 {
			t.Errorf("%s: %s, exact %v, %d read back, %d answers: %+v", filepath.Base(f), h.c.Status, exact, h.readback, h.answers, h.c.Reading.Problems)
		}
	}
	t.Logf("%d of %d requests were read back", asked, len(files))
}

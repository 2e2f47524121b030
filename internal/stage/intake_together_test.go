package stage

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/message"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// followUp is a later mail of the requester, or of a colleague, in answer to the request.
type followUp struct {
	from sop.Person // zero: the requester
	text string
	file *sop.File
}

func (f followUp) submit(x *play, n int, request *message.Message) {
	x.t.Helper()
	if f.from == (sop.Person{}) {
		f.from = x.Cast.Staff
	}
	raw := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: Re: %s\r\nMessage-ID: <susulan%d@%s>\r\nIn-Reply-To: %s\r\nReferences: %[6]s\r\nDate: %s\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n%s\r\n",
		f.from.Address, x.Cast.Office.Address, request.Subject, n, Domain, request.MessageID, time.Now().Format(time.RFC1123Z), f.text)
	if f.file != nil {
		raw += fmt.Sprintf("--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"%s\"\r\n"+
			"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n", f.file.Name, lines64(f.file.Bytes))
	}
	x.do(x.Submit(f.from, []byte(raw+"--b--\r\n"), x.Cast.Office))
}

// csvPapers is a request for three people whose formulir is text.
func csvPapers(t *testing.T) rehearsal.Bundle {
	t.Helper()
	b, err := rehearsal.Papers(1000, 3, rehearsal.Office{Domain: Domain, Form: rehearsal.CSV})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// right is the address that takes the place of one in the papers.
func right(i int) sop.Person {
	return sop.Person{Name: "Betul", Address: fmt.Sprintf("betul.%d@%s", i, Domain)}
}

// said corrects one address in words, and mended in a formulir.
func said(b rehearsal.Bundle, i int) followUp {
	return followUp{text: fmt.Sprintf("Mohon maaf, ralat:\r\n\r\n%s %s\r\n\r\nTerima kasih", b.Roster[i].NIP, right(i).Address)}
}

func mended(b rehearsal.Bundle) followUp {
	f := b.Files[0]
	f.Bytes = []byte(strings.ReplaceAll(string(f.Bytes), b.Roster[0].Email, right(0).Address))
	return followUp{text: "Ralat: email anggota pertama keliru, ini formulir yang benar.", file: &f}
}

func paper(b rehearsal.Bundle, i int) followUp {
	return followUp{text: "Menyusulkan berkas.", file: &b.Files[i]}
}

// addressed wants these members at the right address in the newest case, with all papers.
func addressed(members ...int) func([]sop.Case) string {
	return func(all []sop.Case) string {
		c := all[len(all)-1]
		for _, i := range members {
			if got := c.Members[i].Row.Email; got != right(i).Address {
				return fmt.Sprintf("the address of an earlier mail stands: %s", got)
			}
		}
		if len(all) != 1 || !c.Reading.Complete {
			return fmt.Sprintf("%d cases; said to be missing: %v", len(all), c.Reading.Missing)
		}
		return ""
	}
}

// TestMailsOfOneRound (A7): what belongs to one case and lies in the inbox together comes to what it comes to one after the other: no
// mail is understood on a case that the one before it has changed. The control is one after the other.
func TestMailsOfOneRound(t *testing.T) {
	b := csvPapers(t)
	colleague := sop.Person{Name: "Rekan", Address: "rekan@" + Domain}
	from := func(p sop.Person, f followUp) followUp { f.from = p; return f }
	for name, c := range map[string]struct {
		papers int // of the request
		then   []followUp
		want   func([]sop.Case) string
	}{
		"two corrections in words":         {3, []followUp{said(b, 0), said(b, 1)}, addressed(0, 1)},
		"one of them is a colleague's":     {3, []followUp{said(b, 0), from(colleague, said(b, 1)), said(b, 2)}, addressed(0, 1, 2)},
		"two papers that were missing":     {1, []followUp{paper(b, 1), paper(b, 2)}, addressed()},
		"a mended formulir":                {3, []followUp{mended(b)}, addressed(0)},
		"a mended formulir, then a paper":  {2, []followUp{mended(b), paper(b, 2)}, addressed(0)},
		"a paper, then a mended formulir":  {2, []followUp{paper(b, 2), mended(b)}, addressed(0)},
		"a mended formulir, then in words": {3, []followUp{mended(b), said(b, 1)}, addressed(0, 1)},
		"withdrawn, and asked for anew": {3, []followUp{{text: "BATAL"}, mended(b)}, func(all []sop.Case) string {
			if len(all) != 2 || all[0].Status != sop.Cancelled || all[1].Status != sop.Incomplete || len(all[1].Reading.Papers) != 1 {
				return fmt.Sprintf("%d cases; the new one has papers of the one that was withdrawn: %v", len(all), all[len(all)-1].Reading.Papers)
			}
			return ""
		}},
	} {
		for _, how := range []string{"apart", "together", "with the request"} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				x := lawful(t, nil, Options{Members: append(People(b), right(0), right(1), right(2), colleague)})
				if how != "with the request" {
					x.do(x.Start(x.ctx))
				}
				asked := b
				asked.Files = b.Files[:c.papers]
				e := rehearsal.Envelope{From: x.Cast.Staff, To: []sop.Person{x.Cast.Office}, Cc: []sop.Person{colleague}, Date: time.Now(), MessageID: "<mohon@" + Domain + ">"}
				request := asked.Mail(e)
				x.do(x.Submit(x.Cast.Staff, request, x.Cast.Office))
				heard := func(n int) {
					x.wait(func() bool { return len(x.records()) == n })
					x.quiet()
				}
				if how != "with the request" {
					heard(1)
				}
				if how == "together" {
					x.do(x.Stop())
				}
				for i, f := range c.then {
					f.submit(x, i, message.Parse(request, message.DefaultLimits(), nil))
					if how == "apart" {
						heard(i + 2)
					}
				}
				if how != "apart" {
					x.do(x.Start(x.ctx))
					heard(len(c.then) + 1)
				}
				if wrong := c.want(x.cases()); wrong != "" {
					t.Error(wrong)
				}
				x.sound()
				if faults := x.Daemon.Faults(); len(faults) > 0 {
					t.Error(faults)
				}
			})
		}
	}
}

// cases are all of them, in order of number.
func (x *play) cases() (all []sop.Case) {
	x.t.Helper()
	x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
		return b.Cases.Each(false, func(c sop.Case) bool {
			all = append(all, c)
			return true
		})
	}))
	slices.SortFunc(all, func(a, b sop.Case) int { return strings.Compare(a.Number, b.Number) })
	return all
}

// TestRefusedRequestIsNotOvertaken (A4, A7): a request, and a later mail of its sender, and the server says NO [SERVERBUG] to the request for
// its first few fetches: the later word stands. The control is a server that hands it over.
func TestRefusedRequestIsNotOvertaken(t *testing.T) {
	b := csvPapers(t)
	for name, c := range map[string]struct {
		then followUp
		want func([]sop.Case) string
	}{
		"a mended formulir": {mended(b), addressed(0)},
		"in words":          {said(b, 0), addressed(0)},
		"withdrawn": {followUp{text: "BATAL"}, func(all []sop.Case) string {
			if len(all) != 1 || all[0].Status != sop.Cancelled {
				return "the request stands"
			}
			return ""
		}},
	} {
		for _, times := range []int{0, 6} {
			t.Run(fmt.Sprint(name, times), func(t *testing.T) {
				t.Parallel()
				x := lawful(t, nil, Options{Members: append(People(b), right(0)), Clerk: func(p *daemon.Parts) {
					p.Office.Policy = queue.Policy{Tries: 30, Over: time.Minute, Pause: queue.Backoff{First: 200 * time.Millisecond, Most: 300 * time.Millisecond}}
				}, Change: func(c *config.Config) { c.IMAP.Start.All = true }})
				x.stranger("satu")
				x.do(x.Request(b, false))
				lies := x.folder("INBOX")
				first := lies[len(lies)-1]
				c.then.submit(x, 0, message.Parse(first.Raw, message.DefaultLimits(), nil))
				x.Post.Refuse(x.Cast.Office.Address, "FETCH", first.UID, "SERVERBUG", times)
				x.do(x.Start(x.ctx))
				x.wait(func() bool { return len(x.records()) == 3 })
				x.quiet()
				if wrong := c.want(x.cases()); wrong != "" {
					t.Error(wrong)
				}
				x.sound()
			})
		}
	}
}

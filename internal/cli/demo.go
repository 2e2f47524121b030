package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
)

type demoCmd struct {
	Stay bool   `help:"Keep the office open afterwards, so that any mail program can join."`
	Page string `help:"Where the status page listens." default:"127.0.0.1:0"`
}

// demoTime bounds the play; an ordinary machine needs a few seconds.
const demoTime = 60 * time.Second

func (c *demoCmd) Run(s *shell) error {
	dir, err := os.MkdirTemp("", "ukpbjd-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p, err := newPlay(s.stdout, dir, c.Page)
	if err != nil {
		return err
	}
	defer p.stage.Close()
	if err := p.stage.Start(s.ctx); err != nil {
		return err
	}
	err = p.perform(s.ctx)
	if c.Stay && s.ctx.Err() == nil {
		if err := p.invite(dir); err != nil {
			return err
		}
		<-s.ctx.Done()
	}
	return err
}

// play is one performance: its stage, its requests, and what was expected of it.
type play struct {
	out             io.Writer
	stage           *stage.Stage
	sunny, troubled rehearsal.Bundle
	later           rehearsal.Bundle // for a Pokja that a member of the sunny one joins
	moved           sop.Person       // whose letter came back, at the address that is right
	began           time.Time
	shown, missed   int // shown are transactions of the post office, people's mails too
	letters         int
	void            string // the letter whose code stood in a forgery: another one takes its place
}

func newPlay(out io.Writer, dir, page string) (*play, error) {
	p := &play{out: out, began: time.Now()}
	var err error
	if p.sunny, err = rehearsal.Papers(2026, 3, rehearsal.Office{Domain: stage.Domain, Tag: "a"}); err != nil {
		return nil, err
	}
	if p.troubled, err = rehearsal.Papers(7, 3, rehearsal.Office{Domain: stage.Domain, Tag: "b", Form: rehearsal.DOCX}); err != nil {
		return nil, err
	}
	if p.later, err = rehearsal.Papers(39, 3, rehearsal.Office{Domain: stage.Domain, Tag: "c", Again: p.sunny.Roster[:1]}); err != nil {
		return nil, err
	}
	lost := p.troubled.Roster[2].Email
	p.moved = sop.Person{Name: p.troubled.Roster[2].Nama, Address: "baru." + lost}
	p.stage, err = stage.Open(stage.Options{Dir: dir, Page: page, Members: p.members(),
		Rules: func(from, to string) postoffice.Behaviour {
			if strings.EqualFold(to, lost) {
				return postoffice.Behaviour{Bounce: "5.2.2", Text: "mailbox is full"}
			}
			return postoffice.Behaviour{}
		}})
	return p, err
}

// members have a mailbox each.
func (p *play) members() []sop.Person {
	return append(slices.Concat(stage.People(p.sunny), stage.People(p.troubled), stage.People(p.later)[1:]), p.moved)
}

// perform plays every scene; it gives an error when an expectation did not hold.
func (p *play) perform(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, demoTime)
	defer cancel()
	p.say("Kantor percobaan dibuka: kotak surat, server surel, dan ukpbjd berjalan di mesin ini saja.")
	for _, scene := range []struct {
		title string
		play  func(context.Context) error
	}{
		{"Babak 1. Permohonan lengkap: dari surel staf sampai kasus selesai", p.sunnyDay},
		{"Babak 2. Permohonan tanpa SK, lalu dilengkapi", p.incomplete},
		{"Babak 3. Persetujuan palsu ditolak", p.spoof},
		{"Babak 4. Persetujuan asli, dan satu surat yang kembali", p.bounce},
		{"Babak 5. Alamat yang keliru diperbaiki setelah disetujui", p.mend},
		{"Babak 6. Permohonan yang sama dikirim lagi", p.repeat},
		{"Babak 7. Anggota yang sudah mempunyai akun", p.kept},
		{"Pemeriksaan akhir", p.audit},
	} {
		fmt.Fprintf(p.out, "\n%s\n", scene.title)
		if err := scene.play(ctx); err != nil {
			p.show()
			return fmt.Errorf("%s: %w", scene.title, err)
		}
		p.show()
	}
	fmt.Fprintf(p.out, "\n%d surat terkirim dalam %.1f detik.\n", p.letters, time.Since(p.began).Seconds())
	if p.missed > 0 {
		return fail(exitTrouble, fmt.Errorf("%d expectation(s) did not hold", p.missed))
	}
	fmt.Fprintln(p.out, "Semua harapan terpenuhi.")
	return nil
}

func (p *play) say(format string, args ...any) {
	fmt.Fprintf(p.out, "  · "+format+"\n", args...)
}

// expect prints one expectation and remembers when it did not hold.
func (p *play) expect(held bool, format string, args ...any) {
	mark := "✓"
	if !held {
		mark = "✗"
		p.missed++
	}
	fmt.Fprintf(p.out, "  "+mark+" "+format+"\n", args...)
}

// show prints the letters that the office has sent since it was last called: who, what, when.
func (p *play) show() {
	all := p.stage.Post.Journal()
	for _, t := range all[p.shown:] {
		if t.From != p.stage.Cast.Office.Address {
			continue
		}
		p.letters++
		m := message.Parse(t.Raw, message.DefaultLimits(), nil)
		fmt.Fprintf(p.out, "    %s  → %-38s %s\n", t.At.Local().Format("15.04.05.000"), strings.Join(t.To, ", "), codeInSubject.ReplaceAllString(m.Subject, "kode ······"))
	}
	p.shown = len(all)
}

// codeInSubject: codes appear in no output (DESIGN, "Commands"), not even invented ones.
var codeInSubject = regexp.MustCompile(`kode [0-9A-Z]{6}`)

func (p *play) sunnyDay(ctx context.Context) error {
	c := p.stage.Cast
	if err := p.stage.Request(p.sunny, false); err != nil {
		return err
	}
	p.say("%s mengirim permohonan dengan %d berkas untuk %d anggota.", c.Staff.Name, len(p.sunny.Files), len(p.sunny.Roster))
	if err := p.approve(ctx, "PKJ-"+year()+"-0001", rehearsal.Outlook); err != nil {
		return err
	}
	if err := p.receive(ctx, "PKJ-"+year()+"-0001", stage.People(p.sunny)); err != nil {
		return err
	}
	_, err := p.stage.Await(ctx, c.Staff, "PKJ-"+year()+"-0001", sop.Selesai)
	p.expect(err == nil, "kasus PKJ-%s-0001 selesai; pemohon menerima surat penutup", year())
	return err
}

func year() string { return time.Now().Format("2006") }

// approve waits for the approval letter and answers it as the Admin Agency.
func (p *play) approve(ctx context.Context, number string, style rehearsal.Style) error {
	l, admin := stage.Letter{}, p.stage.Cast.Admin
	if _, err := p.stage.Post.Wait(ctx, admin.Address, "INBOX", func(x postoffice.Stored) bool {
		l = stage.Letter{To: admin, Raw: x.Raw, Msg: message.Parse(x.Raw, message.DefaultLimits(), nil)}
		return stage.KindOf(l.Msg) == sop.Persetujuan && strings.Contains(l.Msg.Subject, number) && l.Msg.MessageID != p.void
	}); err != nil {
		return fmt.Errorf("wait for the letter that asks for the approval of %s: %w", number, err)
	}
	_, sheet := stage.SheetFile(l.Msg)
	p.expect(sheet, "surat persetujuan memuat lembar akun tersandi")
	p.say("%s mengetik akun ke SPSE, lalu membalas: SETUJU", p.stage.Cast.Admin.Name)
	return p.stage.Answer(l, "SETUJU", style)
}

// receive lets each member take their letter and confirm it by the link, which quotes nothing.
func (p *play) receive(ctx context.Context, number string, members []sop.Person) error {
	for _, m := range members {
		l, err := p.stage.Await(ctx, m, number, sop.Kredensial)
		if err != nil {
			return err
		}
		if err := p.stage.Answer(l, "TERIMA", rehearsal.Plain); err != nil {
			return err
		}
	}
	p.say("%d anggota menekan tautan TERIMA.", len(members))
	return nil
}

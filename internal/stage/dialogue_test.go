package stage

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/config"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/form"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// TestDialogues plays testdata/dialogues: what people write, and what a careful clerk would have answered. Those that the office
// still owes stand in the file "owed"; one of them that is answered well must leave it.
func TestDialogues(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/dialogues/*.txt")
	if err != nil || len(files) < 60 {
		t.Fatal(len(files), err)
	}
	list, err := os.ReadFile("testdata/dialogues/owed")
	if err != nil {
		t.Fatal(err)
	}
	owed := map[string]string{}
	for line := range strings.Lines(string(list)) {
		name, why, _ := strings.Cut(strings.TrimSpace(line), ": ")
		owed[name] = why
	}
	delete(owed, "")
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".txt")
		why, owes := owed[name]
		delete(owed, name)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := playDialogue(t, f)
			switch {
			case err != nil && owes:
				t.Logf("owed (%s): %v", why, err)
			case err != nil:
				t.Error(err)
			case owes:
				t.Errorf("answered as it should be: take %s from the list of what is owed", name)
			}
		})
	}
	if len(owed) > 0 {
		t.Errorf("owed, but not there: %v", slices.Collect(maps.Keys(owed)))
	}
}

// TestDialogueFails is the control: what the office did not say is found missing, and what it must not say is found.
func TestDialogueFails(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{
		"expect staf kekurangan within 1m\n", "expect admin persetujuan within 1m\n    contains: tidak tertulis di sini\n",
		"expect admin persetujuan within 1m\n    not: SETUJU\n", "expect admin persetujuan within 1m\n    top: tidak ada\n", "expect nobody\n",
		"silent admin persetujuan\n", "stays\n", "cases 0\n", "state Selesai\n", "released a1\n", "expect admin persetujuan within 1m\n    attached: foto\n",
	} {
		t.Run(strings.Fields(wrong)[0], func(t *testing.T) {
			t.Parallel()
			f := filepath.Join(t.TempDir(), "x.txt")
			if err := os.WriteFile(f, []byte("given empty\nmail staf subject \"Permohonan akun SPSE Pokja\" attach a:all\n    Mohon dibuatkan akun SPSE Pokja.\n"+wrong), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := playDialogue(t, f); err == nil || strings.Contains(err.Error(), "line 2") {
				t.Errorf("passes, or fails too early: %v", err)
			}
		})
	}
}

// operate is the program's own Main; the stage cannot import the command line, which imports the stage.
var operate func(ctx context.Context, args []string, stdout, stderr *bytes.Buffer) int

// OperateWith sets it.
func OperateWith(main func(ctx context.Context, args []string, stdout, stderr *bytes.Buffer) int) bool {
	operate = main
	return true
}

// runningClock starts where it is told, runs on, and is put forward.
type runningClock struct {
	mu    sync.Mutex
	base  time.Time
	begun time.Time
}

func (c *runningClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base.Add(time.Since(c.begun))
}

func (c *runningClock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base, c.begun = at, time.Now()
}

// player is one dialogue as it is played.
type player struct {
	*play
	clock   *runningClock
	people  map[string]sop.Person
	nips    map[string]string
	bundles map[string]rehearsal.Bundle
	boxes   map[string][]Letter // letters of the office that somebody has, the oldest first
	since   map[string]int      // how many of them were there at the last mail, command or clock
	given   map[string]int      // and when the dialogue began
	sent    string              // Message-ID of the last mail
	conf    string

	mu    sync.Mutex
	rules map[string]postoffice.Behaviour
}

// dialoguePapers are the requests of a and b, made once.
var dialoguePapers = sync.OnceValues(func() (out [2]rehearsal.Bundle, err error) {
	for i, seed := range []int64{3, 11} {
		b, e := rehearsal.Papers(seed, 3, rehearsal.Office{Domain: Domain})
		out[i], err = b, errors.Join(err, e)
	}
	return out, err
})

func playDialogue(t *testing.T, file string) error {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	steps, err := parseDialogue(string(raw))
	if err != nil {
		return err
	}
	p := &player{clock: &runningClock{}, boxes: map[string][]Letter{}, since: map[string]int{}, rules: map[string]postoffice.Behaviour{}}
	zone := time.FixedZone("WITA", 8*3600)
	p.clock.set(time.Date(2026, 11, 30, 9, 0, 0, 0, zone)) // a Monday
	papers, err := dialoguePapers()
	if err != nil {
		return err
	}
	p.cast(papers)
	var second sop.Person
	quorum := 0
	if steps[0].verb == "office" {
		for _, a := range steps[0].args {
			switch a {
			case "approvers=2":
				second = p.people["admin2"]
			case "quorum=2":
				quorum = 2
			default:
				return fmt.Errorf("line 1: an office with %s", a)
			}
		}
		steps = steps[1:]
	}
	p.play = open(t, papers[0], p.office(second, quorum))
	p.do(p.Start(p.ctx))
	for _, s := range steps {
		if err := p.step(s); err != nil {
			return fmt.Errorf("line %d, %s %s: %w", s.line, s.verb, strings.Join(s.args, " "), err)
		}
	}
	if err := p.settle(); err != nil {
		return err
	}
	return p.invariants()
}

func (p *player) cast(papers [2]rehearsal.Bundle) {
	o := Office()
	at := func(name, address string) sop.Person { return sop.Person{Name: name, Address: address} }
	p.bundles = map[string]rehearsal.Bundle{"a": papers[0], "b": papers[1]}
	p.nips = map[string]string{}
	p.people = map[string]sop.Person{"staf": o.Staff, "admin": o.Admin, "kepala": o.KepalaLPSE, "bagian": o.KepalaBagian, "operator": o.Operator,
		"admin2": at("Admin Agency Kedua", "admin.kedua@"+Domain), "asisten": at("Ni Kadek Asri Lestari", "asri.lestari@"+Domain),
		"bendahara": at("I Wayan Karta", "karta@"+Domain), "pribadi": at("Pribadi", "pribadi@surat.example"), "luar": at("CV Contoh Jaya", "contoh.jaya@surat.example")}
	for group, b := range p.bundles {
		for i, r := range b.Roster {
			who := fmt.Sprintf("%s%d", group, i+1)
			p.people[who], p.nips[who] = at(r.Nama, r.Email), r.NIP
			if group == "a" && i > 0 {
				p.people[who+"baru"], p.nips[who+"baru"] = at(r.Nama, fmt.Sprintf("anggota%d.baru@%s", i+1, Domain)), r.NIP
			}
		}
	}
}

func (p *player) office(second sop.Person, quorum int) Options {
	o := Options{Clerk: func(d *daemon.Parts) {
		d.Office.Now = p.clock.now
		d.Outbox.DoubtPause, d.Outbox.FirstRetry, d.Tasks.FirstRetry = 200*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
	}, Change: func(c *config.Config) {
		c.IMAP.Start.All, c.IMAP.Poll = true, time.Second
		c.Identity.SPSE = "https://spse.tirtawana.example"
		if second.Address != "" {
			c.People.Approvers = append(c.People.Approvers, config.Approver{Person: second, SheetPassphrase: c.People.Approvers[0].SheetPassphrase})
		}
		if quorum > 0 {
			c.Approval.Quorum = quorum
		}
	}, Post: func(o *postoffice.Options) { o.Now = p.clock.now }, Rules: func(_, to string) postoffice.Behaviour {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.rules[strings.ToLower(to)]
	}}
	staged := Office()
	for who, x := range p.people {
		known := []sop.Person{staged.Staff, staged.Admin, staged.KepalaLPSE, staged.KepalaBagian, staged.Operator}
		if !slices.Contains(known, x) && (!strings.HasPrefix(who, "a") || len(who) != 2) { // the members of a are there already
			o.Members = append(o.Members, x)
		}
	}
	return o
}

// dialogueStep is one step with the lines below it.
type dialogueStep struct {
	line   int
	verb   string
	args   []string
	text   string
	wants  [][2]string // contains, not, top, attached
	others []dialogueStep
}

var dialogueToken = regexp.MustCompile(`"([^"]*)"|(\S+)`)

func parseDialogue(text string) (out []dialogueStep, err error) {
	block := false
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "    ") || block && line == "":
			if len(out) == 0 {
				return nil, fmt.Errorf("line %d belongs to no step", i+1)
			}
			s := &out[len(out)-1]
			if s.verb == "mail" {
				s.text += strings.TrimPrefix(line, "    ") + "\n"
				continue
			}
			if line == "" {
				continue
			}
			if n := len(s.others); n > 0 {
				s = &s.others[n-1]
			}
			key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
			if !ok || !slices.Contains([]string{"contains", "not", "top", "attached"}, key) {
				return nil, fmt.Errorf("line %d: %s", i+1, line)
			}
			s.wants = append(s.wants, [2]string{key, value})
		case line == "" || strings.HasPrefix(line, "#"):
		default:
			s := dialogueStep{line: i + 1}
			for _, m := range dialogueToken.FindAllStringSubmatch(line, -1) {
				s.args = append(s.args, m[1]+m[2])
			}
			s.verb, s.args = s.args[0], s.args[1:]
			block = true
			if s.verb == "or" && len(out) > 0 && out[len(out)-1].verb == "expect" {
				s.verb, s.args = s.args[0], s.args[1:]
				out[len(out)-1].others = append(out[len(out)-1].others, s)
				continue
			}
			out = append(out, s)
		}
	}
	for i := range out {
		out[i].text = strings.TrimRight(out[i].text, "\n")
	}
	if len(out) < 2 {
		return nil, errors.New("no dialogue")
	}
	return out, nil
}

func (p *player) step(s dialogueStep) error {
	switch s.verb {
	case "given":
		err := p.reach(s.args[0])
		p.given = p.count()
		p.since = p.count()
		return err
	case "mail":
		return p.mail(s)
	case "command":
		return p.command(s)
	case "clock":
		n, err := days(strings.TrimPrefix(s.args[0], "+"))
		if err != nil {
			return err
		}
		p.since = p.count()
		return p.walk(p.later(p.clock.now(), n), func() bool { return false })
	case "rule":
		b := postoffice.Behaviour{Bounce: "5.1.1"}
		if s.args[1] == "refuse" {
			b = postoffice.Behaviour{Code: 550, Text: "5.1.1 User unknown"}
		}
		p.mu.Lock()
		p.rules[strings.ToLower(p.people[s.args[0]].Address)] = b
		p.mu.Unlock()
		return nil
	case "if-asked":
		return p.ifAsked(s.args[0], s.args[1])
	}
	if err := p.settle(); err != nil {
		return err
	}
	switch s.verb {
	case "expect":
		return p.expect(s)
	case "silent":
		return p.silent(s.args)
	case "state":
		return p.state(strings.Join(s.args, " "))
	case "cases":
		all, err := p.Daemon.Control.Cases(p.ctx, false)
		if err == nil && !slices.Contains(strings.Split(s.args[0], "|"), fmt.Sprint(len(all))) {
			return fmt.Errorf("%d are there", len(all))
		}
		return err
	case "stays":
		return p.stays()
	case "released":
		for _, who := range s.args {
			if n := p.credentials(who, p.number(0), 0); n != 1 {
				return fmt.Errorf("%s has %d letters with a password", who, n)
			}
		}
		return nil
	case "no-release":
		if len(s.args) == 0 {
			s.args = slices.Collect(maps.Keys(p.people))
		}
		for _, who := range s.args {
			if n := p.credentials(who, "", p.given[who]); n > 0 {
				return fmt.Errorf("%s got %d letters with a password", who, n)
			}
		}
		return nil
	}
	return fmt.Errorf("no step is called %s", s.verb)
}

// reach plays the case of a until the dialogue begins.
func (p *player) reach(state string) error {
	order := []string{"empty", "asked", "released", "confirmed-some", "closed"}
	files := p.bundles["a"].Files
	switch state {
	case "empty":
		return p.settle()
	case "incomplete":
		files = []sop.File{files[0], files[2]}
	case "held":
		files = []sop.File{files[0], {Name: "SK Pokja.jpg", MediaType: "image/jpeg", Bytes: blurred()}, files[2]}
	}
	b := p.bundles["a"]
	b.Files = files
	raw := b.Mail(rehearsal.Envelope{From: p.people["staf"], To: []sop.Person{p.Cast.Office}, Cc: []sop.Person{p.people["asisten"]}, Date: p.clock.now(), MessageID: p.id()})
	if err := errors.Join(p.Submit(p.people["staf"], raw, p.Cast.Office), p.settle()); err != nil {
		return err
	}
	want := map[string][3]string{"incomplete": {"staf", "kekurangan", "Belum lengkap"}, "held": {"staf", "any", "Perlu diperiksa"}}
	until, ok := want[state]
	if !ok {
		until = [3]string{"admin", "persetujuan", "Menunggu persetujuan"}
	}
	if _, err := p.letter(until[0], until[0]+":"+until[1]); err != nil {
		return err
	}
	if err := p.state(until[2]); err != nil {
		return err
	}
	switch state {
	case "refused":
		return errors.Join(p.say("admin", "persetujuan", "TOLAK Pokja sudah dibubarkan"), p.state("Ditolak"))
	case "cancelled":
		return errors.Join(p.say("staf", "tanda-terima", "BATAL"), p.state("Dibatalkan"))
	}
	stage := slices.Index(order, state)
	if stage > 1 {
		if err := errors.Join(p.say("admin", "persetujuan", "SETUJU"), p.state("Menunggu konfirmasi")); err != nil {
			return err
		}
	}
	for i, who := range []string{"a1", "a2", "a3"} {
		if stage < 3 || stage == 3 && i > 0 {
			continue
		}
		if err := p.say(who, "kredensial", "TERIMA"); err != nil {
			return err
		}
	}
	if state == "closed" {
		return p.state("Selesai")
	}
	return nil
}

// say answers a letter and quotes nothing.
func (p *player) say(who, kind, text string) error {
	l, err := p.letter(who, kind)
	if err != nil {
		return err
	}
	raw, err := rehearsal.Reply(l.Raw, rehearsal.Answer{From: p.people[who], Text: text, Style: rehearsal.Plain, Date: p.clock.now(), MessageID: p.id()})
	if err != nil {
		return err
	}
	return errors.Join(p.Submit(p.people[who], raw, p.Cast.Office), p.settle())
}

func (p *player) id() string { return fmt.Sprintf("<dialog-%d@%s>", p.next(), Domain) }

// blurred is a photo that nobody can read.
func blurred() []byte {
	img := image.NewGray(image.Rect(0, 0, 600, 800))
	for y := range 800 {
		for x := range 600 {
			img.SetGray(x, y, color.Gray{Y: byte(120 + (x+y)/16)})
		}
	}
	var b bytes.Buffer
	if jpeg.Encode(&b, img, nil) != nil {
		return nil
	}
	return b.Bytes()
}

// attachments of a mail by the names that the dialogues give them.
func (p *player) attachments(names []string) (out []sop.File, err error) {
	for _, name := range names {
		group, paper, _ := strings.Cut(name, ":")
		b := p.bundles[group]
		i := slices.Index([]string{"formulir", "sk", "surat"}, paper)
		switch {
		case name == "blank-form":
			raw, _, err := form.Blank(p.Config.Identity.Name)
			if err != nil {
				return nil, err
			}
			out = append(out, sop.File{Name: "Formulir Permohonan.xlsx", MediaType: p.bundles["a"].Files[0].MediaType, Bytes: raw})
		case i >= 0:
			out = append(out, b.Files[i])
		case paper == "all":
			out = append(out, b.Files...)
		case paper == "no-email":
			f := b.Files[0]
			if f.Bytes, err = withoutAddresses(f.Bytes, b); err != nil {
				return nil, err
			}
			out = append(out, f)
		default:
			return nil, fmt.Errorf("no paper is called %s", name)
		}
	}
	return out, nil
}

// withoutAddresses empties the column of a formulir in which the members' addresses stand.
func withoutAddresses(raw []byte, b rehearsal.Bundle) ([]byte, error) {
	book, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	defer book.Close()
	sheet := book.GetSheetName(0)
	rows, err := book.GetRows(sheet)
	for y, row := range rows {
		for x, cell := range row {
			if slices.ContainsFunc(People(b), func(m sop.Person) bool { return m.Address == cell }) {
				at, e := excelize.CoordinatesToCellName(x+1, y+1)
				err = errors.Join(err, e, book.SetCellValue(sheet, at, ""))
			}
		}
	}
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = book.Write(&out)
	return out.Bytes(), err
}

// count is how many letters everybody has.
func (p *player) count() map[string]int {
	out := map[string]int{}
	for who := range p.people {
		out[who] = len(p.letters(who))
	}
	return out
}

// letters of the office that somebody has, the oldest first.
func (p *player) letters(who string) []Letter {
	x := p.people[who]
	all, err := p.Post.Messages(x.Address, "INBOX")
	p.do(err)
	for _, m := range all[len(p.boxes[who]):] {
		p.boxes[who] = append(p.boxes[who], Letter{x, m.Raw, parsed(m.Raw)})
	}
	return p.boxes[who]
}

// letter finds the one that a dialogue names: "persetujuan", "any", "staf:kekurangan", "persetujuan#1".
func (p *player) letter(who, spec string) (Letter, error) {
	if owner, kind, ok := strings.Cut(spec, ":"); ok {
		who, spec = owner, kind
	}
	kind, first, _ := strings.Cut(spec, "#")
	all := slices.Clone(p.letters(who))
	if first == "" {
		slices.Reverse(all)
	}
	for _, l := range all {
		if kind == "any" || string(KindOf(l.Msg)) == kind {
			return l, nil
		}
	}
	return Letter{}, fmt.Errorf("%s has no letter %s", who, spec)
}

// number is the number of a case, counted from 1; 0 is the newest. Empty: it is not there.
func (p *player) number(n int) string {
	all, err := p.Daemon.Control.Cases(p.ctx, false)
	p.do(err)
	var numbers []string
	for _, c := range all {
		numbers = append(numbers, c.Number)
	}
	slices.Sort(numbers)
	if n = cmp.Or(n, len(numbers)); n < 1 || n > len(numbers) {
		return ""
	}
	return numbers[n-1]
}

var placeholder = regexp.MustCompile(`\{(CASE|CODE|NAME|NIP|EMAIL)(?: (\w+))?\}`)
var codeInSubject = regexp.MustCompile(`kode ([2-9A-Z]{6})`)

// fill puts in what the dialogue names; mask makes it literal within an expression.
func (p *player) fill(s string, mask func(string) string) string {
	return placeholder.ReplaceAllStringFunc(s, func(x string) string {
		m := placeholder.FindStringSubmatch(x)
		switch m[1] {
		case "CASE":
			n := 1
			if m[2] != "" {
				fmt.Sscan(m[2], &n) //nolint:errcheck // 1 then
			}
			return mask(cmp.Or(p.number(n), "PKJ-0000-0000"))
		case "CODE":
			if l, err := p.letter("admin", "persetujuan"); err == nil {
				if c := codeInSubject.FindStringSubmatch(l.Msg.Subject); c != nil {
					return c[1]
				}
			}
			return "XXXXXX"
		case "NAME":
			return mask(p.people[m[2]].Name)
		case "NIP":
			return mask(p.nips[m[2]])
		}
		return mask(p.people[m[2]].Address)
	})
}

func plainly(s string) string { return s }

// settle waits until nothing is under way: every mail has its outcome and its place, no task and no letter waits for now.
func (p *player) settle() error {
	calm := 0
	for {
		what, err := p.underway()
		if err != nil {
			return err
		}
		if calm++; what != "" {
			calm = 0
		}
		if calm == 3 {
			return nil
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-p.ctx.Done():
			return fmt.Errorf("still under way: %s", what)
		}
	}
}

func (p *player) underway() (what string, err error) {
	if p.Daemon.Intake.Busy() || p.Daemon.Outbox.Busy() {
		return "mail", nil
	}
	inbox := p.folder("INBOX")
	now := p.clock.now()
	err = p.Daemon.Office.View(p.ctx, func(b store.Books) error {
		pos, _, err := b.Mails.Position()
		for _, m := range inbox {
			r, ok, e := b.Mails.Get(store.UID{Validity: pos.UIDValidity, UID: m.UID})
			if err = errors.Join(err, e); !ok || r.Folder != "" {
				what = fmt.Sprintf("mail %d", m.UID)
			}
		}
		if n, e := b.Tasks.Waiting(1); e != nil || n > 0 {
			what, err = "tasks", errors.Join(err, e)
		}
		next, depth, e := b.Letters.Next(1)
		sending, bad := b.Letters.Sending()
		if depth > 0 && next.Before(now.Add(5*time.Second)) || len(sending) > 0 {
			what = "letters"
		}
		return errors.Join(err, e, bad)
	})
	return what, err
}

// walk lets the time pass, from one moment at which something is due to the next.
func (p *player) walk(to time.Time, enough func() bool) error {
	for {
		now := p.clock.now()
		next, err := p.Daemon.Timer.Deadlines(p.ctx, now.UTC())
		if err != nil {
			return err
		}
		if _, err := p.Daemon.Timer.Tick(p.ctx); err != nil {
			return err
		}
		if err := p.settle(); err != nil {
			return err
		}
		if enough() || !p.clock.now().Before(to) {
			return nil
		}
		at := p.clock.now().Add(24 * time.Hour)
		if !next.IsZero() && next.After(p.clock.now()) && next.Before(at) {
			at = next
		}
		if to.Before(at) {
			at = to
		}
		p.clock.set(at.Add(time.Millisecond))
	}
}

// later is so many office days on, at the same hour.
func (p *player) later(t time.Time, days int) time.Time {
	cal := p.Config.Deadlines.Calendar
	for days > 0 {
		t = t.AddDate(0, 0, 1)
		y, m, d := t.In(cal.Location()).Date()
		if cal.Open(time.Date(y, m, d, 10, 0, 0, 0, cal.Location())) {
			days--
		}
	}
	return t
}

func days(s string) (n int, err error) {
	_, err = fmt.Sscanf(s, "%dd", &n)
	return n, err
}

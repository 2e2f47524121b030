package stage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/config"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/tasks"
	"ukpbjd/templates"
)

// poison is one way in which a mail, or what follows from it, can be bad.
type poison struct {
	name string
	mail func(w writing) []byte // nil: a whole request, which something befalls later
	want string                 // the outcome of the mail; "" only where a store was damaged before it could have one
	told string                 // the topic by which the operator hears of it; "": its sender is answered
}

// writing is who writes a poisonous mail, and what for.
type writing struct {
	t        *testing.T
	n        int
	from, to string
	before   string // Message-ID of the mail before it
	bundle   rehearsal.Bundle
}

func (w writing) id() string { return fmt.Sprintf("<racun-%d@%s>", w.n, Domain) }

const asking = "Mohon dibuatkan user ID dan password SPSE bagi Pokja.\r\n"

// head is the header of an ordinary request, but for what with says otherwise.
func (w writing) head(with ...string) string {
	fields := [][2]string{{"From", w.from}, {"To", w.to}, {"Message-ID", w.id()}, {"Date", time.Now().Format(time.RFC1123Z)},
		{"Subject", fmt.Sprintf("Permohonan akun SPSE Pokja racun %d", w.n)}, {"MIME-Version", "1.0"}}
	out := ""
	for _, f := range fields {
		value := f[1]
		for i := 0; i+1 < len(with); i += 2 {
			if with[i] == f[0] {
				value = with[i+1]
			}
		}
		out += f[0] + ": " + value + "\r\n"
	}
	return out
}

func (w writing) plain(with ...string) []byte { return []byte(w.head(with...) + "\r\n" + asking) }

// mixed is a request with these parts behind its text.
func (w writing) mixed(parts ...string) []byte {
	return []byte(w.head() + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n" + asking + "\r\n--b\r\n" +
		strings.Join(parts, "\r\n--b\r\n") + "\r\n--b--\r\n")
}

func (w writing) file(name string, raw []byte) string {
	return "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines64(raw)
}

// form is a request whose formulir is another one.
func (w writing) form(name string, raw []byte) []byte {
	return w.mixed(w.file(name, raw), w.file(w.bundle.Files[1].Name, w.bundle.Files[1].Bytes), w.file(w.bundle.Files[2].Name, w.bundle.Files[2].Bytes))
}

func zipped(t *testing.T, name string, raw []byte) []byte {
	t.Helper()
	return rezip(t, map[string][]byte{name: raw})
}

// sharedString is a workbook that names one long shared string very often.
func sharedString(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i := range 22_000 {
		if err := f.SetCellStr("Sheet1", fmt.Sprintf("%c%d", 'A'+i%22, 1+i/22), strings.Repeat("Pokja ", 1000)); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func lockedBook(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	var b bytes.Buffer
	if err := f.Write(&b, excelize.Options{Password: "rahasia"}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// column adds a column to the formulir of a bundle.
func (w writing) column(name, value string) []byte {
	lines := strings.Split(string(w.bundle.Files[0].Bytes), "\r\n")
	for i, l := range lines {
		switch {
		case strings.HasPrefix(l, "No;"):
			lines[i] += ";" + name
		case strings.Count(l, ";") > 5:
			lines[i] += ";" + value
		}
	}
	return []byte(strings.Join(lines, "\r\n"))
}

var poisons = []poison{
	// keys
	{name: "Message-ID of 33 KiB", want: "held", told: "header-too-large", mail: func(w writing) []byte {
		return w.plain("Message-ID", "<"+strings.Repeat("x", 33<<10)+"@racun.example>")
	}},
	{name: "Message-ID of 17 KiB, 8-bit", want: "obeyed", mail: func(w writing) []byte {
		return w.plain("Message-ID", "<"+strings.Repeat("\xe9", 17<<10)+"@racun.example>")
	}},
	{name: "Message-ID empty", want: "obeyed", mail: func(w writing) []byte { return w.plain("Message-ID", "<>") }},
	{name: "Message-ID of another mail", want: "held", told: "same-id-other-content", mail: func(w writing) []byte { return w.plain("Message-ID", w.before) }},
	{name: "Message-ID with NUL", want: "held", told: "nul-byte", mail: func(w writing) []byte { return w.plain("Message-ID", "<a\x00b@racun.example>") }},
	// addresses
	{name: "local part of 70", want: "obeyed", told: "unreachable", mail: func(w writing) []byte { return w.plain("From", strings.Repeat("a", 70)+"@"+Domain) }},
	{name: "local part of 300", want: "refused", told: "from-not-plain", mail: func(w writing) []byte { return w.plain("From", strings.Repeat("a", 300)+"@"+Domain) }},
	{name: "domain not in ASCII", want: "not-ours", mail: func(w writing) []byte { return w.plain("From", "staf@tirtawäna.example") }},
	{name: "quoted local part", want: "not-ours", mail: func(w writing) []byte { return w.plain("From", `"staf satu"@`+Domain) }},
	{name: "comma without quotes", want: "obeyed", mail: func(w writing) []byte { return w.plain("From", "Budi, S.T. <"+w.from+">") }},
	// headers
	{name: "header of 1 MB", want: "held", told: "header-too-large", mail: func(w writing) []byte {
		return w.plain("MIME-Version", "1.0\r\nX-Panjang: "+strings.Repeat("x", 1<<20))
	}},
	{name: "1,000 Received", want: "obeyed", mail: func(w writing) []byte {
		return w.plain("MIME-Version", "1.0"+strings.Repeat("\r\nReceived: from a.example by b.example; Mon, 04 May 2026 09:00:00 +0800", 1000))
	}},
	{name: "folded oddly", want: "held", told: "blank-continuation", mail: func(w writing) []byte { return w.plain("Subject", "Permohonan\r\n \r\n\takun\r\n   SPSE Pokja\r\n ") }},
	{name: "two From", want: "not-ours", mail: func(w writing) []byte { return w.plain("MIME-Version", "1.0\r\nFrom: lain@"+Domain) }},
	// MIME
	{name: "10,000 parts", want: "held", told: "too-many-parts", mail: func(w writing) []byte {
		return []byte(w.head() + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + asking + strings.Repeat("\r\n--b\r\n\r\nx", 10_000) + "\r\n--b--\r\n")
	}},
	{name: "nested 500 deep", want: "held", told: "too-deep", mail: func(w writing) []byte {
		var b strings.Builder
		for i := range 500 {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=d%d\r\n\r\n--d%d\r\n", i, i)
		}
		return w.mixed(b.String())
	}},
	{name: "boundary missing", want: "held", told: "no-boundary", mail: func(w writing) []byte { return []byte(w.head() + "Content-Type: multipart/mixed\r\n\r\n" + asking) }},
	{name: "base64 cut short", want: "obeyed", mail: func(w writing) []byte {
		s := w.file("SK Pokja.pdf", w.bundle.Files[1].Bytes)
		return w.mixed(s[:len(s)-2001])
	}},
	{name: "file name of 20 KB", want: "obeyed", mail: func(w writing) []byte {
		return w.mixed(w.file(strings.Repeat("panjang ", 2500)+".pdf", []byte("%PDF-")))
	}},
	{name: "file name in 2,000 pieces", want: "held", told: "too-many-parameters", mail: func(w writing) []byte {
		s := "Content-Type: application/pdf\r\nContent-Disposition: attachment"
		for i := range 2000 {
			s += fmt.Sprintf(";\r\n filename*%d*=%%41", i)
		}
		return w.mixed(s + "\r\n\r\nx")
	}},
	{name: "charset unknown", want: "obeyed", mail: func(w writing) []byte {
		return []byte(w.head() + "Content-Type: text/plain; charset=klingon-8\r\n\r\n" + asking)
	}},
	{name: "HTML 50,000 deep", want: "obeyed", mail: func(w writing) []byte {
		return []byte(w.head() + "Content-Type: text/html\r\n\r\n<p>" + asking + strings.Repeat("<div><table><tr><td>", 50_000))
	}},
	// papers
	{name: "zip bomb", want: "obeyed", mail: func(w writing) []byte {
		z := zipped(w.t, "sk.txt", make([]byte, 64<<20))
		return w.mixed(w.file("berkas.zip", zipped(w.t, "lagi.zip", z)))
	}},
	{name: "one shared string 22,000 times", want: "obeyed", mail: func(w writing) []byte { return w.form("formulir.xlsx", sharedString(w.t)) }},
	{name: "PDF cut short", want: "obeyed", mail: func(w writing) []byte {
		return w.mixed(w.file("SK Pokja.pdf", w.bundle.Files[1].Bytes[:len(w.bundle.Files[1].Bytes)/2]))
	}},
	{name: "lock file of an office program", want: "obeyed", mail: func(w writing) []byte {
		return w.form("~$formulir.xlsx", append([]byte("\x04Budi"), make([]byte, 160)...))
	}},
	{name: "workbook with a password", want: "obeyed", mail: func(w writing) []byte { return w.form("formulir.xlsx", lockedBook(w.t)) }},
	{name: "user ID of 10,000 characters", want: "obeyed", mail: func(w writing) []byte {
		return w.form("formulir.csv", w.column("User ID", strings.Repeat("u", 10_000)))
	}},
	{name: "name that is a template", want: "obeyed", mail: func(w writing) []byte {
		raw := string(w.bundle.Files[0].Bytes)
		return w.form("formulir.csv", []byte(strings.ReplaceAll(raw, w.bundle.Roster[0].Nama, "{{range .}}</td><script>\u202e\u0000 %s %d")))
	}},
	// what the mail server does
	{name: serverKeeps, want: "quarantined", told: "quarantined", mail: func(w writing) []byte { return w.plain() }},
	{name: serverKeepsLarge, want: "quarantined", told: "quarantined", mail: func(w writing) []byte { return w.mixed(w.file("SK.pdf", make([]byte, 3<<20))) }},
	{name: serverMovesNot, want: "obeyed", told: "cannot-file", mail: func(w writing) []byte { return w.plain() }},
	// tasks
	{name: programFails, want: "obeyed", told: "accounts-failed"},
	{name: programHangs, want: "obeyed", told: "accounts-failed"},
	{name: programBabbles, want: "obeyed", told: "accounts-failed"},
	// results and rows
	{name: caseDamaged, want: "obeyed", told: "result-aside"},
	{name: letterLost, want: "obeyed", told: "letter-aside"},
	{name: decisionPanics, want: "quarantined", told: "quarantined", mail: func(w writing) []byte { return w.plain() }},
	// clocks
	{name: "Date in 2099", want: "obeyed", mail: func(w writing) []byte { return w.plain("Date", "Thu, 01 Jan 2099 00:00:00 +0000") }},
	{name: arrivedIn1970, want: "obeyed", mail: func(w writing) []byte { return w.plain() }},
	// letters
	{name: templateFails, want: "quarantined", told: "quarantined"},
}

// The kinds that are more than a mail.
const (
	serverKeeps      = "a mail that the server never hands over"
	serverKeepsLarge = "an oversized mail whose header it never hands over"
	serverMovesNot   = "a mail that it does not let go"
	programFails     = "credentials.command fails"
	programHangs     = "credentials.command hangs"
	programBabbles   = "credentials.command answers nonsense"
	caseDamaged      = "a case row that cannot be decoded"
	letterLost       = "an outbox row without its letter"
	decisionPanics   = "a decision that panics"
	templateFails    = "a letter whose template fails"
	arrivedIn1970    = "INTERNALDATE in 1970"
)

// sickroom is an office with all these mails.
type sickroom struct {
	*play
	at      clock          // of the mail server
	staff   []sop.Person   // who writes each mail
	kinds   map[int]poison // by the mail's place
	bundles map[int]rehearsal.Bundle
}

// place of a kind among the mails; its UID is one more.
func (s *sickroom) place(name string) (int, bool) {
	for i, k := range s.kinds {
		if k.name == name {
			return i, true
		}
	}
	return 0, false
}

func (s *sickroom) author(name string) string {
	i, ok := s.place(name)
	if !ok {
		return "nobody"
	}
	return s.staff[i].Address
}

// moody is the office's program for accounts, which has three bad days.
type moody struct {
	tasks.Source
	room *sickroom
}

func (m moody) Make(ctx context.Context, number string, want []tasks.Wanted) (map[string]credential.Issued, error) {
	for name, script := range map[string]string{programFails: "exit 3", programHangs: "sleep 100", programBabbles: "echo selamat pagi"} {
		i, ok := m.room.place(name)
		if ok && want[0].NIP == m.room.bundles[i].Roster[0].NIP {
			ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
			defer cancel()
			return tasks.Command{Argv: []string{"/bin/sh", "-c", script}}.Make(ctx, number, want)
		}
	}
	return m.Source.Make(ctx, number, want)
}

// damaging does to the rows of one case what a disk or a fault of the program does.
type damaging struct {
	store.Tx
	room *sickroom
}

func (d damaging) Put(bucket string, key, value []byte) error {
	if bucket != "cases" {
		return d.Tx.Put(bucket, key, value)
	}
	var c sop.Case
	if err := json.Unmarshal(value, &c); err != nil {
		return err
	}
	switch c.Requester.Address {
	case d.room.author(decisionPanics):
		panic("a fault of the program")
	case d.room.author(caseDamaged):
		value = []byte("{" + string(value))
	}
	return d.Tx.Put(bucket, key, value)
}

// failingTemplate is the receipt of a request with a fault that shows in one case only.
func failingTemplate(t *testing.T) *letter.Set {
	t.Helper()
	raw, err := templates.FS.ReadFile("tanda-terima.tmpl")
	if err == nil {
		raw = bytes.Replace(raw, []byte(`{{define "p1"}}`), []byte(`{{define "p1"}}{{if eq .CaseSubject "`+brittle+`"}}{{index .Members 9999}}{{end}}`), 1)
	}
	set, err2 := letter.Parse(templates.FS, fstest.MapFS{"tanda-terima.tmpl": {Data: raw}})
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return set
}

const brittle = "Permohonan Pembuatan Akun SPSE yang rapuh"

// admit opens the office; every so many-th mail will be poisonous.
func admit(t *testing.T, mails int, kinds []poison) *sickroom {
	s := &sickroom{kinds: map[int]poison{}, bundles: map[int]rehearsal.Bundle{}}
	var members []sop.Person
	every := mails / len(kinds)
	for i := range mails {
		s.staff = append(s.staff, sop.Person{Name: fmt.Sprintf("Staf %d", i), Address: fmt.Sprintf("staf%d@%s", i, Domain)})
		if i%every == every-1 && i/every < len(kinds) {
			s.kinds[i] = kinds[i/every]
		}
	}
	members = append(members, s.staff...)
	letters := failingTemplate(t)
	s.play = lawful(t, nil, Options{Members: members, Post: func(o *postoffice.Options) { o.Now = s.at.now },
		Clerk: func(p *daemon.Parts) {
			p.Office.Letters, p.Office.Policy.Days = letters, soon.Over
			p.Tasks.Source = moody{p.Tasks.Source, s}
			alter(func(tx store.Tx) store.Tx { return damaging{tx, s} })(p)
		},
		Change: func(c *config.Config) { c.Extract.OCR, c.IMAP.MaxMessage = "off", 2<<20 }})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	s.ctx = ctx
	return s
}

// whole says which mails are whole requests.
func (s *sickroom) wholeRequest(i int) bool {
	k, bad := s.kinds[i]
	return bad && k.mail == nil || !bad && i%50 == 0
}

// fill puts all mails into the inbox.
func (s *sickroom) fill() {
	before := ""
	for i, p := range s.staff {
		k, bad := s.kinds[i]
		if bad || s.wholeRequest(i) {
			b, err := rehearsal.Papers(int64(1000+i), 2, rehearsal.Office{Domain: Domain, Form: rehearsal.CSV})
			s.do(err)
			if k.name == templateFails {
				b.Subject = brittle
			}
			s.bundles[i] = b
		}
		w := writing{t: s.t, n: i, from: p.Address, to: s.Cast.Office.Address, before: before, bundle: s.bundles[i]}
		raw := w.plain()
		switch {
		case bad && k.mail != nil:
			raw = k.mail(w)
		case s.wholeRequest(i):
			raw = s.bundles[i].Mail(rehearsal.Envelope{From: p, To: []sop.Person{s.Cast.Office}, Date: time.Now(), MessageID: w.id()})
		}
		before = w.id()
		if k.name == arrivedIn1970 {
			s.at.set(time.Unix(1, 0))
		}
		s.do(s.Post.Put(s.Cast.Office.Address, "INBOX", rehearsal.WithVerdict(raw, s.Post.AuthservID(), "auth=pass smtp.auth="+senderOf(raw, p.Address))))
		s.at.at.Store(nil)
	}
}

// senderOf is whom the server signed in: who stands in From.
func senderOf(raw []byte, usual string) string {
	if m := parsed(raw); len(m.From) == 1 {
		return m.From[0].Addr
	}
	return usual
}

// spoil lets the server misbehave.
func (s *sickroom) spoil() {
	for name, command := range map[string]string{serverKeeps: "FETCH", serverKeepsLarge: "FETCH", serverMovesNot: "MOVE"} {
		if i, ok := s.place(name); ok {
			s.Post.Refuse(s.Cast.Office.Address, command, uint32(i+1), "-", -1)
		}
	}
}

// loseLetter leaves an outbox row of a case whose letter is gone.
func (s *sickroom) loseLetter() {
	i, ok := s.place(letterLost)
	if !ok {
		return
	}
	var number string
	s.wait(func() bool {
		number = s.records()[uint32(i+1)].Case
		return number != ""
	})
	s.do(s.Daemon.Office.DB.Update(s.ctx, func(tx store.Tx) error {
		return tx.Put("outbox", fmt.Appendf(nil, "%020d/%s/9/hilang", time.Now().UnixNano(), number), nil)
	}))
}

// waits names what still has to come; empty: nothing.
func (s *sickroom) waits() string {
	var rows []string
	s.do(s.Daemon.Office.DB.View(s.ctx, func(tx store.Tx) (err error) {
		for _, bucket := range []string{"outbox", "sending", "tasks", "again", "tofile"} {
			err = errors.Join(err, tx.Scan(bucket, nil, nil, func(k, _ []byte) bool {
				if !strings.HasSuffix(string(k), "/permohonan-tembusan") && !strings.HasSuffix(string(k), "/pemberitahuan") { // copies to one person wait for their bucket
					rows = append(rows, bucket+" "+string(k))
				}
				return len(rows) < 10
			}))
		}
		return err
	}))
	if n := len(s.records()); n < len(s.staff) {
		rows = append(rows, fmt.Sprintf("%d mails", len(s.staff)-n))
	}
	return strings.Join(rows, ", ")
}

// TestPoison (A2) lets 500 mails lie in the inbox of which every twelfth is poisonous in another way. Every other one is answered; each
// poisonous one has one end; readiness says what is wrong while it lasts, and nothing at the end. The control is the first law left
// out (TestLaws), where a single one of them stops all.
func TestPoison(t *testing.T) {
	mails, kinds := 500, poisons
	if testing.Short() {
		mails, kinds = 100, slices.DeleteFunc(slices.Clone(poisons), func(p poison) bool { return len(p.name)%3 != 0 })
	}
	s := admit(t, mails, kinds)
	s.fill()
	s.spoil()
	began := time.Now()
	s.do(s.Start(s.ctx))
	go s.loseLetter()
	said := map[string]string{}
	if err := s.until(s.ctx, func() bool {
		maps.Copy(said, s.Daemon.Faults())
		return len(s.Daemon.Faults()) == 0 && s.waits() == "" // in this order: what is put aside ends its fault with the letter about it
	}); err != nil {
		s.ctx = t.Context()
		t.Errorf("still to come: %s; readiness said %q, now %q", s.waits(), said, s.Daemon.Faults())
	}
	t.Logf("%d mails, %d of them poisonous, in %s; said: %q", mails, len(kinds), time.Since(began).Round(time.Millisecond), said)
	for part, kind := range map[string]string{"intake": serverKeeps, "filing": serverMovesNot, "outbox": caseDamaged, "tasks-begin": caseDamaged} {
		if _, here := s.place(kind); here && said[part] == "" {
			t.Errorf("readiness said nothing of %s", part)
		}
	}
	s.judge()
}

// asides are the rows that were to be put aside, by queue, with the kind that brought it about.
var asides = map[string]string{"filing": serverMovesNot, "letters": letterLost, "outbox": caseDamaged, "tasks": caseDamaged}

// judge looks at every mail and what came of it.
func (s *sickroom) judge() {
	mails, err := s.Post.Messages(s.Cast.Operator.Address, "INBOX")
	s.do(err)
	var operator []string
	for _, m := range mails {
		p := parsed(m.Raw)
		operator = append(operator, p.Subject+"\n"+p.Text)
	}
	listed, err := s.Daemon.Control.WaitingForPerson(s.ctx) // of each kind the first is told at once, the others once a day
	s.do(err)
	inbox, err := s.Post.Messages(s.Cast.Office.Address, "INBOX")
	s.do(err)
	records := s.records()
	for i, p := range s.staff {
		uid := uint32(i + 1)
		r := records[uid]
		letters, err := s.Post.Messages(p.Address, "INBOX")
		s.do(err)
		k, bad := s.kinds[i]
		heard := 0
		for _, text := range operator {
			if strings.Contains(text, k.told) && (regexp.MustCompile(fmt.Sprintf(`UID \d+-%d\b`, uid)).MatchString(text) || r.Case != "" && strings.Contains(text, r.Case)) {
				heard++
			}
		}
		if heard == 0 && slices.ContainsFunc(listed, func(w letter.Waiting) bool { return strings.HasSuffix(w.ID, fmt.Sprintf("-%d", uid)) && w.Why != "" }) {
			heard = 1
		}
		ended := false
		switch lies := slices.ContainsFunc(inbox, func(m postoffice.Stored) bool { return m.UID == uid }); {
		case !bad:
			ended = r.Outcome == "obeyed" && len(letters) > 0 && !lies
		case k.want == "not-ours":
			ended = r.Outcome == k.want && len(letters) == 0 && lies
		case k.told != "":
			ended = r.Outcome == k.want && heard == 1 && lies == (k.name == serverMovesNot)
		default:
			ended = r.Outcome == k.want && len(letters) > 0 && !lies
		}
		if !ended || r.Reason == "" {
			s.t.Errorf("mail %d, %q: wanted %s and %q; %d letters, the operator heard %d times, %.400q", uid, k.name, k.want, k.told, len(letters), heard, fmt.Sprint(r))
		}
	}
	s.damage(records)
}

// damage: what was put aside is what was to be, and verify finds the row that was damaged and nothing else.
func (s *sickroom) damage(records map[uint32]store.MailRecord) {
	var aside []store.Aside
	s.do(s.Daemon.Office.View(s.ctx, func(b store.Books) (err error) {
		aside, err = b.State.Aside(100)
		return err
	}))
	want := map[string]int{}
	for queue, kind := range asides {
		if _, here := s.place(kind); here {
			want[queue]++
		}
	}
	for _, a := range aside {
		if want[a.Queue]--; want[a.Queue] == 0 {
			delete(want, a.Queue)
		}
		if a.Why == "" {
			s.t.Errorf("put aside without a reason: %+v", a)
		}
	}
	if len(want) > 0 {
		s.t.Errorf("put aside: %+v; too few or too many: %v", aside, want)
	}
	r, err := s.Daemon.Audit.Verify(s.ctx)
	s.do(err)
	number := "none"
	if i, ok := s.place(caseDamaged); ok {
		number = records[uint32(i+1)].Case
	}
	_, serial, _ := strings.Cut(strings.TrimPrefix(number, "PKJ-"), "-")
	for _, f := range r.Findings {
		if !strings.HasSuffix(f.Where, "0000"+serial) && !strings.HasPrefix(f.Where, number) && f.Where != "counts" {
			s.t.Errorf("verify: %+v", f)
		}
	}
	if _, here := s.place(caseDamaged); here == (len(r.Findings) == 0) {
		s.t.Errorf("verify: %d findings", len(r.Findings))
	}
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
	"go.etcd.io/bbolt"

	"ukpbjd/internal/control"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/message"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
	"ukpbjd/internal/store"
)

// TestCanary plays full runs in which people do with their credential letters whatever people and mail servers do, the
// daemon's process is killed at some commit, and backups are taken before the keys are destroyed. In none of them may a
// password stand anywhere but in the letter to its member: not in a file of the office, the log, another letter or mailbox,
// a backup, the status page, or what a command prints. UKPBJD_LONG=1 plays 200 runs.
func TestCanary(t *testing.T) {
	n := 10 // every deed comes up once
	switch {
	case os.Getenv("UKPBJD_LONG") != "":
		n = 200
	case testing.Short():
		n = 2
	}
	var over, killed, hits atomic.Int64
	t.Cleanup(func() {
		t.Logf("%d runs, in %d the daemon was killed; %d places hold a password", over.Load(), killed.Load(), hits.Load())
	})
	for i := range n {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			c := &canaryRun{story: newStory(t.TempDir()), t: t, n: i, mortal: fmt.Sprintf("%d:%s", 1+i*killedWithin/n, []string{"before", "after"}[(i+i/10)%2])}
			c.play(map[string]string{"start": "all"})
			if c.killed {
				killed.Add(1)
			}
			hits.Add(int64(len(c.leaks)))
			if done := over.Add(1); done%20 == 0 {
				t.Logf("%d of %d runs are over", done, n)
			}
			for _, l := range c.leaks {
				t.Error(l)
			}
		})
	}
}

// killedWithin is how many commits a run takes, at least; later ones come too seldom.
const killedWithin = 60

// TestCanarySings is the control: a letter that carries passwords to somebody else is found, and so is a password wherever it
// is put.
func TestCanarySings(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	c := &canaryRun{story: newStory(t.TempDir()), t: t, n: 1, mortal: "0"}
	c.play(map[string]string{"start": "all", "sheet": "plain"})
	if !strings.Contains(strings.Join(c.leaks, " "), "letter ") {
		t.Errorf("the sheet with all passwords was not noticed: %v", c.leaks)
	}
	if len(c.words) != 3 {
		t.Fatalf("%d passwords", len(c.words))
	}
	for word := range c.words {
		json := fmt.Sprintf(`{"body": %q}`, base64Text("From: a\r\nContent-Transfer-Encoding: base64\r\n\r\n"+base64Text("kata sandi: "+word)))
		for name, raw := range map[string]string{"log": `{"msg":"sent","text":"` + word + `"}`, "value": json, "store page": "\x00\x01" + word + "\xff",
			"mail": "From: a\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<b>" + quotedPrintable(word) + "</b>\n"} {
			s := stage.NewLeakSearch(c.words)
			if s.File(name, "", []byte(raw)); len(s.Found()) == 0 {
				t.Errorf("a password in a %s was not noticed", name)
			}
		}
	}
}

// canaryRun is one play.
type canaryRun struct {
	*story
	t      *testing.T
	n      int // says who does what
	mortal string
	copies map[string][]byte // what came out of the office on other ways than mail: backups, pages, answers to commands
	words  map[string]string
	leaks  []string
	killed bool
}

func (c *canaryRun) do(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *canaryRun) play(opt map[string]string) {
	c.t.Helper()
	c.copies = map[string][]byte{}
	c.wait, c.polite = 2*time.Minute, true // 200 runs are played beside other work
	c.t.Cleanup(func() {
		for _, said := range c.close() {
			if c.t.Failed() {
				c.t.Log(said)
			}
		}
	})
	c.do(c.open(opt))
	c.env = []string{"PAGE=127.0.0.1:0"}
	c.do(c.start(c.mortal))
	ctx, cancel := context.WithTimeout(c.t.Context(), 3*c.wait)
	defer cancel()
	nursed, rest := context.WithCancel(ctx)
	nurse := make(chan error, 1)
	go func() { nurse <- c.nurse(nursed) }()
	err := c.live(ctx)
	rest()
	c.do(errors.Join(err, <-nurse))
	c.halt()
	c.killed = c.starts.Load() > 1
	c.search("with keys")
	if c.n%3 == 0 {
		c.age()
		c.search("after the keys were destroyed")
		for name, raw := range c.copies {
			if _, ok := stage.SheetFile(message.Parse(raw, message.DefaultLimits(), nil)); ok && strings.HasPrefix(name, "books bodies ") {
				c.t.Errorf("%s still carries its account sheet", name)
			}
		}
	}
}

// live is a request, its approval, and what becomes of three letters; somewhere between, a backup.
func (c *canaryRun) live(ctx context.Context) error {
	b := c.bundles["a"]
	if err := c.stage.Request(b, true); err != nil {
		return err
	}
	approval, err := c.stage.Await(ctx, c.stage.Cast.Admin, "", sop.Persetujuan)
	if err != nil {
		return err
	}
	people := stage.People(b)
	for i, p := range people {
		if d := c.deed(i); d.before != nil {
			d.before(c, p)
		}
	}
	if err := c.stage.Answer(approval, "SETUJU", rehearsal.Styles[c.n%len(rehearsal.Styles)]); err != nil {
		return err
	}
	for i, p := range people {
		// a command that finds no daemon opens the books itself, and leaves what was on its way in doubt for ten minutes
		if c.n%3 == 0 && i == 1 && c.starts.Load() > 1 {
			c.copyOut("between")
		}
		d := c.deed(i)
		if d.before != nil { // the letter was refused
			if err := c.again(ctx, approval, p, b.Roster[i].NIP); err != nil {
				return err
			}
		}
		l, err := c.stage.Await(ctx, p, "", sop.Kredensial)
		if err == nil {
			err = d.then(c, l)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
	}
	err = c.calm()
	c.copyOut("settled")
	return err
}

// calm waits until no mail lies in the inbox any more, and every letter is final.
func (c *canaryRun) calm() error {
	return c.until("all is settled", func() (bool, error) {
		mails, err := c.stage.Post.Messages(c.stage.Cast.Office.Address, "INBOX")
		if err != nil {
			return false, err
		}
		for _, m := range mails {
			c.pending = "still in the inbox: " + message.Parse(m.Raw, message.DefaultLimits(), nil).Subject
			return false, nil
		}
		v, err := c.show("0001")
		if c.pending = fmt.Sprintf("the daemon owes something (%v)", err); err != nil || v.Owes == "daemon" {
			return false, nil
		}
		for _, l := range v.Letters {
			c.pending = fmt.Sprintf("the letter %s to %s is %s", l.Kind, l.To, l.State)
			if l.State == store.Queued || l.State == store.Sending || l.State == store.Deferred { // one in doubt may wait for ten minutes
				return false, nil
			}
		}
		return true, nil
	})
}

// again asks for the letter once more, when the case says that it could not be delivered.
func (c *canaryRun) again(ctx context.Context, approval stage.Letter, p sop.Person, nip string) error {
	if _, err := c.stage.Await(ctx, c.stage.Cast.Admin, "", sop.GagalKirim); err != nil {
		return err
	}
	c.mu.Lock()
	delete(c.rules, strings.ToLower(p.Address))
	c.mu.Unlock()
	return c.stage.Answer(approval, "KIRIM ULANG "+nip, rehearsal.Plain)
}

// deed is what somebody, or some mail server, does with a credential letter.
type deed struct {
	name   string
	before func(*canaryRun, sop.Person)
	then   func(*canaryRun, stage.Letter) error
}

func (c *canaryRun) deed(member int) deed {
	all := []deed{}
	for _, s := range rehearsal.Styles {
		all = append(all, deed{"TERIMA in the style of " + string(s), nil, replies("TERIMA", s)})
	}
	all = append(all, deed{"SALAH, quoting", nil, replies("SALAH", rehearsal.Gmail)}, deed{"KENDALA, quoting", nil, replies("KENDALA tidak bisa masuk", rehearsal.Outlook)},
		deed{"a question, quoting", nil, replies("Kata sandi saya yang mana?", rehearsal.Thunderbird)})
	for _, how := range returns {
		all = append(all, deed{how.name, nil, func(c *canaryRun, l stage.Letter) error { return c.deliver(how.write(l)) }})
	}
	all = append(all, deed{"returned twice", nil, func(c *canaryRun, l stage.Letter) error {
		raw := returns[0].write(l)
		return errors.Join(c.deliver(raw), c.deliver(raw))
	}})
	for _, how := range forwards {
		all = append(all, deed{how.name, nil, func(c *canaryRun, l stage.Letter) error {
			return c.stage.Submit(l.To, how.write(l), c.stage.Cast.Office)
		}})
	}
	for _, echo := range []string{"plain", "base64", "quoted-printable"} {
		all = append(all, deed{"refused, repeated in " + echo, func(c *canaryRun, p sop.Person) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.rules[strings.ToLower(p.Address)] = postoffice.Behaviour{Echo: echo}
		}, replies("TERIMA", rehearsal.Plain)})
	}
	return all[(3*c.n+member)%len(all)]
}

func replies(text string, style rehearsal.Style) func(*canaryRun, stage.Letter) error {
	return func(c *canaryRun, l stage.Letter) error { return c.stage.Answer(l, text, style) }
}

func (c *canaryRun) deliver(raw []byte) error {
	return c.stage.Post.Deliver(c.stage.Cast.Office.Address, raw)
}

// copyOut takes backups, the pages and what commands print. The daemon may be killed meanwhile: then once more.
func (c *canaryRun) copyOut(when string) {
	asks := map[string][]string{"backup.tar": {"backup", "@"}, "cases": {"cases", "--json"}, "show": {"show", number("0001"), "--json"}, "why": {"why", number("0001"), "--json"}, "register.xlsx": {"register", "--year", time.Now().Format("2006"), "-o", "@"},
		"sheet.pdf": {"sheet", number("0001"), "-o", "@"}, "evidence.zip": {"why", number("0001"), "--evidence", "@"}}
	switch {
	case c.n%5 != 0:
	case testing.Short():
		id, err := age.GenerateX25519Identity()
		c.do(err)
		asks["backup-with-keys.tar"] = []string{"backup", "@", "--keys", "--recipient", id.Recipient().String()}
	default: // a second
		phrase := filepath.Join(c.dir, "phrase")
		c.do(os.WriteFile(phrase, []byte("frasa untuk cadangan kunci\n"), 0o600))
		asks["backup-with-keys.tar"] = []string{"backup", "@", "--keys", "--passphrase-file", phrase}
	}
	for name, args := range asks {
		file := filepath.Join(c.dir, when+"-"+name)
		args = strings.Split(strings.ReplaceAll(strings.Join(args, "\x00"), "@", file), "\x00")
		c.do(c.until(name+" is copied", func() (bool, error) {
			var out, said bytes.Buffer
			os.Remove(file) //nolint:errcheck // of an attempt that broke off
			if c.pending = c.asked(args, &out, &said); c.pending != "" {
				return false, nil
			}
			c.copies[when+" "+name] = append(out.Bytes(), said.Bytes()...)
			if raw, err := os.ReadFile(file); err == nil {
				c.copies[when+" "+name+" file"] = raw
			}
			return true, nil
		}))
	}
	for _, path := range []string{"/", "/cases/" + number("0001"), "/metrics", "/healthz", "/readyz"} {
		c.do(c.until("the page answers", func() (bool, error) {
			raw, err := c.page(path)
			c.copies[when+" page "+path] = raw
			c.pending = fmt.Sprint(err)
			return err == nil, nil
		}))
	}
}

// asked runs a command against the daemon, and says why it came to nothing. It never opens the store itself: a daemon that is
// started again would find it locked.
func (c *canaryRun) asked(args []string, out, said *bytes.Buffer) string {
	var v []control.CaseView
	if err := c.books("cases", &v, "--json"); err != nil {
		return err.Error()
	}
	if code := run(out, said, append([]string{"--config", c.path()}, args...)...); code != 0 {
		return fmt.Sprintf("%s: exit %d: %s", args[0], code, said.String())
	}
	return ""
}

// page asks the status page where the last daemon said that it listens.
func (c *canaryRun) page(path string) ([]byte, error) {
	said, err := os.ReadFile(filepath.Join(c.dir, "daemon.log"))
	if err != nil {
		return nil, err
	}
	_, addr, ok := bytes.Cut(said[bytes.LastIndex(said, []byte(`"msg":"ready"`))+1:], []byte(`"page":"`))
	addr, _, _ = bytes.Cut(addr, []byte(`"`))
	if !ok || len(addr) == 0 {
		return nil, errors.New("the daemon named no page")
	}
	r, err := (&http.Client{Timeout: 5 * time.Second}).Get("http://" + string(addr) + path)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	if err == nil && r.StatusCode >= 400 && r.StatusCode != http.StatusServiceUnavailable {
		err = fmt.Errorf("%s: %s", path, r.Status)
	}
	return raw, err
}

// halt stops the daemon; its hour may come even now.
func (c *canaryRun) halt() {
	if c.proc == nil {
		return
	}
	if err := c.end(syscall.SIGTERM); err != nil && !strings.HasSuffix(err.Error(), "signal: killed") {
		c.t.Error(err)
	}
}

// age lets so much time pass that every key is destroyed, and looks whether it is.
func (c *canaryRun) age() {
	events := func(kind string) (n, members int, err error) {
		v, err := c.show("0001")
		for _, e := range v.Events {
			if e.Kind == kind {
				n++
			}
		}
		return n, len(v.Members), err
	}
	c.env = append(c.env, "AHEAD=480h")
	c.do(c.start("0"))
	c.do(c.until("it is noticed that much time has passed", func() (bool, error) { // what was missed is done a day later
		n, _, err := events("moment-missed")
		c.pending = fmt.Sprintf("%d moments (%v)", n, err)
		return err == nil && n > 0, nil
	}))
	c.halt()
	c.env = append(c.env, "AHEAD=506h")
	c.do(c.start("0"))
	c.do(c.until("every key is destroyed", func() (bool, error) {
		gone, members, err := events("key-shredded")
		c.pending = fmt.Sprintf("%d of %d keys (%v)", gone, members, err)
		return err == nil && gone >= members && members > 0, nil
	}))
	c.copyOut("aged")
	c.halt()
	v, err := credential.OpenVault(filepath.Join(c.stage.Config.Storage.Path, "keys.db"), c.stage.Config.Credentials.MasterKey, nil)
	c.do(err)
	if ids := v.IDs(); len(ids) > 0 {
		c.t.Errorf("keys are left: %v", ids)
	}
	c.do(v.Close())
}

// search looks into everything, and opens the books value by value.
func (c *canaryRun) search(when string) {
	c.t.Helper()
	words, err := c.stage.Passwords()
	c.do(err)
	if c.words = words; len(words) < 3 {
		c.t.Errorf("only %d passwords are known", len(words))
	}
	log, err := os.ReadFile(filepath.Join(c.dir, "daemon.log"))
	c.do(err)
	leaks, err := c.stage.Leaks(words, log)
	c.do(err)
	maps.DeleteFunc(c.copies, func(name string, _ []byte) bool { return strings.HasPrefix(name, "books ") })
	for name, raw := range c.values() {
		c.copies[name] = raw
	}
	copies := stage.NewLeakSearch(words)
	for name, raw := range c.copies {
		copies.File(name, "", raw)
	}
	for _, l := range append(leaks, copies.Found()...) {
		c.leaks = append(c.leaks, when+": "+l)
	}
}

// values are the books, one by one.
func (c *canaryRun) values() map[string][]byte {
	db, err := bbolt.Open(filepath.Join(c.stage.Config.Storage.Path, "ukpbjd.db"), 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	c.do(err)
	defer db.Close()
	out := map[string][]byte{}
	c.do(db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(bucket []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				out[fmt.Sprintf("books %s %s", bucket, k)] = bytes.Clone(v)
				return nil
			})
		})
	}))
	if len(out) < 50 {
		c.t.Errorf("only %d values in the books", len(out))
	}
	return out
}

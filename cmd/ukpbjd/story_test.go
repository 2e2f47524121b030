package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/message"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
)

// patience bounds every wait of a story.
const patience = 20 * time.Second

type storyKey struct{}

// story is one office and what has happened in it so far.
type story struct {
	dir     string
	stage   *stage.Stage
	bundles map[string]rehearsal.Bundle
	taken   map[string]bool         // letters that were awaited, by mailbox and UID
	last    map[string]stage.Letter // the latest letter awaited, by person, and by person and kind
	proc    *exec.Cmd
	ended   chan error
	log     *os.File
	old     int // mails that lay in the inbox before the first start
	n       int
	sent    map[string]string // Message-IDs of people's mails, by the name that the story gave them
	env     []string          // of the daemon's process
	wait    time.Duration     // bound of every wait
	polite  bool              // never open the store while a daemon may want to start
	starts  atomic.Int64      // of the daemon
	pid     atomic.Int64      // of the daemon started last
	pending string            // what the last look found that is not yet as it should be
	mu      sync.Mutex
	rules   map[string]postoffice.Behaviour // by address; guarded by mu
}

func (s *story) path() string { return filepath.Join(s.dir, "ukpbjd.yaml") }

func of(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

// must makes a command of a step that may fail; `!` before it is refused, so that no story means something else than it says.
func must(do func(s *story, ts *testscript.TestScript, args []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command cannot be negated")
		}
		if err := do(of(ts), ts, args); err != nil {
			ts.Fatalf("%v", err)
		}
	}
}

// options parts `key=value` from other words.
func options(args []string) (words []string, opt map[string]string) {
	opt = map[string]string{}
	for _, a := range args {
		if k, v, ok := strings.Cut(a, "="); ok && k != "" && strings.Trim(k, "abcdefghijklmnopqrstuvwxyz") == "" {
			opt[k] = v
			continue
		}
		words = append(words, a)
	}
	return words, opt
}

// office opens the post office and writes the configuration. Three requests, a, b and c, have their members' mailboxes.
//
//	office [undo=10s] [code=sheet] [start=all] [max=2000000] [level=basic] [sheet=plain] [requester=*@x]
func (s *story) office(ts *testscript.TestScript, args []string) error {
	_, opt := options(args)
	ts.Defer(func() {
		for _, said := range s.close() {
			ts.Logf("%s", said)
		}
	})
	if err := s.open(opt); err != nil {
		return err
	}
	for name, b := range s.bundles {
		for i, r := range b.Roster {
			id := fmt.Sprintf("%s%d", strings.ToUpper(name), i+1)
			ts.Setenv("NIP_"+id, r.NIP)
			ts.Setenv("EMAIL_"+id, r.Email)
			ts.Setenv("NAME_"+id, r.Nama)
		}
	}
	return nil
}

func newStory(dir string) *story {
	return &story{dir: dir, wait: patience, taken: map[string]bool{}, last: map[string]stage.Letter{}, bundles: map[string]rehearsal.Bundle{},
		rules: map[string]postoffice.Behaviour{}, sent: map[string]string{}}
}

func (s *story) open(opt map[string]string) error {
	forms := map[string]rehearsal.Form{"a": rehearsal.XLSX, "b": rehearsal.DOCX, "c": rehearsal.CSV}
	members := []sop.Person{{Name: "Asisten", Address: "asisten@" + stage.Domain}}
	for i, name := range []string{"a", "b", "c"} {
		b, err := rehearsal.Papers(int64(11+i), 3, rehearsal.Office{Domain: stage.Domain, Tag: name, Form: forms[name]})
		if err != nil {
			return err
		}
		s.bundles[name] = b
		members = append(members, stage.People(b)...)
	}
	var wrong, err error
	s.stage, err = stage.Open(stage.Options{Dir: s.dir, Members: members, Rules: s.rule,
		Post:   func(o *postoffice.Options) { o.DMARC = map[string]string{stage.Domain: "fail", "evil.example": "pass"} },
		Change: func(c *config.Config) { wrong = change(c, opt) }})
	if err != nil || wrong != nil {
		return errors.Join(err, wrong)
	}
	_, err = s.stage.Write(s.dir)
	return err
}

func change(c *config.Config, opt map[string]string) (err error) {
	c.IMAP.Poll, c.Extract.OCR = time.Second, "off"
	for k, v := range opt {
		switch k {
		case "undo":
			c.Approval.UndoWindow, err = time.ParseDuration(v)
		case "code":
			c.Approval.Code = v
		case "start":
			c.IMAP.Start.All = v == "all"
		case "max":
			c.IMAP.MaxMessage, err = strconv.ParseInt(v, 10, 64)
		case "level":
			c.Trust.Assurance = sop.Level(v)
		case "sheet":
			c.Credentials.Sheet = v
		case "banner":
			c.Mail.Banners = []string{v}
		case "adminnip":
			c.People.Approvers[0].NIP = v
		default:
			err = fmt.Errorf("office knows no %s", k)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *story) rule(_, to string) postoffice.Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules[strings.ToLower(to)]
}

// close ends what still runs, and gives what is worth telling of it.
func (s *story) close() (said []string) {
	if s.proc != nil {
		s.proc.Process.Kill() //nolint:errcheck // it may have ended
		<-s.ended
		log, _ := os.ReadFile(filepath.Join(s.dir, "daemon.log"))
		said = append(said, "the daemon said:\n"+string(log[max(0, len(log)-3000):]))
	}
	if s.stage != nil {
		if err := s.stage.Close(); err != nil {
			said = append(said, "close the post office: "+err.Error())
		}
	}
	return said
}

// daemon start [mortal=N:after] | stop | kill | wait
func (s *story) daemon(_ *testscript.TestScript, args []string) error {
	words, opt := options(args)
	if len(words) != 1 {
		return errors.New("usage: daemon start|stop|kill|wait")
	}
	switch words[0] {
	case "start":
		return s.start(opt["mortal"])
	case "stop":
		return s.end(syscall.SIGTERM)
	case "kill":
		return s.end(syscall.SIGKILL)
	case "wait":
		return s.end(0)
	}
	return fmt.Errorf("daemon %s is not known", words[0])
}

func (s *story) start(mortal string) error {
	if s.proc != nil {
		return errors.New("the daemon runs already")
	}
	var err error
	if s.log == nil {
		if s.log, err = os.Create(filepath.Join(s.dir, "daemon.log")); err != nil {
			return err
		}
	}
	began, err := s.log.Stat()
	if err != nil {
		return err
	}
	name, args := "ukpbjd", []string{"serve"}
	if mortal != "" {
		name, args = "mortally", nil
	}
	s.proc = exec.Command(name, args...)
	s.proc.Env = append(os.Environ(), "UKPBJD_CONFIG="+s.path(), "MORTAL="+mortal)
	s.proc.Env = append(s.proc.Env, s.env...)
	s.proc.Stdout, s.proc.Stderr = s.log, s.log
	if err := s.proc.Start(); err != nil {
		s.proc = nil
		return err
	}
	s.starts.Add(1)
	s.pid.Store(int64(s.proc.Process.Pid))
	s.ended = make(chan error, 1)
	go func(p *exec.Cmd, ended chan error) { ended <- p.Wait() }(s.proc, s.ended)
	return s.ready(began.Size(), mortal)
}

// ready waits until the daemon says so in its log, or the process has ended.
func (s *story) ready(began int64, mortal string) error {
	return s.until("the daemon answers", func() (bool, error) {
		select {
		case err := <-s.ended:
			s.ended <- err
			if mortal != "" {
				return true, nil // killed at one of its first commits
			}
			return false, fmt.Errorf("the daemon ended: %w", err)
		default:
		}
		said, err := os.ReadFile(s.log.Name())
		return bytes.Contains(said[began:], []byte(`"msg":"ready"`)), err
	})
}

func (s *story) end(how syscall.Signal) error {
	if s.proc == nil {
		return errors.New("no daemon runs")
	}
	if how != 0 {
		if err := s.proc.Process.Signal(how); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
	}
	select {
	case err := <-s.ended:
		s.proc = nil
		if how == syscall.SIGTERM && err != nil {
			return fmt.Errorf("the daemon did not stop in order: %w", err)
		}
		return nil
	case <-time.After(max(s.wait, patience)):
		return errors.New("the daemon does not end")
	}
}

// until looks again and again, at every change in the post office and every few milliseconds.
func (s *story) until(what string, look func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.wait)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := look()
		if err != nil || ok {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waited in vain until %s; %s", what, s.pending)
		}
	}
}

// books asks the program as an operator does; into gets its JSON.
func (s *story) books(command string, into any, args ...string) error {
	if s.polite {
		c, err := net.Dial("unix", filepath.Join(s.stage.Config.Storage.Path, "ctl.sock"))
		if err != nil {
			return err
		}
		c.Close()
	}
	var out, said bytes.Buffer
	if code := run(&out, &said, append([]string{"--config", s.path(), command}, args...)...); code != 0 {
		return fmt.Errorf("ukpbjd %s: exit %d: %s", command, code, said.String())
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(out.Bytes(), into)
}

func number(short string) string {
	if len(short) == 4 {
		return "PKJ-" + time.Now().Format("2006") + "-" + short
	}
	return short
}

func (s *story) show(short string) (v control.CaseView, err error) {
	return v, s.books("show", &v, number(short), "--json")
}

// status 0001 'Menunggu persetujuan'
func (s *story) status(_ *testscript.TestScript, args []string) error {
	var v control.CaseView
	err := s.until("the status is right", func() (bool, error) {
		var err error
		v, err = s.show(args[0])
		return err == nil && v.Status == args[1], nil
	})
	if err != nil {
		return fmt.Errorf("%s is %q, want %q: %w", args[0], v.Status, args[1], err)
	}
	return nil
}

// who finds somebody by a short name: staf, admin, kepala, bagian, operator, kantor, asisten, penyerang, a1 … c3.
func (s *story) who(name string) (sop.Person, error) {
	c := s.stage.Cast
	if p, ok := map[string]sop.Person{"staf": c.Staff, "admin": c.Admin, "kepala": c.KepalaLPSE, "bagian": c.KepalaBagian,
		"operator": c.Operator, "kantor": c.Office, "asisten": {Name: "Asisten", Address: "asisten@" + stage.Domain},
		"penyerang": {Name: "Admin Agency LPSE", Address: "x@evil.example"}}[name]; ok {
		return p, nil
	}
	if b, ok := s.bundles[name[:1]]; ok && len(name) == 2 && name[1] >= '1' && int(name[1]-'1') < len(b.Roster) {
		return stage.People(b)[name[1]-'1'], nil
	}
	return sop.Person{}, fmt.Errorf("nobody is called %s", name)
}

// await takes the oldest letter of a kind that was not taken before, and puts its text into letter.txt and letter.html.
//
//	await admin persetujuan [case=0001] [times=2]
func (s *story) await(_ *testscript.TestScript, args []string) error {
	words, opt := options(args)
	times := max(1, atoi(opt["times"]))
	for range times {
		if err := s.awaitOne(words[0], sop.LetterKind(words[1]), number(opt["case"])); err != nil {
			return err
		}
	}
	return nil
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func (s *story) awaitOne(name string, kind sop.LetterKind, number string) error {
	p, err := s.who(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.wait)
	defer cancel()
	var l stage.Letter
	key := ""
	if _, err = s.stage.Post.Wait(ctx, p.Address, "INBOX", func(x postoffice.Stored) bool {
		key = fmt.Sprintf("%s %d", p.Address, x.UID)
		if s.taken[key] {
			return false
		}
		l = stage.Letter{To: p, Raw: x.Raw, Msg: message.Parse(x.Raw, message.DefaultLimits(), nil)}
		return stage.KindOf(l.Msg) == kind && strings.Contains(l.Msg.Subject, number)
	}); err != nil {
		return fmt.Errorf("wait for the letter %s to %s: %w", kind, name, err)
	}
	s.taken[key] = true
	s.last[name], s.last[name+" "+string(kind)] = l, l
	return errors.Join(os.WriteFile(filepath.Join(s.dir, "letter.txt"), []byte(l.Msg.Subject+"\n\n"+l.Msg.Text), 0o600),
		os.WriteFile(filepath.Join(s.dir, "letter.html"), []byte(l.Msg.HTML), 0o600))
}

// noLetter says that no letter of a kind is there, or on its way, that was not awaited.
//
//	no-letter admin persetujuan
func (s *story) noLetter(_ *testscript.TestScript, args []string) error {
	p, err := s.who(args[0])
	if err != nil {
		return err
	}
	mails, err := s.stage.Post.Messages(p.Address, "INBOX")
	if err != nil {
		return err
	}
	arrived := 0
	for _, x := range mails {
		m := message.Parse(x.Raw, message.DefaultLimits(), nil)
		if stage.KindOf(m) != sop.LetterKind(args[1]) {
			continue
		}
		arrived++
		if !s.taken[fmt.Sprintf("%s %d", p.Address, x.UID)] {
			return fmt.Errorf("%s got a letter %s: %s", args[0], args[1], m.Subject)
		}
	}
	var cases []control.CaseView
	if err := s.books("cases", &cases, "--json"); err != nil {
		return err
	}
	written := 0
	for _, c := range cases {
		v, err := s.show(c.Number)
		if err != nil {
			return err
		}
		for _, l := range v.Letters {
			if string(l.Kind) == args[1] && strings.EqualFold(l.To, p.Address) {
				written++
			}
		}
	}
	if written > arrived {
		return fmt.Errorf("%d letters %s to %s are on their way", written-arrived, args[1], args[0])
	}
	return nil
}

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"ukpbjd/internal/audit"
	"ukpbjd/internal/control"
	"ukpbjd/internal/message"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
	"ukpbjd/internal/store"
)

func commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"office": must((*story).office), "daemon": must((*story).daemon), "post": must((*story).post), "rule": must((*story).setRule),
		"request": must((*story).request), "answer": must((*story).answer), "mail": must((*story).mail), "forge": must((*story).forge),
		"sheet": must((*story).sheet), "workbook": must((*story).workbook), "await": must((*story).await), "no-letter": must((*story).noLetter), "status": must((*story).status),
		"seen": must((*story).seen), "settled": must((*story).settled), "judged": must((*story).judged), "stays": must((*story).stays),
		"letters": must((*story).letters), "member": must((*story).member), "exits": must((*story).exits), "verify": must((*story).verify),
		"password": must((*story).password),
	}
}

// ownerMark begins the daemon's own mark in the folder of handled mail: it never arrived, and has no outcome.
var ownerMark = []byte("X-UKPBJ-Pemilik:")

// inbox returns every mail that lies in the office's account, by folder; what the office wrote itself is left out.
func (s *story) inbox() (map[string][]postoffice.Stored, int, error) {
	out := map[string][]postoffice.Stored{}
	n := 0
	addr := s.stage.Cast.Office.Address
	for _, f := range s.stage.Post.Folders(addr) {
		if f == "Sent" {
			continue
		}
		mails, err := s.stage.Post.Messages(addr, f)
		if err != nil {
			return nil, 0, err
		}
		mails = slices.DeleteFunc(mails, func(m postoffice.Stored) bool { return bytes.HasPrefix(m.Raw, ownerMark) })
		out[f] = mails
		n += len(mails)
	}
	return out, n, nil
}

// seen waits until every mail that arrived has its outcome.
func (s *story) seen(*testscript.TestScript, []string) error {
	return s.until("every mail has its outcome", func() (bool, error) {
		_, n, err := s.inbox()
		if err != nil {
			return false, err
		}
		var r audit.Report
		if err := s.books("verify", &r, "--json"); err != nil {
			return false, err
		}
		s.pending = fmt.Sprintf("%d outcomes of %d mails", r.Mails, n-s.old)
		return r.Mails >= n-s.old, nil
	})
}

// settled waits until every mail has its outcome, every task is carried out and every letter is final.
func (s *story) settled(ts *testscript.TestScript, _ []string) error {
	if err := s.seen(ts, nil); err != nil {
		return err
	}
	return s.until("every letter is final", func() (bool, error) {
		var cases []control.CaseView
		if err := s.books("cases", &cases, "--json"); err != nil {
			return false, err
		}
		for _, c := range cases {
			v, err := s.show(c.Number)
			s.pending = v.Number + " waits for the daemon"
			if err != nil || v.Owes == "daemon" {
				return false, err
			}
			for _, l := range v.Letters {
				if l.State != store.Accepted && l.State != store.Failed {
					s.pending = fmt.Sprintf("the letter %s to %s is %s after %d attempts: %s", l.Kind, l.To, l.State, l.Attempts, l.Answer)
					return false, nil
				}
			}
		}
		return true, nil
	})
}

// judged NAME OUTCOME [reason]: what became of a mail.
func (s *story) judged(_ *testscript.TestScript, args []string) error {
	return s.judgedAs(args[0], args[1], strings.Join(args[2:], " "))
}

func (s *story) judgedAs(name, outcome, reason string) error {
	id := s.sent[name]
	if id == "" {
		return fmt.Errorf("no mail is called %s", name)
	}
	var found *control.MailView
	err := s.until("the mail has its outcome", func() (bool, error) {
		folders, _, err := s.inbox()
		if err != nil {
			return false, err
		}
		for _, mails := range folders {
			for _, m := range mails {
				if messageID(m.Raw) != id {
					continue
				}
				sum := sha256.Sum256(m.Raw)
				if found, err = s.verdict(hex.EncodeToString(sum[:])); found != nil || err != nil {
					return found != nil, err
				}
			}
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	if found.Outcome != outcome || reason != "" && found.Reason != reason {
		return fmt.Errorf("%s was %s by %s: %s, want %s %s", name, found.Outcome, found.Gate, found.Reason, outcome, reason)
	}
	return nil
}

func (s *story) verdict(sha string) (*control.MailView, error) {
	var cases []control.CaseView
	if err := s.books("cases", &cases, "--json"); err != nil {
		return nil, err
	}
	for _, c := range cases {
		var w control.Why
		if err := s.books("why", &w, c.Number, "--json"); err != nil {
			return nil, err
		}
		for _, m := range w.Mails {
			if m.SHA256 == sha {
				return &m, nil
			}
		}
	}
	return nil, nil
}

// stays NAME [flag…]: the mail lies in the inbox with these flags and no other, after every mail got its outcome.
func (s *story) stays(ts *testscript.TestScript, args []string) error {
	if err := s.seen(ts, nil); err != nil {
		return err
	}
	mails, err := s.stage.Post.Messages(s.stage.Cast.Office.Address, "INBOX")
	if err != nil {
		return err
	}
	for _, m := range mails {
		if messageID(m.Raw) == s.sent[args[0]] {
			if got := strings.Join(m.Flags, " "); got != strings.Join(args[1:], " ") {
				return fmt.Errorf("%s has the flags %q", args[0], got)
			}
			return nil
		}
	}
	return fmt.Errorf("%s is gone from the inbox", args[0])
}

// letters WHO KIND N: so many letters of a kind arrived, in all.
func (s *story) letters(_ *testscript.TestScript, args []string) error {
	p, err := s.who(args[0])
	if err != nil {
		return err
	}
	mails, err := s.stage.Post.Messages(p.Address, "INBOX")
	n := 0
	for _, x := range mails {
		if stage.KindOf(message.Parse(x.Raw, message.DefaultLimits(), nil)) == sop.LetterKind(args[1]) {
			n++
		}
	}
	if n != atoi(args[2]) {
		return fmt.Errorf("%s has %d letters %s, want %s", args[0], n, args[1], args[2])
	}
	return err
}

// member 0001 a1 STATE [exposed]
func (s *story) member(_ *testscript.TestScript, args []string) error {
	p, err := s.who(args[1])
	if err != nil {
		return err
	}
	last := ""
	err = s.until("the member's state is right", func() (bool, error) {
		v, err := s.show(args[0])
		for _, m := range v.Members {
			if strings.EqualFold(m.Email, p.Address) {
				last = fmt.Sprintf("%s exposed=%v", m.State, m.Exposed)
				return string(m.State) == args[2] && m.Exposed == (len(args) > 3), err
			}
		}
		return false, err
	})
	if err != nil {
		return fmt.Errorf("%s is %s: %w", args[1], last, err)
	}
	return nil
}

// password WHO same|none|other [WHO]: the passwords in all credential letters of somebody are one and the same, or there is none; other: both
// have one, each another.
func (s *story) password(_ *testscript.TestScript, args []string) error {
	p, err := s.who(args[0])
	if err != nil {
		return err
	}
	mails, err := s.stage.Post.Messages(p.Address, "INBOX")
	words := map[string]bool{}
	if args[1] == "other" {
		q, err := s.who(args[2])
		if err != nil {
			return err
		}
		theirs, err := s.stage.Post.Messages(q.Address, "INBOX")
		if err != nil {
			return err
		}
		mails = append(mails, theirs...)
	}
	for _, x := range mails {
		if m := message.Parse(x.Raw, message.DefaultLimits(), nil); stage.KindOf(m) == sop.Kredensial {
			words[stage.PasswordIn(m)] = true
		}
	}
	n := map[string]int{"same": 1, "none": 1, "other": 2}[args[1]]
	if words[""] != (args[1] == "none") || len(words) != n {
		return fmt.Errorf("%s has %d different passwords, or one where none is wanted", args[0], len(words))
	}
	return err
}

// exits CODE ukpbjd ARG…: `stdout` and `stderr` look at what it said.
func (s *story) exits(ts *testscript.TestScript, args []string) error {
	if len(args) < 2 || args[1] != "ukpbjd" {
		return errors.New("usage: exits CODE ukpbjd ARG…")
	}
	var out, said bytes.Buffer
	full := append([]string{"--config", ts.Getenv("UKPBJD_CONFIG")}, args[2:]...)
	if len(args) > 2 && strings.HasPrefix(args[2], "--config") {
		full = args[2:]
	}
	code := run(&out, &said, full...)
	_, err := ts.Stdout().Write(out.Bytes())
	_, err2 := ts.Stderr().Write(said.Bytes())
	if code != atoi(args[0]) {
		return fmt.Errorf("exit code %d, want %s: %s", code, args[0], said.String())
	}
	return errors.Join(err, err2)
}

// verify holds the books against the invariants, and searches everything for the passwords that were given out: the daemon's
// files and log, every letter to somebody else, every other mailbox.
func (s *story) verify(*testscript.TestScript, []string) error {
	var r audit.Report
	if err := s.books("verify", &r, "--json"); err != nil {
		return err
	}
	if len(r.Findings) > 0 {
		return fmt.Errorf("verify found %v", r.Findings)
	}
	words, err := s.stage.Passwords()
	if err != nil {
		return err
	}
	log, err := os.ReadFile(filepath.Join(s.dir, "daemon.log"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	leaks, err := s.stage.Leaks(words, log)
	if err != nil {
		return err
	}
	if len(leaks) > 0 {
		return fmt.Errorf("of %d passwords, some stand where they must not:\n%s", len(words), strings.Join(leaks, "\n"))
	}
	for _, w := range []string{"panic:", "goroutine ", "DATA RACE"} {
		if bytes.Contains(log, []byte(w)) {
			return fmt.Errorf("the daemon's log holds %q", w)
		}
	}
	return nil
}

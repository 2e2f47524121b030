package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/message"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/rehearsal/forgery"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
)

func (s *story) nextID() string {
	s.n++
	return fmt.Sprintf("<surel-%d-%d@%s>", os.Getpid(), s.n, stage.Domain)
}

// note remembers a mail under the name that the story gives it, "mail" where it gives none.
func (s *story) note(opt map[string]string, raw []byte) {
	name := opt["as"]
	if name == "" {
		name = "mail"
	}
	s.sent[name] = messageID(raw)
}

func messageID(raw []byte) string {
	for line := range bytes.Lines(raw) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && strings.EqualFold(string(name), "Message-ID") {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// request a|b|c [from=staf] [copy=yes] [without=sk|surat|formulir] [edit='old=>new'] [as=name] [id=of:name]
func (s *story) request(_ *testscript.TestScript, args []string) error {
	words, opt := options(args)
	b, ok := s.bundles[words[0]]
	if !ok {
		return fmt.Errorf("there is no request %s", words[0])
	}
	var err error
	if w, ok := map[string]int{"formulir": 0, "sk": 1, "surat": 2}[opt["without"]]; ok {
		if b, err = b.Without(w); err != nil {
			return err
		}
	}
	if from, to, ok := strings.Cut(opt["edit"], "=>"); ok {
		b.Files = append([]sop.File(nil), b.Files...)
		if b.Files[0].Bytes = bytes.Replace(b.Files[0].Bytes, []byte(from), []byte(to), 1); bytes.Equal(b.Files[0].Bytes, s.bundles[words[0]].Files[0].Bytes) {
			return fmt.Errorf("the formulir holds no %s", from)
		}
	}
	from := s.stage.Cast.Staff
	if opt["from"] != "" {
		if from, err = s.who(opt["from"]); err != nil {
			return err
		}
	}
	e := rehearsal.Envelope{From: from, To: []sop.Person{s.stage.Cast.Office}, Date: time.Now(), HTML: true, MessageID: s.nextID()}
	to := []sop.Person{s.stage.Cast.Office}
	if opt["copy"] != "" {
		e.Cc = []sop.Person{s.stage.Cast.KepalaLPSE}
		to = append(to, e.Cc...)
	}
	if opt["id"] != "" {
		e.MessageID = s.sent[opt["id"]]
	}
	if opt["subject"] != "" {
		b.Subject = opt["subject"]
	}
	if opt["text"] != "" {
		b.Text = opt["text"]
	}
	raw := b.Mail(e)
	s.note(opt, raw)
	if opt["twice"] != "" { // the same mail by two ways, each with its own trace
		if err := s.stage.Submit(from, raw, to...); err != nil {
			return err
		}
	}
	return s.stage.Submit(from, raw, to...)
}

// answer WHO TEXT [style=gmail] [letter=kind] [file=NAME…] [paper=a:sk] [from=other] [subject=…] [as=name]
func (s *story) answer(ts *testscript.TestScript, args []string) error {
	from, raw, opt, err := s.reply(ts, args)
	if err != nil {
		return err
	}
	s.note(opt, raw)
	return s.stage.Submit(from, raw, s.stage.Cast.Office)
}

func (s *story) reply(ts *testscript.TestScript, args []string) (from sop.Person, raw []byte, opt map[string]string, err error) {
	words, opt := options(args)
	if len(words) != 2 {
		return from, nil, nil, errors.New("usage: answer WHO TEXT")
	}
	key := words[0]
	if opt["letter"] != "" {
		key += " " + opt["letter"]
	}
	l, ok := s.last[key]
	if opt["letter"] == "newest" { // of those that ask for the approval; a code that was seen is replaced
		p, err := s.who(words[0])
		if err != nil {
			return from, nil, nil, err
		}
		all, err := s.stage.Post.Messages(p.Address, "INBOX")
		if err != nil {
			return from, nil, nil, err
		}
		for _, m := range all {
			if x := (stage.Letter{To: p, Raw: m.Raw, Msg: message.Parse(m.Raw, message.DefaultLimits(), nil)}); stage.KindOf(x.Msg) == sop.Persetujuan {
				l, ok = x, true
			}
		}
	}
	if !ok {
		return from, nil, nil, fmt.Errorf("%s has no such letter to answer", key)
	}
	from = l.To
	if opt["from"] != "" {
		if from, err = s.who(opt["from"]); err != nil {
			return from, nil, nil, err
		}
	}
	a := rehearsal.Answer{From: from, Text: strings.ReplaceAll(words[1], `\n`, "\n"), Style: rehearsal.Style(opt["style"]), Date: time.Now(),
		MessageID: s.nextID(), Subject: opt["subject"]}
	if a.Style == "" {
		a.Style = rehearsal.Outlook
		if stage.PasswordIn(l.Msg) != "" {
			a.Style = rehearsal.Plain // the link in the letter quotes nothing
		}
	}
	if opt["file"] != "" {
		a.Files = append(a.Files, sop.File{Name: filepath.Base(opt["file"]), Bytes: []byte(ts.ReadFile(opt["file"])),
			MediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"})
	}
	if b, paper, ok := strings.Cut(opt["paper"], ":"); ok {
		a.Files = append(a.Files, s.bundles[b].Files[map[string]int{"formulir": 0, "sk": 1, "surat": 2}[paper]])
	}
	raw, err = rehearsal.Reply(l.Raw, a)
	return from, raw, opt, err
}

// mail WHO SUBJECT TEXT [paper=a:sk] [as=name]: a mail that answers nothing.
func (s *story) mail(_ *testscript.TestScript, args []string) error {
	words, opt := options(args)
	if len(words) != 3 {
		return errors.New("usage: mail WHO SUBJECT TEXT")
	}
	from, err := s.who(words[0])
	if err != nil {
		return err
	}
	b := rehearsal.Bundle{Subject: words[1], Text: strings.ReplaceAll(words[2], `\n`, "\n")}
	if name, paper, ok := strings.Cut(opt["paper"], ":"); ok {
		b.Files = append(b.Files, s.bundles[name].Files[map[string]int{"formulir": 0, "sk": 1, "surat": 2}[paper]])
	}
	if opt["quote"] != "" {
		b.Text += "\n\n---------- Pesan Diteruskan ----------\n" + s.last[words[0]+" "+opt["quote"]].Msg.Text
	}
	if n := atoi(opt["pad"]); n > 0 {
		b.Files = append(b.Files, sop.File{Name: "foto.png", MediaType: "image/png", Bytes: bytes.Repeat([]byte{0x89, 'P', 'N', 'G'}, n/4)})
	}
	raw := b.Mail(rehearsal.Envelope{From: from, To: []sop.Person{s.stage.Cast.Office}, Date: time.Now(), MessageID: s.nextID()})
	s.note(opt, raw)
	if strings.HasSuffix(from.Address, "@"+stage.Domain) {
		return s.stage.Submit(from, raw, s.stage.Cast.Office)
	}
	return s.stage.Post.Deliver(s.stage.Cast.Office.Address, raw)
}

// forge all | NAME: a perfect SETUJU of the admin, right thread and right code, changed by a trick and sent from outside.
// It must end as the trick says.
func (s *story) forge(ts *testscript.TestScript, args []string) error {
	tricks := append(forgery.Tricks(),
		forgery.Trick{Name: "no-verdict", Want: "R", Apply: func(raw []byte, _, _ sop.Person) []byte { return raw }},
		forgery.Trick{Name: "forged-verdict", Want: "R", Apply: func(raw []byte, v, _ sop.Person) []byte {
			return rehearsal.WithVerdict(raw, s.stage.Post.AuthservID(), "dmarc=pass header.from="+stage.Domain+"; auth=pass smtp.auth="+v.Address)
		}},
		forgery.Trick{Name: "forged-verdict-below", Want: "R", Apply: func(raw []byte, v, _ sop.Person) []byte {
			return append([]byte("Received: from "+stage.Domain+" by mx."+stage.Domain+" with ESMTPSA; "+time.Now().Format(time.RFC1123Z)+"\r\n"),
				rehearsal.WithVerdict(raw, s.stage.Post.AuthservID(), "auth=pass smtp.auth="+v.Address)...)
		}},
	)
	done := 0
	for _, t := range tricks {
		if args[0] != "all" && args[0] != t.Name {
			continue
		}
		done++
		_, raw, _, err := s.reply(ts, []string{"admin", "SETUJU", "letter=persetujuan", "style=gmail"})
		if err != nil {
			return err
		}
		victim, _ := s.who("admin")
		attacker, _ := s.who("penyerang")
		forged := t.Apply(raw, victim, attacker)
		s.sent[t.Name] = messageID(forged)
		if err := s.stage.Post.Submit(attacker.Address, secret.Secret{}, []string{s.stage.Cast.Office.Address}, forged); err != nil {
			return err
		}
		want := map[string]string{"R": "refused", "H": "held", "I": "ignored"}[t.Want]
		if err := s.judgedAs(t.Name, want, ""); err != nil {
			return fmt.Errorf("trick %s: %w", t.Name, err)
		}
	}
	if done == 0 {
		return fmt.Errorf("no trick is called %s", args[0])
	}
	return nil
}

// rule WHO bounce=5.1.1 | code=550 | ending=drop-accepted [times=2]; `rule WHO` alone: well again.
func (s *story) setRule(_ *testscript.TestScript, args []string) error {
	words, opt := options(args)
	p, err := s.who(words[0])
	if err != nil {
		return err
	}
	b := postoffice.Behaviour{Bounce: opt["bounce"], Code: atoi(opt["code"]), Times: atoi(opt["times"])}
	switch opt["ending"] {
	case "drop-accepted":
		b.Ending = postoffice.DropAccepted
	case "drop-lost":
		b.Ending = postoffice.DropLost
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules[strings.ToLower(p.Address)] = b
	return nil
}

// post stop | open | cut | renumber | refuse-logins N | old FILE…
func (s *story) post(ts *testscript.TestScript, args []string) error {
	o := s.stage.Post
	switch args[0] {
	case "stop":
		return o.Stop()
	case "open":
		return o.Open()
	case "cut":
		o.Cut()
		return nil
	case "renumber":
		return o.Renumber(s.stage.Cast.Office.Address, "INBOX")
	case "refuse-logins":
		o.RefuseLogins(atoi(args[1]))
		return nil
	case "old":
		s.old++
		raw := strings.ReplaceAll(ts.ReadFile(args[1]), "\n", "\r\n")
		s.sent[args[1]] = messageID([]byte(raw))
		return o.Put(s.stage.Cast.Office.Address, "INBOX", []byte(raw), args[2:]...)
	case "deliver":
		raw := strings.ReplaceAll(ts.ReadFile(args[1]), "\n", "\r\n")
		s.sent[args[1]] = messageID([]byte(raw))
		return o.Deliver(s.stage.Cast.Office.Address, []byte(raw))
	}
	return fmt.Errorf("post %s is not known", args[0])
}

// sheet OUT [save=plain] [CELL=TEXT…]: the account sheet of the admin's last approval letter, as it was sent; or edited and saved. Rows of
// members begin at 8; E is the User ID, F the password.
func (s *story) sheet(ts *testscript.TestScript, args []string) error {
	words, opt := options(args)
	l, ok := s.last["admin persetujuan"]
	if !ok {
		return errors.New("the admin has no approval letter")
	}
	f, ok := stage.SheetFile(l.Msg)
	if ok && (opt["save"] != "" || len(words) > 1) {
		open := s.stage.Config.People.Approvers[0].SheetPassphrase
		save := open
		if opt["save"] == "plain" {
			save = secret.Secret{}
		}
		var err error
		if f, err = editSheet(l.Msg, open, save, func(b *excelize.File, tab string) error {
			for _, w := range words[1:] {
				cell, text, _ := strings.Cut(w, "=")
				if err := b.SetCellStr(tab, cell, text); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return os.WriteFile(ts.MkAbs(words[0]), f.Bytes, 0o600)
}

// workbook FILE OLD=>NEW…: the workbook that came with the letter in which the roster was read back, mended and saved as FILE.
func (s *story) workbook(ts *testscript.TestScript, args []string) error {
	l, ok := s.last["staf baca-ulang"]
	if !ok {
		return errors.New("no roster was read back")
	}
	for _, f := range l.Msg.Files {
		if filepath.Ext(f.Name) != ".xlsx" {
			continue
		}
		book, err := excelize.OpenReader(bytes.NewReader(f.Bytes))
		if err != nil {
			return err
		}
		defer book.Close()
		for _, a := range args[1:] {
			from, to, _ := strings.Cut(a, "=>")
			cells, err := book.SearchSheet(book.GetSheetName(0), from)
			if err != nil || len(cells) != 1 {
				return fmt.Errorf("%d cells hold %q: %w", len(cells), from, err)
			}
			if err := book.SetCellStr(book.GetSheetName(0), cells[0], to); err != nil {
				return err
			}
		}
		var out bytes.Buffer
		if err := book.Write(&out); err != nil {
			return err
		}
		return os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o600)
	}
	return errors.New("the letter carries no workbook")
}

// editSheet returns the account sheet of a letter after change, saved with the passphrase; without one it is not encrypted.
func editSheet(m *message.Message, open, save secret.Secret, change func(*excelize.File, string) error) (sop.File, error) {
	file, ok := stage.SheetFile(m)
	if !ok {
		return file, fmt.Errorf("the letter carries no account sheet")
	}
	book, err := excelize.OpenReader(bytes.NewReader(file.Bytes), excelize.Options{Password: open.Reveal()})
	if err != nil {
		return file, fmt.Errorf("open the account sheet: %w", err)
	}
	defer book.Close()
	if err := change(book, book.GetSheetName(0)); err != nil {
		return file, fmt.Errorf("edit the account sheet: %w", err)
	}
	var out bytes.Buffer
	if err := book.Write(&out, excelize.Options{Password: save.Reveal()}); err != nil {
		return file, fmt.Errorf("save the account sheet: %w", err)
	}
	file.Bytes = out.Bytes()
	return file, nil
}

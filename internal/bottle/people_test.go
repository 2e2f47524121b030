package bottle

import (
	"fmt"
	"hash/crc32"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
)

// facts are what people did, for the oracle.
type facts struct {
	requests  []*asked
	approvals map[string][]time.Time // genuine words of consent, by case
	refusals  map[string]bool
	chats     []string // subjects of mail that is not ours
	forged    int
	troubles  map[string]int
	said      map[string]int // of people's deeds, by kind
}

func (f *facts) begin() {
	f.approvals, f.refusals, f.troubles, f.said = map[string][]time.Time{}, map[string]bool{}, map[string]int{}, map[string]int{}
}

// asked is one request as its author knows it.
type asked struct {
	id     string
	bundle rehearsal.Bundle
	at     time.Time
	whole  bool
}

// face is somebody with a mailbox, and what they do with a letter.
type face struct {
	sop.Person
	react func(*face, stage.Letter, sop.LetterKind)
}

var numberIn = regexp.MustCompile(`\[(PKJ-\d{4}-\d+)\]`)

func caseOf(l stage.Letter) string {
	if m := numberIn.FindStringSubmatch(l.Msg.Subject); m != nil {
		return m[1]
	}
	return ""
}

// people gives everybody their habits, and plans what they begin.
func (w *world) people(many times) {
	c := w.stage.Cast
	w.know(c.Staff, w.staff)
	w.know(c.Admin, w.admin)
	w.know(c.KepalaLPSE, w.kepala)
	for _, b := range w.bundles {
		for _, p := range stage.People(b) {
			w.know(p, w.member)
		}
	}
	next := 0
	for day := range many.days {
		at := time.Duration(day)*24*time.Hour + w.between(0, 9*time.Hour)
		if w.chance(many.requests) && next < len(w.bundles) {
			b := w.bundles[next]
			next++
			w.later(at, fmt.Sprintf("staff asks for %s", b.Pokja), func() error { return w.request(b) })
			if w.chance(0.15) {
				w.later(at+w.between(time.Minute, 96*time.Hour), "staff asks for it again", func() error { return w.request(b) })
			}
		}
		if w.chance(0.2) {
			w.later(at+w.between(0, 5*time.Hour), "somebody writes about something else", w.chat)
		}
		if w.chance(many.trouble) {
			w.trouble(at + w.between(0, 12*time.Hour))
		}
	}
	var look func() error
	look = func() error {
		w.later(time.Hour, "", look)
		return w.look()
	}
	w.later(time.Hour, "", look)
}

func (w *world) know(p sop.Person, react func(*face, stage.Letter, sop.LetterKind)) {
	if w.faces[p.Address] == nil {
		w.faces[p.Address] = &face{p, react}
	}
}

// look lets everybody see what has come since they looked last.
func (w *world) look() error {
	for _, address := range slices.Sorted(maps.Keys(w.faces)) {
		f := w.faces[address]
		all, err := w.stage.Post.Messages(address, "INBOX")
		if err != nil {
			return err
		}
		for _, m := range all[w.known[address]:] {
			l := stage.Letter{To: f.Person, Raw: m.Raw, Msg: message.Parse(m.Raw, message.DefaultLimits(), nil)}
			if kind := stage.KindOf(l.Msg); kind != "" {
				f.react(f, l, kind)
			}
		}
		w.known[address] = len(all)
	}
	return nil
}

// write is a mail that its author's program tries to hand in until it is taken.
func (w *world) write(after time.Duration, what string, do func() error) {
	w.facts.said[what]++
	var try func() error
	try = func() error {
		if err := do(); err != nil {
			w.later(10*time.Minute, "", try)
		}
		return nil
	}
	w.later(after, what, try)
}

func (w *world) answer(after time.Duration, l stage.Letter, text string, style rehearsal.Style, files ...sop.File) {
	w.write(after, l.To.Address+": "+text, func() error { return w.stage.Answer(l, text, style, files...) })
}

func (w *world) style() rehearsal.Style {
	return []rehearsal.Style{rehearsal.Plain, rehearsal.Outlook, rehearsal.Gmail}[w.rnd.IntN(3)]
}

func (w *world) request(b rehearsal.Bundle) error {
	whole := w.chance(0.8)
	sent := b
	if !whole {
		var err error
		if sent, err = b.Without(w.rnd.IntN(3)); err != nil {
			return err
		}
	}
	a := &asked{id: fmt.Sprintf("<permohonan-%d@%s>", len(w.facts.requests)+1, stage.Domain), bundle: b, at: time.Now(), whole: whole}
	w.facts.requests = append(w.facts.requests, a)
	c := w.stage.Cast
	w.write(0, "", func() error {
		raw := sent.Mail(rehearsal.Envelope{From: c.Staff, To: []sop.Person{c.Office}, Cc: []sop.Person{c.KepalaLPSE}, Date: time.Now(), HTML: true, MessageID: a.id})
		return w.stage.Submit(c.Staff, raw, c.Office, c.KepalaLPSE)
	})
	return nil
}

func (w *world) chat() error {
	subject := fmt.Sprintf("Rapat koordinasi %d", len(w.facts.chats)+1)
	w.facts.chats = append(w.facts.chats, subject)
	from := "tamu@lain.example"
	raw := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <obrolan-%d@lain.example>\r\n\r\nMohon hadir.\r\n", from,
		w.stage.Cast.Office.Address, subject, time.Now().Format(time.RFC1123Z), len(w.facts.chats))
	w.write(0, "", func() error {
		return w.stage.Post.Submit(from, secret.Secret{}, []string{w.stage.Cast.Office.Address}, []byte(raw))
	})
	return nil
}

func (w *world) staff(f *face, l stage.Letter, kind sop.LetterKind) {
	if kind != sop.Kekurangan {
		return
	}
	var about *asked
	for _, a := range w.facts.requests {
		if strings.Contains(strings.Join(l.Msg.Fields("References"), " "), a.id) {
			about = a
		}
	}
	if about != nil && w.chance(0.9) {
		w.answer(w.between(time.Hour, 40*time.Hour), l, "Terlampir berkas yang kurang.", w.style(), about.bundle.Files...)
	}
}

func (w *world) consent(after time.Duration, l stage.Letter, text string) {
	number := caseOf(l)
	w.write(after, l.To.Address+": "+text, func() error {
		err := w.stage.Answer(l, text, w.style())
		if err == nil {
			w.facts.approvals[number] = append(w.facts.approvals[number], time.Now())
		}
		return err
	})
}

func (w *world) admin(f *face, l stage.Letter, kind sop.LetterKind) {
	soon := w.between(5*time.Minute, 30*time.Hour)
	switch kind {
	case sop.Persetujuan:
		if w.chance(0.3) {
			w.forge(w.between(time.Minute, time.Hour), l)
		}
		switch p := w.rnd.Float64(); {
		case p < 0.65:
			w.consent(soon, l, "SETUJU")
		case p < 0.8:
			w.consent(soon, l, "Setuju, terima kasih.")
		case p < 0.88:
			w.facts.refusals[caseOf(l)] = true
			w.answer(soon, l, "TOLAK SK sudah tidak berlaku", w.style())
		case p < 0.94:
			w.answer(soon, l, "Baik, akan saya lihat dulu.", w.style())
		}
	case sop.TidakDikenali, sop.Pengingat:
		if strings.Contains(l.Msg.Subject, "kode") || w.chance(0.7) {
			w.consent(soon, l, "SETUJU")
		}
	}
}

// forge sends what an outsider would who has seen the letter.
func (w *world) forge(after time.Duration, l stage.Letter) {
	w.facts.forged++
	w.write(after, "an outsider forges", func() error {
		raw, err := w.stage.Reply(l, "SETUJU", w.style())
		if err != nil {
			return err
		}
		raw = rehearsal.WithVerdict(raw, w.stage.Post.AuthservID(), "dmarc=pass header.from="+stage.Domain)
		return w.stage.Post.Submit(l.To.Address, secret.Secret{}, []string{w.stage.Cast.Office.Address}, raw)
	})
}

func (w *world) kepala(f *face, l stage.Letter, kind sop.LetterKind) {
	if kind == sop.Tembusan && w.chance(0.2) {
		w.answer(w.between(time.Minute, 5*time.Hour), l, "Siap, terima kasih", w.style())
	}
}

func (w *world) member(f *face, l stage.Letter, kind sop.LetterKind) {
	switch kind {
	case sop.Kredensial:
		switch p := w.rnd.Float64(); {
		case p < 0.75:
			w.answer(w.between(time.Minute, 60*time.Hour), l, "TERIMA", w.style())
		case p < 0.8:
			w.answer(w.between(time.Minute, 10*time.Hour), l, "KENDALA tidak dapat masuk", w.style())
			w.answer(w.between(20*time.Hour, 40*time.Hour), l, "TERIMA", w.style())
		case p < 0.82:
			w.answer(w.between(time.Minute, 10*time.Hour), l, "SALAH", w.style())
		}
	case sop.Pengingat:
		if w.chance(0.5) {
			w.answer(w.between(time.Minute, 20*time.Hour), l, "TERIMA", w.style())
		}
	}
}

// trouble breaks one edge for a while.
func (w *world) trouble(at time.Duration) {
	office := w.stage.Cast.Office.Address
	during := w.between(time.Minute, 5*time.Hour)
	while := func(what string, begin, end func() error) {
		w.later(at, "trouble: "+what, func() error { w.facts.troubles[what]++; return begin() })
		w.later(at+during, "", end)
	}
	done := func() error { return nil }
	switch w.rnd.IntN(8) {
	case 0:
		while("the mail server is down", func() error { return w.stage.Post.Stop() }, func() error {
			if err := w.stage.Post.Open(); err != nil && !strings.Contains(err.Error(), "already open") {
				return err
			}
			return nil
		})
	case 1:
		command := []string{"FETCH", "MOVE", "STORE", "APPEND", postoffice.Nothing, postoffice.Everything}[w.rnd.IntN(6)]
		while("it refuses "+command, func() error { w.stage.Post.Refuse(office, command, 0, "UNAVAILABLE", -1); return nil },
			func() error { w.stage.Post.Refuse(office, command, 0, "UNAVAILABLE", 0); return nil })
	case 2:
		while("it refuses logins", func() error { w.stage.Post.RefuseLogins(5); return nil }, func() error { w.stage.Post.RefuseLogins(0); return nil })
	case 3:
		while("it takes no letters", func() error { w.stage.Post.RefuseSubmission(office); return nil }, func() error { w.stage.Post.RefuseSubmission(""); return nil })
	case 4:
		while("it cuts all lines", func() error { w.stage.Post.Cut(); return nil }, done)
	case 5:
		command := []string{"FETCH", "MOVE", "STORE", "APPEND"}[w.rnd.IntN(4)]
		while("it cuts the answer to "+command, func() error { w.stage.Post.CutAnswer(office, command, 1); return nil }, func() error { w.stage.Post.CutAnswer(office, command, 0); return nil })
	case 6:
		while("the daemon is stopped", w.halt, func() error {
			if w.daemon != nil {
				return nil
			}
			return w.serve()
		})
	case 7:
		while("it renumbers the inbox", func() error { return w.stage.Post.Renumber(office, "INBOX") }, done)
	}
}

// rules are the servers of the addressees: some greylist in the morning, on some days.
func (w *world) rules(_, to string) postoffice.Behaviour {
	now := time.Now()
	if now.Hour() < 3 && crc32.ChecksumIEEE([]byte(to+now.Format("0102")))%6 == 0 {
		return postoffice.Behaviour{Code: 451, Text: "greylisted, come back later"}
	}
	return postoffice.Behaviour{}
}

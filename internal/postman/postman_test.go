package postman

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick waits long enough for a busy machine wherever the server is to answer.
const quick = 10 * time.Second

func open(t testing.TB, s *scripted, set func(*Options)) *Postman {
	t.Helper()
	o := Options{Address: s.addr(), Security: "none", Timeout: quick, DotTimeout: quick}
	if set != nil {
		set(&o)
	}
	p := New(o)
	t.Cleanup(func() { p.Close() })
	return p
}

func TestOutcomeOfEveryPhase(t *testing.T) {
	steps := []string{"greet", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "dot"}
	answers := []struct{ name, line string }{{"temporary", "451 4.3.0 later"}, {"permanent", "550 5.1.1 never"},
		{"leaving", "421 4.3.2 going down"}, {"silence", "silence"}, {"drop", "drop"}, {"nonsense", "hello there"}}
	for _, step := range steps {
		for _, a := range answers {
			step := step
			if step == "body" && (a.name == "nonsense" || a.name == "drop") {
				step = "cut" // else it is the answer to the dot
			}
			t.Run(step+"/"+a.name, func(t *testing.T) {
				t.Parallel()
				want := Deferred
				switch {
				case a.name == "permanent" && (step == "mail" || step == "rcpt" || step == "data" || step == "body" || step == "dot"):
					want = Failed
				case step == "dot" && (a.name == "silence" || a.name == "drop" || a.name == "nonsense"):
					want = InDoubt
				}
				r, s := onePhase(t, step, a.line)
				if r.Outcome != want {
					t.Errorf("outcome %v (%d %s), want %v", r.Outcome, r.Code, r.Text, want)
				}
				if r.Text == "" || r.ID != "letter-1" {
					t.Errorf("result says too little: %+v", r)
				}
				if step != "dot" && len(s.got()) > 0 {
					t.Error("the server was given a whole letter")
				}
			})
		}
	}
	t.Run("control", func(t *testing.T) {
		r, s := onePhase(t, "none", "")
		if r.Outcome != Accepted || r.Code != 250 || r.Text != "250 2.0.0 queued as 4Xy" || len(s.got()) != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// onePhase sends one letter to a server that misbehaves in one step.
func onePhase(t *testing.T, step, line string) (Result, *scripted) {
	conf, roots := certificates()
	s := serve(t, script{step: {line}}, func(s *scripted) {
		s.offers = append(s.offers, "AUTH PLAIN LOGIN")
		s.tls = conf
	})
	p := open(t, s, func(o *Options) {
		o.Security, o.TLS = "starttls", &tls.Config{RootCAs: roots}
		o.Username, o.Password = "ukpbj", secret.New([]byte("bukan-rahasia"))
		if line == "silence" {
			o.Timeout, o.DotTimeout = 700*time.Millisecond, 700*time.Millisecond
		}
	})
	it := item(1)
	it.Bytes = append(it.Bytes, bytes.Repeat([]byte("baris yang panjang\r\n"), 1<<20/20)...)
	switch {
	case step == "dot":
		it = item(1)
	case step == "cut" || step == "body" && line == "silence": // more than the line holds by itself
		it.Bytes = bytes.Repeat(it.Bytes, 32)
	}
	return p.Send(context.Background(), it), s
}

func TestRefusedLoginWaits(t *testing.T) {
	for step, line := range map[string]string{"auth": "535 5.7.8 wrong password", "mail": "530 5.7.0 log in first"} {
		s := serve(t, script{step: {line}}, func(s *scripted) { s.offers = []string{"AUTH LOGIN PLAIN"} })
		p := open(t, s, func(o *Options) { o.Username, o.Password = "ukpbj", secret.New([]byte("bukan-rahasia")) })
		r := p.Send(context.Background(), item(1))
		if r.Outcome != Deferred || !strings.Contains(r.Text, "login refused") || r.Code < 530 {
			t.Errorf("%s: %+v", step, r)
		}
		if err := p.Check(context.Background()); step == "auth" && (err == nil || !strings.Contains(err.Error(), "login refused")) {
			t.Errorf("check: %v", err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	s := serve(t, nil, func(s *scripted) { s.offers = []string{"SIZE 1000"} })
	p := open(t, s, nil)
	it := item(1)
	it.Bytes = append(it.Bytes, bytes.Repeat([]byte("x\r\n"), 500)...)
	if r := p.Send(context.Background(), it); r.Outcome != Failed || !strings.Contains(r.Text, "too large") || strings.Contains(s.said(), "MAIL") {
		t.Errorf("%+v", r)
	}
	if r := p.Send(context.Background(), item(2)); r.Outcome != Accepted {
		t.Errorf("control: %+v", r)
	}
}

func TestServerQuotesTheLetter(t *testing.T) {
	const pass = "Rahasia=Contoh!42"
	s := serve(t, script{"dot": {"554 5.7.1 spam, found: " + pass, "554 5.7.1 spam"}}, nil)
	p := open(t, s, nil)
	it := item(1)
	it.Bytes = []byte("Subject: x\r\n\r\nKata sandi:\r\n" + strings.ReplaceAll(pass, "=", "=3D") + "\r\n")
	if r := p.Send(context.Background(), it); r.Outcome != Deferred || !r.Policy || r.Code != 554 || strings.Contains(r.Text, "Contoh") {
		t.Errorf("outcome %v, code %d: the letter's words stand in the result", r.Outcome, r.Code)
	}
	if r := p.Send(context.Background(), it); r.Text != "554 5.7.1 spam" {
		t.Errorf("control: %+v", r)
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	conf, roots := certificates()
	good := serve(t, nil, func(s *scripted) { s.tls, s.implicit, s.offers = conf, true, []string{"AUTH PLAIN"} })
	secure := func(o *Options) {
		o.Security, o.TLS, o.Username, o.Password = "tls", &tls.Config{RootCAs: roots}, "ukpbj", secret.New([]byte("bukan-rahasia"))
	}
	if err := open(t, good, secure).Check(context.Background()); err != nil {
		t.Errorf("control: %v", err)
	}
	bare := serve(t, nil, nil)
	for want, p := range map[string]*Postman{
		"certificate":             open(t, good, func(o *Options) { secure(o); o.TLS = nil }),
		"no STARTTLS":             open(t, bare, func(o *Options) { o.Security = "starttls" }),
		"no login that we know":   open(t, bare, func(o *Options) { o.Username = "ukpbj" }),
		"not one of tls":          open(t, bare, func(o *Options) { o.Security = "" }),
		"connect to 127.0.0.1:1:": New(Options{Address: "127.0.0.1:1", Security: "none"}),
	} {
		if err := p.Check(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestLoginIsNeverRepeated(t *testing.T) {
	const pass = "bukan-rahasia-sungguhan"
	plain := base64.StdEncoding.EncodeToString([]byte("\x00ukpbj\x00" + pass))
	for _, echo := range []string{pass, plain} {
		s := serve(t, script{"auth": {"535 no such login: " + strings.Repeat("x", 250) + echo}},
			func(s *scripted) { s.offers = []string{"AUTH PLAIN"} })
		p := open(t, s, func(o *Options) { o.Username, o.Password = "ukpbj", secret.New([]byte(pass)) })
		r := p.Send(context.Background(), item(1))
		err := p.Check(context.Background())
		if text := r.Text + err.Error(); strings.Contains(text, pass[:8]) || strings.Contains(text, plain[:8]) || !strings.Contains(text, "not kept") {
			t.Error("the login stands in the result")
		}
	}
}

// TestLetterIsNeverRepeated: a server that refuses a letter and quotes it, in whatever way, is not quoted by us.
func TestLetterIsNeverRepeated(t *testing.T) {
	const word = "Kp7=x%TeRa&9zQ"
	body, err := Compose(Mail{From: sop.Person{Address: "ukpbj@gov.example"}, To: sop.Person{Address: "tujuan@gov.example"}, Subject: "Akun", MessageID: "<a@gov.example>",
		Date: time.Unix(1e9, 0), Text: "Kata sandi Anda:\n\n" + word + "\n\nGantilah segera.\n", HTML: "<p>x</p>"})
	if err != nil {
		t.Fatal(err)
	}
	var everyByte strings.Builder
	for _, b := range []byte(word) {
		fmt.Fprintf(&everyByte, "=%02X", b)
	}
	wrapped := func(s string) string { return s[:9] + "\r\n554-" + s[9:] }
	for name, echo := range map[string]string{
		"plain": word, "over two lines": wrapped(word), "html": html.EscapeString(word), "url": url.QueryEscape(word), "hex": hex.EncodeToString([]byte(word)),
		"quoted-printable": strings.ReplaceAll(word, "=", "=3D"), "every byte escaped": everyByte.String(),
		"base64": base64.StdEncoding.EncodeToString([]byte(word)), "base64, shifted": base64.StdEncoding.EncodeToString([]byte("a " + word + " b")),
		"base64 in a URL":          "x?" + base64.RawURLEncoding.EncodeToString([]byte("ab"+word)),
		"base64 over two lines":    wrapped(base64.StdEncoding.EncodeToString([]byte("kata sandi " + word))),
		"base64 after other words": "refused:" + base64.StdEncoding.EncodeToString([]byte(word)),
		"the whole letter":         base64.StdEncoding.EncodeToString(body[len(body)/3:]),
	} {
		s := serve(t, script{"dot": {"554-5.7.1 content rejected\r\n554-" + echo + "\r\n554 5.7.1 end"}}, nil)
		r := open(t, s, nil).Send(context.Background(), Item{ID: "1", From: "ukpbj@gov.example", To: "tujuan@gov.example", Bytes: body})
		if r.Outcome != Deferred || r.Code != 554 || r.Text != concealed {
			t.Errorf("%s: %s %d, the words were kept: %v", name, r.Outcome, r.Code, r.Text != concealed)
		}
	}
	for _, harmless := range []string{"554 5.7.1 Service unavailable; client host blocked, see https://support.example/mail?p=NoSuchUser%20x", "554 4.2.2 <tujuan@gov.example> mailbox is full=",
		"554 queued as 4FQ7ZxLk2gz9mQ3"} {
		s := serve(t, script{"dot": {harmless}}, nil)
		if r := open(t, s, nil).Send(context.Background(), Item{ID: "1", From: "ukpbj@gov.example", To: "tujuan@gov.example", Bytes: body}); r.Text != harmless {
			t.Errorf("%q was not kept: %q", harmless, r.Text)
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	s := serve(t, nil, nil)
	p := open(t, s, nil)
	for i := range 20 {
		if r := p.Send(context.Background(), item(i)); r.Outcome != Accepted {
			t.Fatalf("%+v", r)
		}
	}
	if dials, _ := s.count(); dials != 1 || len(s.got()) != 20 {
		t.Errorf("%d letters over %d connections", len(s.got()), dials)
	}
	if !strings.Contains(s.said(), "RET=HDRS") {
		t.Error("RET=HDRS was not asked for")
	}
}

func TestNoDSNNoRet(t *testing.T) {
	s := serve(t, nil, func(s *scripted) { s.offers = nil })
	if r := open(t, s, nil).Send(context.Background(), item(1)); r.Outcome != Accepted || strings.Contains(s.said(), "RET") {
		t.Errorf("%+v\n%s", r, s.said())
	}
}

func TestConcurrentSendsStayUnderTheLimit(t *testing.T) {
	s := serve(t, nil, nil)
	p := open(t, s, func(o *Options) { o.Connections = 3 })
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if r := p.Send(context.Background(), item(i)); r.Outcome != Accepted {
				t.Errorf("%+v", r)
			}
		}()
	}
	wg.Wait()
	dials, peak := s.count()
	if peak > 3 || dials > 3 {
		t.Errorf("%d connections at a time, %d dialled", peak, dials)
	}
	seen := map[string]bool{}
	for _, m := range s.got() {
		seen[m.to] = true
	}
	if len(seen) != 60 {
		t.Errorf("%d of 60 letters arrived", len(seen))
	}
}

func TestStaleConnectionIsReplaced(t *testing.T) {
	for _, how := range []string{"drop", "421 4.4.2 idle for too long", "451 4.7.0 too many for one connection", "503 5.5.1 nested"} {
		t.Run(how, func(t *testing.T) {
			s := serve(t, script{"mail": {"", how, ""}}, nil)
			p := open(t, s, nil)
			for i := range 3 {
				if r := p.Send(context.Background(), item(i)); r.Outcome != Accepted {
					t.Errorf("letter %d: %+v", i, r)
				}
			}
			if dials, _ := s.count(); dials != 2 || len(s.got()) != 3 {
				t.Errorf("%d letters over %d connections", len(s.got()), dials)
			}
		})
	}
	t.Run("control: a new connection is not tried twice", func(t *testing.T) {
		s := serve(t, script{"mail": {"drop"}}, nil)
		if r := open(t, s, nil).Send(context.Background(), item(1)); r.Outcome != Deferred {
			t.Errorf("%+v", r)
		}
		if dials, _ := s.count(); dials != 1 {
			t.Errorf("%d connections", dials)
		}
	})
}

func TestTakenAndNotSaid(t *testing.T) {
	s := serve(t, script{"dot": {"take and drop"}}, nil)
	if r := open(t, s, nil).Send(context.Background(), item(1)); r.Outcome != InDoubt {
		t.Errorf("%+v", r)
	}
}

func TestARefusalLeavesNoTrace(t *testing.T) {
	s := serve(t, script{"rcpt": {"550 5.1.1 unknown", ""}}, nil)
	p := open(t, s, nil)
	if r := p.Send(context.Background(), item(1)); r.Outcome != Failed || r.Code != 550 {
		t.Errorf("%+v", r)
	}
	if r := p.Send(context.Background(), item(2)); r.Outcome != Accepted {
		t.Errorf("%+v", r)
	}
	if dials, _ := s.count(); dials != 1 || !strings.Contains(s.said(), "RSET") || len(s.got()) != 1 {
		t.Errorf("%d connections:\n%s", dials, s.said())
	}
}

func TestIdleConnectionIsEnded(t *testing.T) {
	s := serve(t, nil, nil)
	p := open(t, s, func(o *Options) { o.Idle = 20 * time.Millisecond })
	p.Send(context.Background(), item(1))
	until(t, "a goodbye", func() bool { return strings.Contains(s.said(), "QUIT") })
	if r := p.Send(context.Background(), item(2)); r.Outcome != Accepted {
		t.Errorf("%+v", r)
	}
}

func TestCancel(t *testing.T) {
	t.Run("before the dot", func(t *testing.T) {
		s := serve(t, script{"rcpt": {"silence"}}, nil)
		p := open(t, s, nil)
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			until(t, "RCPT", func() bool { return strings.Contains(s.said(), "RCPT") })
			cancel()
		}()
		if r := p.Send(ctx, item(1)); r.Outcome != Deferred || !strings.Contains(r.Text, "canceled") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("after the dot", func(t *testing.T) {
		s := serve(t, script{"dot": {"silence"}}, nil)
		p := open(t, s, nil)
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			until(t, "the letter", func() bool { return len(s.got()) == 1 })
			cancel()
		}()
		if r := p.Send(ctx, item(1)); r.Outcome != InDoubt || !strings.Contains(r.Text, "canceled") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("while waiting for a connection", func(t *testing.T) {
		free := make(chan struct{})
		s := serve(t, nil, func(s *scripted) { s.limit = free })
		p := open(t, s, func(o *Options) { o.Connections = 1 })
		done := make(chan Result, 1)
		go func() { done <- p.Send(context.Background(), item(1)) }()
		until(t, "the letter", func() bool { return len(s.got()) == 1 })
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		if r := p.Send(ctx, item(2)); r.Outcome != Deferred || !strings.Contains(r.Text, "wait for a connection") {
			t.Errorf("%+v", r)
		}
		close(free)
		if r := <-done; r.Outcome != Accepted {
			t.Errorf("%+v", r)
		}
	})
	t.Run("while connecting", func(t *testing.T) {
		s := serve(t, script{"greet": {"silence"}}, nil)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		if r := open(t, s, nil).Send(ctx, item(2)); r.Outcome != Deferred {
			t.Errorf("%+v", r)
		}
	})
}

func TestClosedPostman(t *testing.T) {
	s := serve(t, nil, nil)
	p := open(t, s, nil)
	p.Send(context.Background(), item(1))
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if r := p.Send(context.Background(), item(2)); r.Outcome != Deferred || len(s.got()) != 1 {
		t.Errorf("%+v", r)
	}
	until(t, "a goodbye", func() bool { return strings.Contains(s.said(), "QUIT") })
}

// A letter cut off by the line must never be ended by us: that would submit its first half.
func TestACutLetterIsNeverEnded(t *testing.T) {
	s := serve(t, script{"cut": {"552 5.3.4 too big"}}, nil)
	it := item(1)
	it.Bytes = append(it.Bytes, bytes.Repeat([]byte("x\r\n"), 4<<20)...)
	r := open(t, s, nil).Send(context.Background(), it)
	if r.Outcome == Accepted || r.Outcome == InDoubt || len(s.got()) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestBytesArriveAsTheyAre(t *testing.T) {
	s := serve(t, nil, nil)
	p := open(t, s, nil)
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.StringMatching(`(\.|\.\.|From |[ -~]){0,8}`)
		text := strings.Join(rapid.SliceOfN(line, 1, 12).Draw(t, "lines"), "\r\n") + "\r\n"
		it := item(1)
		it.Bytes = []byte(text)
		if r := p.Send(context.Background(), it); r.Outcome != Accepted {
			t.Fatalf("%+v", r)
		}
		mails := s.got()
		if last := mails[len(mails)-1]; string(last.body) != text {
			t.Fatalf("sent %q, arrived %q, on the wire %q", text, last.body, last.wire)
		}
	})
}

func TestHostileAnswers(t *testing.T) {
	long := "250-" + strings.Repeat("a\x1b[31m\u202e", 200)
	s := serve(t, script{"dot": {long + "\r\n250 \xff\x00 end"}}, nil)
	r := open(t, s, nil).Send(context.Background(), item(1))
	if r.Outcome != Accepted || len(r.Text) > maxWords || strings.ContainsAny(r.Text, "\x1b\n\r\x00\u202e") {
		t.Errorf("%d bytes: %q", len(r.Text), r.Text)
	}
	endless := serve(t, script{"mail": {strings.Repeat("250-more\r\n", 100_000)}}, nil)
	if r := open(t, endless, nil).Send(context.Background(), item(1)); r.Outcome != Deferred {
		t.Errorf("%+v", r)
	}
}

func TestEnvelopeIsChecked(t *testing.T) {
	s := serve(t, nil, nil)
	p := open(t, s, nil)
	for _, to := range []string{"", "a", "a@", "@b", "a@b\r\nRCPT TO:<x@y>", "a b@c", "<a@b>", "a@b> NOTIFY=NEVER <c@d", "ä@b", "a@b..c", ".a@b"} {
		it := item(1)
		it.To = to
		if r := p.Send(context.Background(), it); r.Outcome != Failed {
			t.Errorf("%q: %+v", to, r)
		}
	}
	it := item(1)
	it.From = ""
	if r := p.Send(context.Background(), it); r.Outcome != Accepted || !strings.HasPrefix(s.got()[0].from, "MAIL FROM:<>") {
		t.Errorf("null return path: %+v", r)
	}
	if dials, _ := s.count(); dials != 1 {
		t.Errorf("%d connections", dials)
	}
}

// Whatever the server does: what it took was accepted or is in doubt, and what was deferred or failed it never took.
func TestOutcomesAreTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		answer := rapid.SampledFrom([]string{"", "", "", "", "", "421 4.3.2 bye", "451 4.3.0 later", "550 5.1.1 never", "drop", "nonsense"})
		sc := script{}
		for _, step := range []string{"greet", "ehlo", "mail", "rcpt", "data", "rset"} {
			sc[step] = rapid.SliceOfN(answer, 20, 20).Draw(t, step)
		}
		sc["dot"] = rapid.SliceOfN(rapid.SampledFrom([]string{"", "", "", "take and drop", "drop", "451 4.3.0 later", "554 5.7.1 never", "421 4.3.2 bye"}), 20, 20).Draw(t, "dot")
		s := serve(t, sc, nil)
		p := New(Options{Address: s.addr(), Security: "none", Timeout: quick, Connections: rapid.IntRange(1, 4).Draw(t, "connections")})
		results := make([]Result, 12)
		var wg sync.WaitGroup
		for i := range results {
			wg.Add(1)
			go func() {
				defer wg.Done()
				results[i] = p.Send(context.Background(), item(i))
			}()
		}
		wg.Wait()
		p.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, r := range results {
			took := s.taken["RCPT TO:<"+item(i).To+">"]
			if r.Outcome == Accepted && took != 1 || (r.Outcome == Deferred || r.Outcome == Failed) && took != 0 || took > 1 || r.ID != item(i).ID {
				t.Errorf("%+v, taken %d times", r, took)
			}
		}
	})
}

func TestOutcomesHaveNames(t *testing.T) {
	if s := fmt.Sprint(Accepted, Deferred, Failed, InDoubt, Outcome(0)); s != "accepted deferred failed in-doubt outcome-0" {
		t.Error(s)
	}
}

func BenchmarkSend(b *testing.B) {
	s := serve(b, nil, nil)
	p := open(b, s, nil)
	for b.Loop() {
		p.Send(context.Background(), item(1))
	}
}

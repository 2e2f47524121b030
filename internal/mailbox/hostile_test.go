package mailbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// script answers one command; done ends the connection.
type script func(w io.Writer, tag, args string) (done bool)

// scripted is a server that follows a script for some commands, and is a good one of 5 messages for all others.
func scripted(t *testing.T, greeting string, own map[string]script) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			stop := context.AfterFunc(ctx, func() { c.Close() })
			serving.Go(func() { defer stop(); defer c.Close(); converse(c, greeting, own) })
		}
	})
	t.Cleanup(func() { cancel(); l.Close(); serving.Wait() })
	return l.Addr().String()
}

func converse(c net.Conn, greeting string, own map[string]script) {
	io.WriteString(c, greeting) //nolint:errcheck // the client sees it
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		tag, rest, _ := strings.Cut(lines.Text(), " ")
		name, args, _ := strings.Cut(rest, " ")
		if name == "UID" {
			var sub string
			sub, args, _ = strings.Cut(args, " ")
			name += " " + sub
		}
		f := own[name]
		if f == nil {
			f = ordinary(name)
		}
		if f(c, tag, args) {
			return
		}
	}
}

const welcome = "* OK [CAPABILITY IMAP4rev1 ESEARCH NAMESPACE MOVE UIDPLUS] ready\r\n"

func ordinary(name string) script {
	untagged := map[string]string{
		"LOGIN": "", "CAPABILITY": "* CAPABILITY IMAP4rev1 ESEARCH NAMESPACE MOVE UIDPLUS\r\n", "NAMESPACE": `* NAMESPACE (("" "/")) NIL NIL` + "\r\n",
		"EXAMINE": "* 5 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 6] x\r\n", "LOGOUT": "* BYE x\r\n", "NOOP": "", "UID SEARCH": "",
	}[name]
	return func(w io.Writer, tag, _ string) bool {
		if name == "UID SEARCH" {
			fmt.Fprintf(w, "* ESEARCH (TAG %q) UID ALL 1:5\r\n", tag)
		}
		if name == "UID FETCH" {
			for i := 1; i <= 5; i++ {
				io.WriteString(w, about(i)) //nolint:errcheck // the client sees it
			}
		}
		fmt.Fprintf(w, "%s%s OK done\r\n", untagged, tag)
		return name == "LOGOUT"
	}
}

func about(i int) string {
	return fmt.Sprintf("* %d FETCH (UID %d RFC822.SIZE 4 INTERNALDATE \" 5-May-2026 09:30:00 +0800\")\r\n", i, i)
}

func brisk(o *Options) { o.Timeout = 200 * time.Millisecond }

func TestSilence(t *testing.T) {
	mute := func(io.Writer, string, string) bool { return false }
	for name, addr := range map[string]string{
		"no greeting": scripted(t, "", nil),
		"LOGIN":       scripted(t, welcome, map[string]script{"LOGIN": mute}),
		"EXAMINE":     scripted(t, welcome, map[string]script{"EXAMINE": mute}),
		"half a line": scripted(t, "* OK [CAPA", nil),
	} {
		_, err := boxAt(t, addr, brisk).State(soon(t))
		if err == nil || soon(t).Err() != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	addr := scripted(t, welcome, map[string]script{"EXAMINE": func(io.Writer, string, string) bool { cancel(); return false }})
	if _, err := boxAt(t, addr).State(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestSlowLineArrives(t *testing.T) {
	const size = 20
	addr := scripted(t, welcome, map[string]script{"UID FETCH": func(w io.Writer, tag, _ string) bool {
		fmt.Fprintf(w, "* 1 FETCH (UID 1 BODY[] {%d}\r\n", size)
		tick := time.NewTicker(25 * time.Millisecond) // together longer than the limit, each within it
		defer tick.Stop()
		for range size {
			<-tick.C
			if _, err := io.WriteString(w, "x"); err != nil {
				return true
			}
		}
		fmt.Fprintf(w, ")\r\n%s OK done\r\n", tag)
		return false
	}})
	if uids, err := fetchAll(t, boxAt(t, addr, brisk), []Ref{{UID: UID{7, 1}, Size: size}}); err != nil || len(uids) != 1 {
		t.Errorf("%v, %v", uids, err)
	}
}

func TestAbsurdSearchIsRefused(t *testing.T) {
	for _, ranges := range []string{"1:4294967295", "5:*", "0"} {
		addr := scripted(t, welcome, map[string]script{"UID SEARCH": func(w io.Writer, tag, _ string) bool {
			fmt.Fprintf(w, "* ESEARCH (TAG %q) UID ALL %s\r\n%s OK done\r\n", tag, ranges, tag)
			return false
		}})
		if refs, err := boxAt(t, addr, brisk).Since(soon(t), UID{7, 1}); err == nil {
			t.Errorf("%s gave %d messages", ranges, len(refs))
		}
	}
}

func TestUnreadableDateHidesNoMessage(t *testing.T) {
	addr := scripted(t, welcome, map[string]script{"UID FETCH": func(w io.Writer, tag, args string) bool {
		set, _, _ := strings.Cut(args, " ")
		for i := 1; i <= 5; i++ {
			if !asked(set, i) {
				continue
			}
			line := about(i)
			if i == 3 {
				line = strings.Replace(line, "May", "Mei", 1)
			}
			io.WriteString(w, line) //nolint:errcheck // the client sees it
		}
		fmt.Fprintf(w, "%s OK done\r\n", tag)
		return false
	}})
	refs := mustSince(t, boxAt(t, addr, brisk), 1)
	if !slices.Equal(uidsOf(refs), []uint32{1, 2, 3, 4, 5}) || refs[2].Size != 0 || refs[3].Size != 4 {
		t.Errorf("%+v", refs)
	}
}

// asked reads "1:3,5".
func asked(set string, n int) bool {
	for part := range strings.SplitSeq(set, ",") {
		var a, b int
		if k, _ := fmt.Sscanf(part, "%d:%d", &a, &b); k == 1 {
			b = a
		}
		if a <= n && n <= b {
			return true
		}
	}
	return false
}

// A change of flags by another program, with a UID, arrives first and looks like the answer.
func TestForeignFlagChangeHidesNoMessage(t *testing.T) {
	var once sync.Once
	addr := scripted(t, welcome, map[string]script{"UID FETCH": func(w io.Writer, tag, args string) bool {
		once.Do(func() { io.WriteString(w, "* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n") }) //nolint:errcheck // the client sees it
		body := strings.Contains(args, "BODY")
		set, _, _ := strings.Cut(args, " ")
		for i := 1; i <= 5; i++ {
			switch {
			case !asked(set, i):
			case body:
				fmt.Fprintf(w, "* %d FETCH (UID %d BODY[] {4}\r\nmail)\r\n", i, i)
			default:
				io.WriteString(w, about(i)) //nolint:errcheck // the client sees it
			}
		}
		fmt.Fprintf(w, "%s OK done\r\n", tag)
		return false
	}})
	b := boxAt(t, addr, brisk)
	refs := mustSince(t, b, 1)
	if len(refs) != 5 || refs[1].Size != 4 {
		t.Fatalf("%+v", refs)
	}
	once = sync.Once{}
	if uids, err := fetchAll(t, b, refs); err != nil || len(uids) != 5 {
		t.Errorf("%v, %v", uids, err)
	}
}

func TestBodiesThatLie(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		want   error
	}{
		"huge":    {"* 1 FETCH (UID 1 BODY[] {99999999999}\r\nx", nil},
		"cut NO":  {"* NO [SERVERBUG] so", nil},
		"nil":     {"* 1 FETCH (UID 1 BODY[] NIL)\r\n", errNoBody},
		"nothing": {"", errNoBody},
		"short":   {"* 1 FETCH (UID 1 BODY[] {100}\r\nabc", nil},
		"garbage": {"* 1 FETCH (UID 1 BODY[] {-1}\r\n)(((\r\n", nil},
	} {
		addr := scripted(t, welcome, map[string]script{"UID FETCH": func(w io.Writer, tag, _ string) bool {
			fmt.Fprintf(w, "%s", c.answer)
			if strings.HasSuffix(c.answer, ")\r\n") || c.answer == "" {
				fmt.Fprintf(w, "%s OK done\r\n", tag)
				return false
			}
			return c.want == nil
		}})
		uids, err := fetchAll(t, boxAt(t, addr, brisk), []Ref{{UID: UID{7, 1}, Size: 100}})
		if len(uids) > 0 || len(Broken(err)) != 1 || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v", name, uids, err)
		}
	}
}

func TestGreetingThatRefuses(t *testing.T) {
	for _, greeting := range []string{"* BYE too many connections\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "* NO\r\n", strings.Repeat("x", 100_000)} {
		if _, err := boxAt(t, scripted(t, greeting, nil), brisk).State(soon(t)); err == nil {
			t.Errorf("%.20q was accepted", greeting)
		}
	}
}

func TestWatchLeavesAServerThatDied(t *testing.T) {
	mute := func(io.Writer, string, string) bool { return false }
	idle := func(w io.Writer, _, _ string) bool { io.WriteString(w, "+ idling\r\n"); return false } //nolint:errcheck // the client sees it
	const greeting = "* OK [CAPABILITY IMAP4rev1 NAMESPACE IDLE] ready\r\n"
	login := func(w io.Writer, tag, _ string) bool {
		fmt.Fprintf(w, "%s OK [CAPABILITY IMAP4rev1 NAMESPACE IDLE] done\r\n", tag)
		return false
	}
	addr := scripted(t, greeting, map[string]script{"LOGIN": login, "IDLE": idle, "": mute, "NOOP": mute, "LOGOUT": mute})
	bell := watched(t, boxAt(t, addr, func(o *Options) { o.Timeout, o.Poll = 100*time.Millisecond, 10*time.Millisecond }))
	for range 3 {
		ring(t, bell, "after a new connection")
	}
}

// TestNoToSizesHidesNoMessage: a server that refuses to describe one message, whatever it says, hides no other: that one comes without
// size and date. One that refuses all of them is not asked for each.
func TestNoToSizesHidesNoMessage(t *testing.T) {
	for _, no := range []string{"NO [SERVERBUG] Internal error", "NO [CORRUPTION] cannot be read", "NO failed", "BAD Command Error. 10", "OK (control)"} {
		addr := scripted(t, welcome, map[string]script{"UID FETCH": func(w io.Writer, tag, args string) bool {
			set, _, _ := strings.Cut(args, " ")
			if asked(set, 3) && !strings.HasPrefix(no, "OK") {
				fmt.Fprintf(w, "%s %s\r\n", tag, no)
				return false
			}
			for i := 1; i <= 5; i++ {
				if asked(set, i) {
					io.WriteString(w, about(i)) //nolint:errcheck
				}
			}
			fmt.Fprintf(w, "%s OK done\r\n", tag)
			return false
		}})
		refs, err := boxAt(t, addr, brisk).Since(soon(t), UID{7, 1})
		if err != nil || !slices.Equal(uidsOf(refs), []uint32{1, 2, 3, 4, 5}) {
			t.Errorf("%s: %v, %v", no, uidsOf(refs), err)
		}
	}
}

func TestNoToAllSizes(t *testing.T) {
	asked := 0
	addr := scripted(t, welcome, map[string]script{"UID SEARCH": func(w io.Writer, tag, _ string) bool {
		fmt.Fprintf(w, "* ESEARCH (TAG \"%s\") UID ALL 1:400\r\n%s OK done\r\n", tag, tag)
		return false
	}, "UID FETCH": func(w io.Writer, tag, _ string) bool {
		asked++
		fmt.Fprintf(w, "%s NO [UNAVAILABLE] later\r\n", tag)
		return false
	}})
	if refs, err := boxAt(t, addr, brisk).Since(soon(t), UID{7, 1}); err == nil || asked > 40 {
		t.Errorf("%d messages after %d questions, %v", len(refs), asked, err)
	}
}

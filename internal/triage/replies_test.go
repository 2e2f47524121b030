package triage

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"html"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// written is a reply as some mail program makes it; see testdata/replies.txt.
func written(form, text string) []byte {
	head := "From: admin@tirtawana.example\r\nTo: ukpbj@tirtawana.example\r\nSubject: Re: [PKJ-2026-0001] Permohonan\r\nMIME-Version: 1.0\r\n"
	lines := func(open, shut string) string {
		var b strings.Builder
		for _, l := range strings.Split(text, "\n") {
			b.WriteString(open + html.EscapeString(l) + shut + "\r\n")
		}
		return b.String()
	}
	plain := strings.ReplaceAll(text, "\n", "\r\n")
	both := func(plain, page string) []byte {
		return []byte(head + "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + plain +
			"\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>" + page + "</body></html>\r\n--b--\r\n")
	}
	switch form {
	case "html":
		return both(plain, lines("<p>", "</p>"))
	case "bold":
		return both(plain, lines(`<div dir="auto"><b><span style="font-size:14px">`, "</span></b></div>"))
	case "hidden":
		return both("SETUJU", "<div>SETUJU</div>"+lines("<div>", "</div>"))
	case "htmlonly":
		return []byte(head + "Content-Type: text/html; charset=utf-8\r\n\r\n" + lines("<div>", "</div>"))
	case "utf16":
		b := []byte{0xff, 0xfe}
		for _, c := range utf16.Encode([]rune(plain)) {
			b = binary.LittleEndian.AppendUint16(b, c)
		}
		return []byte(head + "Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(b) + "\r\n")
	case "marks":
		plain = anyWord.ReplaceAllString(plain, "\u200b$0\u2060")
	case "inner":
		first, rest, _ := strings.Cut(plain, "\r\n")
		plain = first + "\r\n" + anyLetter.ReplaceAllString(rest, "$0\u00ad\u200b")
	}
	return []byte(head + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + plain + "\r\n")
}

var unmarked = strings.NewReplacer("\u00ad", "", "\u200b", "")

var anyWord, anyLetter = regexp.MustCompile(`\S+`), regexp.MustCompile(`\pL`)

// TestWrittenReplies: what people write below SETUJU, and instead of it, is obeyed, stopped by the words that take it back, or asked about.
func TestWrittenReplies(t *testing.T) {
	raw, err := os.ReadFile("testdata/replies.txt")
	if err != nil {
		t.Fatal(err)
	}
	count, wrong := map[string]int{}, map[string]int{}
	for n, row := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		f := strings.SplitN(row, " | ", 3)
		if len(f) != 3 || strings.HasPrefix(row, "#") {
			continue
		}
		want, words, _ := strings.Cut(f[0], " ")
		msg := message.Parse(written(f[1], strings.ReplaceAll(f[2], `\n`, "\n")), message.DefaultLimits(), nil)
		got, said := "asked", ""
		if cmd, why := intent(msg); why == "" && cmd.Verb == sop.Setuju {
			lines, why, quote := (Triage{}).conditions(msg, &sop.Case{})
			if got, said = "stopped", quote; why == "" {
				got = "released"
				var all []string
				for _, l := range lines {
					all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s", l.Verb, l.Who, l.Arg)))
				}
				said = strings.Join(all, "; ")
			}
		}
		count[want]++
		if got != want || want == "released" && said != words || want == "stopped" && !strings.Contains(unmarked.Replace(said), words) {
			wrong[want]++
			t.Errorf("line %d: %s %q\n\twant %s\n\tgot  %s %q", n+1, f[1], f[2], f[0], got, said)
		}
	}
	t.Logf("%d released, %d stopped, %d asked; of these wrong: %v", count["released"], count["stopped"], count["asked"], wrong)
	if count["released"]+count["stopped"] < 200 || min(count["released"], count["stopped"], count["asked"]) < 20 {
		t.Error("the table is too small")
	}
}

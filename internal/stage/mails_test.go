package stage

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/sop"
)

// TestMailsOfPublicReports plays testdata/mails, mails as they were seen at real servers and programs: what each must do, and that nobody is left
// without a word. Their templates are filled with the letter that they answer. "any" is a letter of whatever kind. A letter of a verdict that
// the office does not take tells its sender so; nothing is released by it.
func TestMailsOfPublicReports(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][]string{ // all of them
		"reply-bold-asterisks":            {"member kredensial"},
		"reply-dmarc-none":                {"member kredensial"}, // aligned DKIM in a trusted verdict is proof at standard
		"reply-list-unsubscribe":          {"member kredensial"},
		"reply-m365-first-contact-tip":    {"member kredensial"},
		"reply-zero-width-space":          {"member kredensial"},
		"reply-verdict-gmail":             {"admin jawaban-tidak-dikenali"},
		"reply-verdict-m365":              {"admin jawaban-tidak-dikenali"},
		"bounce-forwarded-mailbox":        {"staff gagal-kirim", "admin gagal-kirim"},
		"bounce-relay-renamed-message-id": {"staff gagal-kirim", "admin gagal-kirim"},
		"supp-relay-renamed-message-id":   {"admin persetujuan", "staff tanda-terima"},
		"request-from-other-case":         {"admin persetujuan", "staff tanda-terima"},
		"request-from-unquoted-comma":     {"staff any"},
		"request-list-rewritten-from":     {"operator peringatan-operator"},
		"request-drive-link":              {"staff kekurangan"},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(filepath.Join("testdata/mails", file+".eml"))
			if err != nil {
				t.Fatal(err)
			}
			text, below := strings.CutPrefix(string(raw), "#! below yes\n")
			x := set(t, Options{Change: func(c *config.Config) { c.Extract.OCR, c.Trust.BelowReceived = "off", below }})
			x.do(x.Start(x.ctx))
			people := map[string]sop.Person{"admin": x.Cast.Admin, "staff": x.Cast.Staff, "operator": x.Cast.Operator, "member": People(x.bundle)[2]}
			text = x.answering(file, text)
			had := map[string]int{}
			count := func(name string) int {
				who, kind, _ := strings.Cut(name, " ")
				if kind != "any" {
					return len(x.letters(people[who], sop.LetterKind(kind)))
				}
				all, err := x.Post.Messages(people[who].Address, "INBOX")
				x.do(err)
				return len(all)
			}
			for _, w := range append(want, "member kredensial") {
				had[w] = count(w)
			}
			x.do(x.Post.Put(x.Cast.Office.Address, "INBOX", []byte(strings.ReplaceAll(text, "\n", "\r\n"))))
			ctx, cancel := context.WithTimeout(x.ctx, time.Minute)
			defer cancel()
			for _, w := range want {
				if err := x.until(ctx, func() bool { return count(w) > had[w] }); err != nil {
					t.Errorf("no letter to %s: %v", w, err)
				}
			}
			x.quiet()
			if n := count("member kredensial") - had["member kredensial"]; n > 0 && want[0] != "member kredensial" {
				t.Errorf("%d letters with a password", n)
			}
			x.sound()
		})
	}
}

// wrapped breaks base64 into lines (RFC 2045 §6.8).
func wrapped(s string) string {
	var lines []string
	for line := range slices.Chunk([]byte(s), 76) {
		lines = append(lines, string(line))
	}
	return strings.Join(lines, "\n")
}

// answering plays until the letter is there that a template answers, and fills it in.
func (x *play) answering(file, text string) string {
	x.t.Helper()
	var l Letter
	switch kind, _, _ := strings.Cut(file, "-"); kind {
	case "request":
		return text
	case "reply":
		x.do(x.Request(x.bundle, true))
		l = x.await(x.Cast.Admin, sop.Persetujuan)
	case "bounce":
		x.approve()
		l = x.await(People(x.bundle)[2], sop.Kredensial)
	case "supp":
		part := x.bundle
		part.Files = part.Files[:2]
		x.do(x.Request(part, true))
		l = x.await(x.Cast.Staff, sop.Kekurangan)
	}
	x.quiet()
	head, _, _ := strings.Cut(strings.ReplaceAll(string(l.Raw), "\r\n", "\n"), "\n\n")
	last := x.bundle.Files[2]
	return strings.NewReplacer("{{FILENAME2}}", last.Name, "{{FILETYPE2}}", last.MediaType, "{{FILE2}}", wrapped(base64.StdEncoding.EncodeToString(last.Bytes)),
		"{{OFFICE}}", x.Cast.Office.Address, "{{ADMIN}}", x.Cast.Admin.Address, "{{STAFF}}", x.Cast.Staff.Address,
		"{{MEMBER}}", l.To.Address, "{{AUTHID}}", x.Post.AuthservID(), "{{HOST}}", x.Post.Host(), "{{DOMAIN}}", Domain, "{{NOW}}", time.Now().Format(time.RFC1123Z),
		"{{ID}}", l.Msg.MessageID, "{{SUBJECT}}", l.Msg.Subject, "{{RAWHEAD}}", head, "{{QUOTE}}",
		"> "+strings.ReplaceAll(strings.TrimRight(l.Msg.Text, "\n"), "\n", "\n> ")).Replace(text)
}

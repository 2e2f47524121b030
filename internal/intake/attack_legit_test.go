package intake

import (
	"encoding/base64"
	"math/rand/v2"
	"mime"
	"net/mail"
	"strings"
	"testing"

	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// replies are what honest approvers send, in the forms of their mail programs (attacks.md, "Must be accepted").
var replies = []struct {
	name string
	bend func(*target, *bent) *bent
}{
	{"Outlook, top posting", newText(func(c string) string {
		return "SETUJU " + c + "\n\n________________________________\nDari: UKPBJ <ukpbj@gov.example>\nDikirim: Senin, 4 Mei 2026 09.00\nKepada: Admin Agency\nSubjek: Permohonan\n\nMohon balas SETUJU"
	})},
	{"Outlook without a rule", newText(func(c string) string {
		return "SETUJU " + c + "\n\nDari: UKPBJ <ukpbj@gov.example>\nDikirim: Senin, 4 Mei 2026 09.00\nKepada: Admin Agency\nSubjek: Permohonan\n\nTOLAK"
	})},
	{"Gmail", func(t *target, m *bent) *bent {
		m.kind = `multipart/alternative; boundary="000000000000a1b2"`
		return m.text("--000000000000a1b2\nContent-Type: text/plain; charset=\"UTF-8\"\n\nSETUJU " + t.code + "\n\nPada tanggal Sen, 4 Mei 2026 pukul 09.00 UKPBJ\n<ukpbj@gov.example> menulis:\n\n> Mohon balas\n> TOLAK\n\n--000000000000a1b2\n" +
			"Content-Type: text/html; charset=\"UTF-8\"\n\n<div dir=\"ltr\">SETUJU " + t.code + "</div><br><div class=\"gmail_quote\"><div class=\"gmail_attr\">Pada tanggal Sen, 4 Mei 2026 pukul 09.00 UKPBJ &lt;ukpbj@gov.example&gt; menulis:<br></div><blockquote class=\"gmail_quote\">TOLAK</blockquote></div>\n\n--000000000000a1b2--")
	}},
	{"Thunderbird", newText(func(c string) string {
		return "SETUJU " + c + "\n\nPada 04/05/26 09.00, UKPBJ menulis:\n> Mohon balas\n> TOLAK"
	})},
	{"Apple Mail", newText(func(c string) string {
		return "Setuju " + strings.ToLower(c) + "\n\nDikirim dari iPhone saya\n\n> Pada 4 Mei 2026, pukul 09.00, UKPBJ <ukpbj@gov.example> menulis:\n> \n> TOLAK"
	})},
	{"mutt", newText(func(c string) string {
		return "SETUJU " + c + "\n\nOn Mon, May 04, 2026, UKPBJ wrote:\n> TOLAK\n\n-- \nAdmin"
	})},
	{"format=flowed", func(t *target, m *bent) *bent {
		m.kind = "text/plain; charset=utf-8; format=flowed"
		return m.text("SETUJU " + t.code + "\n\n> TOLAK \n> ini")
	}},
	{"quoted-printable with soft breaks", func(t *target, m *bent) *bent {
		m.cte = "quoted-printable"
		return m.text("SETU=\nJU " + t.code + "=20\n\n> TOLAK")
	}},
	{"base64", func(t *target, m *bent) *bent {
		m.cte = "base64"
		return m.text(base64.StdEncoding.EncodeToString([]byte("SETUJU " + t.code + ".\r\n\r\n> TOLAK\r\n")))
	}},
	{"RE:", func(_ *target, m *bent) *bent { return m.set("Subject", "RE: ["+attacked+"] Permohonan") }},
	{"Bls:", func(_ *target, m *bent) *bent { return m.set("Subject", "Bls: ["+attacked+"] Permohonan") }},
	{"[EKSTERNAL]", func(_ *target, m *bent) *bent { return m.set("Subject", "[EKSTERNAL] Re: ["+attacked+"] Permohonan") }},
	{"lower case", newText(func(c string) string { return "setuju " + strings.ToLower(c) })},
	{"References without In-Reply-To", func(_ *target, m *bent) *bent { return m.drop("In-Reply-To") }},
	{"In-Reply-To without References", func(_ *target, m *bent) *bent { return m.drop("References") }},
	{"no thread, the code alone", func(_ *target, m *bent) *bent { return m.drop("References").drop("In-Reply-To") }},
	{"encoded name", func(_ *target, m *bent) *bent {
		return m.set("From", "=?utf-8?q?Admin_Agency=2C_S=2ET=2E?= <"+admin+">")
	}},
	{"bare address", func(_ *target, m *bent) *bent { return m.set("From", admin) }},
}

// TestReplies: every one of them is obeyed at every level.
func TestReplies(t *testing.T) {
	for _, level := range allLevels {
		x := newTarget(t, level)
		for _, r := range replies {
			if e := x.send(r.bend(x, x.answer())); e.outcome != "obeyed" || !e.released {
				t.Errorf("%s, %s: %s %s (%s)", level, r.name, e.outcome, e.gate, e.reason)
			}
		}
	}
	x := newTarget(t, sop.Standard)
	signed := x.answer()
	raw, err := signed.compose(sop.Signed)
	if err != nil {
		t.Fatal(err)
	}
	if e := x.take(raw, 0, nil, true); !e.released {
		t.Errorf("S/MIME at standard: %s (%s)", e.outcome, e.reason)
	}
}

// TestRepliesOfPrograms answers the letter as it is really sent, in the style of every mail program.
func TestRepliesOfPrograms(t *testing.T) {
	for _, level := range allLevels {
		x := newTarget(t, level)
		for _, style := range rehearsal.Styles {
			raw, err := rehearsal.Reply(x.raw, rehearsal.Answer{From: sop.Person{Name: "Admin Agency", Address: admin}, Text: "SETUJU " + x.code, Style: style, Date: x.now})
			if err != nil {
				t.Fatal(err)
			}
			if e := x.send(x.as(t, raw)); !e.released {
				t.Errorf("%s, %s: %s %s (%s)", level, style, e.outcome, e.gate, e.reason)
			}
		}
	}
}

// as takes a mail apart, so that it can be signed as the level wants.
func (t *target) as(tb testing.TB, raw []byte) *bent {
	tb.Helper()
	head, body, ok := strings.Cut(string(raw), "\r\n\r\n")
	if !ok {
		tb.Fatal("a mail without a body")
	}
	m := t.answer()
	m.head, m.body = nil, body
	for l := range strings.SplitSeq(strings.ReplaceAll(head, "\r\n ", " "), "\r\n") {
		name, value, _ := strings.Cut(l, ": ")
		switch strings.ToLower(name) {
		case "content-type":
			m.kind = value
		case "content-transfer-encoding":
			m.cte = value
		default:
			m.head = append(m.head, l)
		}
	}
	if _, _, err := mime.ParseMediaType(m.kind); err != nil {
		tb.Fatal(err)
	}
	if _, err := mail.ParseDate(t.now.Format("Mon, 02 Jan 2006 15:04:05 -0700")); err != nil {
		tb.Fatal(err)
	}
	return m
}

// dressed changes nothing that a reader may see: the order, letter case and folding of fields, the transfer encoding, the
// name of the character set, the wrapping in parts.
func dressed(r *rand.Rand, m *bent) *bent {
	for range 1 + r.IntN(3) {
		switch r.IntN(6) {
		case 0:
			r.Shuffle(len(m.head), func(i, j int) { m.head[i], m.head[j] = m.head[j], m.head[i] })
		case 1:
			for i, l := range m.head {
				name, value, _ := strings.Cut(l, ":")
				m.head[i] = anyCase(r, name) + ":" + value
			}
		case 2:
			for i, l := range m.head {
				if at := strings.LastIndexByte(l, ' '); at > 20 && !strings.Contains(l, "\r\n") && r.IntN(2) == 0 {
					m.head[i] = l[:at] + "\r\n " + l[at+1:]
				}
			}
		case 3:
			m.encoded(r)
		case 4:
			if strings.HasPrefix(m.kind, "text/plain; charset=utf-8") && isASCII(m.body) {
				m.kind = strings.Replace(m.kind, "utf-8", []string{"us-ascii", "UTF-8", `"utf-8"`, "iso-8859-1", "windows-1252"}[r.IntN(5)], 1)
			}
		case 5:
			if !strings.HasPrefix(m.kind, "multipart/") {
				mark := "b" + strings.Repeat("=_x", 1+r.IntN(10)) + "z"
				m.body = "Pesan MIME.\r\n--" + mark + "\r\nContent-Type: " + m.kind + "\r\nContent-Transfer-Encoding: " + m.cte + "\r\n\r\n" + m.body + "\r\n--" + mark + "--\r\n"
				m.kind, m.cte = `multipart/mixed; boundary="`+mark+`"`, "7bit"
			}
		}
	}
	return m
}

func (m *bent) encoded(r *rand.Rand) {
	if strings.HasPrefix(m.kind, "multipart/") || m.cte != "7bit" && m.cte != "8bit" {
		return
	}
	if r.IntN(2) == 0 {
		m.cte = "base64"
		s := base64.StdEncoding.EncodeToString([]byte(m.body))
		m.body = ""
		for ; len(s) > 76; s = s[76:] {
			m.body += s[:76] + "\r\n"
		}
		m.body += s + "\r\n"
		return
	}
	m.cte = "quoted-printable"
	var out strings.Builder
	for i, c := range []byte(m.body) {
		switch {
		case c == '\r' || c == '\n' || c == ' ' && i+1 < len(m.body) && m.body[i+1] != '\r':
			out.WriteByte(c)
		case c > ' ' && c < 0x7f && c != '=' && r.IntN(4) > 0:
			out.WriteByte(c)
		default:
			out.WriteString("=" + strings.ToUpper(string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15])))
		}
		if c > ' ' && r.IntN(20) == 0 {
			out.WriteString("=\r\n")
		}
	}
	m.body = out.String()
}

func anyCase(r *rand.Rand, s string) string {
	out := []byte(strings.ToLower(s))
	for i, c := range out {
		if 'a' <= c && c <= 'z' && r.IntN(2) == 0 {
			out[i] = c - 'a' + 'A'
		}
	}
	return string(out)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// TestDressedReplies: the same change of dress that mutants wear keeps no honest reply out.
func TestDressedReplies(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for _, level := range allLevels {
		x := newTarget(t, level)
		for i := range 60 {
			r := rand.New(rand.NewPCG(uint64(i), 4))
			reply := replies[r.IntN(len(replies))]
			m := dressed(r, reply.bend(x, x.answer()))
			if e := x.send(m); !e.released {
				raw, _ := m.compose(level)
				t.Errorf("%s, %d (%s): %s %s (%s)\n%s", level, i, reply.name, e.outcome, e.gate, e.reason, raw)
			}
		}
	}
}

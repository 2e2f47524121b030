package triage

import (
	"os"
	"strings"
	"testing"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// stoppedBy says why a mail of the approver is no release, or "".
func stoppedBy(raw string) string {
	tr := Triage{Office: sop.Office{Name: "UKPBJ Kabupaten Tirtawana", Approvers: []sop.Approver{{Person: sop.Person{Name: "I Made Sugiarta, S.Kom."}}}}}
	c := &sop.Case{}
	for _, name := range []string{"Ida Ayu Lestari, S.T.", "I Wayan Contoh", "Ni Luh Murni"} {
		c.Members = append(c.Members, sop.Member{Row: document.Row{Nama: name}})
	}
	msg := message.Parse([]byte(strings.ReplaceAll(raw, "\n", "\r\n")), message.DefaultLimits(), nil)
	if cmd, why := intent(msg); why != "" || cmd.Verb != sop.Setuju {
		return "intent " + why
	}
	_, why, quote := tr.conditions(msg, c)
	return strings.TrimSpace(why + " " + quote)
}

const (
	replyHead  = "From: admin@x.example\nTo: ukpbj@x.example\nSubject: Re: [PKJ-2026-0001] Permohonan persetujuan akun SPSE Pokja - kode 7KQF3M\nMIME-Version: 1.0\n"
	replyPlain = "Content-Type: text/plain; charset=utf-8\n\n"
)

func replyOf(kind string, parts ...string) string {
	return replyHead + "Content-Type: multipart/" + kind + "; boundary=q\n\n--q\n" + strings.Join(parts, "\n--q\n") + "\n--q--\n"
}

// TestBelow: whatever is not understood below SETUJU stops it: as text, in HTML alone, below a closing formula, in capitals.
func TestBelow(t *testing.T) {
	raw, err := os.ReadFile("testdata/below.txt")
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for line := range strings.Lines(string(raw)) {
		verdict, text, ok := strings.Cut(strings.TrimSpace(line), " | ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		count[verdict]++
		text = strings.ReplaceAll(text, "~", "\n")
		plain := replyHead + replyPlain + "SETUJU\n\n" + text + "\n"
		if verdict == "go" {
			if why := stoppedBy(plain); why != "" {
				t.Errorf("%q is stopped: %s", text, why)
			}
			continue
		}
		for _, raw := range []string{plain, replyHead + replyPlain + "SETUJU\n\nHormat saya,\n" + text + "\n", replyHead + replyPlain + "SETUJU\n\n" + strings.ToUpper(text) + "\n",
			replyOf("alternative", replyPlain+"SETUJU", "Content-Type: text/html; charset=utf-8\n\n<p>SETUJU</p><p>"+text+"</p>")} {
			if stoppedBy(raw) == "" {
				t.Errorf("%q is not stopped", text)
			}
		}
	}
	t.Logf("%d texts that go on, %d that stop, each in four forms", count["go"], count["stop"])
	if count["go"] < 40 || count["stop"] < 150 {
		t.Error("the table is too small")
	}
}

// TestOtherPlaces: the words that take an approval back stop it wherever the sender wrote them. The control is the same mail with
// thanks in their place.
func TestOtherPlaces(t *testing.T) {
	const back, thanks = "Tapi nomor 2 ditunda", "Terima kasih"
	setuju := replyPlain + "SETUJU"
	html := "Content-Type: text/html; charset=utf-8\n\n"
	for name, mail := range map[string]func(words string) string{
		"a second text behind a picture": func(w string) string {
			return replyOf("mixed", setuju, "Content-Type: image/jpeg; name=foto.jpg\nContent-Disposition: inline; filename=foto.jpg\nContent-Transfer-Encoding: base64\n\n/9j/4AAQ", replyPlain+w)
		},
		"an inline text with a name": func(w string) string {
			return replyOf("mixed", setuju, strings.Replace(replyPlain, "\n\n", "\nContent-Disposition: inline; filename=catatan.txt\n\n", 1)+w)
		},
		"an attached text": func(w string) string {
			return replyOf("mixed", setuju, "Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=catatan.txt\n\n"+w)
		},
		"an attached page": func(w string) string {
			return replyOf("mixed", setuju, strings.Replace(html, "\n\n", "\nContent-Disposition: attachment; filename=catatan.html\n\n", 1)+"<p>"+w+"</p>")
		},
		"a second page":        func(w string) string { return replyOf("mixed", setuju, html+"<p>SETUJU</p>", html+"<p>"+w+"</p>") },
		"another kind of text": func(w string) string { return replyOf("alternative", setuju, "Content-Type: text/enriched\n\n"+w) },
		"between quoted lines": func(w string) string {
			return replyHead + setuju + "\n\n> 1. Ida Ayu\n> 2. Wayan\n" + w + "\n> 3. Murni\n"
		},
		"under a quoted page": func(w string) string {
			return replyOf("alternative", setuju, html+"<p>SETUJU</p><blockquote>satu baris yang sangat panjang dan tidak pernah dipotong oleh siapa pun</blockquote>"+w)
		},
		"below dashes":          func(w string) string { return replyHead + setuju + "\n-- \nAdmin Agency\n\n" + w + "\n" },
		"below underscores":     func(w string) string { return replyHead + setuju + "\n________________________________\n" + w + "\n" },
		"below a phone's words": func(w string) string { return replyHead + setuju + "\n\nDikirim dari iPhone saya\n" + w + "\n" },
		"under a closing formula": func(w string) string {
			return replyHead + setuju + "\n\nHormat saya,\nI Made Sugiarta\nAdmin Agency\n" + w + "\n"
		},
		"before our subject": func(w string) string { return strings.Replace(replyHead, "Re:", w+": Re:", 1) + setuju },
		"inside our subject": func(w string) string { return strings.Replace(replyHead, " - kode", " "+w+" - kode", 1) + setuju },
		"Cyrillic letters": func(w string) string {
			return replyHead + setuju + "\n\n" + strings.NewReplacer("a", "а", "i", "і").Replace(strings.TrimSuffix(w, " nomor 2 ditunda")) + "\n"
		},
	} {
		if why := stoppedBy(mail(back)); !strings.HasPrefix(why, "reservation") {
			t.Errorf("%s: not stopped (%s)", name, why)
		}
		if why := stoppedBy(mail(thanks)); why != "" {
			t.Errorf("%s: thanks are stopped: %s", name, why)
		}
	}
	if why := stoppedBy(replyOf("alternative", replyPlain+"SETUJU\nTETAP 2", html+"<p>SETUJU</p>")); why != "line-in-html TETAP 2" {
		t.Error("a line about an account that the HTML part lacks: ", why)
	}
}

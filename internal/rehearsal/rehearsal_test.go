package rehearsal

import (
	"bytes"
	"flag"
	"fmt"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/rehearsal/forgery"
	"ukpbjd/internal/sop"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

func bundle(t testing.TB, seed int64, members int, o Office) Bundle {
	t.Helper()
	b, err := Papers(seed, members, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSameSeedSameBytes(t *testing.T) {
	for _, form := range Forms {
		o := Office{Form: form, PadTo: 40_000}
		one, two, other := bundle(t, 7, 5, o), bundle(t, 7, 5, o), bundle(t, 8, 5, o)
		for i, f := range one.Files {
			if !bytes.Equal(f.Bytes, two.Files[i].Bytes) {
				t.Errorf("%s: %s differs from itself", form, f.Name)
			}
			if bytes.Equal(f.Bytes, other.Files[i].Bytes) {
				t.Errorf("%s: control: %s is the same for another seed", form, f.Name)
			}
		}
		e := Envelope{From: sop.Person{Name: "Ni Luh", Address: "luh@tirtawana.example"}, To: []sop.Person{{Address: "ukpbj@tirtawana.example"}}, HTML: true}
		if !bytes.Equal(one.Mail(e), two.Mail(e)) {
			t.Errorf("%s: the mail differs from itself", form)
		}
	}
}

func TestPeopleArePlausible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, err := Papers(rapid.Int64().Draw(t, "seed"), rapid.IntRange(1, 15).Draw(t, "members"), Office{Form: CSV})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, m := range append(b.Roster, b.Head) {
			if seen[m.Email] || seen[m.NIP] {
				t.Fatalf("%s or %s twice", m.Email, m.NIP)
			}
			seen[m.Email], seen[m.NIP] = true, true
			born, err := time.Parse("20060102", m.NIP[:8])
			start, err2 := time.Parse("200601", m.NIP[8:14])
			serial, _ := strconv.Atoi(m.NIP[15:])
			woman := m.NIP[14] == '2'
			if len(m.NIP) != 18 || err != nil || err2 != nil || start.Sub(born) < 20*365*24*time.Hour || serial < 60 || serial > 119 {
				t.Fatalf("NIP %s", m.NIP)
			}
			if female := strings.Contains(m.Nama, "Ni ") || strings.Contains(m.Nama, "Ayu"); female && !woman {
				t.Fatalf("%s has NIP %s", m.Nama, m.NIP)
			}
			if day, _ := strconv.Atoi(m.NIK[6:8]); len(m.NIK) != 16 || m.NIK[0] != '9' || (day > 40) != woman {
				t.Fatalf("NIK %s of %s", m.NIK, m.NIP)
			}
			if a, err := mail.ParseAddress(m.Email); err != nil || a.Address != m.Email || len(m.HP) < 10 || len(m.HP) > 13 {
				t.Fatalf("%q %q", m.Email, m.HP)
			}
		}
	})
}

func TestPadding(t *testing.T) {
	for _, form := range []Form{XLSX, DOCX, PDF} {
		for _, f := range bundle(t, 1, 3, Office{Form: form, PadTo: 100_000}).Files {
			if n := len(f.Bytes); n < 85_000 || n > 130_000 {
				t.Errorf("%s: %s has %d bytes", form, f.Name, n)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	if _, err := Papers(1, 0, Office{}); err == nil {
		t.Error("no members")
	}
	if _, err := Papers(1, 3, Office{Form: "odt"}); err == nil {
		t.Error("odt")
	}
	b := bundle(t, 1, 3, Office{})
	if less, err := b.Without(1); err != nil || len(less.Files) != 2 || len(b.Files) != 3 {
		t.Error(err)
	}
	if _, err := b.Without(3); err == nil {
		t.Error("a fourth paper")
	}
}

func TestWorkbookReadsBack(t *testing.T) {
	b := bundle(t, 3, 7, Office{PadTo: 50_000})
	f, err := excelize.OpenReader(bytes.NewReader(b.Files[0].Bytes))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Formulir")
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(rows)
	for _, m := range b.Roster {
		want := fmt.Sprint([]string{strconv.Itoa(m.No), m.Nama, m.NIP, m.NIK, m.Golongan, m.Jabatan, m.HP, m.Email})
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
}

// Every name and NIP stands in the PDFs as pdftotext reads them.
func TestPapersReadBack(t *testing.T) {
	tool := program(t, "pdftotext")
	for seed := range int64(12) {
		b := bundle(t, seed, 3+int(seed)%9, Office{Form: PDF, PadTo: 30_000 * int(seed%2)})
		for i, f := range b.Files {
			for _, mode := range []string{"-layout", "-raw"} {
				text := pdfText(t, tool, mode, f.Bytes)
				for _, m := range b.Roster {
					wants := []string{m.Nama, document.GroupNIP(m.NIP)}
					if i == 0 {
						wants = []string{m.Nama, m.NIP, m.NIK, m.Email, m.HP, m.Golongan, m.Jabatan}
					}
					for _, want := range wants {
						if !strings.Contains(text, want) {
							t.Fatalf("seed %d, %s %s: %q is not in\n%s", seed, f.Name, mode, want, text)
						}
					}
				}
				for _, word := range [][]string{{formTitle}, {"KEPUTUSAN", "NOMOR " + b.SKNumber, "TENTANG", "Menimbang", "Mengingat", "MEMUTUSKAN", "Menetapkan", "KESATU"},
					{"SURAT TUGAS", "Dasar", "Kepada", "Untuk"}}[i] {
					if !strings.Contains(text, word) {
						t.Errorf("%s: no %q", f.Name, word)
					}
				}
			}
		}
	}
}

func TestWordProcessorReadsDOCX(t *testing.T) {
	tool := program(t, "soffice")
	b := bundle(t, 5, 3, Office{Form: DOCX, PadTo: 20_000})
	dir := t.TempDir()
	in := filepath.Join(dir, "f.docx")
	if err := os.WriteFile(in, b.Files[0].Bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), tool, "-env:UserInstallation=file://"+dir+"/p", "--headless", "--convert-to", "txt:Text", "--outdir", dir, in).CombinedOutput()
	if err != nil {
		t.Fatalf("%v %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "f.txt"))
	if err != nil || !strings.Contains(string(text), b.Roster[0].NIP) {
		t.Errorf("%v\n%s", err, text)
	}
}

func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("UKPBJD_REAL") == "1" {
			t.Fatalf("%s is wanted", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

func pdfText(t *testing.T, tool, mode string, raw []byte) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tool, mode, "-", "-")
	cmd.Stdin = bytes.NewReader(raw)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func request(t testing.TB, html bool) []byte {
	b := bundle(t, 11, 3, Office{Form: CSV})
	return b.Mail(Envelope{From: sop.Person{Name: "Ni Luh Gede Armini, S.E.", Address: "armini@tirtawana.example"}, HTML: html,
		To: []sop.Person{{Name: "UKPBJ", Address: "ukpbj@tirtawana.example"}}, Cc: []sop.Person{{Name: "Kepala LPSE", Address: "kepala@tirtawana.example"}},
		Date: time.Date(2026, 5, 4, 9, 30, 0, 0, time.FixedZone("WITA", 8*3600)), MessageID: "<asal@tirtawana.example>"})
}

func TestRepliesKeepTheThread(t *testing.T) {
	for _, html := range []bool{false, true} {
		raw := request(t, html)
		for _, style := range Styles {
			a := Answer{From: sop.Person{Name: "Admin Agency", Address: "admin@tirtawana.example"}, Text: "SETUJU\n", Style: style,
				Date: time.Date(2026, 5, 4, 13, 0, 0, 0, time.FixedZone("WITA", 8*3600))}
			reply, err := Reply(raw, a)
			if err != nil {
				t.Fatal(err)
			}
			m, err := mail.ReadMessage(bytes.NewReader(reply))
			if err != nil {
				t.Fatal(err)
			}
			text := message.Parse(reply, message.DefaultLimits(), nil).Text
			if !strings.HasPrefix(text, "SETUJU\n") || m.Header.Get("In-Reply-To") != "<asal@tirtawana.example>" || m.Header.Get("Message-ID") == "" {
				t.Errorf("%s: %s", style, reply)
			}
			if !strings.EqualFold(m.Header.Get("Subject"), "Re: "+bundle(t, 11, 3, Office{Form: CSV}).Subject) || m.Header.Get("To") != `"Ni Luh Gede Armini, S.E." <armini@tirtawana.example>` {
				t.Errorf("%s: %v", style, m.Header)
			}
			if quotes := strings.Contains(text, "Bersama ini kami sampaikan"); quotes == (style == Plain) {
				t.Errorf("%s: %s", style, text)
			}
			if again, err := Reply(reply, a); err != nil || bytes.Count(again, []byte("Subject: ")) != 1 || bytes.Contains(again, []byte("e: Re:")) {
				t.Errorf("%s twice: %v", style, err)
			}
		}
	}
	if _, err := Reply([]byte("x"), Answer{Style: Gmail}); err == nil {
		t.Error("a reply to nothing")
	}
}

// The house's own reader finds the actor's words, and nothing else, in every style; also in an answer to an answer.
func TestOwnWordsAreFound(t *testing.T) {
	raw := request(t, true)
	for _, style := range Styles {
		mail := raw
		for _, own := range []string{"SETUJU", "TOLAK berkas belum lengkap\n\nSalam,\nBudi", "Terima kasih, sudah saya baca."} {
			var err error
			mail, err = Reply(mail, Answer{From: sop.Person{Name: "Ni Putu Admin", Address: "admin@tirtawana.example"}, Text: own, Style: style, Date: time.Unix(1_780_000_000, 0)})
			if err != nil {
				t.Fatal(err)
			}
			m := message.Parse(mail, message.DefaultLimits(), nil)
			if m.Own != own || len(m.Problems) > 0 || len(m.Automation) > 0 || (m.HTML != "" && m.HTMLOwn != own) {
				t.Errorf("%s: own %q, html %q, problems %v, automation %v", style, m.Own, m.HTMLOwn, m.Problems, m.Automation)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	for _, code := range []string{document.CodeBadNIP, document.CodeMissingEmail, document.CodeBadEmail, document.CodeDuplicateEmail, document.CodeDuplicateNIP, document.CodeDisagrees} {
		good, bad := bundle(t, 9, 3, Office{Form: CSV}), bundle(t, 9, 3, Office{Form: CSV, Fault: code})
		if bytes.Equal(good.Files[0].Bytes, bad.Files[0].Bytes) || !bytes.Equal(good.Files[1].Bytes, bad.Files[1].Bytes) || good.Roster[0].NIP != bad.Roster[0].NIP {
			t.Errorf("%s: the fault is not in the formulir alone", code)
		}
		if code == document.CodeDisagrees && (!document.ValidNIP(bad.Roster[2].NIP) || bad.Roster[2].NIP == good.Roster[2].NIP) {
			t.Errorf("%s: %s", code, bad.Roster[2].NIP)
		}
	}
	if _, err := Papers(1, 3, Office{Fault: "x"}); err == nil {
		t.Error("an unknown fault")
	}
}

func TestTricksChangeTheHeadOnly(t *testing.T) {
	raw := request(t, false)
	v, a := sop.Person{Name: "Admin", Address: "admin@gov.example"}, sop.Person{Name: "X", Address: "x@evil.example"}
	_, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for _, trick := range forgery.Tricks() {
		forged := trick.Apply(raw, v, a)
		_, after, _ := bytes.Cut(forged, []byte("\r\n\r\n"))
		if bytes.Equal(forged, raw) || !bytes.Equal(after, body) || !bytes.Contains(forged, []byte("Message-ID: <asal@")) {
			t.Errorf("%s", trick.Name)
		}
	}
	if top := WithVerdict(raw, "mx.example", "dmarc=pass header.from=gov.example"); !bytes.HasPrefix(top, []byte("Authentication-Results: mx.example; dmarc=pass")) {
		t.Error("verdict")
	}
}

func FuzzReply(f *testing.F) {
	f.Add([]byte("From: a@b.example\r\nSubject: x\r\n\r\nisi\r\n"), "SETUJU")
	f.Add(request(f, true), "TOLAK karena")
	f.Fuzz(func(t *testing.T, raw []byte, own string) {
		for _, s := range Styles {
			if out, err := Reply(raw, Answer{From: sop.Person{Address: "x@y.example"}, Text: own, Style: s}); err == nil {
				if _, err := mail.ReadMessage(bytes.NewReader(out)); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			}
		}
	})
}

func BenchmarkPapers(b *testing.B) {
	for _, pad := range []int{0, 100_000} {
		b.Run(fmt.Sprint(pad), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if _, err := Papers(int64(i), 5, Office{PadTo: pad}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

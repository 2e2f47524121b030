package letter

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"ukpbjd/internal/document"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/triage"
	"ukpbjd/templates"
)

func TestSubjects(t *testing.T) {
	set := shipped(t)
	code := regexp.MustCompile(`(?i)\bkode\s+(` + triage.CodePattern + `)\b`)
	for _, s := range samples {
		for _, topic := range topicsOf(s.kind) {
			d := s.data()
			d.Letter.Topic = topic
			r, err := set.Render(d)
			if err != nil {
				t.Fatal(err)
			}
			if n := number(d.Case.Number); n != "" && !strings.HasPrefix(r.Subject, "["+n+"] ") {
				t.Errorf("%s: no case number in %q", s.name(), r.Subject)
			}
			found := code.FindAllStringSubmatch(r.Subject, -1)
			if d.Code != "" && (len(found) != 1 || found[0][1] != d.Code) || d.Code == "" && found != nil {
				t.Errorf("%s: codes %v in %q; want %q", s.name(), found, r.Subject, d.Code)
			}
			if strings.IndexFunc(r.Subject, func(c rune) bool { return c < ' ' || c > '~' }) >= 0 || len(r.Subject) > 110 {
				t.Errorf("%s: subject %q", s.name(), r.Subject)
			}
		}
	}
}

func TestCodeIsOnlyForApproversAndMembers(t *testing.T) {
	set := shipped(t)
	for _, role := range []sop.Role{sop.RoleRequester, sop.RoleKepala, sop.RoleBagian, sop.RoleOperator, sop.RoleNone} {
		d := sample{sop.StatusKasus, "", role, ""}.data()
		d.Code = "7KQF3M"
		r, err := set.Render(d)
		if err != nil || strings.Contains(r.Subject+r.Text+r.HTML, d.Code) {
			t.Errorf("%s sees the code (%v)", role, err)
		}
	}
}

func TestMemberSeesOnlyTheirOwnRow(t *testing.T) {
	set := shipped(t)
	for _, kind := range sop.LetterKinds {
		if kind == sop.Selesai {
			continue
		}
		d := sample{kind, "", sop.RoleMember, ""}.data()
		r, err := set.Render(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range []string{"I Made Contoh", "19860926", "made@dinas.example", "agung.putra"} {
			if strings.Contains(r.Text+r.HTML, other) {
				t.Errorf("%s shows a member %q", kind, other)
			}
		}
	}
	d := sample{sop.StatusKasus, "", sop.RoleMember, ""}.data()
	d.Letter.NIP = "" // who they are is not known: no row at all
	if r, _ := set.Render(d); strings.Contains(r.Text+r.HTML, "Ni Luh Contoh Lestari, S.T., M.Si.<br>NIP") || strings.Contains(r.Text, "19900115") {
		t.Error("a row without a NIP")
	}
}

var href = regexp.MustCompile(`href="([^"]+)"`)

func TestMailto(t *testing.T) {
	set := shipped(t)
	seen := map[string]bool{}
	for _, s := range samples {
		r, err := set.Render(s.data())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range href.FindAllStringSubmatch(r.HTML, -1) {
			link := html.UnescapeString(m[1])
			if strings.Contains(link, "+") || strings.Contains(link, " ") {
				t.Errorf("%s: %q", s.name(), link)
			}
			u, err := url.Parse(link)
			if err != nil || u.Scheme != "mailto" || u.Opaque != "ukpbj@dinas.example" {
				t.Fatalf("%s: %q: %v", s.name(), link, err)
			}
			if got := u.Query().Get("subject"); got != "Re: "+r.Subject {
				t.Errorf("%s: subject %q", s.name(), got)
			}
			body := u.Query().Get("body")
			if c, ok := triage.ParseCommand(body); !ok && !strings.HasSuffix(body, " ") || ok && string(c.Verb) != strings.TrimSpace(body) {
				t.Errorf("%s: body %q is neither a command nor the beginning of one", s.name(), body)
			}
			seen[string(s.kind)+" "+body] = true
		}
	}
	for _, want := range []string{"kredensial TERIMA", "kredensial SALAH", "persetujuan SETUJU", "persetujuan TOLAK "} {
		if !seen[want] {
			t.Errorf("no link %q", want)
		}
	}
}

func TestNoLinkWithoutACode(t *testing.T) {
	d := sample{sop.Persetujuan, "code-in-sheet", sop.RoleApprover, ""}.data()
	r, err := shipped(t).Render(d)
	if err != nil || strings.Contains(r.Text+r.HTML, "mailto:") {
		t.Errorf("a link that no reply could be matched by (%v)", err)
	}
	if !strings.Contains(r.Text, "kode pada lembar akun") {
		t.Error("the letter does not say where the code stands")
	}
}

func TestHTMLIsWellFormed(t *testing.T) {
	set := shipped(t)
	void := map[string]bool{"meta": true, "br": true, "img": true}
	for _, s := range samples {
		r, err := set.Render(s.data())
		if err != nil {
			t.Fatal(err)
		}
		var open []string
		for z := html.NewTokenizer(strings.NewReader(r.HTML)); ; {
			tt := z.Next()
			if tt == html.ErrorToken {
				break
			}
			name, _ := z.TagName()
			switch n := string(name); {
			case tt == html.StartTagToken && !void[n]:
				open = append(open, n)
			case tt == html.EndTagToken:
				if len(open) == 0 || open[len(open)-1] != n {
					t.Fatalf("%s: </%s> closes %v", s.name(), n, open)
				}
				open = open[:len(open)-1]
			}
		}
		if len(open) > 0 {
			t.Errorf("%s: never closed: %v", s.name(), open)
		}
		if strings.Contains(r.HTML, "ZgotmplZ") || strings.Contains(r.HTML, "<no value>") || strings.Contains(r.Text, "<no value>") {
			t.Errorf("%s: a value is lost", s.name())
		}
		if len(remote(r.HTML)) > 0 {
			t.Errorf("%s: %v", s.name(), remote(r.HTML))
		}
	}
}

func TestOrderOfASuratDinas(t *testing.T) {
	set := shipped(t)
	for _, s := range samples {
		r, _ := set.Render(s.data())
		for _, text := range []string{r.Text, pageLines(t, r.HTML)} {
			at := -1
			for _, word := range []string{"Nomor", "Sifat", "Lampiran", "Hal", "Yth. ", "Dengan hormat,", "Hormat kami,", "Layanan Permohonan Akun SPSE"} {
				i := strings.Index(text[at+1:], word)
				if i < 0 {
					t.Fatalf("%s: %q is missing or out of order", s.name(), word)
				}
				at += 1 + i
			}
		}
	}
}

func TestTextIsNarrow(t *testing.T) {
	set := shipped(t)
	for _, s := range samples {
		r, _ := set.Render(s.data())
		for l := range strings.SplitSeq(r.Text, "\n") {
			if utf8.RuneCountInString(l) > width && !strings.HasPrefix(l, "<mailto:") && !strings.Contains(l, "SHA-256") {
				t.Errorf("%s: %q", s.name(), l)
			}
			if l != strings.TrimRight(l, " ") {
				t.Errorf("%s: trailing blank in %q", s.name(), l)
			}
		}
	}
}

func TestLayKeepsEveryWord(t *testing.T) {
	text := nastyText()
	rapid.Check(t, func(t *rapid.T) {
		head := rapid.SampledFrom([]string{"", "- Butir: ", "12. Langkah ", "| “Catatan ", "   Jabatan   : "}).Draw(t, "head")
		line := head + "a " + clean(text.Draw(t, "text"), 600)
		out := lay(line)
		var got []string
		for i, l := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
			if i > 0 {
				if strings.HasPrefix(head, "| ") {
					l = strings.TrimPrefix(l, "| ")
				}
				if startsAsCommand(l) {
					t.Fatalf("line %d begins a command: %q", i, l)
				}
			}
			got = append(got, strings.Fields(l)...)
		}
		if want := strings.Fields(line); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Fatalf("words changed\n%q\n%q", want, got)
		}
	})
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"I Made\r\n Contoh\t": "I Made Contoh", "a\u202eb\u200bc": "a b c", "\ufeffx": "x", "a\u2028b": "a b", "": "", " \n ": "",
		"Ny\u00ef Luh": "Nyï Luh", "a\u0300\u0301\u0302\u0303\u0304b": "a\u0300\u0301b", "a\u3164b": "a b", "\xff": "\ufffd",
	} {
		if got := clean(in, 100); got != want {
			t.Errorf("clean(%q) = %q; want %q", in, got, want)
		}
	}
	if got := clean(strings.Repeat("ab ", 100), 10); got != "ab ab ab …" && utf8.RuneCountInString(got) > 10 {
		t.Errorf("%q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(nastyText(), rapid.String()).Draw(t, "s")
		got := clean(s, 80)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 80 || strings.IndexFunc(got, func(r rune) bool { return r != ' ' && invisible(r) }) >= 0 {
			t.Fatalf("%q", got)
		}
		if clean(got, 80) != got {
			t.Fatalf("not settled: %q %q", got, clean(got, 80))
		}
		if startsAsCommand(shown(s, 80)) {
			t.Fatalf("shown %q", shown(s, 80))
		}
	})
}

func TestMoments(t *testing.T) {
	at := time.Date(2026, 5, 4, 1, 27, 0, 0, time.UTC)
	for offset, want := range map[int]string{
		7: "Senin, 4 Mei 2026 pukul 08.27 WIB", 8: "Senin, 4 Mei 2026 pukul 09.27 WITA", 9: "Senin, 4 Mei 2026 pukul 10.27 WIT",
		0: "Senin, 4 Mei 2026 pukul 01.27 UTC", -5: "Minggu, 3 Mei 2026 pukul 20.27 UTC-05.00",
	} {
		if got := (Moment{at, time.FixedZone("", offset*3600)}).String(); got != want {
			t.Errorf("%+d: %q; want %q", offset, got, want)
		}
	}
	if got := (Moment{at: at}).String(); got != "Senin, 4 Mei 2026 pukul 01.27 UTC" {
		t.Errorf("without a zone: %q", got)
	}
	if (Moment{}).Set() || (Moment{}).String() != "-" || (Moment{}).Date() != "-" || (Moment{}).Short() != "-" {
		t.Error("a time that is none")
	}
	for d, want := range map[time.Duration]string{30 * time.Minute: "30 menit", 2 * time.Hour: "2 jam", 90 * time.Minute: "1 jam 30 menit", time.Second: "1 menit"} {
		if got := span(d); got != want {
			t.Errorf("%v: %q", d, got)
		}
	}
}

func TestWords(t *testing.T) {
	if got := groupNIP("198609262015051001"); got != "19860926 201505 1 001" {
		t.Error(got)
	}
	if got := maskNIP("198609262015051001"); strings.Contains(got, "201505") || !strings.HasSuffix(got, "001") {
		t.Error(got)
	}
	for n, want := range map[int]string{1: "1 (satu)", 11: "11 (sebelas)", 12: "12 (dua belas)", 20: "20 (dua puluh)", 99: "99 (sembilan puluh sembilan)", 100: "100", -1: "-1"} {
		if got := count(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	for _, k := range append([]document.Kind{document.Other, document.Unreadable, "x"}, document.Required...) {
		if k.Label() == "" {
			t.Error(k)
		}
	}
}

func TestEveryTopicHasWords(t *testing.T) {
	for _, kind := range []sop.LetterKind{sop.TidakDikenali, sop.Pemberitahuan, sop.Pengingat, sop.Eskalasi, sop.PeringatanOperator} {
		for _, topic := range append(topicsOf(kind), "line-of-tomorrow", "unheard-of") {
			if r := reason(kind, topic); r.Why == "" || kind != sop.TidakDikenali && r.Head == "" {
				t.Errorf("%s/%s has no words", kind, topic)
			}
		}
	}
}

func TestRenderIsDeterministicAndConcurrent(t *testing.T) {
	set := shipped(t)
	want := make([]Rendered, len(samples))
	for i, s := range samples {
		want[i], _ = set.Render(s.data())
	}
	fresh := shipped(t) // HTML is escaped at first use; let the goroutines race for it
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range samples {
				i = (i + g*5) % len(samples)
				if r, err := fresh.Render(samples[i].data()); err != nil || r != want[i] {
					t.Errorf("%s differs (%v)", samples[i].name(), err)
				}
			}
		})
	}
	wg.Wait()
}

func TestLongRoster(t *testing.T) {
	set := shipped(t)
	d := sample{sop.Kekurangan, "", sop.RoleRequester, ""}.data()
	for i := range 2000 {
		row := document.Row{No: i + 4, Nama: fmt.Sprint("Anggota ", i), NIP: fmt.Sprintf("%018d", i)}
		d.Case.Reading.Roster = append(d.Case.Reading.Roster, row)
		d.Case.Members = append(d.Case.Members, sop.Member{Row: row})
	}
	r, err := set.Render(d)
	if err != nil || !strings.Contains(r.Text, "Masih ada 1703 anggota lain") {
		t.Errorf("%v", err)
	}
	d = sample{sop.Persetujuan, "", sop.RoleApprover, ""}.data()
	for i := range 500 {
		d.Case.Members = append(d.Case.Members, sop.Member{Row: document.Row{Nama: fmt.Sprintf("Orang Ke%d", i)}})
	}
	if r, err = set.Render(d); err != nil || !strings.Contains(r.Text, "Orang Ke499") || !strings.Contains(r.HTML, "Orang Ke499") {
		t.Errorf("the approver does not see every member (%v)", err)
	}
}

func BenchmarkRender(b *testing.B) {
	set := shipped(b)
	for _, s := range []sample{samples[5], samples[7], samples[2]} {
		d := s.data()
		b.Run(s.name(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := set.Render(d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestOverdue: a letter names a deadline that has passed as one that has passed.
func TestOverdue(t *testing.T) {
	d := sample{sop.Kekurangan, "", sop.RoleRequester, ""}.data()
	for overdue, due := range map[bool]time.Time{false: d.Now.Add(time.Minute), true: d.Now.Add(-time.Minute)} {
		d.Case.Due = due
		r, err := shipped(t).Render(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{r.Text, r.HTML} {
			if flat := strings.Join(strings.Fields(text), " "); !strings.Contains(flat, "Tenggat melengkapi") || strings.Contains(flat, "telah lewat; mohon") != overdue {
				t.Errorf("due %s, written %s: %s", due, d.Now, text)
			}
		}
	}
}

// TestEmptyMonth says in words that nothing came, without a table of nothing; a month of many deviations names some and says where
// the others are.
func TestEmptyMonth(t *testing.T) {
	d := sample{sop.LaporanBulanan, "", sop.RoleBagian, ""}.data()
	month := d.Report.Month
	d.Report = &Report{Month: month}
	r, err := shipped(t).Render(d)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(r.HTML, "Seluruhnya") || !strings.Contains(r.HTML, "Tidak ada permohonan yang masuk; 0 permohonan ditutup") || !strings.Contains(r.Text, "Tidak ada penyimpangan") {
		t.Errorf("%s\n%s", r.Text, r.HTML)
	}
	for range 500 {
		d.Report.Deviations = append(d.Report.Deviations, Lapse{"PKJ-2026-0004", sop.Deviation{Kind: "waktu", Step: "2.1", Owed: "approver", At: month, By: "1 hari kerja", Text: "Tenggat langkah 2.1 terlewati."}})
	}
	if r, err = shipped(t).Render(d); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{r.Text, r.HTML} {
		flat := strings.Join(strings.Fields(text), " ")
		if n := strings.Count(flat, "Tenggat langkah 2.1 terlewati (1 hari kerja)."); n != lapsesShown || !strings.Contains(flat, "Masih ada 475 penyimpangan lain; semuanya tercantum pada lampiran.") {
			t.Errorf("%d deviations are named:\n%.3000s", n, flat)
		}
	}
}

// TestCopyCarriesWhatItNames: the tembusan is given exactly the passwords that its task names, and no other letter is given any.
func TestCopyCarriesWhatItNames(t *testing.T) {
	set := shipped(t)
	full := func(change func(*Data)) (Rendered, error) {
		d := sample{sop.Tembusan, "full", sop.RoleKepala, ""}.data()
		change(&d)
		return set.Render(d)
	}
	if _, err := full(func(*Data) {}); err != nil {
		t.Fatal(err)
	}
	other := secret.New([]byte("Lain-9mQ!kenari"))
	for name, change := range map[string]func(*Data){
		"one is missing":       func(d *Data) { delete(d.Passwords, d.Letter.Of[0]) },
		"one too many":         func(d *Data) { d.Passwords[d.Case.Members[1].Row.NIP] = other },
		"of somebody else":     func(d *Data) { delete(d.Passwords, d.Letter.Of[0]); d.Passwords["x"] = other },
		"a single one besides": func(d *Data) { d.Password = other },
		"an account that is kept": func(d *Data) {
			d.Letter.Of[0] = d.Case.Members[3].Row.NIP
			d.Passwords = map[string]secret.Secret{d.Letter.Of[0]: other, d.Letter.Of[1]: other}
		},
		"a command":          func(d *Data) { d.Passwords[d.Letter.Of[0]] = secret.New([]byte("SETUJU")) },
		"nobody is named":    func(d *Data) { d.Letter.Of = nil },
		"not to Kepala LPSE": func(d *Data) { d.Letter.Role = sop.RoleRequester },
		"another letter":     func(d *Data) { d.Letter.Kind = sop.Selesai },
	} {
		r, err := full(change)
		if err == nil || r != (Rendered{}) {
			t.Errorf("%s: it is rendered", name)
		}
		if err != nil && (strings.Contains(err.Error(), madeUp) || strings.Contains(err.Error(), other.Reveal())) {
			t.Errorf("%s: the error tells the password", name)
		}
	}
	careless, err := Parse(templates.FS, fstest.MapFS{"tembusan.tmpl": {Data: []byte(`{{define "subject"}}x{{end}}{{define "text"}}x{{end}}{{define "html"}}<p>x</p>{{end}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(careless.Check(false)); n > 0 {
		t.Errorf("%d faults of an override that prints no password, where none is to be printed", n)
	}
	if len(careless.Check(true)) == 0 {
		t.Error("an override that leaves the passwords out is not noticed")
	}
}

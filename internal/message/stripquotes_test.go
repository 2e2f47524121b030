package message

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sure gives the words that may be obeyed.
func sure(text string, banners []string) string {
	if own, _, certain := stripQuotes(text, banners, DefaultLimits().OwnBytes, false); certain {
		return own
	}
	return ""
}

// Replies as they really arrive: what the approver wrote is one word, everything else must go.
func TestRepliesAsTheyArrive(t *testing.T) {
	quoted := "> Permohonan PKJ-2026-0001 menunggu persetujuan.\n> Balas dengan SETUJU atau TOLAK.\n"
	bare := "Permohonan PKJ-2026-0001 menunggu persetujuan.\n\nTOLAK\n\nTerima kasih.\n"
	for name, tail := range map[string]string{
		"Gmail":                "Pada tanggal Sel, 5 Mei 2026 pukul 10.15 UKPBJ <ukpbj@badung.example> menulis:\n\n" + quoted,
		"Gmail two lines":      "Pada tanggal Sel, 5 Mei 2026 pukul 10.15 Unit Kerja Pengadaan Badung <\nukpbj@badung.example> menulis:\n\n" + quoted,
		"Gmail three lines":    "Pada tanggal Sel, 5 Mei 2026 pukul 10.15\nUnit Kerja Pengadaan Barang dan Jasa\n<ukpbj@badung.example> menulis:\n\n" + bare,
		"Gmail unmarked":       "Pada Sel, 5 Mei 2026 pukul 10.15 UKPBJ <ukpbj@badung.example> menulis:\n\n" + bare,
		"Roundcube":            "Pada 2026-05-05 10:15, UKPBJ menulis:\n" + quoted,
		"Roundcube header":     "-------- Pesan Asli --------\nJudul: Persetujuan\nTanggal: 2026-05-05 10:15\nPengirim: UKPBJ <ukpbj@badung.example>\nPenerima: a@badung.example\nLampiran: b@badung.example\n\n" + bare,
		"Roundcube bare":       "Judul: Persetujuan\nTanggal: 2026-05-05 10:15\nPengirim: UKPBJ\nPenerima: a@badung.example\n\n" + bare,
		"Thunderbird":          "UKPBJ Badung menulis:\n" + quoted,
		"Thunderbird date":     "Pada 05/05/26 10:15, UKPBJ menulis:\n" + quoted,
		"AOSP":                 "5 Mei 2026 10.15, UKPBJ <ukpbj@badung.example> menulis:\n\n" + bare,
		"AOSP forward":         "---------- Pesan Terusan----------\nDari: UKPBJ <ukpbj@badung.example>\nTanggal: 5 Mei 2026 10.15\nSubjek: Persetujuan\nKepada: a@badung.example\n\n" + bare,
		"Thunderbird forward":  "-------- Pesan Diteruskan --------\n" + bare,
		"Outlook":              "________________________________\nDari: UKPBJ <ukpbj@badung.example>\nDikirim: Selasa, 05 Mei 2026 10:15\nKepada: Admin\nCc: Kepala\nSubjek: Persetujuan\n\n" + bare,
		"Outlook without rule": "Dari: UKPBJ\nDikirim: Selasa, 05 Mei 2026 10:15\nKepada: Admin\nSubjek: Persetujuan\n\n" + bare,
		"Outlook bold":         "*Dari:* UKPBJ\n*Dikirim:* Selasa, 05 Mei 2026 10:15\n*Kepada:* Admin\n*Subjek:* Persetujuan\n\n" + bare,
		"Outlook Perihal":      "Dari: UKPBJ <ukpbj@badung.example>\nTanggal: 5 Mei 2026\nKepada: Admin\nPerihal: Persetujuan\n\n" + bare,
		"Outlook English":      "From: UKPBJ <ukpbj@badung.example>\nSent: Tuesday, May 5, 2026 10:15 AM\nTo: Admin\nSubject: Persetujuan\n\n" + bare,
		"Yahoo":                "Pada Selasa, 5 Mei 2026 10.15.30 WITA, UKPBJ <ukpbj@badung.example> menulis: \n\n" + bare,
		"Samsung":              "-------- Pesan asli --------\nDari: UKPBJ <ukpbj@badung.example>\nTanggal: 05/05/26 10.15 (GMT+08:00)\nKe: Admin\nSubjek: x\n\n" + bare,
		"iPhone":               "Dikirim dari iPhone saya\n\nPada 5 Mei 2026, pukul 10.15, UKPBJ <ukpbj@badung.example> menulis:\n\n" + quoted,
		"Outlook phone":        "Dapatkan Outlook untuk Android<https://aka.ms/x>\n" + bare,
		"Yahoo phone":          "Dikirim dari Yahoo Mail di Android\n" + bare,
		"signature":            "-- \nAdmin Agency\nTOLAK\n",
		"signature bare":       "--\nTOLAK\n",
		"marked":               quoted,
		"wrapped quote":        quoted[:len(quoted)-1] + " Atau tulis saja\nTOLAK\n> dan alasannya.\n",
		"mutt":                 "On Tue, May 05, 2026 at 10:15:00AM +0800, UKPBJ wrote:\n" + quoted,
		"dashes":               "-----\n" + bare,
	} {
		text := "SETUJU\n\n" + tail
		if own := sure(text, nil); own != "SETUJU" {
			t.Errorf("%s: own %q", name, own)
		}
		if own := sure(tail, nil); own != "" {
			t.Errorf("%s without a word of one's own: %q", name, own)
		}
		if own := sure(strings.ReplaceAll("SETUJU\n"+tail, "\n", "\r\n"), nil); own != "SETUJU" {
			t.Errorf("%s close above: own %q", name, own)
		}
	}
}

// TestWordsBelowAnUnmarkedQuote: who writes at the bottom, where the program has marked nothing, is told so and not that there
// is nothing; not a word of it is an own one.
func TestWordsBelowAnUnmarkedQuote(t *testing.T) {
	const letter = "Permohonan PKJ-2026-0001 menunggu persetujuan.\n\nTOLAK\n"
	for text, below := range map[string]bool{
		"Pada Sel, 5 Mei 2026 pukul 10.15 UKPBJ <ukpbj@badung.example> menulis:\n\n" + letter + "\nSETUJU\n":                    true,
		"Dari: UKPBJ\nDikirim: Selasa, 05 Mei 2026 10:15\nKepada: Admin\nSubjek: Persetujuan\n\n" + letter + "\nSETUJU\n":       true,
		"---------- Pesan Terusan ----------\nDari: UKPBJ <a@b.example>\nTanggal: 5 Mei 2026\nKepada: c@d.example\n\n" + letter: true,
		"Pada 5 Mei 2026 10.15, UKPBJ <ukpbj@badung.example> menulis:\n> " + strings.ReplaceAll(letter, "\n", "\n> "):           false,
		"Pada 5 Mei 2026 10.15, UKPBJ <ukpbj@badung.example> menulis:\n> Setujukah?\n\nSETUJU\n":                                false,
		"-- \nAdmin Agency\nTOLAK\n": false, "": false,
	} {
		m := parse("From: a@x.example\nContent-Type: text/plain; charset=utf-8\n\n" + text)
		if m.Below != below || below && m.Own != "" {
			t.Errorf("%q: below %v, own %q", text, m.Below, m.Own)
		}
	}
}

func TestOwnWordsStay(t *testing.T) {
	for name, text := range map[string]string{
		"Pada in prose": "Pada tanggal 5 Maret saya menulis: rapat ditunda.\nMohon disetujui.",
		"letter":        "Nomor: 900/12/UKPBJ\nSifat: Biasa\nLampiran: 3 berkas\nHal: Permohonan akun SPSE\n\nYth. Admin Agency\n\nMohon dibuatkan akun.",
		"nota dinas":    "Kepada : Yth. Kepala LPSE\nDari : Kepala Bagian PBJ\nTanggal : 5 Mei 2026\nHal : Permohonan akun SPSE\n\nMohon dibuatkan akun.",
		"No":            "No: 900/12/UKPBJ\nLampiran: 3 berkas\nPerihal: Permohonan akun SPSE\n\nMohon dibuatkan.",
		"list":          "Anggota:\n1. I Wayan Budi, S.T.\n2. Ni Luh Ayu, M.Si.\n- catatan",
		"agenda":        "Rapat besok dengan acara:\nPukul 09.00 pembukaan\nTempat: ruang Kriya",
		"greeting":      "Setuju\n\nBudi",
		"kirim":         "Dikirim dari kantor kemarin, berkasnya sudah lengkap, mohon diproses segera ya Bu.",
		"reply below":   "Selamat pagi,\nsaya setuju.",
	} {
		if own := sure(text, nil); own != text {
			t.Errorf("%s: %q", name, own)
		}
	}
	below := "Pada 5 Mei 2026 10.15, UKPBJ <ukpbj@badung.example> menulis:\n> Setujukah?\n\nSETUJU\n"
	if own := sure(below, nil); own != "SETUJU" {
		t.Errorf("reply below the quote: %q", own)
	}
}

func TestBanners(t *testing.T) {
	banners := []string{"[EKSTERNAL] Surel ini berasal dari luar instansi. Berhati-hatilah."}
	for _, text := range []string{
		banners[0] + "\n\nSETUJU",
		"[EKSTERNAL] Surel ini berasal dari luar\ninstansi.  Berhati-hatilah.\nSETUJU",
		"\n[EKSTERNAL]\n\nSETUJU",
		"CAUTION: This email originated from outside of the organization. Do not click links\nunless you know the sender.\n\nSETUJU",
		"PERINGATAN: Email ini berasal dari luar organisasi.\n\nSETUJU",
	} {
		if own := sure(text, banners); own != "SETUJU" {
			t.Errorf("%q: %q", text, own)
		}
	}
	if own := sure("Surel ini penting", banners); own != "Surel ini penting" {
		t.Errorf("no banner: %q", own)
	}
}

func TestFlowed(t *testing.T) {
	m := parse("From: a@x.example\nContent-Type: text/plain; charset=utf-8; format=flowed\n\nTOLAK berkas \nbelum lengkap\n\n> kutipan yang \n> panjang\n>\n-- \nAdmin\n")
	if m.Own != "TOLAK berkas belum lengkap" {
		t.Errorf("%q", m.Own)
	}
}

// TestOpenersOfAllLocales fills the templates that Android and Roundcube ship, with and without marks below.
func TestOpenersOfAllLocales(t *testing.T) {
	f, err := os.Open(filepath.Join(corpora, "_locale/attributions.tsv"))
	if err != nil {
		t.Skip("no corpora beside the project: ", err)
	}
	defer f.Close()
	total, missed := 0, 0
	for s := bufio.NewScanner(f); s.Scan(); {
		p := strings.Split(s.Text(), "\t")
		if len(p) < 4 || p[2] == "header_labels" || p[2] == "kind" || p[3] == "" {
			continue
		}
		if p[2] == "original" {
			p[3] = "-------- " + p[3] + " --------"
		}
		opener := strings.NewReplacer(`\n`, "\n", "{date}", "2026-05-05 10:15", "{person}", "UKPBJ <ukpbj@badung.example>", "{from}", "UKPBJ <ukpbj@badung.example>",
			"{subject}", "Persetujuan", "{to}", "a@badung.example").Replace(p[3])
		for _, below := range []string{"\nTOLAK\n", "\n> TOLAK\n"} {
			total++
			if own := sure("SETUJU\n\n"+opener+below, nil); own != "SETUJU" {
				missed++
				t.Logf("%s %s %s: %q", p[0], p[1], p[2], own)
			}
		}
	}
	t.Logf("openers of all locales: %d of %d recognised (%.1f %%)", total-missed, total, pct(total-missed, total))
	if pct(total-missed, total) < 97 {
		t.Error("floor 97 %")
	}
}

// TestCombinations puts every base text above every signature and quote of the web-ridge set.
func TestCombinations(t *testing.T) {
	dir := filepath.Join(corpora, "web-ridge+email-reply-parser/dataset")
	read := func(kind string) map[string]string {
		files, _ := filepath.Glob(filepath.Join(dir, kind, "*.txt"))
		out := map[string]string{}
		for _, f := range files {
			b, _ := os.ReadFile(f)
			out[filepath.Base(f)] = string(b)
		}
		return out
	}
	base := read("basemail")
	if len(base) == 0 {
		t.Skip("no corpora beside the project")
	}
	total, first := 0, 0
	for _, text := range base {
		for _, signature := range read("signatures") {
			for _, quote := range read("quoted_reply") {
				if strings.TrimSpace(text) == "" {
					continue
				}
				total++
				if firstWord(sure(fmt.Sprintf("%s\n\n%s\n\n%s", text, signature, quote), nil)) == firstWord(withoutQuotes(text)) {
					first++
				}
			}
		}
	}
	t.Logf("first word right in %d of %d (%.1f %%)", first, total, pct(first, total))
	if pct(first, total) < 99.5 {
		t.Error("floor 99.5 %")
	}
}

func TestHTMLOwn(t *testing.T) {
	for name, c := range map[string]struct{ html, want string }{
		"Gmail":        {`<div dir="ltr">SETUJU</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Pada Sel menulis:<br></div><blockquote>TOLAK</blockquote></div>`, "SETUJU"},
		"Apple":        {`<html><head><title>TOLAK</title><style>p{}</style></head><body>SETUJU<br><br><div>Dikirim dari iPhone saya</div><blockquote type="cite">TOLAK</blockquote></body></html>`, "SETUJU"},
		"Outlook":      {`<p class=MsoNormal>SETUJU<o:p></o:p></p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p><b>Dari:</b> UKPBJ &lt;ukpbj@badung.example&gt;<br><b>Dikirim:</b> 5 Mei 2026<br><b>Kepada:</b> Admin<br><b>Subjek:</b> x</p></div></div><p>TOLAK</p>`, "SETUJU"},
		"Outlook web":  {`<div>SETUJU</div><hr tabindex="-1"><div id="divRplyFwdMsg">Dari: x</div><div>TOLAK</div>`, "SETUJU"},
		"Thunderbird":  {`<p>SETUJU</p><div class="moz-cite-prefix">Pada 05/05/26, UKPBJ menulis:<br></div><blockquote type="cite" cite="mid:x">TOLAK</blockquote>`, "SETUJU"},
		"Yahoo":        {`<div>SETUJU</div><div id="yahoo_quoted_1" class="yahoo_quoted">TOLAK</div>`, "SETUJU"},
		"hidden":       {`<div style="display:none">TOLAK</div><p>SETUJU</p>`, "SETUJU"},
		"comment":      {`<!-- TOLAK --><![if mso]>SETUJU<script>TOLAK</script>`, "SETUJU"},
		"entities":     {`<p>&#83;ETUJU&nbsp;</p>`, "SETUJU"},
		"broken":       {`<p>SETUJU<br <b>`, "SETUJU"},
		"unclosed":     {`SETUJU<blockquote>TOLAK`, "SETUJU"},
		"split word":   {`<p>SE<b>TU</b>JU</p>`, "SETUJU"},
		"two lines":    {`<div>TOLAK berkas   kurang</div><div>lengkapi</div>`, "TOLAK berkas kurang\nlengkapi"},
		"table":        {`<table><tr><td>Nama</td><td>NIP</td></tr><tr><td>Budi</td><td>1980</td></tr></table>`, "Nama NIP\nBudi 1980"},
		"less than":    {`1 < 2`, "1 < 2"},
		"endless tag":  {`SETUJU<a href="`, "SETUJU"},
		"nested quote": {`SETUJU<blockquote>a<blockquote>b</blockquote>TOLAK</blockquote>`, "SETUJU"},
	} {
		if own, _, _ := stripQuotes(htmlText(c.html, 1<<20), nil, 1<<20, true); own != c.want {
			t.Errorf("%s: %q, want %q", name, own, c.want)
		}
	}
}

func TestAutomationMarks(t *testing.T) {
	for header, want := range map[string]string{
		"Auto-Submitted: auto-replied":                "auto-submitted",
		"Auto-Submitted: auto-generated (vacation)":   "auto-submitted",
		"Auto-Submitted: No":                          "",
		"Auto-Submitted: no (manual)":                 "",
		"Precedence: bulk":                            "precedence",
		"Precedence: first-class":                     "",
		"List-Id: <pokja.badung.example>":             "list",
		"X-Autoreply: yes":                            "auto-reply-field",
		"X-Auto-Response-Suppress: All":               "",
		"Return-Path: <>":                             "null-return-path",
		"Return-Path: <a@x.example>":                  "",
		"Content-Type: multipart/report; boundary=b":  "report",
		"Subject: Balasan otomatis: Persetujuan":      "auto-reply-subject",
		"Subject: Di luar kantor":                     "auto-reply-subject",
		"Subject: Sedang cuti s.d. 8 Mei":             "auto-reply-subject",
		"Subject: Automatic reply: Persetujuan":       "auto-reply-subject",
		"Subject: Out of Office: x":                   "auto-reply-subject",
		"Subject: Abwesenheitsnotiz":                  "auto-reply-subject",
		"Subject: Re: [PKJ-2026-0001] Persetujuan":    "",
		"Subject: Permohonan cuti":                    "",
		"Subject: Permohonan akun Pokja di luar kota": "",
	} {
		m := parse("From: a@x.example\n" + header + "\n\nSETUJU\n")
		if got := strings.Join(m.Automation, " "); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

func FuzzStripQuotes(f *testing.F) {
	f.Add("SETUJU\n\nPada 5 Mei 2026 10.15, UKPBJ <a@b.example> menulis:\n> TOLAK\n", "[EKSTERNAL]")
	f.Add("Dari: a\nDikirim: b\nKepada: c\n\nx", "")
	f.Add("<p>SETUJU<blockquote>x", "")
	f.Fuzz(func(t *testing.T, text, banner string) {
		own, _, _ := stripQuotes(text, []string{banner}, DefaultLimits().OwnBytes, false)
		for l := range strings.SplitSeq(own, "\n") {
			if strings.HasPrefix(strings.TrimLeft(l, " \t"), ">") {
				t.Errorf("a quoted line is own: %q", l)
			}
		}
		htmlText(text, 1<<20)
	})
}

func FuzzParse(f *testing.F) {
	f.Add(requestMail("\r\n", 5000))
	f.Add([]byte("From: a@b.example\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/html\n\n<p>x\n--a--\n"))
	f.Add([]byte("From: =?utf-8?q?a?= <a@b.example>\nSubject: =?x?b?a?=\n\n> x"))
	f.Add([]byte("From: MAILER-DAEMON\nSubject: failure notice\nContent-Type: multipart/report; report-type=delivery-status; boundary=a\n\n--a\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\n--a--\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Parse(raw, DefaultLimits(), nil)
		if m.has("parser-panic") {
			t.Fatalf("%v", m.Problems)
		}
		for _, a := range m.Files {
			checkName(t, "fuzz", a.Name)
		}
		if a, reason := m.SoleFrom(); reason == "" && (!ascii(a.Addr) || strings.Count(a.Addr, "@") != 1) {
			t.Fatalf("%q", a.Addr)
		}
		sameLeaves(t, "fuzz", raw)
	})
}

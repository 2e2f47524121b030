package statuspage

import (
	"encoding/base64"
	"flag"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ask(t testing.TB, h http.Handler, method, host, path string, head ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "http://"+host+path, nil)
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func get(t testing.TB, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, h, "GET", "127.0.0.1:8025", path)
}

func TestOnlyReadingOnlyHere(t *testing.T) {
	h := handler(t, office(3), func(o *Options) {
		o.Metrics, o.Hosts = NewMetrics("test").Gatherer(), []string{"status.kantor.example"}
	})
	for _, path := range []string{"/", "/cases/PKJ-2026-0001", "/healthz", "/readyz", "/metrics"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "X"} {
			if w := ask(t, h, method, "localhost", path); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
		for _, host := range []string{"evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8025", "192.0.2.1", "10.0.0.1:80", "[2001:db8::1]:80"} {
			if w := ask(t, h, "GET", host, path); w.Code != http.StatusMisdirectedRequest || strings.Contains(w.Body.String(), "PKJ") {
				t.Errorf("host %s %s: %d", host, path, w.Code)
			}
		}
		for _, host := range []string{"localhost", "LOCALHOST:8025", "127.0.0.1:8025", "[::1]:8025", "127.8.8.8", "status.kantor.example"} {
			w := ask(t, h, "GET", host, path)
			if w.Code != http.StatusOK {
				t.Errorf("host %s %s: %d", host, path, w.Code)
			}
			for field, want := range map[string]string{"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
				if w.Header().Get(field) != want {
					t.Errorf("%s: %s is %q", path, field, w.Header().Get(field))
				}
			}
			csp := w.Header().Get("Content-Security-Policy")
			if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") || strings.Count(csp, "script-src 'sha256-") != 1 {
				t.Errorf("%s: %s", path, csp)
			}
		}
		if w := ask(t, h, "HEAD", "localhost", path); w.Code != http.StatusOK {
			t.Errorf("HEAD %s: %d", path, w.Code)
		}
	}
	if w := ask(t, h, "HEAD", "localhost", "/"); w.Body.Len() != 0 || w.Header().Get("Content-Length") == "" {
		t.Error("HEAD with a body")
	}
}

func TestNothingPrivate(t *testing.T) {
	for _, status := range sop.Statuses {
		c, events := sample(1, status)
		c.Held, c.Outcome = "menunggu made.yasa@tirtawana.example dan Ni Luh Gede Armini", "ditolak: NIP 19860926 201505 1 061"
		h := handler(t, books{cases: []sop.Case{c}, events: map[string][]sop.Event{c.Number: events},
			health: []HealthItem{{Name: "smtp", Text: "550 made.yasa@tirtawana.example"}}}, nil)
		for _, path := range []string{"/", "/cases/PKJ-2026-0001", "/readyz", "/healthz"} {
			body := get(t, h, path).Body.String()
			for _, word := range private() {
				if strings.Contains(strings.ToLower(body), strings.ToLower(word)) {
					t.Errorf("%s %s shows %q", status, path, word)
				}
			}
		}
		// control: the page does speak of these people
		body := get(t, h, "/cases/PKJ-2026-0001").Body.String()
		for _, word := range []string{"I Made Y. A.", "Ni Luh G. A.", "••• 1061", "m•••@tirtawana.example", status.Label(), "Perjalanan kasus", "Penyimpangan", "atas nama Ida Bagus A. A. (penyetuju)", "untuk I Gusti N. S.</p>"} {
			if !strings.Contains(body, word) {
				t.Errorf("%s: %q is not on the page", status, word)
			}
		}
	}
}

func TestShort(t *testing.T) {
	for name, want := range map[string]string{
		"I Made Yasa Artawan, S.T.": "I Made Y. A.", "Ni Luh Gede Armini": "Ni Luh G. A.", "Dr. Ir. Bambang Prasetyo, M.T.": "Bambang P.",
		"Ida Bagus Suparta": "Ida Bagus S.", "Drs. I Gusti Ngurah Astawa": "I Gusti N. A.", "Suharto": "Suh…", "": "", "  ": "", ",": "", "Dr.": "Dr.", "Cokorda Istri Ayu": "Cokorda I. A.",
	} {
		if got := short(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestScrub(t *testing.T) {
	for text, want := range map[string]string{
		"kirim ke <budi.s@kantor.example>, ya":             "kirim ke b•••@kantor.example, ya",
		"NIP 198609262015051061 dan 19860926 201505 1 061": "NIP ••• 1061 dan ••• 1061",
		"kode 7KQF3M berlaku":                              "kode ••• berlaku",
		"SETUJU 7KQF3M":                                    "SETUJU •••",
		"kata sandi: Rahasia!9":                            "kata sandi: •••",
		"PKJ-2026-0001, 800/222/PBJ/2026":                  "PKJ-2026-0001, 800/222/PBJ/2026",
		"18 TAHUN 2026 pada 2026-05-04 09.30":              "18 TAHUN 2026 pada 2026-05-04 09.30",
		"since 2026-11-30 16:16:04":                        "since 2026-11-30 16:16:04",
		"since 2026-11-30T16:16:04Z: refused":              "since 2026-11-30T16:16:04Z: refused",
		"UID 1796058000-12: 0812-3456-7890":                "UID 1796058000-12: ••• 7890",
		"telepon 0812-3456-7890":                           "telepon ••• 7890",
		"telepon 0812-34-56 78.90":                         "telepon ••• 7890",
		"Surat KEDUA untuk ANGGOTA dikirim ulang":          "Surat KEDUA untuk ANGGOTA dikirim ulang",
	} {
		if got := scrub(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		local := rapid.StringMatching(`[a-z0-9._+-]{4,20}`).Draw(t, "local")
		nip := rapid.StringMatching(`[0-9]{18}`).Draw(t, "nip")
		around := rapid.StringMatching(`[a-z ,.:;()"<>]{0,10}`)
		text := around.Draw(t, "a") + " " + local + "@kantor.example " + around.Draw(t, "b") + nip + around.Draw(t, "c")
		if got := scrub(text); strings.Contains(got, local+"@") || strings.Contains(got, nip) {
			t.Fatalf("%q: %q", text, got)
		}
	})
}

// wellFormed checks that the page has one tree and none of what others put into it.
func wellFormed(t *testing.T, body string) {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			if n.Data == "script" && (n.FirstChild == nil || !strings.HasPrefix(n.FirstChild.Data, "(function () {")) || n.Data == "img" || n.Data == "iframe" {
				t.Errorf("<%s> on the page", n.Data)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
					t.Errorf("attribute %s of <%s>", a.Key, n.Data)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(tree)
}

func TestHostileWords(t *testing.T) {
	c := hostile(1)
	evil := c.Held
	h := handler(t, books{cases: []sop.Case{c}, events: map[string][]sop.Event{c.Number: {{At: noon(), Kind: evil, Actor: evil, Reason: evil, Text: evil}}},
		health: []HealthItem{{Name: evil, Text: evil}}}, func(o *Options) { o.OfficeName = evil[:100] })
	for _, path := range []string{"/", "/cases/PKJ-2026-0001"} {
		w := get(t, h, path)
		if w.Code != http.StatusOK || w.Body.Len() > 100_000 {
			t.Errorf("%s: %d, %d bytes", path, w.Code, w.Body.Len())
		}
		wellFormed(t, w.Body.String())
	}
}

func TestAnswers(t *testing.T) {
	h := handler(t, office(3), nil)
	for path, code := range map[string]int{"/": 200, "/cases/PKJ-2026-0002": 200, "/cases/PKJ-2026-9999": 404, "/cases/..%2f..": 404, "/cases/a b": 404,
		"/x": 404, "/metrics": 404, "/cases/?nomor=pkj-2026-0001": 303, "/cases/?nomor=//evil": 404, "/cases/": 404, "/?n=-1": 200, "/?n=x": 200} {
		if w := get(t, h, strings.ReplaceAll(path, " ", "%20")); w.Code != code {
			t.Errorf("%s: %d, want %d", path, w.Code, code)
		}
	}
	if to := get(t, h, "/cases/?nomor=%20pkj-2026-0001").Header().Get("Location"); to != "/cases/PKJ-2026-0001" {
		t.Error(to)
	}
	broken := handler(t, books{err: errBooks}, nil)
	for _, path := range []string{"/", "/cases/PKJ-2026-0001"} {
		if w := get(t, broken, path); w.Code != 503 || strings.Contains(w.Body.String(), "ukpbjd.db") || strings.Contains(w.Body.String(), "made.yasa") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestManyCases(t *testing.T) {
	h := handler(t, office(700), nil)
	for path, want := range map[string]int{"/": defaultCases, "/?n=500": 500, "/?n=99999": maxCases, "/?n=3": 3} {
		body := get(t, h, path).Body.String()
		if got := strings.Count(body, `<td class="n"><a href="/cases/`); got != want {
			t.Errorf("%s: %d cases", path, got)
		}
		wellFormed(t, body)
	}
}

func TestHealth(t *testing.T) {
	good := handler(t, office(1), nil)
	bad := handler(t, books{health: []HealthItem{{Name: "store", OK: true}, {Name: "imap", Text: "tidak tersambung sejak 09.30"}}}, nil)
	hang := make(chan struct{})
	stuck := handler(t, books{hang: hang}, func(o *Options) { o.Timeout = 20 * time.Millisecond })
	for _, x := range []struct {
		h          http.Handler
		path, says string
		code       int
	}{{good, "/healthz", "ok    ukpbjd", 200}, {good, "/readyz", "ok    imap: terhubung", 200}, {bad, "/healthz", "ok", 200},
		{bad, "/readyz", "FAULT imap: tidak tersambung sejak 09.30", 503}, {stuck, "/healthz", "tidak menjawab", 503}, {stuck, "/readyz", "tidak menjawab", 503}} {
		if w := get(t, x.h, x.path); w.Code != x.code || !strings.Contains(w.Body.String(), x.says) {
			t.Errorf("%s: %d %s", x.path, w.Code, w.Body)
		}
	}
	close(hang)
	w := ask(t, bad, "GET", "localhost", "/readyz", "Accept", "application/json")
	if w.Code != 503 || !strings.Contains(w.Body.String(), `"ok":false`) || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if body := get(t, bad, "/").Body.String(); !strings.Contains(body, "Gangguan sistem") || !strings.Contains(body, "tidak tersambung") {
		t.Error("the first page does not say what is wrong")
	}
}

func TestMetrics(t *testing.T) {
	m := NewMetrics("v0")
	m.Message("obeyed")
	m.Letter(sop.Kredensial, "accepted", 40*time.Millisecond)
	m.Letter("made.yasa@kantor.example", "failed", time.Second)
	m.Task(sop.TaskShred, "done")
	m.Deviation("waktu")
	m.Cases(map[sop.Status]int{sop.Done: 4})
	m.Outbox("queued", 7)
	m.Waiting(2)
	m.Commit(3*time.Millisecond, 12)
	m.Read(10 * time.Millisecond)
	m.Progress(time.Unix(1_700_000_000, 0))
	h := handler(t, office(1), func(o *Options) { o.Metrics = m.Gatherer() })
	body := get(t, h, "/metrics").Body.String()
	for _, line := range []string{`ukpbjd_messages_total{outcome="obeyed"} 1`, `ukpbjd_letters_total{kind="kredensial",outcome="accepted"} 1`,
		`ukpbjd_letters_total{kind="other",outcome="failed"} 1`, `ukpbjd_tasks_total{kind="shred",outcome="done"} 1`, `ukpbjd_deviations_total{kind="waktu"} 1`,
		`ukpbjd_cases{status="selesai"} 4`, `ukpbjd_outbox_letters{state="queued"} 7`, `ukpbjd_tasks_waiting 2`, `ukpbjd_commit_seconds_count 1`, `ukpbjd_commit_inputs_sum 12`,
		`ukpbjd_last_progress_timestamp_seconds 1.7e+09`, `ukpbjd_build_info{version="v0"} 1`, "ukpbjd_go_goroutines"} {
		if !strings.Contains(body, line+"\n") && !strings.Contains(body, line+" ") {
			t.Errorf("no %s in\n%s", line, body[:min(len(body), 3000)])
		}
	}
	for line := range strings.SplitSeq(body, "\n") {
		if line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "ukpbjd_") {
			t.Errorf("foreign name: %s", line)
		}
	}
	if strings.Contains(body, "yasa") {
		t.Error("a person in a label")
	}
}

func TestDays(t *testing.T) {
	at := noon().In(makassar())
	cases := []sop.Case{{Opened: at}, {Opened: at.Add(-13 * time.Hour)}, {Opened: at.AddDate(0, 0, -13), Closed: at}, {Opened: at.AddDate(0, 0, -14)}, {Opened: at.AddDate(0, 0, 1)}}
	d, top := days(cases, at)
	if top != 1 || d[13].Opened != 1 || d[12].Opened != 1 || d[0].Opened != 1 || d[13].Closed != 1 || d[0].Name != "2 Mei" || d[13].Name != "15 Mei" {
		t.Errorf("%+v", d)
	}
}

func FuzzScrub(f *testing.F) {
	f.Add("NIP 19860926 201505 1 061 <a@b.example> kode 7KQF3M \xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := scrub(s)
		if len(got) > 3000 {
			t.Errorf("%d bytes", len(got))
		}
		short(s)
	})
}

func BenchmarkIndex(b *testing.B) {
	h := handler(b, office(500), nil)
	for b.Loop() {
		get(b, h, "/?n=500")
	}
}

// TestPassword: where one is set it is asked for everywhere but at /healthz, and no other one opens.
func TestPassword(t *testing.T) {
	h := handler(t, office(1), func(o *Options) {
		o.Metrics, o.Password = NewMetrics("test").Gatherer(), secret.New([]byte("kata-sandi-contoh"))
	})
	sign := func(password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte("siapa:"+password))
	}
	for _, path := range []string{"/", "/cases/PKJ-2026-0001", "/readyz", "/metrics"} {
		for _, password := range []string{"", "kata-sandi-lain", "kata-sandi-contoh "} {
			if w := ask(t, h, "GET", "localhost", path, "Authorization", sign(password)); w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" || strings.Contains(w.Body.String(), "PKJ") {
				t.Errorf("%s with %q: %d", path, password, w.Code)
			}
		}
		if w := get(t, h, path); w.Code != http.StatusUnauthorized {
			t.Errorf("%s without one: %d", path, w.Code)
		}
		if w := ask(t, h, "GET", "localhost", path, "Authorization", sign("kata-sandi-contoh")); w.Code == http.StatusUnauthorized {
			t.Errorf("%s with the right one: %d", path, w.Code)
		}
	}
	if w := get(t, h, "/healthz"); w.Code != http.StatusOK {
		t.Errorf("/healthz: %d", w.Code)
	}
}

package statuspage

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/sop"
)

// TestFilter: cases are found by status, condition, month, number and the names that the page shows, and by no name that it does not.
func TestFilter(t *testing.T) {
	b := office(60)
	b.cases[5].Held = "operator"
	b.cases[5].Status, b.cases[5].Closed = sop.AwaitingApproval, time.Time{}
	h := handler(t, b, nil)
	in := func(want func(sop.Case) bool) (n int) {
		for _, c := range b.cases {
			if want(c) {
				n++
			}
		}
		return n
	}
	month := func(c sop.Case) string { return c.Opened.In(makassar()).Format("2006-01") }
	for query, want := range map[string]int{
		"": 60, "status=selesai": in(func(c sop.Case) bool { return c.Status == sop.Done }), "status=terbuka": in(func(c sop.Case) bool { return !c.Status.Closed() }),
		"status=ditahan": 1, "status=penyimpangan": in(func(c sop.Case) bool { return len(c.Deviations) > 0 }),
		"status=terlambat": in(func(c sop.Case) bool { return !c.Status.Closed() && noon().After(c.Due) }),
		"bulan=2026-05":    in(func(c sop.Case) bool { return month(c) == "2026-05" }), "bulan=2026-04": in(func(c sop.Case) bool { return month(c) == "2026-04" }),
		"cari=pkj-2026-0007": 1, "cari=made+y.": 60, "cari=Ni+Putu+D.": 60, "cari=Yasa+Artawan": 0, "cari=198609262015051061": 0, "cari=dewi%40": 0,
		"status=selesai&cari=0001&bulan=2026-04": in(func(c sop.Case) bool {
			return c.Number == "PKJ-2026-0001" && c.Status == sop.Done && month(c) == "2026-04"
		}),
		"status=%22%3E%3Cscript%3E": 0, "bulan=x": 0,
	} {
		w := get(t, h, "/?"+query)
		body := w.Body.String()
		_, list, _ := strings.Cut(body, `id="daftar"`)
		list, _, _ = strings.Cut(list, `id="penyimpangan"`)
		if got := strings.Count(list, `<td class="n"><a href="/cases/`); w.Code != http.StatusOK || got != want {
			t.Errorf("%s: %d cases, want %d", query, got, want)
		}
		if want == 0 && !strings.Contains(body, "Tidak ada kasus yang sesuai") {
			t.Errorf("%s: the page does not say that nothing fits", query)
		}
		wellFormed(t, body)
	}
	if in(func(c sop.Case) bool { return month(c) == "2026-04" }) == 0 {
		t.Error("the example has no month before")
	}
	if body := get(t, h, "/?status=ditahan&cari=pkj&bulan="+b.cases[5].Opened.In(makassar()).Format("2006-01")).Body.String(); !strings.Contains(body, `value="ditahan" selected`) ||
		!strings.Contains(body, `name="cari" type="search" value="pkj"`) || !strings.Contains(body, b.cases[5].Number) {
		t.Error("the filter does not show what it was set to")
	}
	many := get(t, handler(t, office(700), nil), "/?"+url.Values{"cari": {"i made"}, "status": {"terbuka"}}.Encode()).Body.String()
	if !strings.Contains(many, "di antara 500 kasus terbaru") {
		t.Error("the page does not say that older cases were not looked at")
	}
}

// TestWaitingAndDeviations: what waits for a person, and the newest deviations, with nobody named in full.
func TestWaitingAndDeviations(t *testing.T) {
	waiting := []letter.Waiting{
		{What: "mail", ID: "1796058000-12", Case: "PKJ-2026-0002", At: noon(), From: "made.yasa@tirtawana.example", Subject: "NIP 198609262015051061 Yasa Artawan", Text: "Sebuah surel ditahan.", Remedy: "Lihat dengan ukpbjd queue."},
		{What: "case", ID: "PKJ-2026-0003", Case: "PKJ-2026-0003", Why: "Ni Luh Gede Armini (gagal)", Text: "SEBUAH-KASUS"},
		{What: "aside", ID: "archive/x", Why: "made.yasa@tirtawana.example", Text: "Sesuatu dikesampingkan."},
	}
	h := handler(t, office(9), func(o *Options) {
		o.Waiting = func(context.Context) ([]letter.Waiting, error) { return waiting, nil }
	})
	body := get(t, h, "/").Body.String()
	for _, want := range []string{"Menunggu seseorang", "1796058000-12", "Sebuah surel ditahan. Lihat dengan ukpbjd queue.", "m•••@tirtawana.example", "Sesuatu dikesampingkan", "Penyimpangan terbaru", "SOP 2.1", "4 jam"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, word := range append(private(), "SEBUAH-KASUS") {
		if strings.Contains(body, word) {
			t.Errorf("the page shows %q", word)
		}
	}
	wellFormed(t, body)
}

// TestChanges: an open page is told of a change, and of nothing else; without a number nothing is told, and streams are bounded.
func TestChanges(t *testing.T) {
	var lines atomic.Int64
	asked := make(chan struct{}, 1000)
	h := handler(t, office(3), func(o *Options) {
		o.LookEvery = time.Millisecond
		o.Version = func(context.Context) (int64, error) {
			select {
			case asked <- struct{}{}:
			default:
			}
			return lines.Load(), nil
		}
	})
	srv := httptest.NewServer(h)
	defer srv.Close()
	open := func(known string) (*http.Response, *bufio.Reader, context.CancelFunc) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "GET", srv.URL+"/perubahan", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Last-Event-ID", known)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return res, bufio.NewReader(res.Body), cancel
	}
	event := func(r *bufio.Reader) (text string) {
		t.Helper()
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if line == "\n" {
				return text
			}
			text += line
		}
	}
	res, in, end := open("")
	if first := event(in); strings.Contains(first, "data:") || !strings.Contains(first, "id: 0-") || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%q %v", first, res.Header)
	}
	for range 20 { // it looks, and says nothing
		<-asked
	}
	lines.Store(7)
	if next := event(in); !strings.Contains(next, "data: baru\n") || !strings.Contains(next, "id: 7-") {
		t.Errorf("%q", next)
	}
	end()
	res.Body.Close()
	res, in, end = open("3-1") // it was away meanwhile
	if next := event(in); !strings.Contains(next, "data: baru\n") {
		t.Errorf("%q", next)
	}
	end()
	res.Body.Close()
	pages := map[string]bool{"/": true, "/cases/PKJ-2026-0009": false} // the last is not there
	for _, c := range office(3).cases {
		pages["/cases/"+c.Number] = !c.Status.Closed()
	}
	for path, want := range pages {
		body := get(t, h, path).Body.String()
		if strings.Contains(body, "new EventSource") != want || strings.Contains(body, `http-equiv="refresh"`) {
			t.Errorf("%s: live is not %v", path, want)
		}
	}
	still := handler(t, office(3), nil)
	if w := get(t, still, "/perubahan"); w.Code != http.StatusNotFound || strings.Contains(get(t, still, "/").Body.String(), "<script>") {
		t.Errorf("%d without a number", w.Code)
	}
	var ends []func()
	for range maxStreams {
		res, in, end := open("")
		event(in)
		ends = append(ends, func() { end(); res.Body.Close() })
	}
	if res, _, end := open(""); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%d: one stream too many", res.StatusCode)
		end()
	} else {
		end()
		res.Body.Close()
	}
	for _, end := range ends {
		end()
	}
	http.DefaultClient.CloseIdleConnections()
}

package statuspage

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"ukpbjd/internal/sop"
)

// browser starts a headless chromium that gathers every complaint of its console.
func browser(t *testing.T) (ctx context.Context, complaints func() []string) {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if os.Getenv("UKPBJD_REAL") == "1" {
			t.Fatal("chromium is wanted")
		}
		t.Skip("chromium is not installed")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute))
	ctx, stop := context.WithTimeout(t.Context(), 8*time.Minute)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	var mu sync.Mutex
	var said []string
	err := chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := ev.(type) {
		case *log.EventEntryAdded:
			said = append(said, fmt.Sprintf("%v: %s", e.Entry.Level, e.Entry.Text))
		case *runtime.EventExceptionThrown:
			said = append(said, "exception "+e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			said = append(said, fmt.Sprint("console ", e.Type))
		}
	})
	if err == nil {
		_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), said...)
	}
}

func TestPagesInABrowser(t *testing.T) {
	full := office(500)
	full.cases = append([]sop.Case{hostile(9999)}, full.cases...)
	srv := httptest.NewServer(handler(t, full, nil))
	defer srv.Close()
	empty := httptest.NewServer(handler(t, office(0), nil))
	defer empty.Close()
	ctx, complaints := browser(t)

	for _, x := range []struct{ url, says string }{{srv.URL + "/", "Perlu perhatian"}, {srv.URL + "/?n=500", "PKJ-2026-0002"}, {empty.URL + "/", "Belum ada permintaan"},
		{srv.URL + "/cases/PKJ-2026-0007", "Perjalanan kasus"}, {srv.URL + "/cases/PKJ-2026-9999", "Perlu diperiksa"}} {
		for _, width := range []int64{1200, 390} {
			must(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(x.url)))
			text := look(t, ctx, chromedp.Evaluate[string]("document.body.innerText"))
			background := look(t, ctx, chromedp.Evaluate[string]("getComputedStyle(document.querySelector('header')).backgroundColor"))
			page := look(t, ctx, chromedp.Evaluate[int64]("document.documentElement.scrollWidth"))
			view := look(t, ctx, chromedp.Evaluate[int64]("window.innerWidth"))
			if !strings.Contains(text, x.says) {
				t.Errorf("%s does not say %q", x.url, x.says)
			}
			if background != "rgb(31, 111, 92)" {
				t.Errorf("%s: the style was not taken, header is %s", x.url, background)
			}
			if page > view || view != width {
				t.Errorf("%s at %d px is %d wide", x.url, view, page)
			}
		}
	}
	must(t, chromedp.Do(ctx, chromedp.Navigate(srv.URL+"/"), chromedp.SendKeys(chromedp.CSS("input[name=nomor]"), "pkj-2026-0003\r"),
		chromedp.WaitVisible(chromedp.CSS(".time"))))
	if at := look(t, ctx, chromedp.Location()); !strings.HasSuffix(at, "/cases/PKJ-2026-0003") {
		t.Errorf("search led to %s", at)
	}
	if list := complaints(); len(list) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(list, "\n"))
	}
	// control: it does complain where there is something to complain about
	must(t, chromedp.Do(ctx, chromedp.Navigate(srv.URL+"/cases/PKJ-0000-0000")))
	until(t, "a complaint about a missing page", func() bool { return len(complaints()) > 0 })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func look[T any](t *testing.T, ctx context.Context, a chromedp.Action[T]) T {
	t.Helper()
	got, err := chromedp.Run(ctx, a)
	must(t, err)
	return got
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late:
			t.Fatalf("waited too long for %s", what)
		case <-tick.C:
		}
	}
}

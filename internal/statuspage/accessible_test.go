package statuspage

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/sop"
)

// faint gives what of the page's text stands out too little from what is behind it (WCAG 2.1, 1.4.3: 4.5, or 3 for large text).
const faint = `(() => {
  const lum = c => { const f = c.map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const rgb = s => (s.match(/[\d.]+/g) || []).map(Number);
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] === 1) return c.slice(0, 3); } return [255, 255, 255]; };
  const out = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; n = walk.nextNode();) {
    const e = n.parentElement, s = getComputedStyle(e);
    if (!n.data.trim() || s.visibility === 'hidden' || !e.getClientRects().length || e.closest('script,style,title')) continue;
    const a = lum(rgb(e.closest('svg') ? s.fill : s.color)), b = lum(behind(e)), size = parseFloat(s.fontSize);
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05), large = size >= 24 || size >= 18.66 && s.fontWeight >= 700;
    if (ratio < (large ? 3 : 4.5)) out.add(n.data.trim().slice(0, 40) + ' ' + ratio.toFixed(2));
  }
  return [...out].join('; ');
})()`

// unnamed gives what a keyboard reaches and a screen reader cannot name, pictures without words, tables without headings and ids that are there twice.
const unnamed = `(() => {
  const out = [];
  for (const e of document.querySelectorAll('a, button, input, select, [tabindex="0"]')) {
    const name = e.getAttribute('aria-label') || e.textContent.trim() || e.labels && e.labels.length && e.labels[0].textContent.trim();
    if (!name) out.push('no name: ' + e.outerHTML.slice(0, 80));
  }
  for (const e of document.querySelectorAll('img:not([alt]), svg:not([aria-hidden]):not([role=img])')) if (!e.closest('.legend')) out.push('no words: ' + e.outerHTML.slice(0, 80));
  for (const e of document.querySelectorAll('th:not([scope])')) out.push('no scope: ' + e.textContent);
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  for (const id of ids) if (ids.filter(x => x === id).length > 1) out.push('twice: ' + id);
  if (document.querySelectorAll('h1').length !== 1 || !document.querySelector('main') || document.documentElement.lang !== 'id') out.push('no h1, main or language');
  return out.join('; ');
})()`

// TestForEverybody: in light and dark, on a desktop and a phone, text can be read and everything has a name; axe-core, where UKPBJD_AXE names its file, finds nothing.
func TestForEverybody(t *testing.T) {
	b := office(40)
	b.health = append(b.health, HealthItem{Name: "smtp", Text: "tidak tersambung"})
	h := handler(t, b, func(o *Options) {
		o.Version = func(context.Context) (int64, error) { return 1, nil }
		o.Waiting = func(context.Context) ([]letter.Waiting, error) {
			return []letter.Waiting{{What: "mail", ID: "1796058000-12", At: noon(), From: "made@kantor.example", Text: "Sebuah surel ditahan.", Remedy: "Lihat dengan ukpbjd queue."}}, nil
		}
		o.Replies = func(context.Context) ([]Reply, error) {
			return []Reply{{Name: "Ni Luh Contoh", At: noon(), Reach: "standard", Needs: "strict"}}, nil
		}
	})
	srv := httptest.NewServer(h)
	defer srv.Close()
	defer srv.CloseClientConnections() // a page that is open listens
	ctx, _ := browser(t)
	axe, err := os.ReadFile(os.Getenv("UKPBJD_AXE"))
	if err != nil {
		t.Log("UKPBJD_AXE names no axe.min.js: only contrast and names are looked at")
	}
	for _, path := range []string{"/", "/?status=terlambat&cari=made", "/?cari=tidak-ada", "/cases/PKJ-2026-0007", "/cases/PKJ-0000-0000"} {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1200, 390} {
				if scheme == "dark" && width == 390 {
					continue // its colours are those of the desktop, its shape that of the light one
				}
				_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
				must(t, err)
				must(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(srv.URL+path)))
				if got := look(t, ctx, chromedp.Evaluate[string](faint)); got != "" {
					t.Errorf("%s, %s, %d px: too faint: %s", path, scheme, width, got)
				}
				if got := look(t, ctx, chromedp.Evaluate[string](unnamed)); got != "" {
					t.Errorf("%s, %s, %d px: %s", path, scheme, width, got)
				}
				if page := look(t, ctx, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); page > width {
					t.Errorf("%s at %d px is %d wide", path, width, page)
				}
				if axe != nil && scheme == "light" { // colours are looked at above
					must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](string(axe)+";window.said=undefined;axe.run().then(r=>{window.said=r.violations.map(v=>v.id+': '+v.nodes.map(n=>n.html.slice(0,90)).join(' | ')).join('\\n')});0")))
					until(t, "axe-core", func() bool { return look(t, ctx, chromedp.Evaluate[bool]("window.said !== undefined")) })
					if got := look(t, ctx, chromedp.Evaluate[string]("window.said")); got != "" {
						t.Errorf("%s, %s, %d px: axe-core: %s", path, scheme, width, got)
					}
				}
				if dir := os.Getenv("UKPBJD_PICTURES"); dir != "" {
					name := strings.NewReplacer("/", "_", "?", "_", "&", "_").Replace(path) + "-" + scheme + map[bool]string{true: "-phone", false: ""}[width < 500] + ".png"
					must(t, os.WriteFile(filepath.Join(dir, name), look(t, ctx, chromedp.FullScreenshot(100)), 0o600))
				}
			}
		}
	}
	// control: what has the colour of its ground is found
	must(t, chromedp.Do(ctx, chromedp.Navigate(srv.URL+"/"), chromedp.Evaluate[chromedp.Void]("document.querySelector('h1').style.color=getComputedStyle(document.body).backgroundColor;document.querySelector('.filter button').textContent='';0")))
	if look(t, ctx, chromedp.Evaluate[string](faint)) == "" || look(t, ctx, chromedp.Evaluate[string](unnamed)) == "" {
		t.Error("what cannot be read or named is not found")
	}
}

// TestLive: a page that is open shows what is new without being loaded again; what a person has typed, and where they are, stays.
func TestLive(t *testing.T) {
	var lines atomic.Int64
	b := &changing{books: office(3)}
	h := handler(t, b, func(o *Options) {
		o.LookEvery = 5 * time.Millisecond
		o.Version = func(context.Context) (int64, error) { return lines.Load(), nil }
	})
	srv := httptest.NewServer(h)
	defer srv.Close()
	defer srv.CloseClientConnections() // a page that is open listens
	ctx, complaints := browser(t)
	told := func(text string) bool {
		return strings.Contains(look(t, ctx, chromedp.Evaluate[string]("document.body.innerText")), text)
	}
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(1200, 900), chromedp.Navigate(srv.URL+"/")))
	until(t, "the script", func() bool { return told("diperbarui dengan sendirinya") })
	must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void]("window.same=true;document.querySelector('[name=cari]').value='setengah';document.querySelector('#daftar a.n, #daftar .n a').focus();0")))
	held := look(t, ctx, chromedp.Evaluate[string]("document.activeElement.getAttribute('href')"))
	if told("PKJ-2026-0500") || held == "" {
		t.Fatal("the case is there before it is opened, or nothing is held")
	}
	until(t, "the stream", func() bool { return b.asked.Load() > 0 })
	c, _ := sample(500, "menunggu-persetujuan")
	b.more.Store(&c)
	lines.Add(1)
	until(t, "the new case", func() bool { return told("PKJ-2026-0500") })
	for script, want := range map[string]string{"String(window.same)": "true", "document.querySelector('[name=cari]').value": "setengah", "document.activeElement.getAttribute('href')": held} {
		if got := look(t, ctx, chromedp.Evaluate[string](script)); got != want {
			t.Errorf("%s: %q, want %q", script, got, want)
		}
	}
	must(t, chromedp.Do(ctx, chromedp.Navigate("about:blank")))
	if list := complaints(); len(list) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(list, "\n"))
	}
}

// changing is an office in which one more case is opened.
type changing struct {
	books
	more  atomic.Pointer[sop.Case]
	asked atomic.Int64
}

func (c *changing) Recent(ctx context.Context, limit int) ([]sop.Case, error) {
	c.asked.Add(1)
	cases, err := c.books.Recent(ctx, limit)
	if m := c.more.Load(); m != nil {
		cases = append([]sop.Case{*m}, cases...)
	}
	return cases, err
}

package statuspage

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	defaultCases = 100
	maxCases     = 500
)

func (p *page) index(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), p.Timeout)
	defer cancel()
	limit := defaultCases
	if n, err := strconv.Atoi(r.URL.Query().Get("n")); err == nil && n > 0 {
		limit = min(n, maxCases)
	}
	cases, err := p.Source.Recent(ctx, maxCases)
	if err != nil {
		p.broken(w, err)
		return
	}
	counts, err := p.Source.Counts(ctx)
	if err != nil {
		p.broken(w, err)
		return
	}
	v := p.overview(cases[:min(len(cases), maxCases)], limit, filterOf(r.URL.Query()), counts, p.Source.Health(ctx))
	v.Replies = optional(ctx, p.Replies)
	for _, w := range optional(ctx, p.Waiting) {
		if w.What == "mail" {
			w.ID = "UID " + w.ID
		}
		if w.What != "case" { // those are among the concerns
			v.Waiting = append(v.Waiting, waitingRow{scrub(w.ID), w.Case, w.At, maskAddress(w.From), scrub(w.Text), scrub(w.Remedy)})
		}
	}
	for i := range v.Replies {
		v.Replies[i].Name = short(v.Replies[i].Name)
	}
	p.write(w, r, http.StatusOK, "index", v)
}

// optional asks for what the page is a page without.
func optional[T any](ctx context.Context, ask func(context.Context) ([]T, error)) []T {
	if ask == nil {
		return nil
	}
	list, err := ask(ctx)
	if err != nil {
		return nil
	}
	return list
}

// find leads from the search field to the case.
func (p *page) find(w http.ResponseWriter, r *http.Request) {
	number := strings.ToUpper(strings.TrimSpace(r.URL.Query().Get("nomor")))
	if !caseNumber(number) {
		p.absent(w, r)
		return
	}
	http.Redirect(w, r, "/cases/"+url.PathEscape(number), http.StatusSeeOther)
}

func (p *page) oneCase(w http.ResponseWriter, r *http.Request) {
	number := r.PathValue("number")
	if !caseNumber(number) {
		p.absent(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.Timeout)
	defer cancel()
	c, events, found, err := p.Source.Case(ctx, number)
	switch {
	case err != nil:
		p.broken(w, err)
	case !found:
		p.absent(w, r)
	default:
		p.write(w, r, http.StatusOK, "case", p.detail(c, events))
	}
}

// caseNumber keeps odd paths away from the source: PKJ-2026-0001, whatever the prefix.
var caseNumber = regexp.MustCompile(`^[0-9A-Za-z-]{1,40}$`).MatchString

func (p *page) absent(w http.ResponseWriter, r *http.Request) {
	p.write(w, r, http.StatusNotFound, "notice", p.notice("Tidak ditemukan", "Tidak ada halaman atau kasus dengan alamat itu."))
}

// broken says that something failed, not what: an error text may hold what the page must not show. Health has the reasons.
func (p *page) broken(w http.ResponseWriter, _ error) {
	p.write(w, nil, http.StatusServiceUnavailable, "notice", p.notice("Data belum dapat dibaca", "Muat ulang halaman ini sebentar lagi, atau lihat /readyz."))
}

// write renders the whole page before its first byte leaves.
func (p *page) write(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	body, err := p.tmpl.render(name, data)
	if err != nil {
		http.Error(w, "halaman tidak dapat disusun", http.StatusInternalServerError)
		return
	}
	send(w, r, status, "text/html; charset=utf-8", body)
}

func send(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r == nil || r.Method != http.MethodHead {
		w.Write(body) //nolint:errcheck // the reader has gone
	}
}

// healthz: the process answers, and its parts can be asked within the time.
func (p *page) healthz(w http.ResponseWriter, r *http.Request) {
	items, answered := p.health(r.Context())
	if answered {
		items = []HealthItem{{Name: "ukpbjd", OK: true}}
	}
	respond(w, r, answered, items)
}

// readyz: everything that the daemon needs works; else the reasons.
func (p *page) readyz(w http.ResponseWriter, r *http.Request) {
	items, ready := p.health(r.Context())
	for i := range items {
		ready = ready && items[i].OK
		items[i].Text = scrub(items[i].Text)
	}
	respond(w, r, ready, items)
}

// health asks the source, but does not wait for it longer than allowed.
func (p *page) health(ctx context.Context) ([]HealthItem, bool) {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	done := make(chan []HealthItem, 1)
	go func() { done <- p.Source.Health(ctx) }() // ends with its ctx
	select {
	case items := <-done:
		return slices.Clone(items), true
	case <-ctx.Done():
		return []HealthItem{{Name: "ukpbjd", Text: "tidak menjawab pada waktunya"}}, false
	}
}

func respond(w http.ResponseWriter, r *http.Request, ok bool, items []HealthItem) {
	status := http.StatusOK
	if !ok {
		status = http.StatusServiceUnavailable
	}
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]any{"ok": ok, "items": items}) //nolint:errcheck // the reader has gone
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	for _, i := range items {
		word := "ok"
		if !i.OK {
			word = "FAULT"
		}
		fmt.Fprintf(w, "%-6s%s", word, i.Name) //nolint:errcheck // the reader has gone
		if i.Text != "" {
			fmt.Fprintf(w, ": %s", i.Text) //nolint:errcheck // the reader has gone
		}
		fmt.Fprintln(w) //nolint:errcheck // the reader has gone
	}
}

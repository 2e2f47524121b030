package statuspage

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestMonthCharts(t *testing.T) {
	get := func(charts func(context.Context) ([]Picture, error), path string) *httptest.ResponseRecorder {
		t.Helper()
		h := handler(t, office(3), func(o *Options) { o.Charts = charts })
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = "127.0.0.1:8025"
		h.ServeHTTP(w, r)
		return w
	}
	some := func(context.Context) ([]Picture, error) {
		return []Picture{{Name: "grafik-status.png", Alt: `Grafik "satu"`, PNG: []byte("\x89PNG")}}, nil
	}
	if w := get(some, "/"); !strings.Contains(w.Body.String(), `<img src="/grafik/grafik-status.png" alt="Grafik &#34;satu&#34;"`) {
		t.Error("the page does not show the chart")
	}
	if w := get(some, "/grafik/grafik-status.png"); w.Code != 200 || w.Header().Get("Content-Type") != "image/png" || w.Body.String() != "\x89PNG" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := get(some, "/grafik/../x.png"); w.Code == 200 {
		t.Error("an unknown chart is served")
	}
	broken := func(context.Context) ([]Picture, error) { return nil, errors.New("gone") }
	if w := get(broken, "/"); w.Code != 200 || strings.Contains(w.Body.String(), "<img") {
		t.Errorf("without charts: %d", w.Code)
	}
}

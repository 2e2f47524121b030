package statuspage

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/sop"
)

// bareSource is an office in which nothing has happened yet.
type bareSource struct{}

func (bareSource) Recent(context.Context, int) ([]sop.Case, error)    { return nil, nil }
func (bareSource) Counts(context.Context) (map[sop.Status]int, error) { return nil, nil }
func (bareSource) Health(context.Context) []HealthItem                { return nil }
func (bareSource) Case(context.Context, string) (sop.Case, []sop.Event, bool, error) {
	return sop.Case{}, nil, false, nil
}

// TestReplies: which level each approver's replies reach, under a short name; nothing where nothing is known.
func TestReplies(t *testing.T) {
	index := func(list []Reply, err error) string {
		h, e := New(Options{Source: bareSource{}, Replies: func(context.Context) ([]Reply, error) { return list, err }})
		if e != nil {
			t.Fatal(e)
		}
		r := httptest.NewRequest("GET", "http://127.0.0.1/", nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Body.String()
	}
	known := []Reply{{Name: "Ni Luh Contoh Panjang, S.T.", At: time.Date(2026, 5, 5, 1, 0, 0, 0, time.UTC), Reach: "standard", Needs: "strict"}, {Name: "<b>Wakil</b> Dua", Needs: "strict"}}
	page := index(known, nil)
	for _, want := range []string{"Ni Luh C. P.", "standard", "belum cukup", "belum menjawab"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	if strings.Contains(page, "Panjang") || strings.Contains(page, "<b>Wakil") {
		t.Error("a name stands in the page as it is")
	}
	if p := index(nil, nil); strings.Contains(p, "pemberi persetujuan") {
		t.Error("a panel of nothing")
	}
	if p := index(known, errors.New("gone")); strings.Contains(p, "Luh") {
		t.Error("an answer that is none was used")
	}
}

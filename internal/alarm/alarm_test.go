package alarm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestWatch: a fault that lasts is told once, its end once; what flickers is not told, and a fault that comes back too soon has not ended.
func TestWatch(t *testing.T) {
	var w watch
	start := time.Date(2026, 6, 9, 2, 0, 0, 0, time.UTC)
	var told []string
	for i, c := range strings.Split("mail mail mail mail mail - mail - - - - - - - - - - - mail - mail,time", " ") {
		faults := map[string]string{}
		for f := range strings.SplitSeq(c, ",") {
			if f != "-" {
				faults[f] = "the server is away"
			}
		}
		for _, n := range w.step(start.Add(time.Duration(i)*time.Minute/2), faults) {
			told = append(told, fmt.Sprint(i, " ", n.Fault, " ", n.State, " ", n.Since.Sub(start)))
		}
	}
	if want := "[4 mail begins 0s 11 mail ends 0s]"; fmt.Sprint(told) != want {
		t.Errorf("told %v, want %s", told, want)
	}
	if len(w.faults) > 2 {
		t.Errorf("remembers %d faults", len(w.faults))
	}
}

// TestWays: webhook and command are told in order; one that is broken is tried again, later each time, and keeps the other waiting for
// nothing; its own trouble is a fault that ends.
func TestWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		var hook, command []string
		var tries int
		a := &way{name: "webhook", tell: func(_ context.Context, raw []byte) error {
			if tries++; time.Since(begin) < 30*time.Minute {
				return errors.New("away")
			}
			hook = append(hook, state(raw))
			return nil
		}}
		b := &way{name: "command", tell: func(_ context.Context, raw []byte) error { command = append(command, state(raw)); return nil }}
		a.owed, b.owed = [][]byte{[]byte(`{"state":"begins"}`), []byte(`{"state":"ends"}`)}, [][]byte{[]byte(`{"state":"begins"}`), []byte(`{"state":"ends"}`)}
		var faults []string
		for range 240 {
			for _, w := range []*way{a, b} {
				if err := w.settle(ctx, time.Now()); err != nil {
					faults = append(faults, err.Error())
				}
			}
			<-time.After(every)
		}
		cancel()
		if strings.Join(hook, " ") != "begins ends" || strings.Join(command, " ") != "begins ends" {
			t.Errorf("told %v and %v", hook, command)
		}
		if tries > 15 || len(faults) == 0 || a.fault != nil {
			t.Errorf("%d tries in an hour, %d faults, now %v", tries, len(faults), a.fault)
		}
	})
}

func state(raw []byte) string {
	var n Notice
	if json.Unmarshal(raw, &n) != nil {
		return "?"
	}
	return n.State
}

// TestPost: what a webhook is sent, and that neither a redirect nor a refusal counts as told. No error names the URL.
func TestPost(t *testing.T) {
	var mu sync.Mutex
	var got string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		var n Notice
		if err := json.NewDecoder(r.Body).Decode(&n); err == nil && r.Header.Get("Content-Type") == "application/json" {
			got = n.Fault
		}
		switch r.URL.Path {
		case "/moved-token":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/refused-token":
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer s.Close()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if err := post(t.Context(), client, s.URL, []byte(`{"fault":"mail"}`)); err != nil || got != "mail" {
		t.Errorf("told %q, %v", got, err)
	}
	for _, url := range []string{s.URL + "/moved-token", s.URL + "/refused-token", "http://127.0.0.1:1/absent-token"} {
		if err := post(t.Context(), client, url, []byte("{}")); err == nil || strings.Contains(err.Error(), "token") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestRun: a command reads the notice, sees PATH alone of our environment, and is ended when it hangs.
func TestRun(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "/run/secrets")
	out := filepath.Join(t.TempDir(), "told")
	if err := run(t.Context(), []string{"/bin/sh", "-c", "{ cat; echo; env; } > " + out}, []byte(`{"fault":"mail"}`)); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(raw), `{"fault":"mail"}`) || strings.Contains(string(raw), "CREDENTIALS") {
		t.Errorf("%s, %v", raw, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := run(ctx, []string{"/bin/sh", "-c", "exec cat /dev/zero >/dev/null"}, nil); err == nil {
		t.Error("a command that hangs counts as told")
	}
}

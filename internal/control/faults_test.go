package control_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"ukpbjd/internal/audit"
	"ukpbjd/internal/control"
	"ukpbjd/internal/office"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

// TestFailingDiskIsNoAbsentCase (A14): where the books cannot be read, no command says that there is no such case, nor that nothing is
// held. The control: of a case that is none every command says just that, as the caller's fault, and of one that is there none.
func TestFailingDiskIsNoAbsentCase(t *testing.T) {
	x := officetest.New(t, templates.FS)
	x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
	number := x.Ask(1)
	c := &control.Control{Clerk: x.Clerk, Audit: &audit.Audit{Clerk: x.Clerk}}
	ask := func(command, number string) (control.Reply, error) {
		call := control.Call{Command: command, Case: number, Arg: "uji"}
		_, err := c.Answer(context.Background(), call)
		raw, bad := json.Marshal(call)
		x.Must(bad)
		w := httptest.NewRecorder()
		control.Handler(c).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(raw)))
		var r control.Reply
		x.Must(json.NewDecoder(w.Body).Decode(&r))
		return r, err
	}
	commands := []string{"show", "why", "sheet", "evidence", "hold", "release", "resend"}
	for _, command := range commands {
		if r, err := ask(command, "PKJ-2026-9999"); !errors.Is(err, office.ErrNoCase) || r.Kind != "usage" {
			t.Errorf("control: %s of no case: %v %+v", command, err, r)
		}
		r, err := ask(command, number)
		if command == "resend" { // nothing has been released
			if err == nil || !strings.Contains(r.Error, "no credential of it has been released") || errors.Is(err, office.ErrNoCase) {
				t.Errorf("control: %s: %v %s", command, err, r.Error)
			}
		} else if err != nil || r.Error != "" {
			t.Errorf("control: %s: %v %s", command, err, r.Error)
		}
	}
	x.DB.Fail(func(op, bucket, _ string) error {
		if op == "get" && bucket == "cases" {
			return syscall.EIO
		}
		return nil
	})
	for _, command := range commands {
		r, err := ask(command, number)
		if !errors.Is(err, syscall.EIO) || errors.Is(err, office.ErrNoCase) || strings.Contains(r.Error, "no such case") || r.Kind == "usage" || r.Error == "" {
			t.Errorf("%s: %v %+v", command, err, r)
		}
	}
	x.DB.Fail(func(op, bucket, key string) error {
		if op == "get" && bucket == "meta" && key == "restored" {
			return syscall.EIO
		}
		return nil
	})
	if _, err := c.Reconcile(t.Context()); !errors.Is(err, syscall.EIO) || errors.Is(err, control.ErrNotHeld) {
		t.Errorf("reconcile: %v", err)
	}
	x.DB.Fail(nil)
	if _, err := c.Reconcile(t.Context()); !errors.Is(err, control.ErrNotHeld) {
		t.Errorf("control: reconcile: %v", err)
	}
}

// TestPapersOfNoCase (A14): whoever asks for the papers of a case that is not there is told so, and not that it has none.
func TestPapersOfNoCase(t *testing.T) {
	x := officetest.New(t, templates.FS)
	number, err := x.Request(officetest.Staff, 1)
	x.Must(err)
	if _, err := x.Papers(t.Context(), "PKJ-2026-9999"); !errors.Is(err, office.ErrNoCase) {
		t.Error(err)
	}
	x.DB.Fail(func(op, bucket, _ string) error {
		if op == "get" && bucket == "cases" {
			return syscall.EIO
		}
		return nil
	})
	if _, err := x.Papers(t.Context(), number); !errors.Is(err, syscall.EIO) {
		t.Error(err)
	}
	x.DB.Fail(nil)
	if _, err := x.Papers(t.Context(), number); err != nil {
		t.Error("control:", err)
	}
}

// TestDamagedRowHidesNothingElse: a letter, a line of the journal, a mail or a case that cannot be decoded is named where it belongs, and
// keeps nothing else from being shown, held, released or registered. The controls are the same questions about the case beside it.
func TestDamagedRowHidesNothingElse(t *testing.T) {
	for _, bucket := range []string{"letters", "journal", "seen", "cases"} {
		x := officetest.New(t, templates.FS)
		x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
		bad, good := x.Ask(1), x.Ask(1)
		x.Write(func(tx store.Tx) error {
			uid := store.UID{Validity: 1, UID: 1}
			key := map[string]string{"letters": x.LettersOf(bad, sop.TandaTerima)[0].ID(), "journal": bad + "/00000001", "seen": "00000001/00000001",
				"cases": "2026/00000001"}[bucket]
			err := store.In(tx).Mails.Put(uid, store.MailRecord{Outcome: "obeyed", Reason: "x", Case: bad}, "")
			return errors.Join(err, tx.Put(bucket, []byte(key), []byte("{")))
		})
		c := &control.Control{Clerk: x.Clerk, Audit: &audit.Audit{Clerk: x.Clerk}}
		named := false
		for _, command := range []string{"cases", "show", "why", "hold", "release"} {
			for _, number := range []string{bad, good} {
				if bucket == "cases" && number == bad && command != "cases" {
					continue // of which there is nothing to show
				}
				answer, err := c.Answer(t.Context(), control.Call{Command: command, Case: number, Arg: "uji"})
				if err != nil {
					t.Errorf("%s: %s %s: %v", bucket, command, number, err)
				}
				raw, err := json.Marshal(answer)
				x.Must(err)
				named = named || strings.Contains(string(raw), "Tidak terbaca") && strings.Contains(string(raw), bucket+" ")
			}
		}
		s, err := c.RegisterStep(t.Context(), 2026, "")
		raw, bad2 := json.Marshal(s)
		x.Must(bad2)
		if err != nil || len(s.Entries) != 2 || (bucket == "letters" || bucket == "cases") != strings.Contains(string(raw), bucket+" ") {
			t.Errorf("%s: the register has %d cases, %v", bucket, len(s.Entries), err)
		}
		if !named {
			t.Errorf("%s: what cannot be decoded is named nowhere", bucket)
		}
	}
}

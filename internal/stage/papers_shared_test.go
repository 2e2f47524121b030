package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// bundle is a request of ../shared/papers and what is to become of it.
type bundle struct {
	ID, From string
	To       []string
	raw      []byte
	Files    []struct {
		Name    string
		Scanned bool
	}
	Expect struct {
		Complete, Ready  bool
		NeedsPerson      bool `json:"needs_person"`
		NeedsPersonBlind bool `json:"needs_person_without_ocr"`
		Lenient          []string
		Missing          []string
		Unreadable       []string
	}
}

func sharedBundles(t *testing.T) (out []bundle) {
	t.Helper()
	found, err := filepath.Glob("../../../shared/papers/*/truth.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Skip("no ../shared/papers here")
	}
	for _, path := range found {
		var b bundle
		raw, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(raw, &b)
		}
		if err == nil {
			b.raw, err = os.ReadFile(filepath.Join(filepath.Dir(path), "request.eml"))
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// statuses are those that the case may have.
func (b bundle) statuses(ocr bool) []sop.Status {
	var out []sop.Status
	person := b.Expect.NeedsPerson
	if !ocr {
		person = b.Expect.NeedsPersonBlind
	}
	lenient := func(word string) bool { return slices.Contains(b.Expect.Lenient, word) }
	if person || lenient("needs_person") {
		out = append(out, sop.NeedsReview)
	}
	if person && len(b.Expect.Unreadable) == 0 || b.Expect.Ready || lenient("needs_person") { // where something is in doubt, or papers differ, the requester is asked
		out = append(out, sop.AwaitingRequester)
	}
	if person {
		return out
	}
	if b.Expect.Ready {
		out = append(out, sop.AwaitingApproval)
	}
	if !b.Expect.Ready || lenient("ready") {
		out = append(out, sop.Incomplete)
	}
	return out
}

// TestSharedBundlesEndWhereTheyShould sends each request through the whole daemon. UKPBJD_OCR=1 reads the scans, too.
func TestSharedBundlesEndWhereTheyShould(t *testing.T) {
	bundles := sharedBundles(t)
	ocr := os.Getenv("UKPBJD_OCR") == "1"
	if testing.Short() {
		bundles = bundles[:len(bundles)/4]
	}
	for _, tool := range []string{"pdftotext", "catdoc"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("UKPBJD_REAL") == "1" {
				t.Fatal(err)
			}
			t.Skip(tool + " is not installed")
		}
	}
	var staff []sop.Person
	for _, b := range bundles {
		if p := (sop.Person{Address: b.From}); !slices.Contains(staff, p) {
			staff = append(staff, p)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	x := open(t, rehearsal.Bundle{}, Options{Members: staff, Change: func(c *config.Config) {
		c.People.Requesters = []string{"*@badung.example"}
		if !ocr {
			c.Extract.OCR = "off"
		}
	}})
	x.ctx = ctx
	x.do(x.Start(ctx))
	for i, b := range bundles {
		passBundle(ctx, t, x.Stage, b, fmt.Sprintf("-%04d]", i+1), ocr)
	}
	x.sound()
}

func passBundle(ctx context.Context, t *testing.T, s *Stage, b bundle, number string, ocr bool) {
	t.Helper()
	staff := sop.Person{Address: b.From}
	if err := s.Submit(staff, b.raw, s.Cast.Office); err != nil {
		t.Fatal(err)
	}
	var l Letter
	_, err := s.Post.Wait(ctx, b.From, "INBOX", func(x postoffice.Stored) bool {
		l = Letter{staff, x.Raw, parsed(x.Raw)}
		return strings.Contains(l.Msg.Subject, number)
	})
	if err != nil {
		t.Fatalf("%s: %v", b.ID, err)
	}
	_, name, _ := strings.Cut(l.Msg.Subject, "[")
	name, _, _ = strings.Cut(name, "]")
	v, err := s.Daemon.Control.Show(ctx, name)
	if err != nil {
		t.Fatalf("%s: %v", b.ID, err)
	}
	want := b.statuses(ocr)
	if !slices.ContainsFunc(want, func(st sop.Status) bool { return st.Label() == v.Status }) {
		t.Errorf("%s: %s, want %v; missing %v, problems %+v", b.ID, v.Status, want, v.Reading.Missing, v.Reading.Problems)
	}
	missing := []string{}
	for _, k := range v.Reading.Missing {
		missing = append(missing, string(k))
	}
	if !slices.Equal(missing, b.Expect.Missing) && ocr {
		t.Errorf("%s: missing %v, want %v", b.ID, missing, b.Expect.Missing)
	}
	kind := sop.Kekurangan
	switch v.Status {
	case sop.AwaitingApproval.Label():
		kind = sop.TandaTerima
	case sop.AwaitingRequester.Label():
		kind = sop.BacaUlang
	}
	if kind != KindOf(l.Msg) {
		t.Errorf("%s: %s, and the requester got %s", b.ID, v.Status, KindOf(l.Msg))
	} else if kind != sop.TandaTerima && len(v.Reading.Roster) > 0 {
		markedUp(t, l)
	}
}

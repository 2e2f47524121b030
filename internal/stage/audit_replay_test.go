package stage

import (
	"context"
	"encoding/base64"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"ukpbjd/internal/audit"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/store"
)

// dnsToday counts who asks it, and says what it is told to.
type dnsToday struct {
	asked atomic.Int32
	text  string
}

func (d *dnsToday) LookupTXT(_ context.Context, name string) ([]string, error) {
	d.asked.Add(1)
	if d.text == "" {
		return nil, &net.DNSError{Err: "withdrawn since", Name: name, IsNotFound: true}
	}
	return []string{d.text}, nil
}

// TestReplayAsksThatDaysKey: an approval at level strict is judged anew by the key that was seen when it came, for the mail server
// may have changed its key since. What DNS says today is not asked for.
func TestReplayAsksThatDaysKey(t *testing.T) {
	t.Parallel()
	s, _ := approved(t)
	ctx := s.ctx
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	other := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	for name, today := range map[string]*dnsToday{"withdrawn": {}, "changed": {text: other}} {
		r := replayed(t, ctx, s.Stage, today, nil)
		if len(r.Differences) != 0 || today.asked.Load() != 0 || r.Mails < 2 { // the request and its approval
			t.Errorf("%s: DNS was asked %d times: %+v", name, today.asked.Load(), r)
		}
		// the control: without the evidence it is today's key that counts
		r = replayed(t, ctx, s.Stage, today, noEvidence)
		if today.asked.Load() == 0 || len(r.Differences) == 0 || !strings.HasPrefix(r.Differences[0].Now, "refused: dkim-") {
			t.Errorf("%s, without evidence: DNS was asked %d times: %+v", name, today.asked.Load(), r)
		}
	}
}

// noEvidence hides the evidence of the books.
func noEvidence(o *daemon.Parts) { o.Office.DB = booksWithout{o.Office.DB} }

type booksWithout struct{ store.DB }

func (d booksWithout) View(ctx context.Context, fn func(store.Tx) error) error {
	return d.DB.View(ctx, func(tx store.Tx) error { return fn(txWithout{tx}) })
}

type txWithout struct{ store.Tx }

func (x txWithout) Scan(bucket string, from, to []byte, fn func(key, value []byte) bool) error {
	if bucket == "evidence" {
		return nil
	}
	return x.Tx.Scan(bucket, from, to, fn)
}

// replayed plays what the stage went through on another day.
func replayed(t *testing.T, ctx context.Context, s *Stage, dns msgauth.Resolver, change func(*daemon.Parts)) audit.Replayed {
	t.Helper()
	var changes []func(*daemon.Parts)
	if change != nil {
		changes = append(changes, change)
	}
	old, err := daemon.OpenRooms(ctx, s.Config, changes...)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	recording, err := old.Audit.Record(ctx)
	if err != nil {
		t.Fatal(err)
	}
	scratch := *s.Config
	scratch.Storage.Path = t.TempDir()
	var clock audit.Clock
	fresh, err := daemon.OpenRooms(ctx, &scratch, func(o *daemon.Parts) {
		o.Office.Now, o.Tasks.Source, o.Intake.Auth.Resolver = clock.Now, recording, dns
	})
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	r, err := (&audit.Replay{New: fresh.Replaying(), Recording: recording, Clock: &clock}).Run(ctx, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

package clerk

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"

	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// keysThen answers for DNS during a replay: what the evidence of a mail says of a key's record is believed, for the record may have
// been changed or withdrawn since. Only names of which nobody took note are asked for today.
type keysThen struct {
	seen   []sop.Witness
	reason string // of the proof that day
	today  msgauth.Resolver
}

// LookupTXT gives the record of that day, or the fault with which it was missed.
func (k *keysThen) LookupTXT(ctx context.Context, name string) ([]string, error) {
	for _, w := range k.seen {
		switch {
		case w.Kind != "dkim-key" || !strings.EqualFold(strings.TrimSuffix(w.Name, "."), strings.TrimSuffix(name, ".")):
			continue
		case w.Text != "":
			return []string{w.Text}, nil
		case k.reason == "dkim-two-keys":
			return []string{"", ""}, nil
		}
		return nil, &net.DNSError{Err: "it was missed that day", Name: name, IsNotFound: k.reason != "dkim-key-unavailable"}
	}
	if k.today == nil {
		return nil, &net.DNSError{Err: "nobody took note of it", Name: name, IsNotFound: true}
	}
	return k.today.LookupTXT(ctx, name)
}

// remember takes up what the evidence of a recorded mail says of keys.
func (r *Replay) remember(ctx context.Context, x recorded) error {
	r.keys.seen, r.keys.reason = nil, ""
	if x.seen.Case == "" {
		return nil
	}
	var e Evidence
	err := r.Recording.from.View(ctx, func(b store.Books) error {
		all, err := b.Journal.Evidence(x.seen.Case)
		if raw := all[x.seen.SHA256]; err == nil && raw != nil {
			err = json.Unmarshal(raw, &e)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read the evidence of a mail of %s: %w", x.seen.Case, err)
	}
	r.keys.seen, r.keys.reason = e.Proof.Seen, e.Proof.Reason
	return nil
}

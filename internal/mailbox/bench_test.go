package mailbox

import (
	"bytes"
	"testing"
	"time"

	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/postoffice/realserver"
	"ukpbjd/internal/secret"
)

// BenchmarkFetch reads 300 requests of 300 KB, the size of a request with three papers.
func BenchmarkFetch(b *testing.B) {
	raw := append([]byte("Subject: x\r\n\r\n"), bytes.Repeat([]byte("0123456789abcdef0123456789abcdef\r\n"), 9000)...)
	run := func(b *testing.B, opt Options) {
		opt.Security, opt.Username, opt.Timeout, opt.Retry = "none", desk, 30*time.Second, time.Second
		box := New(opt)
		defer box.Close()
		for range 300 {
			if err := box.Append(b.Context(), "INBOX", raw, nil, time.Time{}); err != nil {
				b.Fatal(err)
			}
		}
		st, err := box.State(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		refs, err := box.Since(b.Context(), UID{st.UIDValidity, 1})
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(raw) * len(refs)))
		for b.Loop() {
			if err := box.Fetch(b.Context(), refs, func(Mail) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("embedded", func(b *testing.B) {
		o, err := postoffice.Start(postoffice.Options{Accounts: []postoffice.Account{{Address: desk, Password: word}}})
		if err != nil {
			b.Fatal(err)
		}
		defer o.Close()
		run(b, Options{Address: o.IMAPAddr(), Password: word})
	})
	b.Run("dovecot", func(b *testing.B) {
		d := realserver.StartDovecot(b, realserver.DovecotOptions{})
		run(b, Options{Address: d.IMAP, Password: secret.New([]byte(realserver.Password))})
	})
}

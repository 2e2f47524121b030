package stage

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// TestSheetsGoWithTheKeys: when the last key of a case is destroyed, its account sheets go from the books; the approval letter
// stays what the evidence says that was answered, and a change of it is found.
func TestSheetsGoWithTheKeys(t *testing.T) {
	t.Parallel()
	var c clock
	x := open(t, papersOf(t, 5, 3), clocked(&c))
	ctx, must := x.ctx, x.do
	must(x.Start(ctx))
	x.approve()
	approval := x.await(x.Cast.Admin, sop.Persetujuan)
	x.finish()
	desk, number := x.Daemon.Clerk, x.only().Number
	letter := func() (row store.LetterRow, body []byte) {
		t.Helper()
		must(desk.View(ctx, func(b store.Books) error {
			rows, err := b.Letters.Of(number)
			for _, r := range rows {
				if err == nil && r.Letter.Kind == sop.Persetujuan {
					row = r
					body, err = b.Letters.Body(r.ID())
				}
			}
			return err
		}))
		return row, body
	}
	sound := func(when string) {
		t.Helper()
		r, err := desk.Verify(ctx)
		if err != nil || len(r.Findings) > 0 {
			t.Errorf("%s: verify: %v %v", when, r.Findings, err)
		}
		raw, err := desk.Evidence(ctx, number)
		must(err)
		key, err := desk.Verifier()
		must(err)
		p, err := clerk.Prove(ctx, raw, key, nil)
		if err != nil || !p.Sound() || len(p.Decisions) != 1 || !strings.Contains(p.Decisions[0].Letter, number) {
			t.Errorf("%s: %+v %v", when, p, err)
		}
	}
	row, whole := letter()
	if _, ok := SheetFile(message.Parse(whole, message.DefaultLimits(), nil)); !ok {
		t.Fatal("the letter carries no sheet to begin with")
	}
	sound("before")
	x.shredAll(&c, number)
	deadline := time.Now().Add(20 * time.Second)
	cut := whole
	for bytes.Equal(cut, whole) && time.Now().Before(deadline) { // the last key may be on its way
		_, cut = letter()
	}
	m := message.Parse(cut, message.DefaultLimits(), nil)
	if _, ok := SheetFile(m); ok || !bytes.Contains(cut, []byte("Lembar akun tidak diarsipkan; SHA-256 ")) {
		t.Error("the sheet is still in the books")
	}
	if m.MessageID != approval.Msg.MessageID || m.Text != approval.Msg.Text {
		t.Error("the rest of the letter is another")
	}
	sound("after")
	must(desk.DB.Update(ctx, func(tx store.Tx) error {
		return store.In(tx).Letters.ReplaceBody(row.ID(), bytes.Replace(cut, []byte("SHA-256"), []byte("SHA-512"), 1))
	}))
	if r, err := desk.Verify(ctx); err != nil || len(r.Findings) == 0 {
		t.Errorf("a changed letter is not found: %v", err)
	}
}

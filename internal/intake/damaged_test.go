package intake

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/store"
)

// damage writes into a bucket what no version ever wrote there.
func (d *desk) damage(bucket string, uid uint32) {
	d.Helper()
	if err := d.in.DB.Update(d.Context(), func(tx store.Tx) error {
		return tx.Put(bucket, fmt.Appendf(nil, "%08x/%08x", d.in.pos.UIDValidity, uid), []byte("{x"))
	}); err != nil {
		d.Fatal(err)
	}
}

// TestDamagedRowOfOneMail (A2): what the books hold of one mail cannot be decoded. It is put aside with its reason, and the mails
// beside it are read at once. The control is no damage.
func TestDamagedRowOfOneMail(t *testing.T) {
	for _, bucket := range []string{"", "attempts", "seen"} {
		d := newDesk(t)
		for range 3 {
			d.deliver("orang@lain.example", "kabar")
		}
		if err := d.in.locate(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := "not-ours"
		if bucket != "" {
			d.damage(bucket, 2)
			want = "quarantined"
		}
		if err := d.round(); err != nil {
			t.Error(bucket, err)
		}
		if d.outcome(1) != "not-ours" || d.outcome(3) != "not-ours" {
			t.Errorf("%s: the others are not read: %q, %q", bucket, d.outcome(1), d.outcome(3))
		}
		if fault := d.in.Health.Faults()["intake"]; (fault != "") != (bucket != "") {
			t.Errorf("%s: health says %q", bucket, fault)
		}
		for range 12 {
			d.later(11 * time.Minute)
			if err := d.round(); err != nil {
				t.Error(bucket, err)
			}
		}
		if d.outcome(2) != want || d.in.Health.Faults()["intake"] != "" {
			t.Errorf("%s: the damaged one is %q; health %v", bucket, d.outcome(2), d.in.Health.Faults())
		}
	}
}

// TestGapBesideADamagedRow (A2): an outcome that cannot be decoded hides no gap beside it, and health says it as long as it is so.
func TestGapBesideADamagedRow(t *testing.T) {
	d := newDesk(t)
	for range 3 {
		d.deliver("orang@lain.example", "kabar")
	}
	if err := d.round(); err != nil {
		t.Fatal(err)
	}
	reconcile := func() string {
		d.later(reconcileEvery)
		if _, err := d.in.reconcile(t.Context()); err != nil {
			t.Error(err)
		}
		return d.in.Health.Faults()["reconcile"]
	}
	if fault := reconcile(); fault != "" {
		t.Error("control:", fault)
	}
	row := fmt.Appendf(nil, "%08x/%08x", d.in.pos.UIDValidity, 3)
	if err := d.in.DB.Update(t.Context(), func(tx store.Tx) error { return tx.Delete("seen", row) }); err != nil {
		t.Fatal(err)
	}
	d.damage("seen", 1)
	if fault := reconcile(); !strings.Contains(fault, "seen") {
		t.Errorf("health says %q", fault)
	}
	if err := d.round(); err != nil {
		t.Fatal(err)
	}
	if d.outcome(3) == "" {
		t.Error("the gap is not read")
	}
	if err := d.in.DB.Update(t.Context(), func(tx store.Tx) error { return tx.Put("seen", append(row[:len(row)-1], '1'), []byte("{}")) }); err != nil {
		t.Fatal(err)
	}
	if fault := reconcile(); fault != "" {
		t.Errorf("mended, and health says %q", fault)
	}
}

// TestManyThatWaitStarveNobody: a server keeps back more mails than one round reads again (NO [SERVERBUG], which is believed for three
// days), and hands one over again. The control is a few.
func TestManyThatWaitStarveNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for _, n := range []uint32{20, maxAgain} {
		d := newDesk(t)
		if err := d.in.Box.Claim(t.Context(), mailbox.Mark{ID: "kami", Epoch: 1}, func(context.Context, bool) error { return nil }); err != nil {
			t.Fatal(err)
		}
		for range n {
			d.deliver("orang@lain.example", "kabar")
		}
		d.deliver("staf@gov.example", "kabar")
		d.deliver("lain@gov.example", "kabar") // it is read, so reading has passed the others
		for uid := uint32(1); uid <= n+1; uid++ {
			d.post.Refuse(inbox, "FETCH", uid, "SERVERBUG", -1)
		}
		if err := d.round(); err != nil {
			t.Fatal(err)
		}
		d.post.Refuse(inbox, "FETCH", n+1, "SERVERBUG", 0) // over for this one
		for i := 0; i < 6 && d.outcome(n+1) == ""; i++ {
			d.later(2 * time.Second) // the first ones' pause is over first
			if err := d.round(); err != nil {
				t.Fatal(err)
			}
			d.later(20 * time.Minute)
		}
		if d.outcome(n+1) == "" {
			t.Errorf("behind %d mails that the server keeps back, one that it hands over again is not read in two hours", n)
		}
	}
}

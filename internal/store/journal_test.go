package store_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

var noon = time.Date(2026, 5, 5, 4, 0, 0, 0, time.UTC)

func sealOf(word string) store.Seal {
	seed := sha256.Sum256([]byte(word))
	key := ed25519.NewKeyFromSeed(seed[:])
	return store.Seal{Origin: store.Origin("ukpbj+kantor@dinas.example"), Public: key.Public().(ed25519.PublicKey),
		Sign: func(m []byte) ([]byte, error) { return ed25519.Sign(key, m), nil }}
}

type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func open(t tb, dir string) *bolt.DB {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, "ukpbjd.db"), bolt.Options{NoSync: true, Map: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// journal fills a store: each element of pattern is a call with so many events, in turns on three cases and the office.
func journal(t tb, db *bolt.DB, pattern []int) (lines int) {
	t.Helper()
	names := []string{"PKJ-2026-0001", "PKJ-2026-0002", store.Office, "PKJ-2026-0013"}
	for i, n := range pattern {
		var events []sop.Event
		for range n {
			lines++
			events = append(events, sop.Event{At: noon.Add(time.Duration(lines) * time.Second), Kind: "letter-accepted", Actor: "daemon",
				Reason: "accepted", Text: fmt.Sprintf("Surat %d diterima.", lines), Data: map[string]string{"letter": fmt.Sprint(lines)}})
		}
		update(t, db, func(tx store.Tx) error { return store.In(tx).Journal.Append(names[i%len(names)], events) })
	}
	return lines
}

func update(t tb, db *bolt.DB, fn func(store.Tx) error) {
	t.Helper()
	if err := db.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func faults(t tb, db *bolt.DB) (found []string) {
	t.Helper()
	err := db.View(context.Background(), func(tx store.Tx) error {
		return store.In(tx).Journal.Audit(func(where, what string) { found = append(found, where+": "+what) })
	})
	if err != nil {
		found = append(found, err.Error())
	}
	return found
}

func checkpoint(t tb, db *bolt.DB, s store.Seal) (signed []byte) {
	t.Helper()
	if err := db.View(context.Background(), func(tx store.Tx) (err error) {
		signed, err = store.In(tx).Journal.Sign(noon, s)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return signed
}

func against(t tb, db *bolt.DB, c store.Checkpoint) (fault string) {
	t.Helper()
	if err := db.View(context.Background(), func(tx store.Tx) (err error) {
		fault, err = store.In(tx).Journal.AgainstCheckpoint(c)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return fault
}

func opened(t tb, signed []byte, s store.Seal) store.Checkpoint {
	t.Helper()
	key, err := s.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	c, err := store.OpenCheckpoint(signed, key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestJournalIsSound(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	if f := faults(t, db); len(f) > 0 {
		t.Fatalf("an empty journal: %q", f)
	}
	s := sealOf("one")
	var old []store.Checkpoint
	for _, n := range []int{1, 2, 3, 0, 7, 1, 1, 64, 5} {
		journal(t, db, []int{n, n, n})
		if f := faults(t, db); len(f) > 0 {
			t.Fatalf("after %d: %q", n, f)
		}
		old = append(old, opened(t, checkpoint(t, db, s), s))
		for _, c := range old {
			if f := against(t, db, c); f != "" {
				t.Fatalf("checkpoint of %d lines: %s", c.Size, f)
			}
		}
	}
}

// entry is one key of the buckets that hold the journal.
type entry struct {
	bucket     string
	key, value []byte
}

func entries(t tb, db *bolt.DB) (out []entry) {
	t.Helper()
	if err := db.View(context.Background(), func(tx store.Tx) error {
		for _, b := range []string{"journal", "tree", "meta"} {
			if err := tx.Scan(b, nil, nil, func(k, v []byte) bool {
				if b != "meta" || string(k) == "tree" || bytes.HasPrefix(k, []byte("journal/")) {
					out = append(out, entry{b, bytes.Clone(k), bytes.Clone(v)})
				}
				return true
			}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// mutate does one thing to what is stored, and tells which; "" when it came to nothing.
func mutate(t *rapid.T, db *bolt.DB) string {
	all := entries(t, db)
	pick := func(label string) entry { return all[rapid.IntRange(0, len(all)-1).Draw(t, label)] }
	a, b := pick("a"), pick("b")
	put := func(tx store.Tx, e entry) error { return tx.Put(e.bucket, e.key, e.value) }
	what := rapid.SampledFrom([]string{"flip", "drop", "swap", "move", "copy", "cut", "grow", "tail"}).Draw(t, "what")
	update(t, db, func(tx store.Tx) error {
		switch what {
		case "flip":
			a.value[rapid.IntRange(0, len(a.value)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			return put(tx, a)
		case "drop":
			return tx.Delete(a.bucket, a.key)
		case "swap":
			if a.bucket != b.bucket || bytes.Equal(a.value, b.value) {
				what = ""
				return nil
			}
			a.value, b.value = b.value, a.value
			if err := put(tx, a); err != nil {
				return err
			}
			return put(tx, b)
		case "move", "copy":
			if what == "move" {
				if err := tx.Delete(a.bucket, a.key); err != nil {
					return err
				}
			}
			a.key[len(a.key)-1] += 9
			if slices.ContainsFunc(all, func(e entry) bool {
				return e.bucket == a.bucket && bytes.Equal(e.key, a.key) && bytes.Equal(e.value, a.value)
			}) {
				what = ""
			}
			return put(tx, a)
		case "cut":
			a.value = a.value[:rapid.IntRange(0, len(a.value)-1).Draw(t, "length")]
			return put(tx, a)
		case "grow":
			a.value = append(a.value, ' ')
			return put(tx, a)
		}
		for i := len(all) - 1; i >= 0; i-- { // the last line of the journal, and nothing else
			if all[i].bucket == "journal" {
				return tx.Delete("journal", all[i].key)
			}
		}
		return nil
	})
	return what
}

func TestEveryMutationIsFound(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		db := open(r, t.TempDir())
		defer db.Close()
		journal(r, db, rapid.SliceOfN(rapid.IntRange(1, 4), 1, 12).Draw(r, "pattern"))
		if f := faults(r, db); len(f) > 0 {
			r.Fatalf("untouched: %q", f)
		}
		if what := mutate(r, db); what != "" && len(faults(r, db)) == 0 {
			r.Fatalf("%s was not found", what)
		}
	})
}

// rewrite makes the whole journal anew with one word changed, by the program's own means: as somebody could who has it.
func rewrite(t tb, from, to *bolt.DB, keep int) {
	t.Helper()
	type line struct {
		number string
		r      store.Record
	}
	var lines []line
	for _, number := range []string{"PKJ-2026-0001", "PKJ-2026-0002", store.Office, "PKJ-2026-0013"} {
		if err := from.View(context.Background(), func(tx store.Tx) error {
			rs, err := store.In(tx).Journal.Of(number)
			for _, r := range rs {
				lines = append(lines, line{number, r})
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return int(a.r.Seq - b.r.Seq) })
	for i, l := range lines[:min(keep, len(lines))] {
		if keep == len(lines) && i == len(lines)/2 {
			l.r.Actor = "x@evil.example"
		}
		update(t, to, func(tx store.Tx) error { return store.In(tx).Journal.Append(l.number, []sop.Event{l.r.Event}) })
	}
}

// TestRewriteNeedsACheckpoint: what is written anew as a whole is sound in itself; only what somebody else keeps tells.
func TestRewriteNeedsACheckpoint(t *testing.T) {
	db, s := open(t, t.TempDir()), sealOf("one")
	defer db.Close()
	n := journal(t, db, []int{3, 1, 4, 1, 5, 9, 2, 6})
	c := opened(t, checkpoint(t, db, s), s)
	journal(t, db, []int{2, 2, 2})
	for _, x := range []struct {
		name string
		keep int
		want string
	}{{"changed", n + 6, "written anew"}, {"cut short", n - 1, "cut short"}} {
		forged := open(t, t.TempDir())
		rewrite(t, db, forged, x.keep)
		if f := faults(t, forged); len(f) > 0 {
			t.Errorf("%s: found without a checkpoint, so this proves nothing: %q", x.name, f)
		}
		if f := against(t, forged, c); !strings.Contains(f, x.want) {
			t.Errorf("%s: %q", x.name, f)
		}
		forged.Close()
	}
	if f := against(t, db, c); f != "" {
		t.Errorf("the true journal: %s", f)
	}
}

func TestCheckpointText(t *testing.T) {
	db, s := open(t, t.TempDir()), sealOf("one")
	defer db.Close()
	journal(t, db, []int{5})
	signed := checkpoint(t, db, s)
	if !bytes.HasPrefix(signed, []byte("ukpbjd/ukpbj-kantor@dinas.example\n5\n")) {
		t.Fatalf("%s", signed)
	}
	want := opened(t, signed, s)
	saved := "Yth. Kepala LPSE\r\n\r\n" + strings.ReplaceAll(string(signed), "\n", " \r\n") + "\r\nHormat kami,\r\n"
	if got := opened(t, []byte(saved), s); got != want || got.Size != 5 || !got.At.Equal(noon) {
		t.Errorf("as a mail program saves it: %+v", got)
	}
	key, _ := s.Verifier()
	other, _ := sealOf("two").Verifier()
	for name, x := range map[string]struct{ text, key string }{
		"another key": {string(signed), other}, "one more line": {strings.Replace(string(signed), "\n5\n", "\n6\n", 1), key},
		"no signature": {strings.SplitAfter(string(signed), "\n\n")[0], key}, "empty": {"", key}, "no key": {string(signed), ""},
	} {
		if c, err := store.OpenCheckpoint([]byte(x.text), x.key); err == nil {
			t.Errorf("%s: taken as %+v", name, c)
		}
	}
}

func FuzzOpenCheckpoint(f *testing.F) {
	key, err := sealOf("one").Verifier()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("ukpbjd/a@dinas.example\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\ntime 2026-05-05T04:00:00Z\n\n— ukpbjd/a@dinas.example AAAA\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if c, err := store.OpenCheckpoint(text, key); err == nil {
			t.Errorf("a forged checkpoint was opened: %+v", c)
		}
	})
}

// BenchmarkJournal is the cost of one line, with the tree, after so many.
func BenchmarkJournal(b *testing.B) {
	for _, before := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(before), func(b *testing.B) {
			db := open(b, b.TempDir())
			defer db.Close()
			events := func(n int) []sop.Event {
				return slices.Repeat([]sop.Event{{At: noon, Kind: "letter-accepted", Actor: "daemon", Reason: "accepted", Text: "Surat diterima."}}, n)
			}
			for i := range before / 100 {
				update(b, db, func(tx store.Tx) error {
					return store.In(tx).Journal.Append(fmt.Sprintf("PKJ-2026-%04d", i), events(100))
				})
			}
			i := 0
			for b.Loop() {
				if i++; i%50 == 1 { // a batch of the clerk: 50 mails, two events each
					update(b, db, func(tx store.Tx) error {
						for k := range 50 {
							if err := store.In(tx).Journal.Append(fmt.Sprintf("PKJ-2026-%04d", (i*7919+k*31)%before), events(2)); err != nil {
								return err
							}
						}
						return nil
					})
				}
			}
		})
	}
}

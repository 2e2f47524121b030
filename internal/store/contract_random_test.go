package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sort"
	"testing"

	"ukpbjd/internal/store"
)

var errRollback = errors.New("roll back")

// model plays the same random office to the engine and to plain maps, with rollbacks and reopenings, and compares.
func model(t *testing.T, open func(*testing.T, string) store.DB) {
	const steps = 300
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			truth := map[string]string{}
			db := open(t, "m")
			for step := range uint64(steps) {
				var draft map[string]string
				err := db.Update(ctx, func(x store.Tx) error {
					draft = maps.Clone(truth)
					return play(rand.New(rand.NewPCG(seed, step)), x, draft)
				})
				switch {
				case err == nil:
					truth = draft
				case !errors.Is(err, errRollback):
					t.Fatal(err)
				}
				if r.IntN(20) == 0 {
					if err := db.Close(); err != nil {
						t.Fatal(err)
					}
					db = open(t, "m")
				}
			}
			defer db.Close()
			compare(t, db, r, truth)
		})
	}
}

// play makes a few random steps on one transaction and on its draft.
func play(r *rand.Rand, x store.Tx, draft map[string]string) error {
	for range r.IntN(12) {
		bucket, key := string(rune('A'+r.IntN(2))), fmt.Sprintf("k%03d", r.IntN(200))
		switch r.IntN(4) {
		case 0:
			if err := x.Delete(bucket, []byte(key)); err != nil {
				return err
			}
			delete(draft, bucket+key)
		case 1:
			v, err := x.Get(bucket, []byte(key))
			if w, ok := draft[bucket+key]; err != nil || ok != (v != nil) || w != string(v) {
				return fmt.Errorf("get %s/%s: %d bytes, %v; want %d", bucket, key, len(v), err, len(w))
			}
		default:
			v := bytes.Repeat([]byte{byte('a' + r.IntN(26))}, r.IntN(r.IntN(6000)+1))
			if err := x.Put(bucket, []byte(key), v); err != nil {
				return err
			}
			draft[bucket+key] = string(v)
		}
	}
	if r.IntN(5) == 0 {
		return errRollback
	}
	return nil
}

// compare looks at random ranges and at everything.
func compare(t *testing.T, db store.DB, r *rand.Rand, truth map[string]string) {
	t.Helper()
	for i := range 50 {
		from, to := fmt.Sprintf("k%03d", r.IntN(200)), fmt.Sprintf("k%03d", r.IntN(200))
		if i == 0 {
			from, to = "", ""
		}
		for _, bucket := range []string{"A", "B"} {
			want(t, db, bucket, limit(from), limit(to), expect(truth, bucket, from, to))
		}
	}
}

func expect(truth map[string]string, bucket, from, to string) string {
	var keys []string
	for k := range truth {
		if k[:1] == bucket && k[1:] >= from && (to == "" || k[1:] < to) {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	var b bytes.Buffer
	for i, k := range keys {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%s", k[1:], truth[k])
	}
	return b.String()
}

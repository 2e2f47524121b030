package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"ukpbjd/internal/store"
)

// bounds puts keys at the bound, one byte over it and empty, and a value over its bound. What is refused changes nothing, and
// the transaction goes on.
func bounds(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	longest := bytes.Repeat([]byte("s"), store.MaxKey)
	over := append(longest[:store.MaxKey:store.MaxKey], 's')
	err := db.Update(ctx, func(x store.Tx) error {
		for _, key := range [][]byte{nil, {}, over, bytes.Repeat(over, 33)} {
			if err := refused(x, key); err != nil {
				t.Error(err)
			}
		}
		var ve *store.ValueError
		if err := x.Put("b", []byte("k"), make([]byte, store.MaxValue+1)); !errors.As(err, &ve) || !ve.Permanent() {
			t.Errorf("a value over the bound: %v", err)
		}
		return x.Put("b", longest, []byte("v"))
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, db, "b", nil, nil, string(longest)+"=v")
	want(t, db, "b", longest, over, string(longest)+"=v") // limits of a range are no keys
	if err := db.Update(ctx, func(x store.Tx) error { return x.Delete("b", longest) }); err != nil {
		t.Fatal(err)
	}
	want(t, db, "b", nil, nil, "")
}

func refused(x store.Tx, key []byte) error {
	err := x.Put("b", key, []byte("v"))
	var ke *store.KeyError
	if !errors.As(err, &ke) || ke.Bucket != "b" || ke.Size != len(key) || !ke.Permanent() {
		return fmt.Errorf("put under a key of %d bytes: %w", len(key), err)
	}
	if strings.Contains(err.Error(), "sss") {
		return errors.New("the error tells the key")
	}
	if v, err := x.Get("b", key); v != nil || err != nil {
		return fmt.Errorf("get of %d bytes: %q, %w", len(key), v, err)
	}
	return x.Delete("b", key)
}

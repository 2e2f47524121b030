package credential

import (
	"bytes"
	"testing"

	"filippo.io/age"

	"ukpbjd/internal/secret"
)

func TestSealedKeys(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	master := newMaster()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	phrase := secret.New([]byte("kalimat pengujian saja"))
	for _, x := range []struct {
		name string
		lock Lock
		open Unlock
	}{
		{"recipient", Lock{Recipients: id.Recipient().String()}, Unlock{Identity: secret.New([]byte(id.String()))}},
		{"passphrase", Lock{Passphrase: phrase}, Unlock{Passphrase: phrase}},
	} {
		t.Run(x.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := SealKeys(&b, x.lock, master, []byte("the key file")); err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(b.Bytes(), []byte("the key file")) {
				t.Error("it is not sealed")
			}
			got, vault, err := OpenKeys(bytes.NewReader(b.Bytes()), x.open)
			if err != nil || !got.Equal(master) || string(vault) != "the key file" {
				t.Errorf("%v %q", err, vault)
			}
			for _, wrong := range []Unlock{{}, {Passphrase: secret.New([]byte("kalimat lain sekali"))}, {Identity: secret.New([]byte("x"))}} {
				if _, _, err := OpenKeys(bytes.NewReader(b.Bytes()), wrong); err == nil {
					t.Error("opened with something else")
				}
			}
			b.Bytes()[b.Len()-1] ^= 1
			if _, _, err := OpenKeys(bytes.NewReader(b.Bytes()), x.open); err == nil {
				t.Error("a flipped bit is not seen")
			}
		})
	}
	for _, bad := range []Lock{{}, {Passphrase: secret.New([]byte("pendek"))}, {Recipients: "age1x"}, {Recipients: id.Recipient().String(), Passphrase: phrase}} {
		if err := SealKeys(&bytes.Buffer{}, bad, master, nil); err == nil {
			t.Error("sealed for nobody in particular")
		}
	}
}

func TestEpochs(t *testing.T) {
	k, err := NewKeys(secret.New(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for n := range 3 {
		e, err := k.InEpoch(n)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{e.ApprovalCode("PKJ-2026-0001", 1, 1, "a@dinas.example"), e.MemberCode("PKJ-2026-0001", "1"), e.MessageID("PKJ-2026-0001", "1/x", "d.example")} {
			if seen[s] {
				t.Errorf("epoch %d: the same again", n)
			}
			seen[s] = true
		}
		a, _ := k.JournalKey()
		if b, err := e.JournalKey(); err != nil || !a.Equal(b) {
			t.Error("the journal's key changes with the epoch")
		}
	}
	if e, _ := k.InEpoch(0); e.MemberCode("a", "b") != k.MemberCode("a", "b") {
		t.Error("epoch 0 is not the first")
	}
}

package config

import (
	"bytes"
	"crypto/rand"
	"math"
	"strings"
	"testing"
)

// A master key may be written in three ways; what is no key is refused.
func TestMasterKeyFile(t *testing.T) {
	raw := bytes.Repeat([]byte{0xab}, 32)
	for _, file := range []string{string(raw), strings.Repeat("ab", 32) + "\n", " q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n", "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"} {
		if key, ok := decodeKey([]byte(file)); !ok || !bytes.Equal(key, raw) {
			t.Errorf("a file of %d bytes is not taken", len(file))
		}
	}
	for _, file := range []string{"", "secret", strings.Repeat("ab", 31), strings.Repeat("ab", 33)} {
		if _, ok := decodeKey([]byte(file)); ok {
			t.Errorf("%q is taken for a key", file)
		}
	}
}

// What init makes is new each time, is what the reader takes, and is hard enough to guess (DESIGN: at least 77 bits).
func TestSecretsOfInit(t *testing.T) {
	key, phrase, err := secrets(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := decodeKey(key); !ok {
		t.Error("the key of init is none")
	}
	letters := strings.ReplaceAll(strings.TrimSpace(string(phrase)), "-", "")
	if strings.Trim(letters, phraseLetters) != "" || float64(len(letters))*math.Log2(float64(len(phraseLetters))) < 77 {
		t.Errorf("a passphrase of %d letters", len(letters))
	}
	key2, phrase2, err := secrets(rand.Reader)
	if err != nil || bytes.Equal(key, key2) || bytes.Equal(phrase, phrase2) {
		t.Error("the same once more: ", err)
	}
}

func TestUserIDPattern(t *testing.T) {
	for _, good := range []string{"{initial}{last}", "pokja-{nip4}", "{nip}", "{first}_{last}", "{first}.{last}"} {
		if _, err := userID(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "pokja", "{name}", "{first} {last}", "{first}@{last}"} {
		if _, err := userID(bad); err == nil {
			t.Errorf("pattern %q was taken", bad)
		}
	}
}

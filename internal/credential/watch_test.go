package credential

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	mrand "math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"ukpbjd/internal/secret"
)

func newWatch(t testing.TB) *Watch {
	t.Helper()
	w, err := NewWatch(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func generated(t testing.TB) secret.Secret {
	t.Helper()
	s, err := secret.DefaultRule.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWatchFindsWhereverItStands(t *testing.T) {
	w := newWatch(t)
	p, short := generated(t), secret.New([]byte("Xy7#mawar"))
	w.Add("1", p)
	w.Add("2", short)
	word := p.Reveal()
	for _, text := range []string{word, "password saya " + word + " tidak bisa", "(" + word + ")", "password=" + word + ".", "\"" + word + "\"", "<b>" + word + "</b>",
		strings.Repeat("x", 100) + word, "a\n" + word, word + strings.Repeat("y", 3000), "https://x.example/?p=" + word, strings.Repeat("z", 20_000) + word, "\x00\x01" + word + "\xff"} {
		if got := w.Find([]byte(text)); !slices.Equal(got, []string{"1"}) {
			t.Errorf("%d bytes: found %q", len(text), got)
		}
	}
	if got := w.Find([]byte("itu "+short.Reveal()+", dan"), []byte(word)); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("two lengths: %q", got)
	}
	for _, text := range []string{"", word[1:], word[:len(word)-1], strings.ToUpper(word), word[:7] + " " + word[7:], strings.Repeat("x", 5000)} {
		if got := w.Find([]byte(text)); got != nil {
			t.Errorf("found %q in %d bytes that do not hold it", got, len(text))
		}
	}
	w.Forget("1")
	if got := w.Find([]byte(word)); got != nil || w.Len() != 1 {
		t.Errorf("found %q after it was forgotten", got)
	}
	w.Forget("2")
	w.Forget("2")
	if w.Len() != 0 || len(w.sizes) != 0 {
		t.Errorf("%d secrets of %d lengths are left", w.Len(), len(w.sizes))
	}
	w.Add("3", p)
	if got := w.Find([]byte(word)); !slices.Equal(got, []string{"3"}) {
		t.Errorf("known anew: %q", got)
	}
}

// TestWatchKnowsEachOwner: two people may have been given the same; one of them forgotten, the other is still found.
func TestWatchKnowsEachOwner(t *testing.T) {
	w := newWatch(t)
	p := secret.New([]byte("Pokja#2026"))
	w.Add("1", p)
	w.Add("2", p)
	w.Add("2", p)
	text := []byte("sandi: " + p.Reveal())
	if got := w.Find(text); !slices.Equal(got, []string{"1", "2"}) || w.Len() != 1 {
		t.Errorf("%q", got)
	}
	w.Forget("1")
	if got := w.Find(text); !slices.Equal(got, []string{"2"}) {
		t.Errorf("one forgotten: %q", got)
	}
	next := secret.New([]byte("Badung@2026!"))
	w.Add("2", next) // the approver chose another
	if got := w.Find(text, []byte(next.Reveal())); !slices.Equal(got, []string{"2"}) || w.Len() != 2 {
		t.Errorf("replaced: %q", got)
	}
	w.Forget("2")
	if got := w.Find(text, []byte(next.Reveal())); got != nil || w.Len()+len(w.sizes)+len(w.of) != 0 {
		t.Errorf("both forgotten: %q", got)
	}
}

// TestWatchFindsAsAPlainSearchDoes holds it against strings.Contains, with many secrets of many lengths.
func TestWatchFindsAsAPlainSearchDoes(t *testing.T) {
	word := rapid.StringMatching(`[A-Za-z0-9@#$%*+=?]{6,24}`)
	rapid.Check(t, func(r *rapid.T) {
		w := newWatch(t)
		words := map[string]string{}
		for i, s := range rapid.SliceOfNDistinct(word, 1, 20, func(s string) string { return s }).Draw(r, "words") {
			words[s] = fmt.Sprint(i)
			w.Add(words[s], secret.New([]byte(s)))
		}
		known := slices.Sorted(func(yield func(string) bool) {
			for s := range words {
				if !yield(s) {
					return
				}
			}
		})
		piece := rapid.OneOf(rapid.SampledFrom(known), word, rapid.SampledFrom([]string{" ", "\n", "x", "=", "\x00", "é"}))
		text := strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(r, "text"), "")
		var want []string
		for s, id := range words {
			if strings.Contains(text, s) {
				want = append(want, id)
			}
		}
		slices.Sort(want)
		if got := w.Find([]byte(text)); !slices.Equal(got, want) {
			r.Fatalf("found %d of %d", len(got), len(want))
		}
	})
}

// TestWatchHoldsMany: fifty thousand secrets, added, looked for and forgotten from several sides at once.
func TestWatchHoldsMany(t *testing.T) {
	w := newWatch(t)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 2500 {
				id := fmt.Sprintf("PKJ-2026-%04d/%d", i, g)
				p := generated(t)
				w.Add(id, p)
				if got := w.Find([]byte("kata sandi: " + p.Reveal())); !slices.Contains(got, id) {
					t.Errorf("%s is not found", id)
				}
				if i%2 == 0 {
					w.Forget(id)
				}
			}
		})
	}
	wg.Wait()
	if w.Len() != 5000 || len(w.of) != 5000 || w.sizes[0].secrets != 5000 {
		t.Errorf("%d secrets, %d ids", w.Len(), len(w.of))
	}
}

// TestWatchHoldsNoSecret: what is kept does not show a secret, and another process keeps something else.
func TestWatchHoldsNoSecret(t *testing.T) {
	p := generated(t)
	a, b := newWatch(t), newWatch(t)
	a.Add("1", p)
	b.Add("1", p)
	if strings.Contains(fmt.Sprintf("%+v %#v", a, a.by), p.Reveal()) {
		t.Error("it shows the secret")
	}
	for f := range a.by {
		if _, same := b.by[f]; same {
			t.Error("two processes keep the same fingerprint")
		}
	}
	if _, err := NewWatch(bytes.NewReader(nil)); err == nil {
		t.Error("made without a key")
	}
}

func BenchmarkWatch(b *testing.B) {
	w := newWatch(b)
	for i := range 5000 {
		w.Add(fmt.Sprint(i), generated(b))
	}
	random := make([]byte, 300_000)
	mrand.NewChaCha8([32]byte{1}).Read(random) //nolint:errcheck // it does not fail
	prose := []byte(strings.Repeat("Dengan hormat, bersama ini kami sampaikan permohonan akun SPSE bagi anggota Pokja Pemilihan.\r\n", 60))
	page := []byte(strings.Repeat(`<p style="font-family:Calibri,sans-serif;font-size:11pt">Dengan hormat,</p>`+"\r\n", 150))
	for name, text := range map[string][]byte{"prose": prose, "html": page, "binary": random, "base64": []byte(base64.StdEncoding.EncodeToString(random))} {
		b.Run(fmt.Sprintf("%s-%dK", name, len(text)>>10), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if w.Find(text) != nil {
					b.Fatal("a false alarm")
				}
			}
		})
	}
}

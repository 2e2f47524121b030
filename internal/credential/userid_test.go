package credential

import (
	"bytes"
	"flag"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ukpbjd/internal/secret"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

func TestUserID(t *testing.T) {
	for _, c := range []struct{ nama, want string }{
		{"Budi Santoso, S.T., M.Si.", "budi.santoso"},
		{"Dr. Ir. I Gusti Ngurah Agung Wirawan, M.T.", "ngurah.wirawan"},
		{"I Wayan Sudarma, SE", "wayan.sudarma"},
		{"Ni Luh Putu Sri Rahayu", "luh.rahayu"},
		{"Ida Bagus Putra Mahayasa", "putra.mahayasa"},
		{"Anak Agung Gede Rai", "gede.rai"},
		{"A.A. Gede Rai, S.H.", "gede.rai"},
		{"I.G.N. Putra", "putra"},
		{"Cokorda Istri Ratih", "ratih"},
		{"Ida Ayu", "ida.ayu"},
		{"Suharto", "suharto"},
		{"Siti Nur'aini S.Kom", "siti.nuraini"},
		{"DEWA MADE OKA ST MT", "made.oka"},
		{"Prof. Dr. dr. André Müller", "andre.muller"},
		{"=WEBSERVICE(\"http://x\")", "webservice.http"},
		{"", "pokja"},
		{"李 小龙", "pokja"},
	} {
		if got := UserID("{first}.{last}", c.nama, "198609262015051001", func(string) bool { return false }); got != c.want {
			t.Errorf("%q: %q, want %q", c.nama, got, c.want)
		}
	}
	taken := map[string]bool{"budi.santoso": true, "budi.santoso2": true}
	if got := UserID("{first}.{last}", "Budi Santoso", "", func(s string) bool { return taken[s] }); got != "budi.santoso3" {
		t.Errorf("third Budi Santoso: %q", got)
	}
	for pattern, want := range map[string]string{"{initial}{last}": "bsantoso", "pokja-{nip4}": "pokja-1001", "{nip}": "198609262015051001", "{first}_{last}": "budi_santoso"} {
		if got := UserID(pattern, "Budi Santoso", "19860926 201505 1001", func(string) bool { return false }); got != want {
			t.Errorf("%s: %q", pattern, got)
		}
	}
}

func TestUserIDsAreUniqueAndPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		used := map[string]bool{}
		for range 20 {
			nama := rapid.OneOf(rapid.String(), rapid.StringMatching(`(I |Ni |Dr\. )?(Made|Budi) (Oka|Sari)(, S\.T\.)?`)).Draw(t, "nama")
			id := UserID("{first}.{last}", nama, rapid.StringMatching(`[0-9]{18}`).Draw(t, "nip"), func(s string) bool { return used[s] })
			if id == "" || len(id) > maxID || fold(id) != id || used[id] || strings.Trim(id, "._-") != id {
				t.Fatalf("%q gives %q", nama, id)
			}
			used[id] = true
		}
	})
}

func TestCodes(t *testing.T) {
	k, err := NewKeys(secret.New(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	other, _ := NewKeys(secret.New(bytes.Repeat([]byte{8}, 32)))
	first := k.ApprovalCode("PKJ-2026-0001", 1, 1, "Admin@gov.example")
	if first != k.ApprovalCode("PKJ-2026-0001", 1, 1, "admin@gov.example") {
		t.Error("the same question has two answers")
	}
	for i, c := range []string{
		k.ApprovalCode("PKJ-2026-0002", 1, 1, "admin@gov.example"), k.ApprovalCode("PKJ-2026-0001", 2, 1, "admin@gov.example"),
		k.ApprovalCode("PKJ-2026-0001", 1, 2, "admin@gov.example"), k.ApprovalCode("PKJ-2026-0001", 1, 1, "deputy@gov.example"),
		k.ApprovalCode("PKJ-2026-0001", 11, 1, "admin@gov.example"), k.MemberCode("PKJ-2026-0001", "198609262015051001"),
		other.ApprovalCode("PKJ-2026-0001", 1, 1, "admin@gov.example"),
	} {
		if c == first {
			t.Errorf("%d: another question has the same answer", i)
		}
	}
	for n := range 3000 {
		c := k.ApprovalCode("PKJ-2026-0001", n, 1, "a@gov.example")
		if len(c) != codeLength || strings.Trim(c, codeAlphabet) != "" || !strings.ContainsAny(c, digits) || strings.Trim(c, digits) == "" {
			t.Fatalf("code %q", c)
		}
	}
	id := k.MessageID("PKJ-2026-0001", "7/persetujuan", "gov.example")
	if id != k.MessageID("PKJ-2026-0001", "7/persetujuan", "gov.example") || id == k.MessageID("PKJ-2026-0001", "8/persetujuan", "gov.example") ||
		len(id) != len("<@gov.example>")+26 || !strings.HasPrefix(id, "<") || !strings.HasSuffix(id, "@gov.example>") {
		t.Errorf("Message-ID %q", id)
	}
	if _, err := NewKeys(secret.New([]byte("short"))); err == nil {
		t.Error("a short master key was taken")
	}
}

package triage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/triage"
)

// doubted is a case whose roster was read back to staf, who has copied rekan.
func doubted(t *testing.T) *desk {
	d := newDesk(t, sop.Standard)
	const number = "PKJ-2026-0077"
	r := reading("z")
	r.Roster[1].Doubts = []string{"email"}
	from := d.office.Identify(&sop.Case{Requester: person("staf")}, person("staf").Address)
	from.Proof = sop.Proof{Level: sop.Standard, Result: sop.Proven}
	d.decide(number, sop.Input{From: from, Mail: sop.Mail{MessageID: "<request-77@gov.example>"}, What: sop.Request{Reading: r, Colleagues: []string{"rekan@gov.example"}}})
	return d
}

// TestReadBackLines: by number or NIP, each line a value; what cannot be read stops all, with its words.
func TestReadBackLines(t *testing.T) {
	nip := "198701122011011004"
	for own, want := range map[string]string{
		"2 email Putu@gov.example":                           "2 email putu@gov.example",
		"2. e-mail: putu@gov.example.":                       "2 email putu@gov.example",
		"- nomor 2 surel = <putu@gov.example>":               "2 email putu@gov.example",
		nipOf(3) + " HP 0812-3456-7890":                      "3 hp 081234567890",
		"19800101 200501 1 003 gol. IV/a":                    "3 golongan IV/a",
		"3 NIP 19870112 201101 1 004":                        "3 nip " + nip,
		"1 nama Ni Luh Contoh, S.T., M.Si.":                  "1 nama Ni Luh Contoh, S.T., M.Si.",
		"1 jabatan Analis Kebijakan\n1 user id niluh.contoh": "1 jabatan Analis Kebijakan; 1 user_id niluh.contoh",
		"Selamat pagi,\nMohon diperbaiki:\n2 email putu@gov.example\n\nTerima kasih\nRatna\nTelp. 0361 123456": "2 email putu@gov.example",
		"BENAR\n2 email putu@gov.example":                      "2 email putu@gov.example",
		"2 email putu":                                         "! 2 email putu",
		"2 email putu@gov.example atau made@gov.example":       "! 2 email putu@gov.example atau made@gov.example",
		"9 email putu@gov.example":                             "! 9 email putu@gov.example",
		"3 NIP 1987011220110110":                               "! 3 NIP 1987011220110110",
		"3 NIP 198713122011011004":                             "! 3 NIP 198713122011011004",
		"1 nama I Made (cocokkan)":                             "! 1 nama I Made (cocokkan)",
		"2 email putu@gov.example\nnomor 3 sudah mutasi":       "! nomor 3 sudah mutasi",
		"2 email putu@gov.example\nyang lain made@gov.example": "! yang lain made@gov.example",
		"BENAR\nkecuali yang kedua":                            "! kecuali yang kedua",
		"BENAR\nemail Made made.baru@gov.example":              "! email Made made.baru@gov.example",
	} {
		d := doubted(t)
		r := d.take(d.answer("staf", "PKJ-2026-0077", sop.BacaUlang, own))
		var got []string
		for _, a := range r.Amends {
			n := 1 + slices.IndexFunc(d.books.cases["PKJ-2026-0077"].Members, func(m sop.Member) bool { return m.Row.NIP == a.Of.NIP })
			got = append(got, fmt.Sprintf("%d %s %s", n, a.Field, a.Value))
		}
		said := strings.Join(got, "; ")
		if u, ok := r.What.(sop.Unclear); ok {
			said = "! " + u.Quote
			if r.Verdict.Reason != "lines-unread" || len(r.Letters) != 1 {
				t.Errorf("%q: %s, %d letters", own, r.Verdict.Reason, len(r.Letters))
			}
		} else if !r.Papers {
			t.Errorf("%q: the roster is not read again", own)
		}
		if said != want {
			t.Errorf("%q: %q, want %q", own, said, want)
		}
	}
}

// TestReadBackConfirmed: BENAR by the requester or whom they copied, in answer to the letter or by its link; by nobody else, and for no
// other revision.
func TestReadBackConfirmed(t *testing.T) {
	link := func(who, subject string) func(d *desk) mail {
		return func(d *desk) mail { return d.reply(who, "", "Re: [PKJ-2026-0077] "+subject, "BENAR") }
	}
	reply := func(who, own string) func(d *desk) mail {
		return func(d *desk) mail {
			return d.reply(who, d.letter("PKJ-2026-0077", sop.BacaUlang, "staf"), "Re: [PKJ-2026-0077] Surat kami", own)
		}
	}
	for name, x := range map[string]struct {
		mail   func(d *desk) mail
		reason string
	}{
		"reply":            {reply("staf", "Benar."), "command-benar"},
		"English":          {reply("staf", "CORRECT"), "command-benar"},
		"with a signature": {reply("staf", "Benar, terima kasih.\n\nStaf\nHP 0812 3456 7890\nstaf@gov.example"), "command-benar"},
		"colleague":        {reply("rekan", "BENAR"), "command-benar"},
		"link":             {link("staf", "Mohon periksa daftar anggota Pokja (revisi 1)"), "command-benar"},
		"link of a member": {link("m1", "Mohon periksa daftar anggota Pokja (revisi 1)"), "no-token"},
		"another revision": {link("staf", "Mohon periksa daftar anggota Pokja (revisi 2)"), "read-back-old"},
		"a number alone":   {link("staf", "daftar anggota"), "no-token"},
		"approver":         {reply("admin", "BENAR"), "wrong-role"},
		"member":           {reply("m1", "BENAR"), "wrong-role"},
		"of the domain":    {reply("orang", "BENAR"), "stranger"},
		"without any proof": {func(d *desk) mail {
			return reply("staf", "BENAR")(d).verdict("Authentication-Results: mx.gov.example; dmarc=fail header.from=gov.example")
		}, ""},
	} {
		d := doubted(t)
		r := d.take(x.mail(d))
		confirmed := d.books.cases["PKJ-2026-0077"].Status == sop.AwaitingApproval
		if x.reason != "" && r.Verdict.Reason != x.reason || confirmed != (x.reason == "command-benar") || r.Outcome.Reason == "approved" {
			t.Errorf("%s: %s %s %s, confirmed %v", name, r.Verdict.Outcome, r.Verdict.Gate, r.Verdict.Reason, confirmed)
		}
	}
}

// TestLettersAreNoAnswers: no line of a letter reads as a line that corrects a roster, where a mail program does not mark what it quotes.
func TestLettersAreNoAnswers(t *testing.T) {
	files, err := filepath.Glob("../letter/testdata/*.txt")
	if err != nil || len(files) < 20 {
		t.Fatal(err, len(files))
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(raw)) {
			if triage.ReadsAsAmendment(l) {
				t.Errorf("%s: %q", filepath.Base(f), l)
			}
		}
	}
	if !triage.ReadsAsAmendment("2 email putu@gov.example") {
		t.Error("the control is not read")
	}
}

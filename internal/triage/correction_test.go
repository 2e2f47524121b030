package triage_test

import (
	"slices"
	"testing"

	"ukpbjd/internal/sop"
)

// TestCorrections: what the requester writes after the approval. An address is taken for a member's only where the words leave no doubt.
func TestCorrections(t *testing.T) {
	two := func(address string) []sop.Corrected { return []sop.Corrected{{NIP: nipOf(2), Address: address}} }
	for _, x := range []struct {
		name, own string
		kind      sop.LetterKind
		want      []sop.Corrected
		reason    string
	}{
		{"by name", "Yth. Admin,\nalamat email Wayan yang benar: wayan.baru@gov.example\n\nTerima kasih", sop.TandaTerima, two("wayan.baru@gov.example"), "correction"},
		{"by NIP with blanks", "NIP 19800101 200501 1 002 => wayan.baru@gov.example.", sop.TandaTerima, two("wayan.baru@gov.example"), "correction"},
		{"old and new", "Mohon dikoreksi: M2@gov.example menjadi <wayan.baru@gov.example>", sop.TandaTerima, two("wayan.baru@gov.example"), "correction"},
		{"the name in another line", "Mohon maaf, alamat Pak Wayan keliru.\nYang benar:\nwayan.baru@gov.example", sop.TandaTerima, two("wayan.baru@gov.example"), "correction"},
		{"two rows", "Luh: luh.baru@gov.example\nWayan: wayan.baru@gov.example", sop.TandaTerima,
			[]sop.Corrected{{NIP: nipOf(1), Address: "luh.baru@gov.example"}, {NIP: nipOf(2), Address: "wayan.baru@gov.example"}}, "correction"},
		{"in answer to the news that it failed", "Yang benar wayan.baru@gov.example", sop.GagalKirim, two("wayan.baru@gov.example"), "correction"},
		{"only one letter failed", "Yang benar wayan.baru@gov.example", sop.TandaTerima, two("wayan.baru@gov.example"), "correction"},
		{"the sender's own in the signature", "Wayan: wayan.baru@gov.example\nStaf\nstaf@gov.example", sop.TandaTerima, two("wayan.baru@gov.example"), "correction"},
		{"two addresses in one line", "Wayan: wayan.a@gov.example atau wayan.b@gov.example", sop.TandaTerima, nil, "mend-unclear"},
		{"two addresses for one", "Wayan: wayan.a@gov.example\nWayan: wayan.b@gov.example", sop.TandaTerima, nil, "mend-unclear"},
		{"two members, one address", "Luh dan Wayan memakai pokja@gov.example", sop.TandaTerima, nil, "mend-unclear"},
		{"somebody's of the office", "Wayan: kepala@gov.example", sop.TandaTerima, two("kepala@gov.example"), "mend-reserved"},
		{"another member's", "Wayan pakai m3@gov.example saja", sop.TandaTerima, nil, "not-a-command"},
		{"no address", "Alamat Wayan keliru, mohon diperbaiki", sop.TandaTerima, nil, "not-a-command"},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := newDesk(t, sop.Standard)
			d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU"))
			d.deliver(first)
			c := d.books.cases[first]
			c.Members = slices.Clone(c.Members)
			for i, name := range []string{"Ni Luh Contoh, S.T.", "Drs. I Wayan Misal", "Made Umpama"} {
				c.Members[i].Row.Nama = name
			}
			d.books.cases[first] = c
			d.decide(first, sop.Input{What: sop.Bounced{Letter: *d.books.pointers[d.letter(first, sop.Kredensial, "m2")].Letter, Action: "failed"}})
			r := d.take(d.answer("staf", first, x.kind, x.own))
			w, _ := r.What.(sop.Correction)
			if !slices.Equal(w.Rows, x.want) || r.Verdict.Reason != x.reason {
				t.Errorf("%s: %+v", r.Verdict.Reason, r.What)
			}
			if len(r.Letters) == 0 || r.released {
				t.Errorf("%d letters, released %v", len(r.Letters), r.released)
			}
			for i, m := range d.books.cases[first].Members {
				mended := slices.ContainsFunc(x.want, func(y sop.Corrected) bool { return y.NIP == m.Row.NIP }) && x.reason == "correction"
				if m.Address != c.Members[i].Address || (m.Mend != nil) != mended {
					t.Errorf("%s: at %s, asked about another: %v", m.Row.Nama, m.Address, m.Mend != nil)
				}
			}
		})
	}
	t.Run("only the requester, and proven", func(t *testing.T) {
		d := newDesk(t, sop.Standard)
		d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU"))
		d.deliver(first)
		const own = "m2@gov.example: wayan.baru@gov.example"
		for _, m := range []mail{d.answer("staf", first, sop.TandaTerima, own).verdict(), d.answer("m2", first, sop.Kredensial, own),
			d.reply("staf2", d.letter(first, sop.TandaTerima, "staf"), "Re: ["+first+"] Surat kami", own)} {
			if r := d.take(m); r.Verdict.Outcome == "obeyed" || d.books.cases[first].Members[1].Mend != nil {
				t.Errorf("obeyed: %s", r.Verdict.Reason)
			}
		}
		if r := d.take(d.answer("staf", first, sop.TandaTerima, own)); d.books.cases[first].Members[1].Mend == nil {
			t.Errorf("control: %s", r.Verdict.Reason)
		}
	})
}

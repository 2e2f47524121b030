package statuspage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
)

func makassar() *time.Location { return time.FixedZone("WITA", 8*3600) }

func noon() time.Time { return time.Date(2026, 5, 15, 4, 0, 0, 0, time.UTC) }

// books is a Source made of what a test puts into it.
type books struct {
	cases  []sop.Case
	events map[string][]sop.Event
	health []HealthItem
	err    error
	hang   chan struct{}
}

func (b books) Recent(_ context.Context, limit int) ([]sop.Case, error) {
	return b.cases[:min(limit, len(b.cases))], b.err
}

func (b books) Counts(context.Context) (map[sop.Status]int, error) {
	n := map[sop.Status]int{}
	for _, c := range b.cases {
		n[c.Status]++
	}
	return n, b.err
}

func (b books) Case(_ context.Context, number string) (sop.Case, []sop.Event, bool, error) {
	for _, c := range b.cases {
		if c.Number == number {
			return c, b.events[number], true, b.err
		}
	}
	return sop.Case{}, nil, false, b.err
}

func (b books) Health(ctx context.Context) []HealthItem {
	if b.hang != nil {
		<-b.hang
	}
	return b.health
}

// private is everything of the sample case that no page may show.
func private() []string {
	return []string{"Yasa Artawan", "Gede Armini", "Ngurah Suparta", "Dewi Kusuma", "Wulandari", "Prasetyo", "198609262015051061", "19860926 201505 1 061", "199103122018012077",
		"made.yasa@", "ni.armini@", "ngurah(at)", "dewi@", "admin.agency@", "7KQF3M", "rahasia-Banget1", "surat.1.abcdef0123", "9104052609860003", "081234567890"}
}

// sample is one case in full, with private words wherever people and servers put them.
func sample(n int, status sop.Status) (sop.Case, []sop.Event) {
	at := noon().AddDate(0, 0, -3)
	number := fmt.Sprintf("PKJ-2026-%04d", n)
	member := func(no int, nama, nip, mail string, s sop.MemberState) sop.Member {
		return sop.Member{Row: document.Row{No: no, Nama: nama, NIP: nip, Email: mail, NIK: "9104052609860003", HP: "081234567890"}, Address: mail, State: s}
	}
	m1 := member(1, "I Made Yasa Artawan, S.T., M.Si.", "198609262015051061", "made.yasa@tirtawana.example", sop.MemberConfirmed)
	m1.SentAt, m1.Confirmed, m1.Proof = at.Add(30*time.Hour), at.Add(33*time.Hour), "terbukti"
	m2 := member(2, "Ni Luh Gede Armini", "199103122018012077", "ni.armini@tirtawana.example", sop.MemberSent)
	m2.SentAt, m2.Note = at.Add(30*time.Hour), "KENDALA: Ni Luh Gede Armini tidak dapat masuk, hubungi 081234567890"
	m3 := member(3, "I Gusti Ngurah Suparta, S.Kom.", "197903052006041088", "ngurah@tirtawana.example", sop.MemberFailed)
	m3.Note = "550 5.1.1 <made.yasa@tirtawana.example>: Recipient address rejected"
	c := sop.Case{Number: number, Status: status, Opened: at, Updated: noon(), Requester: sop.Person{Name: "Ni Putu Dewi Kusuma, S.E.", Address: "dewi@tirtawana.example"},
		Revision: 2, Members: []sop.Member{m1, m2, m3}, Owes: "member", Due: noon().Add(5 * time.Hour), Subject: "Permohonan akun",
		Reading: document.Reading{Complete: true, Papers: []document.Paper{
			{File: "Formulir Permohonan Akun Pokja.xlsx", Kind: document.Formulir},
			{File: "SK Penetapan Pokja.pdf", Pages: "1-3", Kind: document.SK, Number: "18 TAHUN 2026", MachineRead: true},
			{File: "ST I Made Yasa Artawan dkk.pdf", Pages: "1", Kind: document.SuratTugas, Number: "800/222/PBJ/2026"},
			{File: "lampiran.pdf", Kind: document.Unreadable, Reason: "encrypted"}},
			Problems: []document.Problem{{Row: 3, Code: "bad_email", Text: "Baris 3 (I Gusti Ngurah Suparta): alamat surel \"ngurah(at)tirtawana.example\" tidak dapat dipakai."}}},
		Deviations: []sop.Deviation{{Kind: "waktu", Step: "2.1", Owed: "approver", At: at.Add(28 * time.Hour), By: "4 jam", Text: "Persetujuan diberikan setelah tenggat.", Reply: "Listrik padam di kantor."}},
		Approval:   &sop.Approval{By: sop.Person{Name: "Ida Bagus Admin Agency", Address: "admin.agency@lpse.example"}, At: at.Add(29 * time.Hour)}}
	if status.Closed() {
		c.Closed = noon().Add(-time.Hour)
	}
	ev := func(h int, kind, who, reason, text string) sop.Event {
		return sop.Event{At: at.Add(time.Duration(h) * time.Hour), Kind: kind, Actor: who, Reason: reason, Text: text, Data: map[string]string{"code": "7KQF3M"}}
	}
	return c, []sop.Event{
		ev(0, "case-opened", "dewi@tirtawana.example", "request-complete", "Permintaan Ni Putu Dewi Kusuma, S.E. diterima dan kasus dibuka."),
		ev(0, "letter-queued", "daemon", "request-complete", "Surat persetujuan dengan kode 7KQF3M disiapkan, <surat.1.abcdef0123@tirtawana.example>."),
		ev(28, "deviation", "daemon", "approval-late", "Tenggat persetujuan terlewati 4 jam."),
		ev(29, "approved", "admin.agency@lpse.example", "approved", "SETUJU 7KQF3M diterima, bukti dmarc=pass."),
		ev(30, "letter-accepted", "daemon", "accepted", "Surat kredensial untuk I Made Yasa Artawan (NIP 19860926 201505 1 061) diterima server."),
		ev(31, "letter-lost", "daemon", "bounced", "Surat untuk I Gusti Ngurah Suparta, S.Kom. kembali: alamat tidak dikenal."),
		ev(31, "supplemented", "dewi@tirtawana.example", "supplement", "Pelengkap diterima: anggota baru: Sri Wulandari Handayani, S.E.; tidak lagi tercantum: Dr. Bambang Prasetyo Nugroho"),
		ev(32, "letter-accepted", "daemon", "accepted", "Surat untuk Bambang Prasetyo Nugroho diterima server."),
		ev(32, "refused", "admin.agency@lpse.example", "dmarc-none", "Surel tidak memenuhi syarat dan tidak dijalankan."),
		ev(32, "credential-queued", "daemon", "approved", "Surat kredensial disiapkan untuk I Gusti Ngurah Suparta, S.Kom.."),
		ev(33, "receipt-confirmed", "made.yasa@tirtawana.example", "confirmed", "TERIMA dari I MADE YASA ARTAWAN? password: rahasia-Banget1"),
	}
}

// office fills the books with n cases over all statuses.
func office(n int) books {
	b := books{events: map[string][]sop.Event{}, health: []HealthItem{{Name: "imap", OK: true, Text: "terhubung"}, {Name: "smtp", OK: true}, {Name: "store", OK: true}}}
	for i := n; i > 0; i-- {
		status := sop.Statuses[(i*7+i/3)%len(sop.Statuses)]
		if n == 1 {
			status = sop.AwaitingReceipt
		}
		c, events := sample(i, status)
		c.Opened = noon().Add(-time.Duration(n-i) * 7 * time.Hour)
		if status.Closed() {
			c.Closed = c.Opened.Add(26 * time.Hour)
			if c.Closed.After(noon()) {
				c.Closed = noon()
			}
		}
		c.Due = noon().Add(time.Duration(i%9-2) * 9 * time.Hour)
		c.Owes = []string{"approver", "requester", "member", "daemon"}[i%4]
		if i%3 > 0 {
			c.Deviations = nil
		}
		b.cases = append(b.cases, c)
		b.events[c.Number] = events
	}
	return b
}

func handler(t testing.TB, b Source, set func(*Options)) http.Handler {
	t.Helper()
	o := Options{Source: b, OfficeName: "Bagian Pengadaan Barang/Jasa Setda Kabupaten Tirtawana", Zone: makassar(), Now: noon}
	if set != nil {
		set(&o)
	}
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// hostile is a case whose every text came from somebody who means ill.
func hostile(n int) sop.Case {
	evil := `"><script>alert(1)</script><img src=x onerror=alert(1)>` + strings.Repeat("X", 5000)
	c := sop.Case{Number: fmt.Sprintf("PKJ-2026-%04d", n), Status: sop.NeedsReview, Opened: noon(), Requester: sop.Person{Name: evil, Address: evil + "@x"},
		Held: evil, Outcome: evil, Owes: evil, Subject: evil, Changes: []string{evil},
		Reading:    document.Reading{Papers: []document.Paper{{File: evil, Title: evil, Number: evil, Pages: evil[:40], Kind: document.Kind(evil), Reason: evil}}, Problems: []document.Problem{{Code: evil, Text: evil}}},
		Members:    []sop.Member{{Row: document.Row{Nama: evil, NIP: evil, Email: evil}, State: sop.MemberState(evil[:30]), Note: evil, Proof: evil[:30]}},
		Deviations: []sop.Deviation{{Kind: evil[:30], Step: evil[:20], Owed: evil, By: evil, Text: evil, Reply: evil}}, Incidents: []sop.Incident{{What: evil, Until: noon().Add(time.Hour)}}}
	return c
}

var errBooks = errors.New("read the store at /var/lib/ukpbjd/ukpbjd.db: made.yasa@tirtawana.example")

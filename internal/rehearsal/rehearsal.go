// Package rehearsal invents what an office would receive: people, the three papers of a request (SOP 1.3), the mail that
// carries them, replies as mail programs write them, and forgeries. Demo and bench live on it. The same seed gives the same
// bytes; nobody and nothing in it exists.
package rehearsal

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
)

// Form is the file format of the formulir.
type Form string

const (
	XLSX Form = "xlsx"
	DOCX Form = "docx"
	CSV  Form = "csv"
	PDF  Form = "pdf"
)

// Forms lists them all.
var Forms = []Form{XLSX, DOCX, CSV, PDF}

// Office is the setting of a request. Domain and form have a default.
type Office struct {
	Domain string         // of the members' addresses, "tirtawana.example"
	Tag    string         // added to each member's address, to keep the people of many requests apart
	Form   Form           // XLSX
	Fault  string         // a document.Code that the last row of the formulir commits; "": none
	Again  []document.Row // people of an earlier request, who stand first in this one
	PadTo  int            // bytes that each paper is filled up to, with a picture in its letterhead; 0: none. A CSV stays small
}

// Bundle is one request: its people, its papers and its words.
type Bundle struct {
	Office     Office
	Pokja      string // "Kelompok Kerja Pemilihan 13"
	SKNumber   string
	TaskNumber string
	Roster     []document.Row // what a careful reader takes from the papers
	Head       document.Row   // who signs; must not enter a roster
	Files      []sop.File     // formulir, SK, surat tugas
	Subject    string
	Text       string

	people []document.Row // as SK and surat tugas name them
}

const maxMembers = 99

const regency, seat = "Tirtawana", "Amlayu"

// dated is the day of the papers.
var dated = time.Date(2026, 5, 4, 9, 0, 0, 0, time.FixedZone("WITA", 8*3600))

// Papers invents one request.
func Papers(seed int64, members int, o Office) (Bundle, error) {
	if members < 1 || members > maxMembers {
		return Bundle{}, fmt.Errorf("invent a request: %d members, want 1 to %d", members, maxMembers)
	}
	o.Domain, o.Form = cmp.Or(o.Domain, "tirtawana.example"), cmp.Or(o.Form, XLSX)
	r := rand.New(rand.NewPCG(uint64(seed), 0x5eed))
	b := Bundle{Office: o, Pokja: fmt.Sprintf("Kelompok Kerja Pemilihan %d", 1+r.IntN(60)),
		SKNumber: fmt.Sprintf("%d TAHUN %d", 1+r.IntN(300), dated.Year()), TaskNumber: fmt.Sprintf("800/%d/PBJ/%d", 100+r.IntN(900), dated.Year())}
	taken := map[string]bool{}
	for i := range members {
		b.Roster = append(b.Roster, person(r, i+1, o, taken))
		if i < len(o.Again) {
			b.Roster[i] = o.Again[i]
			b.Roster[i].No = i + 1
		}
	}
	b.Head = person(r, 0, o, taken)
	b.Head.Golongan, b.Head.Jabatan = "IV/b", "Kepala Bagian Pengadaan Barang/Jasa"
	b.people = slices.Clone(b.Roster)
	if err := b.spoil(o.Fault); err != nil {
		return Bundle{}, err
	}
	b.Subject = fmt.Sprintf("Permohonan Pembuatan Akun SPSE %s", b.Pokja)
	b.Text = b.covering()
	return b, b.write(r)
}

// write makes the three files, each filled up with a picture of its own size where PadTo asks for it.
func (b *Bundle) write(r *rand.Rand) error {
	makers := []struct {
		name  string
		paper func(picture []byte) ([]byte, error)
	}{
		{"Formulir Permohonan Akun Pokja." + string(b.Office.Form), b.form()},
		{"SK Penetapan Pokja.pdf", b.decree},
		{"Surat Tugas Pokja.pdf", b.task},
	}
	for i, m := range makers {
		if m.paper == nil {
			return fmt.Errorf("invent a request: no formulir as %q", b.Office.Form)
		}
		raw, err := m.paper(nil)
		if missing := b.Office.PadTo - len(raw); err == nil && missing > 0 {
			raw, err = m.paper(picture(r, missing))
		}
		if err != nil {
			return fmt.Errorf("invent %s: %w", m.name, err)
		}
		b.Files = append(b.Files, sop.File{Name: m.name, MediaType: mediaTypes[path.Ext(m.name)], Bytes: raw})
		if i == 0 {
			for n := range b.Roster {
				b.Roster[n].Source = m.name
			}
		}
	}
	return nil
}

func (b Bundle) covering() string {
	return "Yth. Bapak/Ibu Admin Agency,\n\n" +
		"Bersama ini kami sampaikan permohonan pembuatan user ID dan password SPSE bagi anggota " + b.Pokja + ".\n" +
		"Terlampir formulir permohonan pembuatan akun Pokja, SK penetapan anggota Pokja, dan surat tugas.\n\n" +
		"Atas perhatian dan kerja samanya kami ucapkan terima kasih.\n\n" +
		b.Head.Nama + "\nBagian Pengadaan Barang/Jasa\n"
}

// spoil commits one fault in the formulir's last row; the other papers stay right.
func (b *Bundle) spoil(code string) error {
	last, first := &b.Roster[len(b.Roster)-1], b.Roster[0]
	switch code {
	case "":
	case document.CodeBadNIP:
		last.NIP = last.NIP[:17]
	case document.CodeMissingEmail:
		last.Email = ""
	case document.CodeBadEmail:
		last.Email = strings.ReplaceAll(last.Email, "@", "(at)")
	case document.CodeDuplicateEmail:
		last.Email = first.Email
	case document.CodeDuplicateNIP:
		last.NIP = first.NIP
	case document.CodeDisagrees:
		last.NIP = last.NIP[:15] + fmt.Sprintf("%03d", 60+(int(last.NIP[17]-'0')+11)%60)
	default:
		return fmt.Errorf("invent a request: no fault %q", code)
	}
	return nil
}

// Without gives the bundle less one paper, 0 to 2 in the order of Files, as requesters forget them.
func (b Bundle) Without(paper int) (Bundle, error) {
	if paper < 0 || paper >= len(b.Files) {
		return b, errors.New("no such paper")
	}
	b.Files = slices.Delete(slices.Clone(b.Files), paper, paper+1)
	return b, nil
}

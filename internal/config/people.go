package config

import (
	"iter"
	"strings"

	"ukpbjd/internal/sop"
)

// Bounds of lists that a person writes.
const (
	maxApprovers  = 20
	maxMemberKeys = 1000
	minPhrase     = 13 // characters; init's phrase has 16 and a known strength
)

func (p *People) read(s *section, passphrase bool) {
	p.Requesters = listed(s, "requesters", `write staf@example.go.id, or "*@example.go.id" for a whole domain`, pattern)
	s.need("requesters", len(p.Requesters) > 0, `say who may ask for accounts: ["*@example.go.id"]`)
	for _, e := range s.few("approvers", maxApprovers) {
		p.Approvers = append(p.Approvers, s.r.approver(e, passphrase, true))
	}
	s.need("approvers", len(p.Approvers) > 0, "name at least one Admin Agency: [{name: …, email: …, sheet_passphrase_file: …}]")
	for _, e := range s.few("member_keys", maxMemberKeys) {
		p.MemberKeys = append(p.MemberKeys, s.r.memberKey(e))
	}
	p.KepalaLPSE = person(s.section("kepala_lpse"))
	bagian := s.section("kepala_bagian")
	p.Hears = []string{"opened", "closed"}
	if _, said := bagian.find("hears"); said {
		p.Hears = listed(bagian, "hears", "", choice("opened", "closed"))
	}
	p.KepalaBagian = person(bagian)
	p.Operator = person(s.section("operator"))
	s.done()
}

// person reads {name, email}, both needed.
func person(s *section) sop.Person {
	p := nameAndEmail(s)
	s.done()
	return p
}

func nameAndEmail(s *section) (p sop.Person) {
	if len(s.entries) == 0 {
		if !s.odd {
			s.r.fault(s.path, "write {name: …, email: …}", "is needed")
		}
		s.find("name")
		s.find("email")
		return p
	}
	s.text("name", &p.Name)
	s.need("name", p.Name != "", "write the name as letters address it")
	parsed(s, "email", &p.Address, "write one plain address", address)
	s.need("email", p.Address != "", "write one plain address")
	return p
}

func (r *reader) approver(e entry, passphrase, deputies bool) Approver {
	s := r.section(e.path, e.value)
	a := Approver{Person: nameAndEmail(s)}
	a.Aliases = listed(s, "aliases", "write one plain address", address)
	parsed(s, "nip", &a.NIP, "write all 18 digits in quotes, or leave it out", nip)
	a.SheetPassphrase = s.secret("sheet_passphrase_file", passphrase, minPhrase)
	_, a.Certificates = s.authority("certificate_file")
	a.OpenPGPKey = s.publicKey("openpgp_key_file")
	if deputies {
		for _, d := range s.list("deputies") {
			a.Deputies = append(a.Deputies, r.approver(d, passphrase, false))
		}
	}
	s.done()
	return a
}

// memberKey reads {email or nip, certificate_file or openpgp_key_file}.
func (r *reader) memberKey(e entry) (k MemberKey) {
	s := r.section(e.path, e.value)
	parsed(s, "email", &k.Address, "write one plain address", address)
	parsed(s, "nip", &k.NIP, "write all 18 digits in quotes", nip)
	_, k.Certificate = s.authority("certificate_file")
	k.OpenPGPKey = s.publicKey("openpgp_key_file")
	s.done()
	if (k.Address == "") == (k.NIP == "") && !r.wrong(e.path+".email") && !r.wrong(e.path+".nip") {
		r.fault(e.path, "write either email or nip", "it must say whose key it is")
	}
	if (len(k.Certificate) == 0) == (len(k.OpenPGPKey) == 0) && !r.wrong(e.path+".certificate_file") && !r.wrong(e.path+".openpgp_key_file") {
		r.fault(e.path, "name either certificate_file or openpgp_key_file", "one key is wanted")
	}
	k.At = Fault{File: r.file, Line: r.lineOf(e.path), Key: e.path}
	return k
}

// Approving are the approvers, each with their deputies after them, by the key path of each.
func (p People) Approving() iter.Seq2[string, Approver] {
	return func(yield func(string, Approver) bool) {
		for i, a := range p.Approvers {
			path := index("people.approvers", i)
			if !yield(path, a) {
				return
			}
			for k, d := range a.Deputies {
				if !yield(index(path+".deputies", k), d) {
					return
				}
			}
		}
	}
}

func sameAddress(a, b string) bool { return a != "" && strings.EqualFold(a, b) }

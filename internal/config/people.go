package config

import (
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
	for _, t := range s.texts("requesters") {
		v, err := pattern(t.text)
		if err != nil {
			s.r.fault(t.path, `write staf@example.go.id, or "*@example.go.id" for a whole domain`, "%v", err)
			continue
		}
		p.Requesters = append(p.Requesters, v)
	}
	if len(p.Requesters) == 0 {
		s.need("requesters", "", `say who may ask for accounts: ["*@example.go.id"]`)
	}
	list := s.list("approvers")
	for _, e := range list[:min(len(list), maxApprovers)] {
		p.Approvers = append(p.Approvers, s.r.approver(e, passphrase, true))
	}
	if len(list) > maxApprovers {
		s.r.fault(s.at("approvers"), "", "more than %d", maxApprovers)
	}
	if len(list) == 0 {
		s.need("approvers", "", "name at least one Admin Agency: [{name: …, email: …, sheet_passphrase_file: …}]")
	}
	keys := s.list("member_keys")
	for _, e := range keys[:min(len(keys), maxMemberKeys)] {
		p.MemberKeys = append(p.MemberKeys, s.r.memberKey(e))
	}
	if len(keys) > maxMemberKeys {
		s.r.fault(s.at("member_keys"), "", "more than %d", maxMemberKeys)
	}
	p.KepalaLPSE = person(s.section("kepala_lpse"))
	p.KepalaBagian = person(s.section("kepala_bagian"))
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
	s.need("name", p.Name, "write the name as letters address it")
	parsed(s, "email", &p.Address, "write one plain address", address)
	s.need("email", p.Address, "write one plain address")
	return p
}

func (r *reader) approver(e entry, passphrase, deputies bool) Approver {
	s := r.section(e.path, e.value)
	a := Approver{Person: nameAndEmail(s)}
	for _, t := range s.texts("aliases") {
		v, err := address(t.text)
		if err != nil {
			r.fault(t.path, "write one plain address", "%v", err)
			continue
		}
		a.Aliases = append(a.Aliases, v)
	}
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

// place is an address and the key that holds it.
type place struct{ path, address string }

// addresses of the approver and of every deputy, with the key that holds each.
func (a Approver) addresses(path string) []place {
	all := []place{{path + ".email", a.Address}}
	for i, alias := range a.Aliases {
		all = append(all, place{index(path+".aliases", i), alias})
	}
	for i, d := range a.Deputies {
		all = append(all, d.addresses(index(path+".deputies", i))...)
	}
	return all
}

// signing makes a fault of every approver and deputy who could not sign anything.
func (a Approver) signing(r *reader, path string) {
	if len(a.Certificates) == 0 && len(a.OpenPGPKey) == 0 && !r.wrong(path+".certificate_file") && !r.wrong(path+".openpgp_key_file") {
		r.fault(path+".certificate_file", "name the PEM file of the certificate they sign mail with, or openpgp_key_file", "is needed for assurance: signed")
	}
	for i, d := range a.Deputies {
		d.signing(r, index(path+".deputies", i))
	}
}

func sameAddress(a, b string) bool { return a != "" && strings.EqualFold(a, b) }

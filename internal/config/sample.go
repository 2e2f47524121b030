package config

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"strings"
)

//go:embed sample.yaml
var sampleText string

// Answers is what `ukpbjd init` asks; an empty answer takes the example's.
type Answers struct {
	Office          string
	IMAP, SMTP      string // host:port
	Username        string // of the office mailbox
	From            string // Name <address>
	Requesters      string // address or *@domain
	ApproverEmail   string
	KepalaLPSEEmail string
	AuthservID      string
	Storage         string
}

// Sample is the commented configuration with these answers in it, or those of invented people at an example domain.
func Sample(a Answers) []byte {
	var pairs []string
	for _, x := range []struct{ name, answer, example string }{
		{"office", a.Office, "Bagian Pengadaan Barang/Jasa Setda Kabupaten Contoh"},
		{"imap", a.IMAP, "mail.office.example:993"},
		{"smtp", a.SMTP, "mail.office.example:465"},
		{"username", a.Username, "ukpbj@office.example"},
		{"from", a.From, "UKPBJ Contoh <ukpbj@office.example>"},
		{"requesters", a.Requesters, "*@office.example"},
		{"approver", a.ApproverEmail, "admin@office.example"},
		{"lpse", a.KepalaLPSEEmail, "kepala.lpse@office.example"},
		{"authserv", a.AuthservID, "mx.office.example"},
		{"storage", a.Storage, Default().Storage.Path},
	} {
		pairs = append(pairs, "<"+x.name+">", quoteYAML(cmp.Or(x.answer, x.example)))
	}
	return []byte(strings.NewReplacer(pairs...).Replace(sampleText))
}

// quoteYAML writes a double-quoted scalar; JSON's is one.
func quoteYAML(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(strings.ToValidUTF8(s, "?")) != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

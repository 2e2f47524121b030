package config

import (
	_ "embed"
	"encoding/json"
	"strings"
)

//go:embed sample.yaml
var sampleText string

// Answers is what `ukpbjd init` asks; an empty answer takes the example's.
type Answers struct {
	Office, CasePrefix, Timezone        string
	IMAP, SMTP                          string // host:port
	Username                            string // of the office mailbox
	From                                string // Name <address>
	Requesters                          string // address or *@domain
	ApproverName, ApproverEmail         string
	KepalaLPSEName, KepalaLPSEEmail     string
	KepalaBagianName, KepalaBagianEmail string
	OperatorName, OperatorEmail         string
	AuthservID                          string
	Storage                             string
}

// Example answers every question with invented people at an example domain.
func Example() Answers {
	return Answers{
		Office: "Bagian Pengadaan Barang/Jasa Setda Kabupaten Contoh", CasePrefix: "PKJ", Timezone: "Asia/Makassar",
		IMAP: "mail.office.example:993", SMTP: "mail.office.example:465", Username: "ukpbj@office.example",
		From: "UKPBJ Contoh <ukpbj@office.example>", Requesters: "*@office.example",
		ApproverName: "Admin Agency", ApproverEmail: "admin@office.example",
		KepalaLPSEName: "Kepala LPSE", KepalaLPSEEmail: "kepala.lpse@office.example",
		KepalaBagianName: "Kepala Bagian PBJ", KepalaBagianEmail: "kepala.bagian@office.example",
		OperatorName: "Operator", OperatorEmail: "operator@office.example",
		AuthservID: "mx.office.example", Storage: "/var/lib/ukpbjd",
	}
}

// Sample is the commented configuration with these answers in it.
func Sample(a Answers) []byte {
	e := Example()
	pairs := make([]string, 0, 40)
	for _, x := range []struct{ name, answer, example string }{
		{"office", a.Office, e.Office}, {"prefix", a.CasePrefix, e.CasePrefix}, {"timezone", a.Timezone, e.Timezone},
		{"imap", a.IMAP, e.IMAP}, {"smtp", a.SMTP, e.SMTP}, {"username", a.Username, e.Username}, {"from", a.From, e.From},
		{"requesters", a.Requesters, e.Requesters},
		{"approver.name", a.ApproverName, e.ApproverName}, {"approver.email", a.ApproverEmail, e.ApproverEmail},
		{"lpse.name", a.KepalaLPSEName, e.KepalaLPSEName}, {"lpse.email", a.KepalaLPSEEmail, e.KepalaLPSEEmail},
		{"bagian.name", a.KepalaBagianName, e.KepalaBagianName}, {"bagian.email", a.KepalaBagianEmail, e.KepalaBagianEmail},
		{"operator.name", a.OperatorName, e.OperatorName}, {"operator.email", a.OperatorEmail, e.OperatorEmail},
		{"authserv", a.AuthservID, e.AuthservID}, {"storage", a.Storage, e.Storage},
	} {
		if x.answer == "" {
			x.answer = x.example
		}
		pairs = append(pairs, "<"+x.name+">", quoteYAML(x.answer))
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

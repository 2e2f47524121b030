package config

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"strings"
)

//go:embed sample.yaml
var sampleText string

// Answers is what `ukpbjd init` asks, each by a flag; an empty answer takes the example's.
type Answers struct {
	Office     string `help:"Name of the office, as letters sign it." placeholder:"NAME"`
	Mailbox    string `help:"Address of the office mailbox." placeholder:"ADDRESS"`
	IMAP       string `name:"imap" help:"IMAP server, host:port." placeholder:"HOST:PORT"`
	SMTP       string `name:"smtp" help:"SMTP server, host:port." placeholder:"HOST:PORT"`
	Approver   string `help:"Address of the Admin Agency." placeholder:"ADDRESS"`
	KepalaLPSE string `name:"kepala-lpse" help:"Address of Kepala LPSE." placeholder:"ADDRESS"`
	Requesters string `help:"Who may ask: an address, or *@domain." placeholder:"PATTERN"`
	Authserv   string `help:"authserv-id of the office's mail server." placeholder:"HOST"`
	Storage    string `help:"Where the daemon keeps its books." placeholder:"DIR"`
}

// Sample is the commented configuration with these answers in it, or those of invented people at an example domain.
func Sample(a Answers) []byte {
	from := "UKPBJ Contoh <ukpbj@office.example>"
	if a.Mailbox != "" {
		from = "UKPBJ <" + a.Mailbox + ">"
	}
	var pairs []string
	for _, x := range []struct{ name, answer, example string }{
		{"office", a.Office, "Bagian Pengadaan Barang/Jasa Setda Kabupaten Contoh"},
		{"imap", a.IMAP, "mail.office.example:993"},
		{"smtp", a.SMTP, "mail.office.example:465"},
		{"username", a.Mailbox, "ukpbj@office.example"},
		{"from", from, ""},
		{"requesters", a.Requesters, "*@office.example"},
		{"approver", a.Approver, "admin@office.example"},
		{"lpse", a.KepalaLPSE, "kepala.lpse@office.example"},
		{"authserv", a.Authserv, "mx.office.example"},
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

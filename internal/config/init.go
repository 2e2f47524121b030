package config

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

//go:embed sample.yaml
var sampleText string

// Answers is what `ukpbjd init` asks, each by a flag or on a terminal. A person is an address, or `Name <address>`.
type Answers struct {
	Mailbox      string `help:"Address of the office mailbox." placeholder:"ADDRESS"`
	Office       string `help:"Name of the office, as letters sign it." placeholder:"NAME"`
	IMAP         string `name:"imap" help:"IMAP server, host:port." placeholder:"HOST:PORT"`
	SMTP         string `name:"smtp" help:"SMTP server, host:port." placeholder:"HOST:PORT"`
	Requesters   string `help:"Who may ask: an address, or *@domain." placeholder:"PATTERN"`
	Approver     string `help:"The Admin Agency." placeholder:"PERSON"`
	KepalaLPSE   string `name:"kepala-lpse" help:"Kepala LPSE." placeholder:"PERSON"`
	KepalaBagian string `name:"kepala-bagian" help:"Kepala Bagian PBJ." placeholder:"PERSON"`
	Operator     string `help:"Who is warned when something waits for a person." placeholder:"PERSON"`
	Authserv     string `help:"authserv-id of the office's mail server." placeholder:"HOST"`
	Storage      string `help:"Where the daemon keeps its books." placeholder:"DIR"`
}

// Resolver is what Propose asks of the DNS; net.Resolver is one.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
}

// Propose fills in what follows from the mailbox's address: servers from the domain's SRV records (RFC 6186, RFC 8314), else from its
// MX, else from its name; who may ask. What the DNS does not say is only likely: the operator looks at it, and `check` tries it.
func (a *Answers) Propose(ctx context.Context, dns Resolver) {
	_, domain, ok := strings.Cut(a.Mailbox, "@")
	if !ok || domain == "" {
		return
	}
	srv := func(service string) string {
		_, found, err := dns.LookupSRV(ctx, service, "tcp", domain)
		if err != nil || len(found) == 0 || len(found[0].Target) < 2 { // "." says that there is none
			return ""
		}
		return net.JoinHostPort(strings.TrimSuffix(found[0].Target, "."), strconv.Itoa(int(found[0].Port)))
	}
	mx := "mail." + domain
	if found, err := dns.LookupMX(ctx, domain); err == nil && len(found) > 0 && len(found[0].Host) > 1 {
		mx = strings.TrimSuffix(found[0].Host, ".")
	}
	a.IMAP = cmp.Or(a.IMAP, srv("imaps"), srv("imap"), net.JoinHostPort(mx, "993"))
	host, _, _ := net.SplitHostPort(a.IMAP)
	a.SMTP = cmp.Or(a.SMTP, srv("submissions"), srv("submission"), net.JoinHostPort(cmp.Or(host, mx), "465"))
	a.Authserv = cmp.Or(a.Authserv, mx)
	a.Requesters = cmp.Or(a.Requesters, "*@"+domain)
}

// securityAt is what servers speak at a port: STARTTLS at 143, 587 and 25, else TLS.
func securityAt(address string) string {
	switch _, port, _ := net.SplitHostPort(address); port {
	case "143", "587", "25":
		return "starttls"
	}
	return "tls"
}

// Sample is the commented configuration with these answers in it, or those of invented people at an example domain.
func Sample(a Answers) []byte {
	from := "UKPBJ Contoh <ukpbj@" + placeholderDomain + ">"
	if a.Mailbox != "" {
		from = "UKPBJ <" + a.Mailbox + ">"
	}
	pairs := []string{"<imapsecurity>", securityAt(a.IMAP), "<smtpsecurity>", securityAt(a.SMTP)}
	put := func(name, answer, example string) {
		pairs = append(pairs, "<"+name+">", quoteYAML(cmp.Or(answer, example)))
	}
	put("office", a.Office, "Bagian Pengadaan Barang/Jasa Setda Kabupaten Contoh")
	put("imap", a.IMAP, "mail."+placeholderDomain+":993")
	put("smtp", a.SMTP, "mail."+placeholderDomain+":465")
	put("username", a.Mailbox, "ukpbj@"+placeholderDomain)
	put("from", from, "")
	put("requesters", a.Requesters, "*@"+placeholderDomain)
	put("authserv", a.Authserv, "mx."+placeholderDomain)
	put("storage", a.Storage, Default().Storage.Path)
	for _, x := range []struct{ key, answer, name, local string }{
		{"approver", a.Approver, "Admin Agency", "admin"}, {"lpse", a.KepalaLPSE, "Kepala LPSE", "kepala.lpse"},
		{"bagian", a.KepalaBagian, "Kepala Bagian PBJ", "kepala.bagian"}, {"operator", a.Operator, "Operator", "operator"},
	} {
		name, address := "", x.answer
		if who, err := mail.ParseAddress(x.answer); err == nil {
			name, address = who.Name, who.Address
		}
		put(x.key+"name", name, x.name)
		put(x.key, address, x.local+"@"+placeholderDomain)
	}
	return []byte(strings.NewReplacer(pairs...).Replace(sampleText))
}

// placeholderDomain is that of the people in the sample: nobody's (RFC 2606).
const placeholderDomain = "office.example"

// Placeholders are the keys that still hold what the sample invented, on a server that is not this machine itself.
func (c *Config) Placeholders() (keys []string) {
	if loopback(c.IMAP.Host) {
		return nil
	}
	look := func(key, value string) {
		if value == placeholderDomain || strings.HasSuffix(value, "."+placeholderDomain) || strings.HasSuffix(value, "@"+placeholderDomain) {
			keys = append(keys, key)
		}
	}
	look("imap.address", c.IMAP.Host)
	look("smtp.address", c.SMTP.Host)
	look("smtp.from", c.SMTP.From.Address)
	for _, r := range c.People.Requesters {
		look("people.requesters", r)
	}
	for i, p := range c.People.Approvers {
		look(fmt.Sprintf("people.approvers[%d]", i), p.Address)
	}
	look("people.kepala_lpse", c.People.KepalaLPSE.Address)
	look("people.kepala_bagian", c.People.KepalaBagian.Address)
	look("people.operator", c.People.Operator.Address)
	look("trust.authserv_id", c.Trust.AuthservID)
	return keys
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

// NewFile is one that Init writes.
type NewFile struct {
	Name string // below the folder
	Text []byte
	Mode fs.FileMode
}

// Place is where Init writes, and who reads it.
type Place struct {
	Config string      // path of the configuration file; all else lies beside it
	Mode   fs.FileMode // of configuration and calendar, which hold no secret
	Group  int         // theirs; -1: that of who writes
}

// Init writes whatever of configuration, calendar, master key and sheet passphrase is not there yet, more before them, and
// gives the lines that tell the operator what was done and what comes next. It never overwrites. random is crypto/rand.
func Init(at Place, a Answers, random io.Reader, more ...NewFile) ([]string, error) {
	whole, err := filepath.Abs(at.Config)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", at.Config, err)
	}
	dir := filepath.Dir(whole)
	credentials := filepath.Join(dir, "credentials")
	if err := strangeKey(a, filepath.Join(credentials, "master")); err != nil {
		return nil, err
	}
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.MkdirAll(credentials, 0o700)); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	key, phrase, err := secrets(random)
	if err != nil {
		return nil, err
	}
	var told []string
	for _, f := range append(more, NewFile{"credentials/master", key, 0o600}, NewFile{"credentials/sheet", phrase, 0o600},
		NewFile{"calendar.yaml", exampleCalendar, at.Mode}, NewFile{filepath.Base(whole), Sample(a), at.Mode}) {
		path := filepath.Join(dir, f.Name)
		switch err := WriteNew(path, f.Text, f.Mode); {
		case errors.Is(err, fs.ErrExist):
			told = append(told, "kept    "+path)
		case err != nil:
			return told, fmt.Errorf("write %s: %w", path, cause(err))
		default:
			told = append(told, "written "+path)
			if at.Group >= 0 && f.Mode == at.Mode {
				if err := os.Chown(path, -1, at.Group); err != nil {
					return told, fmt.Errorf("give %s to the service's group: %w", path, cause(err))
				}
			}
		}
	}
	if err := syncDir(credentials); err != nil {
		return told, err
	}
	return append(told, next(whole)...), nil
}

// strangeKey refuses to make a master key beside books whose keys are wrapped by another one: they could never be opened.
func strangeKey(a Answers, master string) error {
	storage := cmp.Or(a.Storage, Default().Storage.Path)
	_, books := os.Stat(filepath.Join(storage, "keys.db"))
	_, key := os.Stat(master)
	if books == nil && errors.Is(key, fs.ErrNotExist) {
		return fmt.Errorf("make a master key: %s holds keys that another one wraps; put that one at %s", storage, master)
	}
	return nil
}

// next says what only the operator can do.
func next(file string) []string {
	at := func(name string) string { return filepath.Join(filepath.Dir(file), name) }
	return []string{
		"",
		"What comes next:",
		"1. Read " + file + " and put the office's own names in.",
		"2. Type the mailbox passwords: install -m 0600 /dev/stdin " + at("credentials/imap") + "   (then Ctrl-D), and the same for " + at("credentials/smtp") + ".",
		"3. Hand the passphrase in " + at("credentials/sheet") + " to the approver, on another channel than mail; it opens the account sheets.",
		"4. Keep a copy of " + at("credentials/master") + " in a safe place, apart from every backup.",
		"5. Check " + at("calendar.yaml") + " against the joint decree and the Governor's circular.",
		"6. ukpbjd check --config " + file,
		"7. ukpbjd enrol --config " + file + ", once it serves: the approvers' answers show which trust.assurance they reach. At standard whoever may write into the mailbox can approve: choose strict where they do.",
	}
}

// phraseLetters are 30 that nobody confuses when reading them out: no 0 o, no 1 i l, no u beside v.
const phraseLetters = "abcdefghjkmnpqrstvwxyz23456789"

// secrets makes a master key, and a passphrase of 16 letters: 78 bits (DESIGN: at least 77). Letters are taken evenly: bytes from 240
// up would favour some and are thrown away, and four times as many are drawn as are needed.
func secrets(random io.Reader) (key, phrase []byte, err error) {
	var master [32]byte
	if _, err := io.ReadFull(random, master[:]); err != nil {
		return nil, nil, fmt.Errorf("make a master key: %w", err)
	}
	var drawn [64]byte
	if _, err := io.ReadFull(random, drawn[:]); err != nil {
		return nil, nil, fmt.Errorf("make a passphrase: %w", err)
	}
	var letters []string
	for _, b := range drawn {
		if b < 240 {
			letters = append(letters, phraseLetters[b%30:][:1])
		}
	}
	if len(letters) < 16 {
		return nil, nil, errors.New("make a passphrase: the source of randomness repeats itself")
	}
	for group := range slices.Chunk(letters[:16], 4) {
		phrase = append(phrase, "-"+strings.Join(group, "")...)
	}
	return []byte(base64.StdEncoding.EncodeToString(master[:]) + "\n"), append(phrase[1:], '\n'), nil
}

// WriteNew makes a file that was not there, synced; nothing of it stays where it cannot be whole.
func WriteNew(path string, text []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

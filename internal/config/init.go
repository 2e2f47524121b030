package config

import (
	"cmp"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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

// NewFile is one that Init writes.
type NewFile struct {
	Name string // below the folder
	Text []byte
	Mode fs.FileMode
}

// Init writes into dir whatever of configuration, calendar, master key and sheet passphrase is not there yet, more before them, and
// gives the lines that tell the operator what was done and what comes next. It never overwrites. random is crypto/rand.
func Init(dir string, a Answers, random io.Reader, more ...NewFile) ([]string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", dir, err)
	}
	credentials := filepath.Join(dir, "credentials")
	if err := strangeKey(a, filepath.Join(credentials, "master")); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(credentials, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	key, phrase, err := secrets(random)
	if err != nil {
		return nil, err
	}
	var told []string
	for _, f := range append(more, NewFile{"credentials/master", key, 0o600}, NewFile{"credentials/sheet", phrase, 0o600},
		NewFile{"calendar.yaml", exampleCalendar, 0o600}, NewFile{"ukpbjd.yaml", Sample(a), 0o600}) {
		path := filepath.Join(dir, f.Name)
		switch err := WriteNew(path, f.Text, f.Mode); {
		case errors.Is(err, fs.ErrExist):
			told = append(told, "kept    "+path)
		case err != nil:
			return told, fmt.Errorf("write %s: %w", path, cause(err))
		default:
			told = append(told, "written "+path)
		}
	}
	if err := syncDir(credentials); err != nil {
		return told, err
	}
	return append(told, next(dir)...), nil
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
func next(dir string) []string {
	at := func(name string) string { return filepath.Join(dir, name) }
	return []string{
		"",
		"What comes next:",
		"1. Read " + at("ukpbjd.yaml") + " and put the office's own names in.",
		"2. Type the mailbox passwords: install -m 0600 /dev/stdin " + at("credentials/imap") + "   (then Ctrl-D), and the same for " + at("credentials/smtp") + ".",
		"3. Hand the passphrase in " + at("credentials/sheet") + " to the approver, on another channel than mail; it opens the account sheets.",
		"4. Keep a copy of " + at("credentials/master") + " in a safe place, apart from every backup.",
		"5. Check " + at("calendar.yaml") + " against the joint decree and the Governor's circular.",
		"6. ukpbjd check --config " + at("ukpbjd.yaml"),
		"7. ukpbjd enrol --config " + at("ukpbjd.yaml") + ", once it serves: the approvers' answers show which trust.assurance they reach.",
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

package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // offices run on machines without zone data
)

// Load reads and checks the file, the secrets and the calendar that it names. It gives a configuration or faults.
func Load(path string) (*Config, Faults) { return LoadAt(path, time.Now()) }

// LoadAt is Load in a given year: the calendar is expected to know it.
func LoadAt(path string, now time.Time) (*Config, Faults) {
	r := newReader(path)
	c := Default()
	c.Path = path
	remedy := "name another with --config, or write one with `ukpbjd init`"
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		remedy = "run this as root or as the service's user, or let this user read it"
	}
	raw, ok := r.open(path, remedy)
	if ok {
		c.read(r, raw, now)
	}
	if len(r.faults) > 0 {
		r.faults.sort()
		return nil, r.faults
	}
	c.Warnings = r.warnings
	return c, nil
}

func (c *Config) read(r *reader, raw []byte, now time.Time) {
	root, ok := r.parse(raw)
	if !ok {
		return
	}
	s := r.section("", root)
	c.Identity.read(s.section("office"))
	c.IMAP.read(s.section("imap"), c.Identity.Zone)
	c.SMTP.read(s.section("smtp"))
	c.Mail.read(s.section("mail"))
	credentials := s.section("credentials")
	c.Credentials.read(credentials)
	c.People.read(s.section("people"), c.Credentials.Sheet == "encrypted")
	c.Trust.read(s.section("trust"))
	c.Approval.read(s.section("approval"))
	c.Deadlines.read(s.section("deadlines"), c.Identity.Zone, now)
	c.Extract.read(s.section("extract"))
	c.Letters.read(s.section("letters"))
	c.Storage.read(s.section("storage"))
	c.HTTP.read(s.section("http"))
	c.Alarm.read(s.section("alarm"))
	c.Log.read(s.section("log"))
	c.Retention.read(s.section("retention"))
	s.done()
	c.agree(r)
}

var casePrefix = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,9}$`)

func (o *Identity) read(s *section) {
	s.text("name", &o.Name)
	s.need("name", o.Name != "", "write the office's name as its letters show it")
	parsed(s, "case_prefix", &o.CasePrefix, "write 2 to 10 capitals or digits, such as PKJ", matches(casePrefix, "case prefix"))
	parsed(s, "timezone", &o.Timezone, "write Asia/Makassar, Asia/Jakarta or Asia/Jayapura", matches(regexp.MustCompile(`^[A-Z][A-Za-z_+/-]{1,40}$`), "time zone"))
	parsed(s, "spse_url", &o.SPSE, "write it as https://spse.example.go.id", matches(regexp.MustCompile(`^https?://[^\s"<>]{4,180}$`), "web address"))
	var err error
	if o.Zone, err = time.LoadLocation(o.Timezone); err != nil {
		o.Zone = time.UTC
		s.r.fault(s.at("timezone"), "write Asia/Makassar, Asia/Jakarta or Asia/Jayapura", "%s is no time zone", shown(o.Timezone))
	}
	s.done()
}

// read reads what IMAP and SMTP have in common.
func (v *Server) read(s *section, login bool, port string) {
	parsed(s, "address", &v.Address, "write it as mail.example.go.id:"+port, hostPort)
	s.need("address", v.Address != "", "write it as mail.example.go.id:"+port)
	v.Host, _, _ = net.SplitHostPort(v.Address)
	parsed(s, "security", &v.Security, "write tls (port "+port+") or starttls", choice("tls", "starttls", "none"))
	if v.Security == "none" && v.Address != "" && !loopback(v.Host) {
		s.r.fault(s.at("security"), "write tls (port "+port+") or starttls", "none would send the password in the clear to %s", shown(v.Host))
	}
	s.text("username", &v.Username)
	s.need("username", !login || v.Username != "", "write the name that signs in, mostly the whole mail address")
	v.Password = s.secret("password_file", login || v.Username != "", 1)
	t := s.section("tls")
	v.CAFile, v.roots = t.authority("ca_file")
	t.done()
}

// TLS is how to meet the server: its name checked, against the private authority where there is one.
func (v Server) TLS() *tls.Config {
	t := &tls.Config{ServerName: v.Host, MinVersion: tls.VersionTLS12}
	if len(v.roots) > 0 {
		t.RootCAs = x509.NewCertPool()
		t.RootCAs.AppendCertsFromPEM(v.roots)
	}
	return t
}

func (m *IMAP) read(s *section, zone *time.Location) {
	m.Server.read(s, true, "993")
	for _, x := range []struct {
		key  string
		into *string
	}{{"inbox", &m.Inbox}, {"processed", &m.Processed}, {"review", &m.Review}, {"sent", &m.Sent}} {
		s.text(x.key, x.into)
		s.need(x.key, *x.into != "", "name a folder; `/` parts it from the one above")
	}
	parsed(s, "poll", &m.Poll, "write it as 60s", span(time.Second, time.Hour))
	parsed(s, "start", &m.Start, "write now, all, or a day as 2026-01-31", start(zone))
	parsed(s, "max_message", &m.MaxMessage, "write it as 40MiB", size(1<<20, 1<<30))
	s.done()
	if m.Inbox == m.Processed || m.Inbox == m.Review {
		s.r.fault(s.at("inbox"), "use folders of their own for processed and review", "handled mail would stay in the inbox")
	}
}

func (m *SMTP) read(s *section) {
	m.Server.read(s, false, "465")
	parsed(s, "from", &m.From, `write it as "UKPBJ Badung <ukpbj@example.go.id>"`, mailbox)
	s.need("from", m.From.Address != "", `write it as "UKPBJ Badung <ukpbj@example.go.id>"`)
	parsed(s, "connections", &m.Connections, "4 is as fast as any", number(1, 16))
	parsed(s, "hello", &m.Hello, "write the host name that your machine has in DNS", hostOrAddress)
	s.done()
}

func (m *Mail) read(s *section) {
	m.Banners = listed(s, "banners", "write the line as the gateway puts it, or remove the entry", func(t string) (string, error) {
		if t == "" {
			return "", errors.New("an empty banner")
		}
		return t, nil
	})
	s.done()
}

func (x *Extract) read(s *section) {
	parsed(s, "ocr", &x.OCR, "write auto (if tesseract is installed) or off", choice("auto", "off"))
	s.text("clamd", &x.Clamd)
	s.done()
}

func (l *Letters) read(s *section) {
	l.Checkpoint = "daily"
	s.text("override", &l.Override)
	parsed(s, "checkpoint", &l.Checkpoint, "how often the journal's checkpoint is mailed", choice("daily", "weekly", "off"))
	s.done()
	if l.Override = s.r.path(l.Override); l.Override == "" {
		return
	}
	info, err := os.Stat(l.Override)
	switch {
	case err != nil:
		s.r.warn(s.at("override"), "no such folder; the letters are those that the program brings")
		l.Override = ""
	case !info.IsDir():
		s.r.fault(s.at("override"), "name the folder with the office's own templates", "is no folder")
	}
}

func (d *Storage) read(s *section) {
	s.text("path", &d.Path)
	s.done()
	s.need("path", d.Path != "", "name the folder for books and archive, such as /var/lib/ukpbjd")
	d.Path = s.r.path(d.Path)
	if info, err := os.Stat(d.Path); err == nil && !info.IsDir() {
		s.r.fault(s.at("path"), "name a folder", "is a file")
	}
}

func (h *HTTP) read(s *section) {
	parsed(s, "listen", &h.Listen, "write it as 127.0.0.1:8025, or nothing for no page", func(t string) (string, error) {
		if t == "" {
			return "", nil
		}
		return hostPort(t)
	})
	h.Hosts = listed(s, "hosts", "write the name that the proxy asks for, as status.example.go.id", matches(anyHost, "host name"))
	h.Password = s.secret("password_file", false, 12)
	s.done()
	for i, name := range h.Hosts {
		h.Hosts[i] = strings.ToLower(name)
	}
	if host, _, err := net.SplitHostPort(h.Listen); err == nil && !loopback(host) && h.Password.Absent() {
		s.r.warn(s.at("listen"), "the status page can be reached from other machines; it asks for no password")
	}
}

func (a *Alarm) read(s *section) {
	parsed(s, "webhook", &a.Webhook, "write it as https://alarm.example.go.id/ukpbjd; plain http only to this machine itself", func(t string) (string, error) {
		u, err := url.Parse(t)
		if t == "" || err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())) {
			return t, nil
		}
		return "", errors.New("no address that can be posted to") // it may hold a token, so it is not shown
	})
	if e, ok := s.find("command"); ok {
		a.Command = s.command(e)
	}
	s.done()
}

func (l *Log) read(s *section) {
	parsed(s, "format", &l.Format, "", choice("json", "text"))
	parsed(s, "level", &l.Level, "", choice("debug", "info", "warn", "error"))
	s.done()
}

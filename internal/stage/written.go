package stage

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ukpbjd/internal/config"
	"ukpbjd/internal/secret"
)

// Write puts the configuration into dir as `ukpbjd --config` reads it, its secrets in files beside it, and gives its path.
// With it the office runs in a process of its own.
func (s *Stage) Write(dir string) (string, error) {
	c, page := s.Config, s.Config.HTTP.Listen
	if s.Daemon != nil { // a port that was left to the system
		page = s.Daemon.PageAddr()
	}
	spse := ""
	if c.Identity.SPSE != "" {
		spse = ", spse_url: " + quote(c.Identity.SPSE)
	}
	lines := []string{
		fmt.Sprintf("office: {name: %s, case_prefix: %s, timezone: %s%s}", quote(c.Identity.Name), c.Identity.CasePrefix, c.Identity.Timezone, spse),
		fmt.Sprintf("imap: {%s, poll: %s, start: %s, max_message: %d}", server(c.IMAP.Server), c.IMAP.Poll, startWord(c.IMAP.Start), c.IMAP.MaxMessage),
		fmt.Sprintf("smtp: {%s, from: %s, connections: %d}", server(c.SMTP.Server), quote(c.SMTP.From.Name+" <"+c.SMTP.From.Address+">"), c.SMTP.Connections),
		fmt.Sprintf("mail: {banners: %s}", list(c.Mail.Banners)),
		"people:",
		"  requesters: " + list(c.People.Requesters),
		"  approvers:",
	}
	secrets := map[string]secret.Secret{"password": s.password,
		"master": secret.New([]byte(base64.StdEncoding.EncodeToString([]byte(c.Credentials.MasterKey.Reveal()))))}
	for i, a := range c.People.Approvers {
		file := fmt.Sprintf("sheet-%d", i)
		secrets[file] = a.SheetPassphrase
		lines = append(lines, fmt.Sprintf("    - {name: %s, email: %s, aliases: %s, nip: %s, sheet_passphrase_file: %s}",
			quote(a.Name), quote(a.Address), list(a.Aliases), quote(a.NIP), file))
	}
	lines = append(lines,
		fmt.Sprintf("  kepala_lpse: {name: %s, email: %s}", quote(c.People.KepalaLPSE.Name), quote(c.People.KepalaLPSE.Address)),
		fmt.Sprintf("  kepala_bagian: {name: %s, email: %s, hears: %s}", quote(c.People.KepalaBagian.Name), quote(c.People.KepalaBagian.Address), list(c.People.Hears)),
		fmt.Sprintf("  operator: {name: %s, email: %s}", quote(c.People.Operator.Name), quote(c.People.Operator.Address)),
		fmt.Sprintf("trust: {authserv_id: %s, received_by: %s, assurance: %s}", c.Trust.AuthservID, list(c.Trust.ReceivedBy), c.Trust.Assurance),
		fmt.Sprintf("approval: {undo_window: %s, expires: %dd, code: %s, quorum: %d}", c.Approval.UndoWindow, c.Approval.Expires, c.Approval.Code, c.Approval.Quorum),
		fmt.Sprintf("credentials: {sheet: %s, tembusan: %s, key_file: master, user_id: %s}", c.Credentials.Sheet, c.Credentials.Tembusan, quote(c.Credentials.UserID)),
		fmt.Sprintf("extract: {ocr: %s, clamd: %s}", c.Extract.OCR, quote(c.Extract.Clamd)),
		fmt.Sprintf("storage: {path: %s}", quote(c.Storage.Path)),
		fmt.Sprintf("http: {listen: %s}", quote(page)), "")
	for name, x := range secrets {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(x.Reveal()+"\n"), 0o600); err != nil {
			return "", err
		}
	}
	path := filepath.Join(dir, "ukpbjd.yaml")
	return path, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600)
}

func server(v config.Server) string {
	return fmt.Sprintf("address: %s, security: %s, username: %s, password_file: password", quote(v.Address), v.Security, quote(v.Username))
}

func startWord(s config.Start) string {
	switch {
	case s.All:
		return "all"
	case !s.Since.IsZero():
		return s.Since.Format("2006-01-02")
	}
	return "now"
}

// quote writes a YAML scalar as JSON, which is one.
func quote(s string) string {
	b, _ := json.Marshal(s) //nolint:errchkjson // a string always can
	return string(b)
}

func list(all []string) string {
	var out []string
	for _, s := range all {
		out = append(out, quote(s))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

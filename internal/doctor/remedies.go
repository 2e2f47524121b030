package doctor

import (
	"slices"
	"strings"

	"ukpbjd/internal/mailbox"
)

// answers are what servers and providers say, in lower case, and what to do about it; the first that fits counts. SECTION is imap or smtp.
var answers = []struct {
	words  []string
	remedy string
}{
	{[]string{"application-specific password", "app password", "invalidsecondfactor"}, appPassword},
	{[]string{"smtpclientauthentication is disabled", "smtp_auth_disabled"},
		"let the tenant's administrator allow authenticated SMTP for this mailbox (Set-CASMailbox -SmtpClientAuthenticationDisabled $false); where basic authentication is off as well, only OAuth is left, and " + oauth},
	{[]string{"basic authentication is disabled", "basicauthblocked", "oauth"}, oauth},
	{[]string{"web browser", "web login required", "webalert"},
		"sign in to this account once with a browser and answer what the provider asks; then make an app password and write it into the file that SECTION.password_file names"},
	{[]string{"not enabled for imap", "imap is disabled", "imap access is disabled"},
		"switch IMAP on in the settings of this mailbox, or let the administrator of the domain do it; check also that the password file holds an app password, where the provider has such"},
	{[]string{"daily user sending", "5.4.5", "message limit exceeded", "sending limit", "limit for message recipients"},
		"the provider's limit for a day is used up: letters leave when it lets them; ask for a higher one, or send through the office's own server"},
	{[]string{"too many simultaneous", "maximum number of connections", "too many connections", "concurrent connections"},
		"close other programs that hold this mailbox open, or let the server allow more connections for it; smtp.connections: 1 needs the fewest"},
	{[]string{"bandwidth limits", "too many login attempts", "too many bad auth", "rate limit"}, "wait an hour, with the daemon stopped, and run check once: each try prolongs the block"},
	{[]string{"plaintext authentication", "cleartext login", "must issue a starttls", "encryption required", "privacyrequired", "tls may be needed"},
		"the server takes no password without TLS: set SECTION.security: tls, or starttls"},
	{[]string{"quota", "mailbox full", "mailbox is full", "5.2.2 ", "no space left", "insufficient system storage"},
		"the mailbox is full: take old mail out of it or let its quota be raised; until then mail to the office is refused"},
	{[]string{"size exceeds", "message too large", "message size"}, "let the server take larger mail, or send less with the approval letter: approval.papers: 5MiB"},
	{[]string{"not owned by user", "sendasdenied", "send as", "sender address rejected", "sender is not allowed"},
		"set smtp.from to the address that belongs to smtp.username, or let this login send as that address"},
	{[]string{"noperm", "permission denied", "no permission", "acl"}, "give this login all rights in the folder (IMAP ACL: lrswipkxte), or name another folder"},
	{[]string{"[cannot]", "character not allowed", "invalid mailbox name", "mailbox name is not valid", "reserved"},
		"this server takes no such name: choose another, such as imap.processed: UKPBJ-Diproses and imap.review: UKPBJ-Periksa"},
	{[]string{"mailbox doesn't exist", "nonexistent", "unknown mailbox", "trycreate", "mailbox does not exist", "no such mailbox"},
		"create the folder by hand in a mail program, or correct its name in the configuration"},
	{[]string{"relay access denied", "relaying denied", "client was not authenticated", "5.7.57", "authentication required", "authentication not enabled", "not advertised", "offers no login", "no auth"},
		"this port takes no sign-in: use the server's port for submission, smtp.address: HOST:587 with security: starttls, or HOST:465 with tls"},
	{[]string{"helo command rejected", "fully-qualified", "cannot find your hostname", "invalid helo"},
		"set smtp.hello to this machine's full name, and let the DNS know that name and the way back from its address"},
	{[]string{"locked", "account disabled", "account is disabled", "account inactive", "password expired", "security defaults", "maintenance mode"},
		"the account is locked, or its password is over: let the administrator of the mail server free it, then write the new password into the file that SECTION.password_file names"},
	{[]string{"temporary authentication", "internal error", "unavailable", "temporary system problem", "try again later", "service not available"},
		"the server cannot answer just now: wait a few minutes and run check again; if it stays, its own log says why"},
	{[]string{"client host rejected", "blocked", "blacklist", "spamhaus", "access denied", "not in whitelist"},
		"the server refuses this machine's address: ask its administrator to allow it"},
	{[]string{"login refused", "authenticationfailed", "authentication failed", "authentication unsuccessful", "invalid credentials", "login failed", "authenticate failed",
		"incorrect authentication", "not accepted", "535"}, password},
}

const (
	appPassword = "make an app password for this account (two-step sign-in must be on for it) and write it, without spaces, into the file that SECTION.password_file names; the account's own password is not taken"
	oauth       = "this provider signs this account in by OAuth 2.0 only, which this version does not speak: use a mailbox whose server takes a password, such as the office's own"
	password    = "check SECTION.username (mostly the whole address) and the file that SECTION.password_file names: an old password, a space at its end"
)

// providers are hosts of which a refused password means more than a wrong one.
var providers = []struct{ host, remedy string }{
	{"gmail.com", appPassword}, {"googlemail.com", appPassword}, {"yahoo.com", appPassword}, {"mail.me.com", appPassword},
	{"office365.com", oauth}, {"outlook.com", oauth},
}

// advise gives a fault the remedy that fits what the server said, where one is known.
func (d door) advise(f Finding) Finding {
	if f.Level != mailbox.Fail {
		return f
	}
	text := strings.ToLower(f.Text)
	for _, a := range answers {
		if !slices.ContainsFunc(a.words, func(w string) bool { return strings.Contains(text, w) }) {
			continue
		}
		f.Remedy = a.remedy
		for _, p := range providers {
			if a.remedy == password && strings.HasSuffix("."+strings.ToLower(d.Host), "."+p.host) {
				f.Remedy = p.remedy
			}
		}
		f.Remedy = strings.ReplaceAll(f.Remedy, "SECTION", d.kind)
		return f
	}
	return f
}

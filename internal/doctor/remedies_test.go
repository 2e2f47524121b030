package doctor

import (
	"strings"
	"testing"

	"ukpbjd/internal/config"
	"ukpbjd/internal/mailbox"
)

// TestProvidersWords: what servers really say, as their documentation or source has it, and the word that the remedy must hold.
func TestProvidersWords(t *testing.T) {
	const gmail, microsoft, zimbra, own = "imap.gmail.com", "outlook.office365.com", "zimbra.example.go.id", "mail.example.go.id"
	for _, x := range []struct {
		from, kind, host, says, want string
	}{
		{"Gmail, IMAP", "imap", gmail, `login refused as a@b: "[ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)"`, "app password"},
		{"Gmail, IMAP", "imap", gmail, `login refused as a@b: "Invalid credentials (Failure)"`, "app password"},
		{"Gmail, IMAP", "imap", gmail, `"[ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)"`, "with a browser"},
		{"Gmail, IMAP", "imap", gmail, `"[ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)"`, "switch IMAP on"},
		{"Gmail, IMAP", "imap", gmail, `"[ALERT] Too many simultaneous connections. (Failure)"`, "other programs"},
		{"Gmail, IMAP", "imap", gmail, `"[ALERT] Account exceeded command or bandwidth limits. (Failure)"`, "wait an hour"},
		{"Gmail, support.google.com/a/answer/3726730", "smtp", "smtp.gmail.com", "534 5.7.9 Application-specific password required. For more information, go to https://support.google.com/mail/?p=InvalidSecondFactor", "app password"},
		{"Gmail, same page", "smtp", "smtp.gmail.com", "535 5.7.8 Username and Password not accepted. For more information, go to https://support.google.com/mail/?p=BadCredentials", "app password"},
		{"Gmail, same page", "smtp", "smtp.gmail.com", "534 5.7.14 Please log in through your web browser and then try again.", "browser"},
		{"Gmail, same page", "smtp", "smtp.gmail.com", "454 4.7.0 Too many login attempts, please try again later.", "wait an hour"},
		{"Gmail, same page", "smtp", "smtp.gmail.com", "550 5.4.5 Daily user sending limit exceeded.", "limit for a day"},
		{"Gmail, same page", "smtp", "smtp.gmail.com", "530 5.7.0 Must issue a STARTTLS command first.", "smtp.security: tls"},
		{"Gmail, same page", "smtp", own, "552 5.2.2 The email account that you tried to reach is over quota.", "mailbox is full"},
		{"Gmail, same page", "smtp", "smtp-relay.gmail.com", "421 4.7.0 IP not in whitelist for RCPT domain, closing connection.", "allow it"},
		{"Microsoft 365, IMAP", "imap", microsoft, `login refused as a@b: "LOGIN failed."`, "OAuth"},
		{"Microsoft 365, IMAP", "imap", microsoft, `login refused as a@b: "AUTHENTICATE failed."`, "OAuth"},
		{"Microsoft 365, aka.ms/smtp_auth_disabled", "smtp", "smtp.office365.com", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information.", "Set-CASMailbox"},
		{"Outlook.com", "smtp", "smtp-mail.outlook.com", "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", "OAuth"},
		{"Microsoft 365", "smtp", "smtp.office365.com", "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy. Contact your administrator.", "locked"},
		{"Microsoft 365", "smtp", "smtp.office365.com", "535 5.7.3 Authentication unsuccessful", "OAuth"},
		{"Microsoft 365", "smtp", "smtp.office365.com", "550 5.7.60 SMTP; Client does not have permissions to send as this sender", "smtp.from"},
		{"Microsoft 365", "smtp", "smtp.office365.com", "554 5.2.252 SendAsDenied; ukpbj@example.go.id not allowed to send as admin@example.go.id", "smtp.from"},
		{"Microsoft 365", "smtp", "smtp.office365.com", "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM", "submission"},
		{"Microsoft 365", "smtp", "smtp.office365.com", "432 4.3.2 Concurrent connections limit exceeded", "smtp.connections: 1"},
		{"Dovecot, login-common", "imap", own, `login refused as a@b: "Authentication failed."`, "imap.username"},
		{"Dovecot, login-common", "imap", own, `"[PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections."`, "imap.security: tls"},
		{"Dovecot, login-common", "imap", own, `"[UNAVAILABLE] Temporary authentication failure."`, "wait a few minutes"},
		{"Dovecot, login-common", "imap", own, `"[ALERT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)"`, "other programs"},
		{"Dovecot, quota plugin", "imap", own, `"[OVERQUOTA] Quota exceeded (mailbox for user is full)"`, "mailbox is full"},
		{"Dovecot, lib-storage", "imap", own, `"[NOPERM] Permission denied"`, "lrswipkxte"},
		{"Dovecot, lib-storage", "imap", own, `"[CANNOT] Character not allowed in mailbox name: '/'"`, "UKPBJ-Diproses"},
		{"Dovecot, lib-storage", "imap", own, `"[TRYCREATE] Mailbox doesn't exist: UKPBJ.Diproses"`, "by hand"},
		{"Postfix, SASL", "smtp", own, "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "smtp.username"},
		{"Postfix, postconf(5) reject_sender_login_mismatch", "smtp", own, "553 5.7.1 <ukpbj@example.go.id>: Sender address rejected: not owned by user staf@example.go.id", "smtp.from"},
		{"Postfix, reject_unauth_destination", "smtp", own, "554 5.7.1 <a@example.go.id>: Relay access denied", "submission"},
		{"Postfix, smtpd", "smtp", own, "503 5.5.1 Error: authentication not enabled", "submission"},
		{"Postfix, reject_non_fqdn_helo_hostname", "smtp", own, "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", "smtp.hello"},
		{"Postfix, reject_unknown_client_hostname", "smtp", own, "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.7]", "smtp.hello"},
		{"Postfix, message_size_limit", "smtp", own, "552 5.3.4 Message size exceeds fixed limit", "approval.papers"},
		{"Exim", "smtp", own, "535 Incorrect authentication data", "smtp.username"},
		{"Zimbra, ImapHandler", "imap", zimbra, `"cleartext logins disabled"`, "imap.security: tls"},
		{"Zimbra, ImapHandler", "imap", zimbra, `login refused as a@b: "LOGIN failed"`, "imap.username"},
		{"Yandex", "imap", "imap.yandex.example", `login refused as a@b: "LOGIN invalid credentials or IMAP is disabled"`, "switch IMAP on"},
		{"Yahoo", "smtp", "smtp.mail.yahoo.com", "535 5.7.0 (#AUTH005) Too many bad auth attempts.", "wait an hour"},
	} {
		d := door{x.kind, config.Server{Host: x.host}}
		got := d.advise(bad(x.kind, "as before", "%s", x.says))
		if !strings.Contains(got.Remedy, x.want) || strings.Contains(got.Remedy, "SECTION") || got.Text != x.says {
			t.Errorf("%s: %s\n\t→ %s\n\twant %q", x.from, x.says, got.Remedy, x.want)
		}
	}
	// controls: what is not known keeps its remedy, and what is well needs none
	d := door{"imap", config.Server{Host: own}}
	if got := d.advise(bad("imap", "as before", "the moon is full")); got.Remedy != "as before" {
		t.Error(got.Remedy)
	}
	if got := d.advise(Finding{Level: mailbox.Good, Text: "quota is not exceeded"}); got.Remedy != "" {
		t.Error(got.Remedy)
	}
}

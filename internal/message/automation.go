package message

import (
	"regexp"
	"slices"
	"strings"
)

// automationMarks names every mark of a mail that no person wrote just now (RFC 3834 §2, RFC 2919, and what clients do
// instead). X-Auto-Response-Suppress is no mark: it says "do not answer me automatically", and Outlook puts it on human mail.
func (m *Message) automationMarks() []string {
	var marks []string
	add := func(name string, is bool) {
		if is && len(marks) < 20 {
			marks = append(marks, name)
		}
	}
	for _, f := range m.Header {
		name, value := strings.ToLower(f.Name), strings.ToLower(strings.TrimSpace(f.Value))
		if mark := fieldMark(name, value); mark != "" && !contains(marks, mark) {
			add(mark, true)
		}
	}
	for _, kind := range m.Fields("Content-Type") {
		add("report", strings.HasPrefix(strings.ToLower(strings.TrimSpace(kind)), "multipart/report"))
	}
	add("auto-reply-subject", autoReplySubject.MatchString(m.Subject))
	add("system-sender", m.systemSender())
	add("bounce", m.Bounce != nil)
	return marks
}

func fieldMark(name, value string) string {
	first, _, _ := strings.Cut(value, ";")
	first = strings.TrimSpace(first)
	switch name {
	case "auto-submitted":
		if cut, _, ok := strings.Cut(first, "("); ok {
			first = strings.TrimSpace(cut)
		}
		if first != "no" && first != "" {
			return "auto-submitted"
		}
	case "precedence":
		switch first {
		case "bulk", "list", "junk", "auto_reply", "auto-reply":
			return "precedence"
		}
	case "x-precedence":
		if first == "auto_reply" || first == "bulk" || first == "junk" || first == "list" {
			return "precedence"
		}
	case "list-id", "list-unsubscribe", "list-post", "list-help", "list-owner", "list-archive", "list-subscribe", "x-mailing-list", "mailing-list":
		return "list"
	case "return-path":
		if strings.ReplaceAll(value, " ", "") == "<>" {
			return "null-return-path"
		}
	}
	return autoReplyField(name, value)
}

func autoReplyField(name, value string) string {
	switch name {
	case "x-autoreply", "x-autorespond", "x-autoresponse", "x-autoresponder", "x-auto-reply", "x-auto-respond", "x-auto-replied", "auto-replied",
		"x-autoreply-from", "x-mail-autoreply", "x-auto-submitted", "delivered-to-autoresponder", "x-facebook-notify",
		"x-cron-env", "x-vacation", "x-fc-machinegenerated", "x-failed-recipients":
		if value != "no" && value != "false" {
			return "auto-reply-field"
		}
	case "x-auto-response-suppress":
		return ""
	case "x-pobox-autoreply", "x-poweredby-autoresponder", "x-zimbra-vacation", "x-notes-out-of-office":
		return "auto-reply-field"
	case "preference":
		if value == "auto_reply" {
			return "auto-reply-field"
		}
	}
	return ""
}

// autoReplySubject: old Exchange and Lotus put nothing but these words on an automatic reply. The words stand at the start of
// the subject or before its colon; "cuti" alone is a topic of ordinary mail.
var autoReplySubject = regexp.MustCompile(`(?i)^\s*(?:\[[^\]]{1,30}\]\s*)?(?:(?:re|bls|aw|fwd?)\s*:\s*)?(?:` +
	`balasan otomatis|jawaban otomatis|respons? otomatis|pesan otomatis|di luar kantor|diluar kantor|sedang cuti|saya sedang cuti|tidak di kantor|` +
	`automatic reply|auto(?:matic)?[ -]?(?:reply|response|respond|answer)|autoreply|autoresponse|out of (?:the )?office|out of town|i am out of|ooo\s*[:\-]|vacation (?:reply|message|notice|auto)|on vacation|` +
	`away from (?:my mail|the office|my desk)|abwesen|automatische antwort|abwesend|réponse automatique|absence du bureau|absent du bureau|message d'absence|` +
	`respuesta automática|fuera de (?:la )?oficina|risposta automatica|fuori ufficio|resposta automática|fora do escritório|ausência temporária|` +
	`automatisch antwoord|afwezig|automatiskt svar|frånvaro|autosvar|automatisk svar|automaattinen vastaus|poissa|autoodpowiedź|odpowiedź automatyczna|` +
	`автоответ|автоматический ответ|automatická odpověď|otomatik yanıt|自動(?:応答|返信|回覆)|不在|自动(?:答复|回复)|자동 ?(?:회신|응답)|jawapan automatik|balasan automatik` +
	`)`)

// systemSender is a mail whose author is a mail system.
func (m *Message) systemSender() bool {
	for _, a := range m.From {
		local, _, _ := strings.Cut(strings.ToLower(a.Addr), "@")
		switch local {
		case "mailer-daemon", "mailerdaemon", "no-reply", "noreply", "do-not-reply", "donotreply", "mail-daemon", "bounce", "bounces":
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool {
	return slices.Contains(list, s)
}

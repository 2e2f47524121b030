package message

import (
	"regexp"
	"slices"
	"strings"
)

// automationMarks names every mark of a mail that no person wrote just now (RFC 3834 §2, RFC 2919, and what clients do
// instead). X-Auto-Response-Suppress is no mark: it says "do not answer me automatically", and Outlook puts it on human mail; nor
// is List-Unsubscribe or List-Help by itself, which gateways and sending services add to what people write.
func (m *Message) automationMarks() []string {
	var marks []string
	add := func(name string, is bool) {
		if is && !slices.Contains(marks, name) {
			marks = append(marks, name)
		}
	}
	for _, f := range m.Header {
		mark := fieldMark(strings.ToLower(f.Name), strings.ToLower(strings.TrimSpace(f.Value)))
		add(mark, mark != "")
	}
	for _, kind := range m.Fields("Content-Type") {
		add("report", strings.HasPrefix(strings.ToLower(strings.TrimSpace(kind)), "multipart/report"))
	}
	add("auto-reply-subject", autoReplySubject.MatchString(m.Subject))
	add("system-sender", m.systemSender())
	add("bounce", m.Bounce != nil && m.Bounce.Formal)
	return marks
}

// fieldMark is the mark that one field makes, name and value in lower case.
func fieldMark(name, value string) string {
	first, _, _ := strings.Cut(value, ";")
	first = strings.TrimSpace(first)
	yes := true
	mark := markFields[name]
	switch name {
	case "auto-submitted":
		if cut, _, ok := strings.Cut(first, "("); ok {
			first = strings.TrimSpace(cut)
		}
		yes = first != "no" && first != ""
	case "precedence", "x-precedence":
		yes = slices.Contains([]string{"bulk", "list", "junk", "auto_reply", "auto-reply"}, first)
	case "return-path":
		yes = nullPath(value)
	case "preference":
		yes = value == "auto_reply"
	case "x-pobox-autoreply", "x-poweredby-autoresponder", "x-zimbra-vacation", "x-notes-out-of-office":
	default:
		yes = mark != "auto-reply-field" || value != "no" && value != "false"
	}
	if !yes {
		return ""
	}
	return mark
}

// markFields are the fields that can make a mark, and which.
var markFields = func() map[string]string {
	all := map[string]string{"auto-submitted": "auto-submitted", "precedence": "precedence", "x-precedence": "precedence",
		"return-path": "null-return-path"}
	for _, name := range strings.Fields(`list-id list-post list-owner list-archive list-subscribe x-mailing-list mailing-list`) {
		all[name] = "list"
	}
	for _, name := range strings.Fields(`x-autoreply x-autorespond x-autoresponse x-autoresponder x-auto-reply x-auto-respond x-auto-replied
		auto-replied x-autoreply-from x-mail-autoreply x-auto-submitted delivered-to-autoresponder x-facebook-notify x-cron-env x-vacation
		x-fc-machinegenerated x-failed-recipients x-pobox-autoreply x-poweredby-autoresponder x-zimbra-vacation x-notes-out-of-office preference`) {
		all[name] = "auto-reply-field"
	}
	return all
}()

func nullPath(value string) bool { return strings.ReplaceAll(value, " ", "") == "<>" }

func (m *Message) nullReturnPath() bool {
	return slices.ContainsFunc(m.Fields("Return-Path"), nullPath)
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
	return slices.ContainsFunc(m.From, func(a Address) bool {
		local, _, _ := strings.Cut(strings.ToLower(a.Addr), "@")
		return slices.Contains(systemSenders, local)
	})
}

var systemSenders = []string{"mailer-daemon", "mailerdaemon", "no-reply", "noreply", "do-not-reply", "donotreply", "mail-daemon", "bounce", "bounces"}

package message

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// findBounce reads a delivery report (RFC 3464), or the notice in plain words that older and odd mail systems send. It is tried
// before the marks of automatic mail, since many reports carry those too. The sender's word alone proves nothing: whoever
// uses this matches OriginalID against letters really sent.
func (m *Message) findBounce() *Bounce {
	texts := m.noticeTexts()
	b := &Bounce{}
	if m.reports("delivery-status") || m.fromMailSystem() {
		for _, t := range texts {
			b.Recipients = append(b.Recipients, reportFields(t.text)...)
		}
		b.Recipients = mergeRecipients(b.Recipients)
	}
	// A read receipt or a complaint says nothing about delivery.
	if len(b.Recipients) == 0 && !m.reports("feedback-report") && !m.reports("disposition-notification") {
		b.Recipients = m.bounceTextRecipients(texts)
	}
	if len(b.Recipients) == 0 {
		return nil
	}
	b.OriginalID, b.Subject = m.originalID(texts), returnedSubject(texts)
	kind, _, _ := strings.Cut(m.field("Content-Type"), ";")
	b.Formal = strings.EqualFold(strings.TrimSpace(kind), "multipart/report") || m.nullReturnPath() || m.systemSender() || len(m.Fields("X-Failed-Recipients")) > 0
	return b
}

// bounceText is one text of the mail; returned marks the letter that came back, or its header.
type bounceText struct {
	text     string
	returned bool
}

const noticeLimit = 256 << 10

func (m *Message) noticeTexts() []bounceText {
	texts := []bounceText{{text: m.Text[:min(len(m.Text), noticeLimit)]}}
	if strings.TrimSpace(m.Text) == "" && m.HTML != "" {
		texts[0].text = htmlText(m.HTML, noticeLimit)
	}
	for _, f := range m.Files {
		if strings.Contains(f.Name, "/") || len(texts) > 20 {
			continue // a file of the returned letter
		}
		content := f.Bytes[:min(len(f.Bytes), noticeLimit)]
		switch f.ContentType {
		case "message/delivery-status", "message/global-delivery-status", "text/plain", "message/xdelivery-status":
			texts = append(texts, bounceText{text: cleanText(leafPart{content: content})})
		case "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "message/rfc822-headers", "text/rfc822-header":
			texts = append(texts, bounceText{text: cleanText(leafPart{content: content}), returned: true})
		}
	}
	return texts
}

var reportTypeParam = regexp.MustCompile(`(?i)report-type\s*=\s*"?([a-z\-]+)`)

// reports says that the mail is a report of this kind, or has one in it.
func (m *Message) reports(kind string) bool {
	g := reportTypeParam.FindStringSubmatch(m.field("Content-Type"))
	return g != nil && strings.ToLower(g[1]) == kind || slices.ContainsFunc(m.Files, func(f Attachment) bool { return strings.HasSuffix(f.ContentType, kind) })
}

var (
	mailSystemLocal = regexp.MustCompile(`(?i)^(?:mailer-?daemon|post_?master|mail-?daemon|mdaemon|maildelivery|mail-?delivery|mailsystem|smtp-?daemon|bounces?|symantec_antivirus.*|mailer|root|mailadmin|mail-administrator)$`)
	mailSystemName  = regexp.MustCompile(`(?i)mail(?:er)?[ -]?(?:delivery|daemon|system|admin|gateway|router)|delivery (?:sub)?system|postmaster|system administrator|administrator|mail ?marshal|delivery notification|undeliver`)
	bounceSubject   = regexp.MustCompile(`(?i)undeliver|returned mail|return(?:ed)? to sender|delivery (?:status|notification|report|fail|problem|error|has failed|unsuccess)|failure notice|mail delivery|` +
		`delivery[^a-z]{1,3}(?:failed|failure)|failed (?:mail|delivery)|(?:mail|message) (?:could not be|not|was not) delivered|non.?delivery|mail (?:system )?error|mail failure|message (?:status|delivery|delayed|you sent)|` +
		`unable to deliver|could not (?:be )?deliver|could not send|rejected|tidak (?:dapat )?terkirim|gagal (?:di)?kirim|tidak dapat dikirim|pengiriman gagal|unzustellbar|nicht zustellbar|non remis|échec de la remise|` +
		`no se (?:pudo|puede) entregar|onbestelbaar|не доставлен|недоставлен|配信|配送|送信できません|bounce|user unknown|warning: |nondeliverable|mailbox|email address|blocked`)
)

func (m *Message) fromMailSystem() bool {
	if len(m.Fields("X-Failed-Recipients")) > 0 || m.nullReturnPath() && bounceSubject.MatchString(m.Subject) {
		return true
	}
	return slices.ContainsFunc(m.From, func(a Address) bool {
		local, _, _ := strings.Cut(a.Addr, "@")
		return mailSystemLocal.MatchString(local) || mailSystemName.MatchString(a.Name)
	})
}

var (
	reportField = regexp.MustCompile(`(?im)^[ \t>]{0,8}(final-recipient|original-recipient|x-actual-recipient|action|status|diagnostic-code|remote-recipient)[ \t]*:[ \t]*(.*(?:\n[ \t]+\S.*)*)`)
	statusCode  = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)
	anyAddress  = regexp.MustCompile(`[A-Za-z0-9!#$%&'*+/=?^_{|}~.\-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,250}[A-Za-z0-9])?`)
)

// reportFields reads the per-recipient fields of RFC 3464 §2.3 wherever they stand in the text.
func reportFields(text string) []BouncedRecipient {
	var out []BouncedRecipient
	cur := BouncedRecipient{}
	flush := func() {
		if cur.Address != "" && len(out) < 200 {
			out = append(out, cur)
		}
		cur = BouncedRecipient{}
	}
	final := false
	for _, g := range reportField.FindAllStringSubmatch(text, 2000) {
		name, value := strings.ToLower(g[1]), strings.Join(strings.Fields(g[2]), " ")
		switch name {
		case "final-recipient", "original-recipient", "x-actual-recipient", "remote-recipient":
			isFinal := name == "final-recipient"
			if cur.Address != "" && (isFinal && final || cur.Action != "" && cur.Status != "" && (name == "original-recipient" && final || isFinal)) {
				flush()
				final = false
			}
			if a := recipientAddress(value); a != "" && (cur.Address == "" || isFinal) {
				cur.Address = a
			}
			final = final || isFinal
		case "action":
			action, _, _ := strings.Cut(value, " ")
			cur.Action = strings.ToLower(strings.Trim(action, "();"))
		case "status":
			cur.Status = statusCode.FindString(value)
		case "diagnostic-code":
			cur.Text = validUTF8(value[:min(len(value), 1000)])
			cur.Status = cmp.Or(cur.Status, statusCode.FindString(value))
		}
	}
	flush()
	return out
}

// recipientAddress reads "rfc822; budi@kantor.example" and its many misspellings.
func recipientAddress(value string) string {
	if _, rest, ok := strings.Cut(value, ";"); ok {
		value = rest
	}
	value = strings.Trim(value, " <>\"'")
	if a := anyAddress.FindString(value); a != "" {
		return a
	}
	first, _, _ := strings.Cut(value, " ")
	return strings.Trim(first, "<>")
}

func mergeRecipients(list []BouncedRecipient) []BouncedRecipient {
	var out []BouncedRecipient
	at := map[string]int{}
	for _, r := range list {
		key := strings.ToLower(r.Address)
		i, ok := at[key]
		if !ok {
			at[key] = len(out)
			out = append(out, r)
			continue
		}
		out[i].Status, out[i].Text, out[i].Action = cmp.Or(out[i].Status, r.Status), cmp.Or(out[i].Text, r.Text), cmp.Or(out[i].Action, r.Action)
	}
	return out
}

var subjectField = regexp.MustCompile(`(?im)^[ \t>|]{0,8}subject[ \t]*:[ \t]*(.*(?:\n[ \t]+\S.*){0,20})`)

// returnedSubject is that of the letter which came back.
func returnedSubject(texts []bounceText) string {
	for _, t := range texts {
		if g := subjectField.FindStringSubmatch(t.text); g != nil && t.returned {
			return decodeWords(strings.Join(strings.Fields(g[1]), " "))
		}
	}
	return ""
}

var messageIDField = regexp.MustCompile(`(?im)^[ \t>|]{0,8}message-id[ \t]*:[ \t\r\n]*(<[^<>\s]{1,500}>)`)

// originalID is the Message-ID in the returned letter, else one quoted in the notice, else what the notice refers to.
func (m *Message) originalID(texts []bounceText) string {
	for _, returned := range []bool{true, false} {
		for _, t := range texts {
			if t.returned != returned {
				continue
			}
			if g := messageIDField.FindStringSubmatch(t.text); g != nil && g[1] != m.MessageID {
				return g[1]
			}
		}
	}
	if len(m.InReplyTo) > 0 {
		return m.InReplyTo[0]
	}
	if n := len(m.References); n > 0 {
		return m.References[n-1]
	}
	return ""
}

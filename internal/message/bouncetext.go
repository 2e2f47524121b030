package message

import (
	"cmp"
	"regexp"
	"strings"
)

// A notice in plain words: who it could not be delivered to stands in lines like "<budi@kantor.example>: host … said: 550 …", or in a
// list under "The following address(es) failed:". Above the returned letter, never in it.

var (
	returnedBelow = regexp.MustCompile(`(?im)^[\s>\-=*|]*(?:-{2,}.*(?:original|returned|unsent|undelivered|copy of|message follows|mail follows|transcript of session follows.*|header).*|` +
		`below this line is a copy.*|.*(?:copy of|text of|header of|headers of|contents of)[a-z ,']*(?:your|the|original)? ?(?:message|mail|header).*|(?:received|return-path|dkim-signature): .*|message-id: .*)$`)
	noticeWords = regexp.MustCompile(`(?i)could ?n[o']t (?:be )?deliver|cannot (?:be )?deliver|can't (?:be )?deliver|unable to (?:deliver|relay|send)|not (?:be )?deliver|undeliver|deliver[a-z]* (?:has )?(?:to .{1,80} )?fail|failed (?:to deliver|recipient|permanently|address|delivery)|permanent (?:fatal )?error|` +
		`returned (?:to|mail|message)|was not (?:delivered|sent)|delivery (?:attempts?|status|problem|error|report)|user unknown|unknown user|no such user|mailbox (?:is )?(?:full|unavailable|not found|exceeded|disabled)|does not exist|address(?:es)? (?:failed|rejected|not found|had)|rejected|` +
		`rejeitad|no se pudo|nicht zugestellt|konnte nicht|unzustellbar|n'a pas pu|non (?:è stato|remis)|не (?:может быть )?доставл|tidak (?:dapat|bisa) (?:di)?kirim|tidak terkirim|gagal (?:di)?kirim|配信|送信でき|届け|エラー|宛先|over quota|quota exceeded|delayed|bounced|` +
		`\b5[0-5]\d[ \-]|\b4[2-5]\d[ \-]|\b[45]\.\d\.\d{1,3}\b|returning your|unrecognized|recipient`)
	failedLine  = regexp.MustCompile(`(?i)^[\s>*|\-]{0,12}(?:(?:to|recipients?|address|failed recipient|original recipient|rcpt to|user|mailto|recipient address|unknown user|invalid (?:final )?delivery userid|send to)[ \t]*[:=][ \t]*)?[<"'(\[]?(?:mailto:|smtp:)?(` + addressPattern + `)[>"')\]]?`)
	codeInLine  = regexp.MustCompile(`\b[45]\d\d\b|\b[45]\.\d\.\d{1,3}\b`)
	toFieldLine = regexp.MustCompile(`(?im)^[ \t>|]{0,8}(?:to|x-original-to|delivered-to)[ \t]*:(.*(?:\n[ \t]+.*)*)`)
)

const addressPattern = `[A-Za-z0-9!#$%&'*+/=?^_{|}~.\-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,250}[A-Za-z0-9])?`

// bounceTextRecipients reads a notice without report fields. From a human sender it is never a bounce, whatever it quotes.
func (m *Message) bounceTextRecipients(texts []bounceText) []BouncedRecipient {
	system := m.fromMailSystem()
	if strings.HasPrefix(strings.TrimSpace(m.Text), "{") && m.systemSender() {
		return jsonRecipients(m.Text)
	}
	if !system && !m.noticeFromStranger(texts) {
		return nil
	}
	var out []BouncedRecipient
	for _, v := range m.Fields("X-Failed-Recipients") {
		out = append(out, addressesIn(v, 100)...)
	}
	notice, rest := splitBounceText(texts)
	if len(out) == 0 && !noticeWords.MatchString(notice) && !bounceSubject.MatchString(m.Subject) {
		return nil
	}
	if len(out) == 0 {
		out = m.listedAddresses(notice)
	}
	if g := toFieldLine.FindStringSubmatch(rest); g != nil && len(out) == 0 { // whom the returned letter was for
		out = addressesIn(g[1], 20)
	}
	return describe(mergeRecipients(out), notice)
}

// noticeFromStranger accepts a notice whose sender has no mail system's name: it answers nothing, or comes with the null return
// path or from no one who can be answered, and shows the failed letter.
func (m *Message) noticeFromStranger(texts []bounceText) bool {
	subject := bounceSubject.MatchString(m.Subject) && len(m.InReplyTo) == 0
	return (subject || m.nullReturnPath() || m.systemSender()) && m.strongBounceText(texts)
}

var jsonAddress = regexp.MustCompile(`\\?"emailAddress\\?"\s*:\s*\\?"([^"\\]{3,320})\\?"`)
var jsonDelivered = regexp.MustCompile(`"delivery\\?"\s*:.*?"recipients\\?"\s*:\s*\[\\?"([^"\\]{3,320})\\?"`)

// jsonRecipients reads the notices that a sending service mails as JSON.
func jsonRecipients(text string) []BouncedRecipient {
	var out []BouncedRecipient
	for _, g := range jsonAddress.FindAllStringSubmatch(text, 100) {
		out = append(out, BouncedRecipient{Address: g[1], Action: "failed", Status: statusCode.FindString(text)})
	}
	for _, g := range jsonDelivered.FindAllStringSubmatch(text, 100) {
		out = append(out, BouncedRecipient{Address: g[1], Action: "delivered", Status: statusCode.FindString(text)})
	}
	return mergeRecipients(out)
}

// strongBounceText asks more of a mail whose sender is no mail system: a failed address with a reply code beside it, or a returned
// letter attached.
func (m *Message) strongBounceText(texts []bounceText) bool {
	notice, _ := splitBounceText(texts)
	if strings.HasPrefix(strings.ToLower(m.Subject), "re:") || strings.HasPrefix(strings.ToLower(m.Subject), "fw") {
		return false
	}
	for _, t := range texts {
		if t.returned && noticeWords.MatchString(notice) {
			return true
		}
	}
	return noticeWords.MatchString(notice) && codeInLine.MatchString(notice) && anyAddress.MatchString(notice)
}

// splitBounceText separates the words of the mail system from the letter that it sends back.
func splitBounceText(texts []bounceText) (notice, rest string) {
	for _, t := range texts {
		if t.returned {
			rest += "\n" + t.text
			continue
		}
		if at := returnedBelow.FindStringIndex(t.text); at != nil {
			notice += "\n" + t.text[:at[0]]
			rest += "\n" + t.text[at[0]:]
		} else {
			notice += "\n" + t.text
		}
	}
	return notice, rest
}

// listedAddresses takes the addresses that begin a line; if there are none, the first one anywhere.
func (m *Message) listedAddresses(notice string) []BouncedRecipient {
	ours := map[string]bool{}
	for _, list := range [][]Address{m.To, m.From} {
		for _, a := range list {
			ours[strings.ToLower(a.Addr)] = true
		}
	}
	var out []BouncedRecipient
	for line := range strings.SplitSeq(notice, "\n") {
		if g := failedLine.FindStringSubmatch(line); g != nil && !ours[strings.ToLower(g[1])] && len(out) < 100 {
			out = append(out, BouncedRecipient{Address: g[1]})
		}
	}
	if len(out) > 0 {
		return out
	}
	for line := range strings.SplitSeq(notice, "\n") {
		if g := failedLine.FindStringSubmatch(line); g != nil && strings.HasPrefix(strings.TrimSpace(line), "<") {
			return []BouncedRecipient{{Address: g[1]}} // a letter to ourselves that came back
		}
	}
	for _, a := range anyAddress.FindAllString(notice, 100) {
		local, _, _ := strings.Cut(a, "@")
		if !ours[strings.ToLower(a)] && !mailSystemLocal.MatchString(local) {
			return []BouncedRecipient{{Address: a}}
		}
	}
	return nil
}

// addressesIn are those that stand in a text.
func addressesIn(text string, most int) (out []BouncedRecipient) {
	for _, a := range anyAddress.FindAllString(text, most) {
		out = append(out, BouncedRecipient{Address: a})
	}
	return out
}

// describe adds the status code and the words that stand nearest after each address.
func describe(list []BouncedRecipient, notice string) []BouncedRecipient {
	lower := strings.ToLower(notice)
	for i := range list {
		at := strings.Index(lower, strings.ToLower(list[i].Address))
		if at < 0 || len(lower) != len(notice) {
			at = 0
		}
		near := notice[at:min(len(notice), at+800)]
		list[i].Status = cmp.Or(list[i].Status, statusCode.FindString(near))
		list[i].Text = cmp.Or(list[i].Text, validUTF8(strings.Join(strings.Fields(near[:min(len(near), 300)]), " ")))
		if list[i].Action == "" {
			list[i].Action = "failed"
			if strings.HasPrefix(list[i].Status, "4") && delayWords.MatchString(notice) {
				list[i].Action = "delayed"
			}
		}
	}
	return list
}

var delayWords = regexp.MustCompile(`(?i)delay|will (?:continue|keep) trying|will be retried|not yet been delivered|still trying|tertunda|masih mencoba`)

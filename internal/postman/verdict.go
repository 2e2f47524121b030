package postman

import (
	"errors"
	"net/textproto"
	"regexp"
	"strconv"
)

// policy says whether a 5xx speaks of the office and its server rather than of this letter or its recipient: rules, quotas,
// logins, the dialogue itself. Such a fault meets every letter alike and passes when a person mends it, so it ends none.
func policy(p phase, err error) bool {
	var t *textproto.Error
	if !errors.As(err, &t) {
		return false
	}
	if loginCode(t.Code) {
		return true
	}
	if about, known := policyStatus(p, t.Msg); known {
		return about
	}
	return policyCode(p, t.Code, t.Msg)
}

// loginCode: answers by which a server asks for a login or encryption that the configuration does not give
// (RFC 4954 §6, RFC 3207 §4, RFC 5248 §2.4).
func loginCode(code int) bool {
	switch code {
	case 523, 525, 530, 534, 535, 538:
		return true
	}
	return false
}

var statusCode = regexp.MustCompile(`^([245])\.(\d{1,3})\.(\d{1,3})\b`)

// policyStatus goes by the enhanced status code (RFC 3463 §3), which is more exact than the reply code; known is false where
// there is none, or where it says nothing.
func policyStatus(p phase, text string) (about, known bool) {
	m := statusCode.FindStringSubmatch(text)
	if m == nil {
		return false, false
	}
	if m[1] != "5" {
		return true, true // "550 4.2.2": the server contradicts itself, and only what is permanent ends a letter
	}
	subject, _ := strconv.Atoi(m[2]) //nolint:errcheck // digits
	detail, _ := strconv.Atoi(m[3])  //nolint:errcheck // digits
	switch subject {
	case 1: // addresses: the recipient's, but for 5.1.7 and 5.1.8, the sender's, which is ours in every letter
		return detail == 7 || detail == 8, true
	case 2: // the recipient's mailbox: disabled, or the letter too long for it; one that is full (5.2.2) will be emptied
		return detail == 2, true
	case 3: // the mail system: full, not accepting, misconfigured; only 5.3.4 is about the letter: too big
		return detail != 4, true
	case 4: // routes: no host answers for the recipient's domain (5.4.1; Exchange says so of unknown recipients), none leads to it (5.4.4), it loops (5.4.6); the rest, with the quotas of 5.4.5, is congestion
		return detail != 1 && detail != 4 && detail != 6, true
	case 5: // the dialogue, which is the same for every letter; at RCPT only the address differs ("504 5.5.2 need fully-qualified address")
		return p != phaseRcpt || detail != 2 && detail != 4, true
	case 6: // the content of this letter
		return false, true
	case 7: // security and policy: rules, reputation, relaying, login
		return true, true
	}
	return false, false // 5.0.0: the reply code has to say it
}

// policyCode goes by the bare reply code (RFC 5321 §4.2.2 and §4.3.2) and the place in the dialogue.
func policyCode(p phase, code int, text string) bool {
	switch {
	case p == phaseMail: // nothing but our own address has been said
		return true
	case code == 501: // a parameter is wrong; at RCPT that is the address
		return p != phaseRcpt
	case code == 500, code == 502, code == 503, code == 504, code == 555: // the dialogue; nothing in it differs from letter to letter
		return true
	case code == 521: // the host takes no mail at all (RFC 7504 §3); 556 is the recipient's domain (§4)
		return true
	case code == 552: // storage exceeded: a quota. A letter that is too big says 5.3.4, or was measured against SIZE
		return true
	case code == 550 && p > phaseRcpt: // the recipient was taken already: "rejections for policy reasons" (§4.3.2)
		return true
	}
	return policyWords.MatchString(mailAddress.ReplaceAllString(text, ""))
}

// policyWords: §4.2.2 gives 550 also to policy, and servers without enhanced codes (Exim) say "550 relay not permitted" with
// it, which would end every letter while a login is missing.
var (
	policyWords = regexp.MustCompile(`(?i)\b(relay|polic(y|ies)|quota|spam|block(ed|list)|black ?list|too many|authenticat|not (authori[sz]|permitted)|administrative prohibition)`)
	mailAddress = regexp.MustCompile(`\S+@\S+`)
)

package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"mime/quotedprintable"
	"strings"
	"time"

	"ukpbjd/internal/stage"
)

// way is a mail that carries a credential letter back to the office.
type way struct {
	name  string
	write func(stage.Letter) []byte
}

// returns are bounces that hold the whole letter, as mail servers and gateways make them.
var returns = []way{
	{"returned whole", func(l stage.Letter) []byte {
		return returned(l, "message/rfc822", "7bit", string(l.Raw), "user unknown")
	}},
	{"returned whole in base64", func(l stage.Letter) []byte {
		return returned(l, "message/rfc822", "base64", base64Lines(l.Raw), "user unknown")
	}},
	{"returned as a file", func(l stage.Letter) []byte {
		return returned(l, "application/octet-stream; name=surat.eml", "base64", base64Lines(l.Raw), "user unknown")
	}},
	{"returned in quoted-printable", func(l stage.Letter) []byte {
		return returned(l, "message/rfc822", "quoted-printable", quotedPrintable(string(l.Raw)), "user unknown")
	}},
	{"returned, and quoted by the server's words", func(l stage.Letter) []byte {
		return returned(l, "message/rfc822", "7bit", string(l.Raw), "content rejected: "+stage.PasswordIn(l.Msg))
	}},
	{"returned, and quoted in base64 by the server's words", func(l stage.Letter) []byte {
		return returned(l, "text/rfc822-headers", "7bit", headOf(l.Raw), "content rejected: "+base64Text("> "+stage.PasswordIn(l.Msg)+" <"))
	}},
	{"returned in a notice of plain words", func(l stage.Letter) []byte {
		return []byte("Return-Path: <>\r\nFrom: MAILER-DAEMON@mx." + stage.Domain + "\r\nTo: ukpbj@" + stage.Domain + "\r\nSubject: failure notice\r\nDate: " + now() +
			"\r\nMessage-ID: " + freshID() + "\r\n\r\nHi. This is the qmail-send program at mx." + stage.Domain + ".\r\n\r\n<" + l.To.Address +
			">:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n" + string(l.Raw))
	}},
	{"returned in a bounce of a bounce", func(l stage.Letter) []byte {
		return returned(l, "message/rfc822", "7bit", string(returned(l, "message/rfc822", "base64", base64Lines(l.Raw), "loop")), "user unknown")
	}},
	{"returned by a stranger's gateway, cut off", func(l stage.Letter) []byte {
		raw := returned(l, "message/rfc822", "7bit", string(l.Raw), "message too old")
		return raw[:bytes.LastIndex(raw, []byte(lastLineOf(l)))+len(lastLineOf(l))]
	}},
}

// forwards are new mails of the member that hold the letter.
var forwards = []way{
	{"forwarded in the text", func(l stage.Letter) []byte { return written(l, "text/plain; charset=utf-8", "8bit", l.Msg.Text) }},
	{"forwarded in base64", func(l stage.Letter) []byte {
		return written(l, "text/plain; charset=utf-8", "base64", base64Lines([]byte(l.Msg.Text)))
	}},
	{"forwarded as HTML", func(l stage.Letter) []byte {
		return written(l, "text/html; charset=utf-8", "quoted-printable", quotedPrintable("<pre>"+html.EscapeString(l.Msg.Text)+"</pre>"))
	}},
	{"forwarded as an attachment", func(l stage.Letter) []byte { return attached(l, "message/rfc822", "surat.eml", "7bit", string(l.Raw)) }},
	{"forwarded as a packed file", func(l stage.Letter) []byte {
		return attached(l, "application/zip", "surat.zip", "base64", base64Lines(zipped("surat.eml", l.Raw)))
	}},
	{"forwarded as text in UTF-16", func(l stage.Letter) []byte {
		var wide []byte
		for _, r := range l.Msg.Text {
			wide = append(wide, byte(r), byte(r>>8))
		}
		return attached(l, "text/plain; name=surat.txt", "surat.txt", "base64", base64Lines(wide))
	}},
	{"the password alone, without a number, in a reply", func(l stage.Letter) []byte {
		return []byte("From: " + l.To.Address + "\r\nTo: ukpbj@" + stage.Domain + "\r\nSubject: Akun\r\nDate: " + now() + "\r\nMessage-ID: " + freshID() + "\r\nIn-Reply-To: " +
			l.Msg.MessageID + "\r\n\r\nTERIMA\r\nKata sandi saya " + stage.PasswordIn(l.Msg) + " tidak dapat dipakai.\r\n")
	}},
	{"the password in the subject", func(l stage.Letter) []byte {
		return []byte("From: " + l.To.Address + "\r\nTo: ukpbj@" + stage.Domain + "\r\nSubject: =?utf-8?b?" + base64Text(l.Msg.Subject+" "+stage.PasswordIn(l.Msg)) + "?=\r\nDate: " + now() +
			"\r\nMessage-ID: " + freshID() + "\r\nIn-Reply-To: " + l.Msg.MessageID + "\r\n\r\nTERIMA\r\n")
	}},
}

func now() string { return time.Now().Format(time.RFC1123Z) }

func freshID() string { return fmt.Sprintf("<%d.uji@mx.%s>", time.Now().UnixNano(), stage.Domain) }

// returned is a delivery report (RFC 3464).
func returned(l stage.Letter, kind, encoding, content, why string) []byte {
	const edge = "=_kembali"
	edgeNow := fmt.Sprintf("%s%d", edge, len(content))
	return []byte("Return-Path: <>\r\nFrom: MAILER-DAEMON@mx." + stage.Domain + " (Mail Delivery System)\r\nTo: ukpbj@" + stage.Domain +
		"\r\nSubject: Undelivered Mail Returned to Sender\r\nDate: " + now() + "\r\nMessage-ID: " + freshID() + "\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=\"" + edgeNow + "\"\r\n\r\n--" + edgeNow +
		"\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered: " + why + "\r\n--" + edgeNow +
		"\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx." + stage.Domain + "\r\n\r\nFinal-Recipient: rfc822; " + l.To.Address +
		"\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 " + why + "\r\n\r\n--" + edgeNow + "\r\nContent-Type: " + kind +
		"\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + content + "\r\n--" + edgeNow + "--\r\n")
}

// written is a mail of the member that answers nothing.
func written(l stage.Letter, kind, encoding, content string) []byte {
	return []byte("From: " + l.To.Address + "\r\nTo: ukpbj@" + stage.Domain + "\r\nSubject: Fwd: " + strings.Join(strings.Fields(l.Msg.Subject), " ") + "\r\nDate: " + now() + "\r\nMessage-ID: " + freshID() +
		"\r\nMIME-Version: 1.0\r\nContent-Type: " + kind + "\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + strings.ReplaceAll(strings.ReplaceAll(content, "\r\n", "\n"), "\n", "\r\n"))
}

func attached(l stage.Letter, kind, name, encoding, content string) []byte {
	return written(l, "multipart/mixed; boundary=\"=_lampiran\"", "7bit", "--=_lampiran\r\nContent-Type: text/plain\r\n\r\nMohon bantuan.\r\n--=_lampiran\r\nContent-Type: "+kind+
		"\r\nContent-Disposition: attachment; filename="+name+"\r\nContent-Transfer-Encoding: "+encoding+"\r\n\r\n"+content+"\r\n--=_lampiran--\r\n")
}

func headOf(raw []byte) string {
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	return string(head)
}

// lastLineOf is the password as it stands in the raw letter.
func lastLineOf(l stage.Letter) string {
	return strings.ReplaceAll(stage.PasswordIn(l.Msg), "=", "=3D")
}

func base64Text(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func base64Lines(raw []byte) string {
	s := base64.StdEncoding.EncodeToString(raw)
	var b strings.Builder
	for ; len(s) > 76; s = s[76:] {
		b.WriteString(s[:76] + "\r\n")
	}
	return b.String() + s
}

func quotedPrintable(s string) string {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	w.Write([]byte(s)) //nolint:errcheck // into memory
	w.Close()          //nolint:errcheck // into memory
	return b.String()
}

func zipped(name string, raw []byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if w, err := z.Create(name); err == nil {
		w.Write(raw) //nolint:errcheck // into memory
	}
	z.Close() //nolint:errcheck // into memory
	return b.Bytes()
}

package postoffice

import (
	"bytes"
	"cmp"
	"fmt"
	"time"
)

// bounce sends a delivery status notification (RFC 3464) to the sender, if they live here. A bounce of a bounce is never sent.
func (o *Office) bounce(from, to string, b Behaviour, raw []byte) error {
	if from == "" || o.box(from) == nil {
		return nil
	}
	now := o.opt.Now()
	const edge = "=_report"
	var m bytes.Buffer
	line := func(format string, v ...any) { fmt.Fprintf(&m, format+"\r\n", v...) }
	line("Return-Path: <>")
	line("Received: by %s (postoffice)\r\n\tid report-%d; %s", o.opt.Host, now.UnixNano(), now.Format(time.RFC1123Z))
	line("From: MAILER-DAEMON@%s (Mail Delivery System)", o.opt.Host)
	line("To: %s", clean(from))
	line("Subject: Undelivered Mail Returned to Sender")
	line("Date: %s", now.Format(time.RFC1123Z))
	line("Message-ID: <report-%d@%s>", now.UnixNano(), o.opt.Host)
	line("Auto-Submitted: auto-replied")
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/report; report-type=delivery-status; boundary=%q\r\n", edge)
	line("--%s\r\nContent-Description: Notification\r\nContent-Type: text/plain; charset=us-ascii\r\n", edge)
	line("This is the mail system at host %s.\r\n\r\nYour message could not be delivered.\r\n", o.opt.Host)
	line("<%s>: %s\r\n", clean(to), clean(cmp.Or(b.Text, "user unknown")))
	line("--%s\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n", edge)
	line("Reporting-MTA: dns; %s\r\nArrival-Date: %s\r\n", o.opt.Host, now.Format(time.RFC1123Z))
	line("Final-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: %s", clean(to), clean(b.Bounce))
	line("Diagnostic-Code: smtp; 550 %s %s\r\n", clean(b.Bounce), clean(cmp.Or(b.Text, "user unknown")))
	line("--%s\r\nContent-Description: Undelivered Message Headers\r\nContent-Type: text/rfc822-headers\r\n", edge)
	m.Write(headerOf(raw))
	line("\r\n--%s--", edge)
	return o.put(from, "INBOX", o.opt.Now(), m.Bytes())
}

package msgauth

import "testing"

// Received lines in the form of each server, as they stand in ../../../shared/corpora, with invented names: what the host that wrote
// the line recorded of its client, and what the client only said.
func TestRecordedByEachServer(t *testing.T) {
	const date = "; Tue, 9 Jun 2026 10:00:00 +0800 (WITA)"
	for name, c := range map[string]struct {
		line         string
		client, host string // address and confirmed name; "" nothing is known
		in           bool   // signed in
		login        string
	}{
		"Postfix":                   {"from out.example (rdns.example [203.0.113.9]) by mx.example (Postfix) with ESMTP id 4F for <a@mx.example>", "203.0.113.9", "rdns.example", false, ""},
		"Postfix, TLS":              {"from out.example (unknown [IPv6:2001:db8::9]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519) (No client certificate requested) by mx.example (Postfix) with ESMTPS id 4F", "2001:db8::9", "unknown", false, ""},
		"Postfix, signed in":        {"from [127.0.0.1] (rdns.example [203.0.113.9]) (Authenticated sender: admin@mx.example) by mx.example (Postfix) with ESMTPSA id 4F", "203.0.113.9", "rdns.example", true, "admin@mx.example"},
		"Postfix, pickup":           {"by mx.example (Postfix, from userid 1023) id 4F", "", "", false, ""},
		"sendmail":                  {"from out.example (IDENT:who@rdns.example [203.0.113.9]) by mx.example (8.17.1/8.17.1) with ESMTP id 4F for <a@mx.example>", "203.0.113.9", "", false, ""},
		"sendmail, unconfirmed":     {"from out.example (mx.example [203.0.113.9] (may be forged)) by mx.example (8.17.1/8.17.1) with ESMTP id 4F", "203.0.113.9", "", false, ""},
		"sendmail, no name":         {"from out.example ([203.0.113.9]) by mx.example (8.17.1/8.17.1) with ESMTPS id 4F (version=TLSv1.3 cipher=X bits=256 verify=NO)", "203.0.113.9", "", false, ""},
		"sendmail, signed in":       {"from [127.0.0.1] (rdns.example [203.0.113.9]) (authenticated bits=0) by mx.example (8.17.1/8.17.1) with ESMTP id 4F", "203.0.113.9", "rdns.example", true, ""},
		"sendmail, submit":          {"(from root@localhost) by mx.example (8.17.1/8.17.1/Submit) id 4F", "", "", false, ""},
		"Exim":                      {"from rdns.example ([203.0.113.9] helo=[127.0.0.1]) by mx.example with esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384 (Exim 4.97) (envelope-from <x@y.example>) id 1d5Q4U-000593-VB for a@mx.example", "203.0.113.9", "rdns.example", false, ""},
		"Exim, port":                {"from rdns.example ([203.0.113.9]:4711 helo=out.example ident=x) by mx.example with esmtp (Exim 4.97) id 4F", "203.0.113.9", "rdns.example", false, ""},
		"Exim, no name":             {"from [203.0.113.9] (helo=[127.0.0.1]) by mx.example with esmtp (Exim 4.97) id 4F", "203.0.113.9", "", false, ""},
		"Exim, no name, port":       {"from [203.0.113.9] (port=4711 helo=out.example) by mx.example with esmtp (Exim 4.97) id 4F", "203.0.113.9", "", false, ""},
		"Exim, no name, no helo":    {"from [203.0.113.9] by mx.example with smtp (Exim 4.97) id 4F", "203.0.113.9", "", false, ""},
		"Exim, signed in":           {"from [203.0.113.9] (helo=out.example) (Authenticated sender: admin@mx.example) by mx.example with esmtpsa (TLS1.3) (Exim 4.97) (envelope-from <x@y.example>) id 4F", "203.0.113.9", "", true, "admin@mx.example"},
		"Exim, local":               {"from www by mx.example with local (Exim 4.97) (envelope-from <www@mx.example>) id 4F", "", "", false, ""},
		"Exchange":                  {"from mx.example (203.0.113.9) by ex.example (10.0.0.2) with Microsoft SMTP Server (version=TLS1_2, cipher=X) id 15.2.1118.40 via Frontend Transport", "203.0.113.9", "", false, ""},
		"Exchange, inside":          {"from ex.example ([fe80::1%14]) by ex.example ([fe80::1%14]) with mapi id 15.02.1118.040", "fe80::1", "", false, ""},
		"Windows SMTP":              {"from mx.example ([203.0.113.9]) by ps.example over TLS secured channel with Microsoft SMTPSVC(6.0.3790.3959)", "203.0.113.9", "", false, ""},
		"Zimbra, from its filter":   {"from mx.example ([203.0.113.9]) by localhost (mx.example [127.0.0.1]) (amavisd-new, port 10024) with ESMTP id ffff00ee for <a@mx.example>", "203.0.113.9", "", false, ""},
		"Zimbra, to its store":      {"from mta.example (LHLO mta.example) (10.0.0.5) by store.example with LMTP", "10.0.0.5", "", false, ""},
		"qmail":                     {"from unknown (HELO mx.example) (203.0.113.9) by mx.example with SMTP", "203.0.113.9", "", false, ""},
		"qmail, ident":              {"from mx.example (HELO out.example) (who@203.0.113.9) by mx.example with SMTP", "203.0.113.9", "", false, ""},
		"qpsmtpd":                   {"from mx.example (HELO out.example) (203.0.113.9) by mx.example (qpsmtpd/0.28) with ESMTP", "203.0.113.9", "", false, ""},
		"Courier":                   {"from unknown (HELO out.example) ([::ffff:203.0.113.9]) by mx.example with ESMTP", "203.0.113.9", "", false, ""},
		"Yahoo":                     {"from 127.0.0.1  (EHLO out.example) (203.0.113.9) by mta.example with SMTPS", "203.0.113.9", "", false, ""},
		"mox":                       {"from mx.example ([203.0.113.9]) by mx.example ([10.1.1.1]) with ESMTPS (TLS1.3 TLS_AES_128_GCM_SHA256) for <a@mx.example>", "203.0.113.9", "", false, ""},
		"mox, signed in":            {"from mx.example by mx.example ([10.1.1.2]) with ESMTPSA (TLS1.3 TLS_AES_128_GCM_SHA256) for <a@mx.example>", "", "", true, ""},
		"Stalwart":                  {"from out.example (rdns.example [203.0.113.9] (AS64500 Example, ID)) by mx.example (Stalwart SMTP) with ESMTPS id 4F", "203.0.113.9", "", false, ""},
		"Google":                    {"from mail.example (rdns.example. [203.0.113.9]) by mx.google.com with ESMTPS id u13 for <a@mx.example> (version=TLS1_3 cipher=X bits=128/128)", "203.0.113.9", "", false, ""},
		"OpenSMTPD":                 {"from localhost (mx.example [local]) by mx.example (OpenSMTPD) with ESMTPA id 94c5a197", "", "", true, ""},
		"Dovecot":                   {"from mx.example by store.example with LMTP id x (envelope-from <a@b.example>)", "", "", false, ""},
		"Kerio":                     {"from [10.0.0.7] ([203.0.113.9]) (authenticated user admin@mx.example) by mx.example (Kerio Connect 9.2.8) with ESMTPSA", "203.0.113.9", "", true, "admin@mx.example"},
		"chasquid":                  {"from mx.example (authenticated as admin@mx.example) by mx.example (chasquid) with ESMTPSA", "", "", true, "admin@mx.example"},
		"MDaemon":                   {"from out.example (rdns.example [203.0.113.9]) by mx.example (MDaemon PRO v13.0.0) with ESMTP id md5001.msg for <a@mx.example>", "203.0.113.9", "", false, ""},
		"HELO with brackets":        {"from x (mx.example [10.0.0.5]) (unknown [203.0.113.9]) by mx.example (Postfix) with ESMTP id 4F", "", "", false, ""},
		"HELO as Exim writes":       {"from [10.0.0.5] (helo=x) (unknown [203.0.113.9]) by mx.example (Postfix) with ESMTP id 4F", "", "", false, ""},
		"HELO as Exim writes, bare": {"from [10.0.0.5] (helo=x) by mx.example with ESMTP id 4F", "", "", false, ""},
		"HELO as qmail writes":      {"from x (HELO x) (10.0.0.5) (unknown [203.0.113.9]) by mx.example with ESMTP id 4F", "", "", false, ""},
		"HELO in qmail's HELO":      {"from unknown (HELO x) (10.0.0.5) (203.0.113.9) by mx.example with ESMTP id 4F", "", "", false, ""},
		"reverse name with another": {"from x (mx.example [10.0.0.5] [203.0.113.9]) by mx.example (Postfix) with ESMTP id 4F", "", "", false, ""},
		"login in the HELO":         {"from x (Authenticated sender: admin@mx.example) (unknown [203.0.113.9]) by mx.example (Postfix) with ESMTP id 4F", "", "", true, ""},
		"two logins":                {"from x (Authenticated sender: admin@mx.example) (unknown [203.0.113.9]) (Authenticated sender: rina@mx.example) by mx.example (Postfix) with ESMTPSA id 4F", "", "", true, ""},
	} {
		h, ok := parseReceived(c.line + date)
		client := ""
		if h.client.IsValid() {
			client = h.client.WithZone("").String()
		}
		if !ok || client != c.client || h.name != c.host || h.signedIn != c.in || h.login != c.login {
			t.Errorf("%s: client %q, name %q, signed in %v %q, read %v; want %q, %q, %v %q", name, client, h.name, h.signedIn, h.login, ok, c.client, c.host, c.in, c.login)
		}
	}
	for name, line := range map[string]string{
		"HELO that speaks LMTP, semicolon": "from mx.example by mx.example with LMTP; x (evil.example [203.0.113.9]) by mx.example (Postfix) with ESMTP id 4F",
		"HELO with a date":                 "from mx.example by mx.example with LMTP; Tue, 9 Jun 2026 10:00:00 +0800 (evil.example [203.0.113.9]) by mx.example (Postfix) with ESMTP id 4F",
		"HELO with an open bracket":        "from mx.example by mx.example with LMTP; Tue, 9 Jun 2026 10:00:00 +0800 ( (evil.example [203.0.113.9]) by mx.example (Postfix) with ESMTP id 4F",
		"HELO with an open quote":          "from mx.example by mx.example with LMTP id \" (evil.example [203.0.113.9]) by mx.example (Postfix) with ESMTP id 4F",
		"HELO with from":                   "from mx.example by mx.example from x (evil.example [203.0.113.9]) with ESMTP id 4F",
		"words between":                    "from mx.example x (evil.example [203.0.113.9]) by mx.example (Postfix) with ESMTP id 4F",
	} {
		if h, ok := parseReceived(line + date); ok {
			t.Errorf("%s: read as %+v", name, h)
		}
	}
}

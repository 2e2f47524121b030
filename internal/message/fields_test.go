package message

import (
	"fmt"
	"strings"
	"testing"
)

// TestSoleFrom is the paragraph "Who" of the attacks: after this gate only local@domain in ASCII is left.
func TestSoleFrom(t *testing.T) {
	for _, c := range []struct{ header, addr, reason string }{
		{"From: admin@gov.example", "admin@gov.example", ""},
		{"From: Admin Agency <admin@gov.example>", "admin@gov.example", ""},
		{`From: "Agency, Admin" <admin@gov.example>`, "admin@gov.example", ""},
		{"From: =?utf-8?q?Ni_Luh_=C3=A9?= <admin@gov.example>", "admin@gov.example", ""},
		{"From: admin@gov.example <admin@gov.example>", "admin@gov.example", ""},
		{`From: "admin@gov.example" <x@evil.example>`, "x@evil.example", ""},
		{"From: =?utf-8?q?admin=40gov.example?= <x@evil.example>", "x@evil.example", ""},
		{"From: admin@mail.gov.example", "admin@mail.gov.example", ""},
		{"From: Admin+x@gov.example", "Admin+x@gov.example", ""},
		{"From: admin@xn--gv-fka.example", "admin@xn--gv-fka.example", ""},
		{"From: admin@gov.example <x@evil.example>", "", "from-malformed"},
		{"From: admin@gov.example\nFrom: x@evil.example", "", "two-from-fields"},
		{"From: admin@gov.example\nfrom : x@evil.example", "", "two-from-fields"},
		{"To: a@b.example", "", "from-missing"},
		{"Sender: admin@gov.example", "", "from-missing"},
		{"Resent-From: admin@gov.example", "", "from-missing"},
		{"From:", "", "from-missing"},
		{"From: x@evil.example, admin@gov.example", "", "from-list"},
		{"From: admin@gov.example,<x@evil.example>", "", "from-list"},
		{"From: Grup: admin@gov.example;", "", "from-group"},
		{"From: <@evil.example:admin@gov.example>", "", "from-route"},
		{"From: admin@gov.example (x@evil.example)", "", "from-comment"},
		{"From: (x) Admin <admin@gov.example>", "", "from-comment"},
		{"From: Admin <admin@gov.example> (x)", "", "from-comment"},
		{`From: "admin@gov.example"@evil.example`, "", "from-quoted-local"},
		{`From: <"admin"@gov.example>`, "", "from-quoted-local"},
		{"From: =?utf-8?q?admin=40gov.example?=", "", "from-encoded-word"},
		{"From: Admin <=?utf-8?q?admin=40gov.example?=>", "", "from-encoded-word"},
		{"From: admin@gov.example\u2000", "", "from-not-ascii"},
		{"From: admin@gov.example\u200b", "", "from-bidi"},
		{"From: Admin <admin@gov\u200d.example>", "", "from-bidi"},
		{"From: \u202enimdA <admin@gov.example>", "", "from-bidi"},
		{"From: =?utf-8?b?4oCubmltZEE=?= <admin@gov.example>", "", "from-bidi"},
		{"From: аdmin@gov.example", "", "from-not-ascii"},
		{"From: admin@gоv.example", "", "from-not-ascii"},
		{"From: Admin <admin@gov.example> x", "", "from-malformed"},
		{"From: Admin <admin@gov.example", "", "from-malformed"},
		{"From: Admin admin@gov.example>", "", "from-malformed"},
		{"From: <admin@gov.example><x@evil.example>", "", "from-malformed"},
		{"From: Admin < admin@gov.example >", "", "from-malformed"},
		{"From: admin@[192.0.2.1]", "", "from-malformed"},
		{"From: admin@gov", "", "from-malformed"},
		{"From: admin@@gov.example", "", "from-malformed"},
		{"From: .admin@gov.example", "", "from-malformed"},
		{"From: admin", "", "from-malformed"},
		{`From: "Admin <admin@gov.example>`, "", "from-quoted-local"},
		{"From: Admin\xff <admin@gov.example>", "", "from-not-utf8"},
		{"From: admin@gov.example\n x@evil.example", "", "from-malformed"},
	} {
		m := parse(c.header + "\n\nSETUJU\n")
		a, reason := m.SoleFrom()
		if reason != c.reason || reason == "" && a.Addr != c.addr {
			t.Errorf("%q: %q %q, want %q %q", c.header, a.Addr, reason, c.addr, c.reason)
		}
	}
	if m := parse(" From: admin@gov.example\nTo: a@b.example\n\nSETUJU"); m.Severe() == "" || len(m.FromRaw) != 0 {
		t.Error("a first line with a leading space is no From field")
	}
}

func TestFromListsEveryMailbox(t *testing.T) {
	m := parse("From: A <a@x.example>, \"B, C\" <b@x.example>\nFrom: Grup: c@x.example, d@x.example;\n\nhi")
	var got []string
	for _, a := range m.From {
		got = append(got, a.Addr)
	}
	if strings.Join(got, " ") != "a@x.example b@x.example c@x.example d@x.example" {
		t.Errorf("%v", got)
	}
}

func TestDecodeWords(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                                                 "plain",
		"=?utf-8?q?Bal=C3=A9?= x":                               "Balé x",
		"=?UTF-8?B?UMOp?= =?UTF-8?B?cmU=?=":                     "Pére",
		"=?utf-8?q?a=C3?= =?utf-8?q?=A9?=":                      "aé",
		"=?iso-8859-1?q?caf=E9?=":                               "café",
		"=?windows-1252?q?=93a=94?=":                            "“a”",
		"=?iso-2022-jp?b?GyRCRzcbKEI=?=":                        "之",
		"=?gb2312?b?xOO6ww==?=":                                 "你好",
		"=?utf-8?q?baik?= =?x-none?q?a?= =?utf-8?b?!!!?= akhir": "baik=?x-none?q?a?==?utf-8?b?!!!?= akhir",
		"a=b =?utf-8?q?c=3Dd?=":                                 "a=b c=d",
		"caf\xe9":                                               "café",
		"=?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?=":                 "=?utf-8?q?x?=",
	} {
		if got := decodeWords(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestFileNames(t *testing.T) {
	for in, want := range map[string]string{
		"../../etc/passwd": "passwd", `C:\Users\x\SK.pdf`: "SK.pdf", "a\r\nb.pdf": "ab.pdf", "SK\u202efdp.exe": "SKfdp.exe",
		"  .hidden": "hidden", "..": "", "": "", "a\x00b": "ab", "a:b?.pdf": "a_b_.pdf", "SK Pokja (1).pdf": "SK Pokja (1).pdf", "x. ": "x",
	} {
		if got := CleanName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if long := CleanName(strings.Repeat("é", 300) + ".pdf"); len(long) > maxName || !strings.HasSuffix(long, ".pdf") {
		t.Errorf("%d bytes", len(long))
	}
}

func mixedMail(parts ...string) string {
	var out strings.Builder
	out.WriteString("From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n")
	for _, p := range parts {
		out.WriteString("--b\n" + p + "\n")
	}
	return out.String() + "--b--\n"
}

func TestFiles(t *testing.T) {
	inner := strings.NewReplacer("boundary=b", "boundary=dalam", "--b", "--dalam").Replace(mixedMail("Content-Type: text/plain\n\nSETUJU", "Content-Type: application/pdf; name=\"../dalam.pdf\"\nContent-Transfer-Encoding: base64\n\nSGFsbw=="))
	m := parse(mixedMail(
		"Content-Type: text/plain\n\nSurat pengantar",
		"Content-Type: text/plain\n\nteks kedua",
		"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nSGFsbw==",
		"Content-Type: application/pdf; name=kosong.pdf\nContent-Transfer-Encoding: base64\n\n",
		"Content-Type: application/pdf; name=potong.pdf\nContent-Transfer-Encoding: base64\n\nSGFsbw",
		"Content-Type: text/plain\nContent-Disposition: attachment; filename=catatan.txt\n\ncatatan",
		"Content-Type: application/octet-stream\nContent-Disposition: attachment; filename*=windows-1251''%D1%CA.pdf\n\nx",
		"Content-Type: message/rfc822\nContent-Disposition: attachment; filename=nama.eml\n\n"+inner,
	))
	want := []struct{ name, problem, bytes string }{
		{"lampiran-1.txt", "", "teks kedua"}, {"lampiran-2.pdf", "", "Halo"}, {"kosong.pdf", "empty", ""}, {"potong.pdf", "truncated", "Halo"},
		{"catatan.txt", "", "catatan"}, {"СК.pdf", "", "x"}, {"nama.eml", "", ""}, {"nama.eml/dalam.pdf", "", "Halo"},
	}
	if m.Text != "Surat pengantar" || m.Own != "Surat pengantar" {
		t.Errorf("text %q own %q", m.Text, m.Own)
	}
	if len(m.Files) != len(want) {
		for _, f := range m.Files {
			t.Logf("%q %q %q", f.Name, f.ContentType, f.Problem)
		}
		t.Fatalf("files: %d, want %d", len(m.Files), len(want))
	}
	for i, w := range want {
		f := m.Files[i]
		if f.Name != w.name || f.Problem != w.problem || w.name != "nama.eml" && string(f.Bytes) != w.bytes || len(f.SHA256) != 64 {
			t.Errorf("%d: %q %q %q, want %+v", i, f.Name, f.Problem, f.Bytes, w)
		}
	}
}

func TestCutAttachmentIsKept(t *testing.T) {
	raw := string(requestMail("\r\n", 102400))
	whole := strings.Index(raw, "\r\n--batas=_1--")
	m := Parse([]byte(raw[:whole-3]+raw[whole:]), DefaultLimits(), nil)
	if len(m.Files) != 1 || len(m.Files[0].Bytes) != 102399 || m.Files[0].Problem != "truncated" {
		t.Errorf("%d files, %d bytes, %q", len(m.Files), len(m.Files[0].Bytes), m.Files[0].Problem)
	}
	cut := Parse([]byte(raw[:len(raw)/2]), DefaultLimits(), nil)
	if len(cut.Files) != 1 || cut.Files[0].Problem != "truncated" || len(cut.Files[0].Bytes) < 40000 {
		t.Errorf("a mail cut in the middle: %q, %d bytes, %v", cut.Files[0].Problem, len(cut.Files[0].Bytes), cut.Problems)
	}
}

func TestAttachedMailsAreOpenedOnlySoDeep(t *testing.T) {
	raw := mixedMail("Content-Type: application/pdf; name=x.pdf\n\nx")
	for i := range 6 {
		raw = strings.NewReplacer("boundary=b\n", fmt.Sprintf("boundary=b%d\n", i), "--b\n", fmt.Sprintf("--b%d\n", i), "--b--\n", fmt.Sprintf("--b%d--\n", i)).Replace(raw)
		raw = mixedMail("Content-Type: message/rfc822; name=m.eml\n\n" + raw)
	}
	m := parse(raw)
	if last := m.Files[len(m.Files)-1].Name; len(m.Files) != 4 || last != "m.eml/m.eml/m.eml/m.eml" || !m.has("attached-too-deep") {
		t.Errorf("%d files, %q, %v", len(m.Files), last, m.Problems)
	}
}

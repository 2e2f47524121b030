package triage_test

import (
	"strings"
	"testing"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/triage"
)

func TestParseCommand(t *testing.T) {
	for _, x := range []struct {
		line string
		verb sop.Verb // "": no command
		arg  string
	}{
		{"SETUJU", sop.Setuju, ""}, {"setuju", sop.Setuju, ""}, {"Setuju.", sop.Setuju, ""}, {"  SETUJU  ", sop.Setuju, ""}, {"SETUJU\r", sop.Setuju, ""},
		{"\u00a0SETUJU\u00a0", sop.Setuju, ""}, {"setuju 7kqf3m", sop.Setuju, "7KQF3M"}, {"SETUJU\u00a07KQF3M.", sop.Setuju, "7KQF3M"}, {"APPROVE", sop.Setuju, ""},
		{"Approve 7KQF3M", sop.Setuju, "7KQF3M"}, {"SETUJU 7KQF3", "", ""}, {"SETUJU 7KQF3M2", "", ""}, {"SETUJU 7KQF3I", "", ""}, {"SETUJU 7KQF3M 7KQF3M", "", ""},
		{"SETUJU?", "", ""}, {"SETUJU!", sop.Setuju, ""}, {"SETUJU..", "", ""}, {"SETUJU,", "", ""}, {"SETUJU!!", "", ""}, {"setuju, tapi tunggu SK revisi", "", ""}, {"setuju tapi tunggu", "", ""},
		{"tidak setuju", "", ""}, {"Saya SETUJU", "", ""}, {"> SETUJU", "", ""}, {"\"SETUJU\"", sop.Setuju, ""}, {"*SETUJU*", sop.Setuju, ""}, {"“Setuju”.", sop.Setuju, ""}, {"*SETUJU* 7KQF3M", sop.Setuju, "7KQF3M"}, {"-SETUJU-", "", ""},
		{"Setuju, terima kasih.", sop.Setuju, ""}, {"SETUJU, mohon diproses. Terima kasih", sop.Setuju, ""}, {"SETUJU pak", sop.Setuju, ""}, {"SETUJU thanks.", sop.Setuju, ""}, {"SETUJU Suksma", sop.Setuju, ""},
		{"SETUJU 7KQF3M, terima kasih", sop.Setuju, "7KQF3M"}, {"SETUJU mohon", "", ""}, {"SETUJU mohon ditunda", "", ""}, {"SETUJU kasih", "", ""}, {"SETUJU pak, asal", "", ""}, {"SETUJU pak?", "", ""}, {"SETUJUI", "", ""}, {"SETUJU:", "", ""},
		{"S\u0415TUJU", "", ""}, {"SETU\u200bJU", "", ""}, {"\u200bSETUJU", sop.Setuju, ""}, {"SETUJU\u200b", sop.Setuju, ""}, {"\uff33\uff25\uff34\uff35\uff2a\uff35", "", ""},
		{"\u202eUJUTES", "", ""}, {"SETUJU\x00", "", ""}, {"\u017fETUJU", "", ""}, {"TOLA\u212a alasan", "", ""}, {"", "", ""}, {" ", "", ""}, {".", "", ""},
		{"TOLAK SK keliru", sop.Tolak, "SK keliru"}, {"tolak: SK keliru", sop.Tolak, "SK keliru"}, {"TOLAK", sop.Tolak, ""}, {"TOLAK.", sop.Tolak, ""}, {"TOLAK  .", sop.Tolak, ""}, {"Tolak, SK", sop.Tolak, "SK"}, {"Tolak-menolak", "", ""}, {"TOLAK - SK", sop.Tolak, "SK"}, {"reject wrong papers.", sop.Tolak, "wrong papers."},
		{"LENGKAPI nomor SK", sop.Lengkapi, "nomor SK"}, {"Lengkapi", sop.Lengkapi, ""}, {"return  the   form", sop.Lengkapi, "the form"},
		{"STOP", sop.Stop, ""}, {"stop.", sop.Stop, ""}, {"STOP sekarang", "", ""},
		{"KIRIM ULANG", sop.KirimUlang, ""}, {"kirim  ulang Ni Luh Contoh, S.T.", sop.KirimUlang, "Ni Luh Contoh, S.T"}, {"KIRIM ULANG 198001012005011001", sop.KirimUlang, "198001012005011001"},
		{"KIRIM", "", ""}, {"KIRIMULANG", "", ""}, {"resend", sop.KirimUlang, ""}, {"Resend Made.", sop.KirimUlang, "Made"},
		{"DELEGASI wakil@gov.example SAMPAI 5 Mei 2026", sop.Delegasi, "wakil@gov.example SAMPAI 5 Mei 2026"}, {"delegate", sop.Delegasi, ""},
		{"TERIMA", sop.Terima, ""}, {"terima.", sop.Terima, ""}, {"terima kasih", "", ""}, {"Terima kasih.", "", ""}, {"received", sop.Terima, ""}, {"received, thanks", sop.Terima, ""}, {"Terima kasih pak, nanti saya coba", "", ""}, {"TERIMA, terima kasih", sop.Terima, ""}, {"Salah nama pak", "", ""},
		{"SALAH", sop.Salah, ""}, {"salah alamat", "", ""}, {"wrong", sop.Salah, ""},
		{"KENDALA tidak bisa masuk", sop.Kendala, "tidak bisa masuk"}, {"kendala", sop.Kendala, ""}, {"Kendala, tidak bisa", sop.Kendala, "tidak bisa"}, {"Kendala-kendala yang ada", "", ""}, {"Problem cannot log in", sop.Kendala, "cannot log in"},
		{"BATAL", sop.Batal, ""}, {"batal ya", "", ""}, {"cancel", sop.Batal, ""}, {"benar!", sop.Benar, ""}, {"Correct, terima kasih", sop.Benar, ""}, {"benar semua", "", ""},
		{"JELASKAN cuti bersama", sop.Jelaskan, "cuti bersama"}, {"explain leave", sop.Jelaskan, "leave"}, {"explain", sop.Jelaskan, ""},
		{"STATUS", sop.TanyaStatus, ""}, {"status?", "", ""}, {"BANTUAN", sop.TanyaBantuan, ""}, {"help", sop.TanyaBantuan, ""}, {"help me", "", ""},
		{"TOLAK " + strings.Repeat("x", 1990), sop.Tolak, strings.Repeat("x", 1990)}, {"TOLAK " + strings.Repeat("x", 2000), "", ""},
		{strings.Repeat(" ", 1990) + "SETUJU", sop.Setuju, ""}, {strings.Repeat("SETUJU ", 200), "", ""},
	} {
		got, ok := triage.ParseCommand(x.line)
		if ok != (x.verb != "") || ok && (got.Verb != x.verb || got.Arg != x.arg) {
			t.Errorf("%.60q: %v %.60q (%v), want %q %.60q", x.line, got.Verb, got.Arg, ok, x.verb, x.arg)
		}
	}
}

func FuzzParseCommand(f *testing.F) {
	for _, s := range []string{"SETUJU", "setuju 7KQF3M.", "TOLAK alasan", "KIRIM ULANG Made", "terima kasih", "S\u0415TUJU", "\u00a0STOP.", "DELEGASI x SAMPAI y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c, ok := triage.ParseCommand(line)
		if !ok {
			return
		}
		if len(line) > 2000 || len(c.Arg) > len(line) || strings.ContainsAny(c.Arg, "\r\n") {
			t.Errorf("%q gives %q", line, c)
		}
		if c.Verb == sop.Setuju && c.Arg != "" && len(c.Arg) != 6 {
			t.Errorf("%q gives a code %q", line, c.Arg)
		}
		for _, longer := range []string{"x" + line, "tidak " + line, "> " + line} {
			if _, ok := triage.ParseCommand(longer); ok {
				t.Errorf("%q is a command", longer)
			}
		}
		again, ok := triage.ParseCommand(strings.TrimSpace(string(c.Verb) + " " + c.Arg))
		if !ok || again.Verb != c.Verb {
			t.Errorf("%q gives %v, which gives %v", line, c, again)
		}
	})
}

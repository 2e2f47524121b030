package letter

import (
	"strings"
	"testing"
	"testing/fstest"

	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/templates"
)

func judgeOverride(t *testing.T, file, body, want string) {
	t.Helper()
	if strings.Contains(body, `"a" .}}x{{end}}`) {
		body = `{{define "a"}}{{template "a" .}}{{end}}` + strings.Replace(body, `{{define "a"}}{{template "a" .}}x{{end}}`, "", 1)
	}
	set, err := Parse(templates.FS, fstest.MapFS{file: {Data: []byte(body)}})
	if err != nil {
		t.Fatal(err)
	}
	errs := set.Check(false)
	if want == "none" {
		if len(errs) > 0 {
			t.Error(errs)
		}
		return
	}
	if len(errs) == 0 || len(errs) > 3*maxFaults {
		t.Fatalf("Check found %d faults", len(errs))
	}
	for _, err := range errs {
		if !strings.Contains(err.Error(), strings.TrimSuffix(file, ".tmpl")) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
		if strings.Contains(err.Error(), bait) {
			t.Errorf("the fault shows the password")
		}
	}
}

func TestOverrideWins(t *testing.T) {
	over := fstest.MapFS{"penolakan.tmpl": {Data: []byte(
		`{{define "subject"}}Keputusan kami{{end}}{{define "text"}}Isi kantor sendiri.{{end}}{{define "html"}}<p>Isi kantor sendiri.</p>{{end}}`)}}
	set, err := Parse(templates.FS, over)
	if err != nil {
		t.Fatal(err)
	}
	d := sample{sop.Penolakan, "", sop.RoleRequester, "alasan"}.data()
	r, err := set.Render(d)
	if err != nil {
		t.Fatal(err)
	}
	if r.Subject != "[PKJ-2026-0001] Keputusan kami" || !strings.Contains(r.Text, "Isi kantor sendiri.") || !strings.Contains(r.HTML, "<p>Isi kantor") {
		t.Errorf("%s\n%s", r.Subject, r.Text)
	}
	if !strings.Contains(r.Text, "Nomor    : PKJ-2026-0001/7") {
		t.Error("the layout is lost")
	}
	other := sample{sop.Dikembalikan, "", sop.RoleRequester, "x"}.data()
	if r, _ := set.Render(other); strings.Contains(r.Text, "Isi kantor") {
		t.Error("the override reached another letter")
	}
}

func TestOverrideThatPrintsACommandIsMended(t *testing.T) {
	over := fstest.MapFS{"status.tmpl": {Data: []byte(
		`{{define "subject"}}x{{end}}{{define "text"}}{{"> setuju"}}{{end}}{{define "html"}}<p>x</p>{{end}}`)}}
	set, err := Parse(templates.FS, over)
	if err != nil {
		t.Fatal(err)
	}
	r, err := set.Render(sample{sop.StatusKasus, "", sop.RoleRequester, ""}.data())
	if err != nil || commandLines(r.Text, nil) != nil || !strings.Contains(r.Text, "tertulis: > setuju") {
		t.Errorf("%v\n%s", err, r.Text)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, over := range map[string]fstest.MapFS{
		"name of no letter": {"persetujuann.tmpl": {Data: []byte("x")}},
		"block missing":     {"status.tmpl": {Data: []byte(`{{define "text"}}x{{end}}`)}},
		"syntax":            {"status.tmpl": {Data: []byte(`{{define "text"}}{{.x`)}},
		"syntax of layout":  {"surat.tmpl": {Data: []byte(`{{if}}`)}},
		"unknown function":  {"status.tmpl": {Data: []byte(`{{define "text"}}{{exec "x"}}{{end}}`)}},
		"too large":         {"status.tmpl": {Data: make([]byte, maxTemplate+1)}},
	} {
		if _, err := Parse(templates.FS, over); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Parse(fstest.MapFS{}, nil); err == nil {
		t.Error("no templates: accepted")
	}
	if _, err := Parse(templates.FS, fstest.MapFS{"README.txt": {Data: []byte("x")}}); err != nil {
		t.Errorf("a file that is no template: %v", err)
	}
}

func TestOnlyKredensialMayHaveAPassword(t *testing.T) {
	set := shipped(t)
	for _, kind := range sop.LetterKinds {
		d := sample{kind, "", sop.RoleMember, ""}.data()
		d.UserID, d.Password = "niluh.lestari", secret.New([]byte(madeUp))
		r, err := set.Render(d)
		if kind == sop.Kredensial {
			if err != nil || !alone(r.Text, madeUp) {
				t.Errorf("kredensial: %v", err)
			}
			continue
		}
		if err == nil || strings.Contains(err.Error(), madeUp) || r != (Rendered{}) {
			t.Errorf("%s takes a password", kind)
		}
	}
}

func TestKredensialRefuses(t *testing.T) {
	set := shipped(t)
	for name, change := range map[string]func(*Data){
		"no user ID":                func(d *Data) { d.UserID = "" },
		"user ID with a line break": func(d *Data) { d.UserID = "a\nb" },
		"no member":                 func(d *Data) { d.Letter.NIP = "1" },
		"no password":               func(d *Data) { d.Password = secret.Secret{} },
		"password of a kept account": func(d *Data) {
			d.Case.Accounts[d.Letter.NIP] = sop.Account{Kept: true}
		},
		"password of two lines":     func(d *Data) { d.Password = secret.New([]byte("Contoh-1\nx")) },
		"password ends in a blank":  func(d *Data) { d.Password = secret.New([]byte("Contoh-1 ")) },
		"password with two blanks":  func(d *Data) { d.Password = secret.New([]byte("Con  toh-1")) },
		"password is a command":     func(d *Data) { d.Password = secret.New([]byte("setuju.")) },
		"password begins a command": func(d *Data) { d.Password = secret.New([]byte("TOLAK Contoh-1")) },
		"password as a quote":       func(d *Data) { d.Password = secret.New([]byte(">Contoh-1xyz")) },
		"password without end":      func(d *Data) { d.Password = secret.New([]byte(strings.Repeat("Ab1!", 40))) },
	} {
		d := sample{sop.Kredensial, "", sop.RoleMember, ""}.data()
		change(&d)
		_, err := set.Render(d)
		if err == nil {
			t.Errorf("%s: rendered", name)
		} else if p := d.Password.Reveal(); len(p) > 8 && strings.Contains(err.Error(), p) {
			t.Errorf("%s: the error shows it", name)
		}
	}
	for _, p := range []string{`<b>&"'Aa1!`, "Stop-Lampu42!", "{{.}}Aa1!xyz", "Aa1!" + strings.Repeat("x", 90), "é1Aa!–zz"} {
		d := sample{sop.Kredensial, "", sop.RoleMember, ""}.data()
		d.Password = secret.New([]byte(p))
		r, err := set.Render(d)
		if err != nil || !alone(r.Text, p) || !alone(pageLines(t, r.HTML), p) {
			t.Errorf("password %d is not carried exactly: %v", len(p), err)
		}
	}
}

func TestUnknownKind(t *testing.T) {
	if _, err := shipped(t).Render(Data{Letter: sop.Letter{Kind: "../surat"}}); err == nil {
		t.Error("rendered")
	}
}

package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	htmltemplate "html/template"
	"log"
	"log/slog"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
	"text/template"

	"pgregory.net/rapid"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

// content is long and odd enough to be recognised in any form.
const content = "Rahasia#77xyzzy-contoh"

type nested struct{ s Secret }

type holder struct {
	Name    string
	Open    Secret
	hidden  Secret
	Pointer *Secret
	inner   nested
	Inner   struct{ S Secret }
	list    []Secret
	List    []Secret
	byName  map[string]Secret
	Any     any
	hide    any
	array   [1]Secret
	deep    *nested
}

func full() holder {
	s := New([]byte(content))
	return holder{"n", s, s, &s, nested{s}, struct{ S Secret }{s}, []Secret{s}, []Secret{s}, map[string]Secret{"k": s}, s, s, [1]Secret{s}, &nested{s}}
}

// shapes are ways in which a secret reaches a printing function.
func shapes() map[string]any {
	h, s := full(), New([]byte(content))
	return map[string]any{
		"value": s, "pointer": &s, "holder": h, "pointer to holder": &h, "nested": h.inner, "list": h.list, "map": h.byName, "array": h.array,
		"in any": []any{s, &s, h}, "error": fmt.Errorf("wrapped %v and %w", s, errors.New("x")), "reflect": reflect.ValueOf(h), "inner": h.Inner,
		"two deep": struct{ x struct{ y nested } }{struct{ y nested }{nested{s}}}, "map key": map[any]int{"k": 1, h.Name: 2},
	}
}

// shown says whether a text gives the content away in some usual form.
func shown(text string) bool {
	decimals := strings.Trim(fmt.Sprint([]byte(content)), "[]")
	hexes := make([]string, len(content))
	for i := range content {
		hexes[i] = fmt.Sprintf("0x%x", content[i])
	}
	for _, form := range []string{content, content[:8], decimals, hex.EncodeToString([]byte(content)), strings.ToUpper(hex.EncodeToString([]byte(content))),
		strings.Join(hexes, ", "), strings.Join(hexes, " "), base64.StdEncoding.EncodeToString([]byte(content)), fmt.Sprintf("%o", []byte(content)[0:6])} {
		if strings.Contains(text, strings.Trim(form, "[]")) {
			return true
		}
	}
	return false
}

func TestShownFindsIt(t *testing.T) {
	for _, format := range []string{"%v", "%s", "%q", "%x", "%X", "%#v", "%d"} {
		if !shown(fmt.Sprintf(format, []byte(content))) {
			t.Errorf("%s of the bare bytes is not found: the test proves nothing", format)
		}
	}
}

func TestNoVerbShowsIt(t *testing.T) {
	for name, what := range shapes() {
		for _, verb := range "vTtbcdoOqxXUeEfFgGspwZ" {
			for _, flag := range []string{"", "+", "#", "-", " ", "0", "+#", "40", ".3", "[1]"} {
				format := "%" + flag + string(verb)
				if out := fmt.Sprintf(format, what); shown(out) {
					t.Errorf("%s of %s shows the content", format, name)
				}
			}
		}
		if shown(fmt.Sprint(what)) || shown(fmt.Sprintln(what, what)) || shown(fmt.Sprintf("%*d", what, what)) {
			t.Errorf("Sprint of %s shows the content", name)
		}
		if shown(fmt.Errorf("x %w", fmt.Errorf("%v", what)).Error()) {
			t.Errorf("an error with %s shows the content", name)
		}
	}
}

func TestNoEncoderShowsIt(t *testing.T) {
	h, s := full(), New([]byte(content))
	for name, encode := range map[string]func(any) (string, error){
		"json":        func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err },
		"json indent": func(v any) (string, error) { b, err := json.MarshalIndent(v, "", " "); return string(b), err },
		"xml":         func(v any) (string, error) { b, err := xml.Marshal(v); return string(b), err },
		"gob": func(v any) (string, error) {
			var b bytes.Buffer
			gob.Register(Secret{})
			err := gob.NewEncoder(&b).Encode(v)
			return b.String(), err
		},
	} {
		for _, v := range []any{s, &s, struct{ S Secret }{s}, []Secret{s}, h} {
			out, err := encode(v)
			if shown(out) || err != nil && shown(err.Error()) {
				t.Errorf("%s of %T shows the content", name, v)
			}
		}
	}
	if b, err := json.Marshal(map[string]Secret{"p": s}); err != nil || string(b) != `{"p":"[redacted]"}` {
		t.Errorf("json: %s, %v", b, err)
	}
	if _, err := json.Marshal(h); err != nil {
		t.Error(err)
	}
	for _, m := range []func() ([]byte, error){s.MarshalText, s.MarshalJSON, s.MarshalYAML, s.MarshalBinary, s.GobEncode} {
		if b, err := m(); err != nil || strings.Trim(string(b), `"`) != redacted {
			t.Errorf("%q, %v", b, err)
		}
	}
}

func TestNoLogShowsIt(t *testing.T) {
	var b bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		l := slog.New(h)
		for name, what := range shapes() {
			l.With("with", what).Info(fmt.Sprint(what), name, what, slog.Group("g", "x", what))
		}
	}
	l := log.New(&b, "", log.Llongfile)
	for _, what := range shapes() {
		l.Println(what)
		l.Printf("%+v %#v %s", what, what, what)
	}
	if b.Len() == 0 || shown(b.String()) {
		t.Error("a log shows the content, or is empty")
	}
}

func TestNoTemplateShowsIt(t *testing.T) {
	const text = `{{.Open}} {{printf "%s %q %v %x" .Open .Open .Open .Open}} {{.}} {{.Inner}} {{html .Open}} {{js .Open}} {{urlquery .Open}} {{print .List}}`
	var b bytes.Buffer
	if err := template.Must(template.New("t").Parse(text)).Execute(&b, full()); err != nil {
		t.Fatal(err)
	}
	const page = `<a href="{{.Open}}" onclick="f({{.Open}}, {{.Inner}})" style="x: {{.Open}}">{{.}}</a><script>var x = {{.List}};</script>`
	if err := htmltemplate.Must(htmltemplate.New("t").Parse(page)).Execute(&b, full()); err != nil {
		t.Fatal(err)
	}
	if shown(b.String()) || !strings.Contains(b.String(), redacted) {
		t.Error("a template shows the content")
	}
}

func TestNoPanicShowsIt(t *testing.T) {
	for name, what := range shapes() {
		func() {
			defer func() {
				if p := recover(); shown(fmt.Sprint(p)) || shown(fmt.Sprintf("%#v %s", p, p)) || shown(string(debug.Stack())) {
					t.Errorf("a panic with %s shows the content", name)
				}
			}()
			panic(what)
		}()
	}
}

func TestSecret(t *testing.T) {
	b := []byte(content)
	s := New(b)
	clear(b)
	if s.Reveal() != content || s.Absent() || !s.Equal(New([]byte(content))) || s.Equal(New([]byte("other"))) || s.Equal(Secret{}) {
		t.Error("content, comparison or copy is wrong")
	}
	var none Secret
	if none.Reveal() != "" || !none.Absent() || !none.Equal(Secret{}) || !New(nil).Absent() || fmt.Sprint(none) != redacted {
		t.Error("an absent secret is wrong")
	}
}

func TestAnyContent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "content")
		s := New(p)
		if s.Reveal() != string(p) || fmt.Sprintf("%v %s %x", s, s, s) != redacted+" "+redacted+" "+redacted {
			t.Fatal("content or redaction is wrong")
		}
	})
}

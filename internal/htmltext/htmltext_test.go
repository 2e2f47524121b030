package htmltext

import (
	"context"
	"strings"
	"testing"
)

// told writes what Read tells on one line.
func told(t *testing.T, source string) string {
	t.Helper()
	var b strings.Builder
	err := Read(t.Context(), strings.NewReader(source), Events{
		Text:  func(s string) { b.WriteString(s) },
		Open:  func(name string, attr []Attr) { b.WriteString("<" + name + strings.Repeat("@", len(attr)) + ">") },
		Close: func(name string) { b.WriteString("</" + name + ">") },
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRead(t *testing.T) {
	for source, want := range map[string]string{
		"<P Class=a>SETUJU &amp; &lt;selesai&gt;</P>":                "<p@>SETUJU & <selesai></p>",
		"a<script>TOLAK</script>b<style>x</style>c":                  "abc",
		"<head><title>TOLAK</title><meta x></head><body>SETUJU":      "<body>SETUJU",
		"<head><title>TOLAK<body>SETUJU":                             "",
		"<head><meta x><body>SETUJU":                                 "<body>SETUJU",
		"1 < 2 <!-- TOLAK --> <a href=\"x>y\">z</a><br/>":            "1 < 2  <a@>z</a><br>",
		"<svg><text>TOLAK</text></svg>SETUJU<xml><w:p>x</w:p></xml>": "SETUJU",
		"SETUJU<b":        "SETUJU",
		"<script/>TOLAK":  "",
		"<td>satu<td>dua": "<td>satu<td>dua",
		"<!doctype html><?xml version=\"1.0\"?><p>ya": "<p>ya",
		"</p></script>ya": "</p></script>ya",
		"<p style='display:none'>rahasia</p>tampak": "<p@>rahasia</p>tampak",
		"<div title=\"&quot;TOLAK&quot;\">x":        "<div@>x",
		"<!-- tidak selesai <p>TOLAK":               "",
		"<o:p>&nbsp;</o:p>":                         "<o:p>\u00a0</o:p>",
	} {
		if got := told(t, source); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
}

// A page that was not seen to its end is an error.
func TestReadToTheEnd(t *testing.T) {
	nothing := Events{Text: func(string) {}, Open: func(string, []Attr) {}, Close: func(string) {}}
	if err := Read(t.Context(), strings.NewReader("<p title=\""+strings.Repeat("x", maxToken)+"\">SETUJU"), nothing); err == nil {
		t.Error("a tag without an end was passed over")
	}
	if err := Read(t.Context(), strings.NewReader(strings.Repeat("<p>SETUJU</p>", maxToken/10)), nothing); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if Read(ctx, strings.NewReader("x"), nothing) == nil {
		t.Error("the context was not looked at")
	}
}

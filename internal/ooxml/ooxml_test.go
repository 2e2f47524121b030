package ooxml

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"
)

const (
	rels  = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	typed = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
)

func rootTo(target string) [2]string {
	return [2]string{"_rels/.rels", rels + `<Relationship Id="rId1" Type="` + typed + `officeDocument" Target="` + target + `"/></Relationships>`}
}

func open(t *testing.T, l Limits, parts ...[2]string) *Package {
	t.Helper()
	raw, err := Pack(parts)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Open(raw, l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestMainPart: the part with which reading begins is found by relations, and without them where it usually lies.
func TestMainPart(t *testing.T) {
	for name, x := range map[string]struct {
		parts [][2]string
		main  string
		kind  Kind
	}{
		"usual":               {[][2]string{rootTo("word/document.xml"), {"word/document.xml", "<a/>"}}, "word/document.xml", Word},
		"second name":         {[][2]string{rootTo("word/document2.xml"), {"word/document2.xml", "<a/>"}}, "word/document2.xml", Word},
		"from the root":       {[][2]string{rootTo("/xl/workbook.xml"), {"xl/workbook.xml", "<a/>"}}, "xl/workbook.xml", Workbook},
		"backslashes":         {[][2]string{{`_rels\.rels`, rootTo(`word\document.xml`)[1]}, {`word\document.xml`, "<a/>"}}, "word/document.xml", Word},
		"another case":        {[][2]string{rootTo("Word/Document.xml"), {"word/document.xml", "<a/>"}}, "Word/Document.xml", Word},
		"a folder of its own": {[][2]string{rootTo("isi/utama.xml"), {"isi/utama.xml", `<?xml version="1.0"?><w:document xmlns:w="x"/>`}}, "isi/utama.xml", Word},
		"no relations":        {[][2]string{{"xl/workbook.xml", "<a/>"}}, "xl/workbook.xml", Workbook},
		"relation to nothing": {[][2]string{rootTo("word/gone.xml"), {"word/document.xml", "<a/>"}}, "word/document.xml", Word},
		"an archive":          {[][2]string{{"sk/word/document.xml", "<a/>"}, {"surat.pdf", "%PDF-"}}, "", Other},
	} {
		if main, kind := open(t, Limits{}, x.parts...).Main(); main != x.main || kind != x.kind {
			t.Errorf("%s: %q %q, want %q %q", name, main, kind, x.main, x.kind)
		}
	}
}

func TestRelations(t *testing.T) {
	p := open(t, Limits{}, [2]string{"xl/workbook.xml", "<a/>"}, [2]string{"xl/sharedStrings.xml", "<a/>"}, [2]string{"xl/_rels/workbook.xml.rels", rels +
		`<Relationship Id="a" Type="` + typed + `worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="b" Type="` + typed + `worksheet" Target="/xl/worksheets/../sheet2.xml"/>` +
		`<Relationship Id="c" Type="` + typed + `hyperlink" Target="https://luar.example/x" TargetMode="External"/><Relationship Id="d" Type="` + typed + `sharedStrings" Target="sharedStrings.xml"/></Relationships>`})
	got, err := p.Relations("xl/workbook.xml")
	if err != nil || got["a"].Target != "xl/worksheets/sheet1.xml" || got["b"].Target != "xl/sheet2.xml" || got["c"].Target != "" || got["a"].Type != "worksheet" {
		t.Errorf("%v %v", got, err)
	}
	if name, err := p.Related("xl/workbook.xml", "sharedStrings"); name != "xl/sharedStrings.xml" || err != nil {
		t.Errorf("%q %v", name, err)
	}
	if none, err := p.Relations("xl/sharedStrings.xml"); len(none) > 0 || err != nil {
		t.Errorf("%v %v", none, err)
	}
}

// TestBounds: each bound refuses what is over it, and lets pass what is just within.
func TestBounds(t *testing.T) {
	mb := strings.Repeat("a", 1<<20)
	read := func(l Limits, parts ...[2]string) error {
		p := open(t, l, parts...)
		for _, x := range p.Parts() {
			if _, err := x.Read(); err != nil {
				return err
			}
		}
		return nil
	}
	a, b := [2]string{"a", mb}, [2]string{"b", mb}
	for name, x := range map[string]struct {
		over, within Limits
		parts        [][2]string
	}{
		"part":  {Limits{Part: 1<<20 - 1}, Limits{Part: 1 << 20}, [][2]string{a}},
		"total": {Limits{Total: 2<<20 - 1}, Limits{Total: 2 << 20}, [][2]string{a, b}},
		"ratio": {Limits{Ratio: 200}, Limits{Ratio: 1100}, [][2]string{{"a", strings.Repeat(mb, 2)}}},
	} {
		if err := read(x.over, x.parts...); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		if err := read(x.within, x.parts...); err != nil {
			t.Errorf("%s within the bound: %v", name, err)
		}
	}
	raw, err := Pack([][2]string{a, b})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(raw, Limits{Parts: 1}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("two parts where one is allowed: %v", err)
	}
	if _, err := Open(raw, Limits{Parts: 2}); err != nil {
		t.Error(err)
	}
}

// TestLiars: what the directory says of a part is not believed, and what it says twice is told.
func TestLiars(t *testing.T) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "a", Method: zip.Store, Flags: 1, CompressedSize64: 4, UncompressedSize64: 4})
	if err == nil {
		_, err = w.Write([]byte("abcd"))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	p, err := Open(out.Bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Read("a"); !errors.Is(err, ErrEncrypted) {
		t.Errorf("an encrypted part: %v", err)
	}
	if p := open(t, Limits{}, [2]string{"a", "1"}, [2]string{"A", "2"}); p.Twice() == "" {
		t.Error("two parts of one name are not told")
	}
	if p := open(t, Limits{}, [2]string{"a", "1"}, [2]string{"b", "2"}); p.Twice() != "" {
		t.Error(p.Twice())
	}
	raw, err := Pack([][2]string{{"aa", strings.Repeat("x", 100)}, {"bb", strings.Repeat("y", 100)}})
	if err != nil {
		t.Fatal(err)
	}
	dir := bytes.LastIndex(raw, []byte("PK\x01\x02"))
	copy(raw[dir+42:dir+46], make([]byte, 4)) // the second part begins where the first does
	if _, err := Open(raw, Limits{}); err == nil {
		t.Error("two parts that share bytes were taken")
	}
	if _, err := Open([]byte("PK\x03\x04 rusak"), Limits{}); err == nil {
		t.Error("a broken file was taken")
	}
	if _, err := p.Read("b"); err == nil {
		t.Error("a part that is not there was read")
	}
}

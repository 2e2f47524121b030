package extract

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
)

// truth is the part of a bundle's truth.json that is compared here; the whole is scored by shared/tools/score-papers.
type truth struct {
	Body  string
	Files []struct {
		Name, Kind, What, In string
		Scanned              bool
		Parts                []struct{ Kind string }
	}
	Roster []struct{ Nama, NIP, Email string }
	Expect struct {
		Complete    bool
		NeedsPerson bool `json:"needs_person"`
		Lenient     []string
		Problems    []struct {
			Row  int
			Code string
		}
	}
}

// TestSharedBundles reads real-looking bundles. Without OCR those that hold a scan are left out.
func TestSharedBundles(t *testing.T) {
	dir := shared(t)
	r := New(Options{OCR: "off", TempDir: t.TempDir()})
	rows, exact, silent, files, kinds := 0, 0, 0, 0, 0
	found, err := filepath.Glob(filepath.Join(dir, "*", "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		var want truth
		data, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(data, &want)
		}
		if err != nil {
			t.Fatal(err)
		}
		attached, native := load(t, filepath.Dir(path), want, r)
		if !native {
			continue
		}
		got := document.Read(document.Bundle{Sources: r.All(context.Background(), attached), Body: want.Body})
		name := filepath.Base(filepath.Dir(path))
		f, k := countKinds(want, got)
		files, kinds = files+f, kinds+k
		e, s := countRows(t, name, want, got)
		rows, exact, silent = rows+len(want.Roster), exact+e, silent+s
		checkVerdict(t, name, want, got)
	}
	t.Logf("%d of %d kinds, %d of %d rows exact, %d silent errors", kinds, files, exact, rows, silent)
	if kinds != files || exact < rows-1 || silent != 0 { // one row differs only by a NIP that is double in its form
		t.Errorf("%d of %d kinds, %d of %d rows exact, %d silent errors", kinds, files, exact, rows, silent)
	}
}

// load reads the files of a bundle as attached; native says whether all can be read here without OCR.
func load(t *testing.T, dir string, want truth, r *Reader) (out []message.Attachment, native bool) {
	native = true
	for _, f := range want.Files {
		if f.In != "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, f.Name))
		if os.IsNotExist(err) {
			continue // lies inside an archive
		}
		if err != nil {
			t.Fatal(err)
		}
		ext := filepath.Ext(f.Name)
		if f.Scanned || ext == ".doc" && r.Tools()["catdoc"] == "" || ext == ".xls" && r.Tools()["xls2csv"] == "" {
			native = false
		}
		out = append(out, message.Attachment{Name: f.Name, Bytes: data})
	}
	return out, native
}

func countKinds(want truth, got document.Reading) (files, right int) {
	for _, f := range want.Files {
		if f.What == "container" {
			continue
		}
		expect := map[string]bool{f.Kind: true}
		if f.Kind == "combined" {
			expect = map[string]bool{}
			for _, p := range f.Parts {
				expect[p.Kind] = true
			}
		}
		files++
		have := map[string]bool{}
		for _, p := range got.Papers {
			if p.File == f.Name || strings.HasSuffix(p.File, "/"+f.Name) {
				have[string(p.Kind)] = true
			}
		}
		same := len(have) == len(expect)
		for k := range expect {
			same = same && have[k]
		}
		if same {
			right++
		}
	}
	return files, right
}

var loose = regexp.MustCompile(`[\s.,]+`)

func plain(s string) string { return strings.ToLower(loose.ReplaceAllString(s, "")) }

func countRows(t *testing.T, name string, want truth, got document.Reading) (exact, silent int) {
	for _, m := range want.Roster {
		var row *document.Row
		for i := range got.Roster {
			if g := &got.Roster[i]; g.NIP == m.NIP && plain(g.Nama) == plain(m.Nama) || row == nil && plain(g.Nama) == plain(m.Nama) {
				row = g
			}
		}
		if row != nil && row.NIP == m.NIP && row.Email == m.Email {
			exact++
			continue
		}
		t.Logf("%s: want %+v, got %+v", name, m, row)
		if !got.NeedsPerson && got.Complete && (row == nil || len(row.Doubts) == 0) {
			silent++
		}
	}
	return exact, silent
}

func checkVerdict(t *testing.T, name string, want truth, got document.Reading) {
	if got.Complete != want.Expect.Complete {
		t.Errorf("%s: complete = %v, missing %v", name, got.Complete, got.Missing)
	}
	if got.NeedsPerson != want.Expect.NeedsPerson && !strings.Contains(strings.Join(want.Expect.Lenient, " "), "needs_person") {
		t.Errorf("%s: needs person = %v: %+v", name, got.NeedsPerson, got.Problems)
	}
	for _, p := range want.Expect.Problems {
		named := false
		for _, g := range got.Problems {
			named = named || g.Row == p.Row && g.Code == p.Code
		}
		if !named {
			t.Errorf("%s: %s of row %d is not named", name, p.Code, p.Row)
		}
	}
}

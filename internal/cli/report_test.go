package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/report"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
)

// played is an office in which one request went from its mail to the closing letter.
func played(t *testing.T) (s *stage.Stage, config string, closing stage.Letter) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	b, err := rehearsal.Papers(1, 3, rehearsal.Office{Domain: stage.Domain})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if s, err = stage.Open(stage.Options{Dir: dir, Members: stage.People(b)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if config, err = s.Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	must := func(l stage.Letter, err error) stage.Letter {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if err := s.Request(b, true); err != nil {
		t.Fatal(err)
	}
	if err := s.Answer(must(s.Await(ctx, s.Cast.Admin, "", sop.Persetujuan)), "SETUJU", rehearsal.Outlook); err != nil {
		t.Fatal(err)
	}
	for _, m := range stage.People(b) {
		if err := s.Answer(must(s.Await(ctx, m, "", sop.Kredensial)), "TERIMA", rehearsal.Plain); err != nil {
			t.Fatal(err)
		}
	}
	return s, config, must(s.Await(ctx, s.Cast.Staff, "", sop.Selesai))
}

// run runs a command and wants it to succeed.
func run(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Main(t.Context(), args, &out, &errs); code != exitOK {
		t.Fatalf("%v: exit %d\n%s%s", args, code, out.String(), errs.String())
	}
	return out.String()
}

// TestReports writes register and sheet over the socket of the running daemon, and once more from the store itself.
func TestReports(t *testing.T) {
	s, config, closing := played(t)
	b, err := rehearsal.Papers(1, 3, rehearsal.Office{Domain: stage.Domain})
	if err != nil {
		t.Fatal(err)
	}
	sheet := ""
	for _, f := range closing.Msg.Files {
		if strings.HasPrefix(f.Name, "lembar-kendali-PKJ-") && bytes.HasPrefix(f.Bytes, []byte("%PDF-")) {
			sheet = f.Name
		}
	}
	if sheet == "" {
		t.Error("the closing letter carries no lembar kendali")
	}
	number := strings.TrimSuffix(strings.TrimPrefix(sheet, "lembar-kendali-"), ".pdf")
	dir := t.TempDir()
	for _, where := range []string{"socket", "store"} {
		if where == "store" {
			if err := s.Stop(); err != nil {
				t.Fatal(err)
			}
		}
		in := func(name string) string { return filepath.Join(dir, where+name) }
		run(t, "--config", config, "sheet", number, "-o", in(".pdf"), "--papers")
		if pdf, err := os.ReadFile(in(".pdf")); err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Errorf("%s: no PDF: %v", where, err)
		}
		for i, f := range b.Files {
			if got, err := os.ReadFile(filepath.Join(in("-berkas"), fmt.Sprintf("%d %s", i+1, f.Name))); err != nil || !bytes.Equal(got, f.Bytes) {
				t.Errorf("%s: %s is not as it came: %v", where, f.Name, err)
			}
		}
		for _, ext := range []string{".xlsx", ".csv", ".json"} {
			run(t, "--config", config, "register", "-o", in(ext))
		}
		checkRegister(t, in)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func checkRegister(t *testing.T, in func(string) string) {
	t.Helper()
	f, err := excelize.OpenFile(in(".xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rows, err := f.GetRows("Anggota"); err != nil || len(rows) != 4 || rows[1][8] != string(sop.MemberConfirmed) {
		t.Errorf("members in the workbook: %v %v", rows, err)
	}
	raw, err := os.Open(in("-surat.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if lines, err := csv.NewReader(raw).ReadAll(); err != nil || len(lines) < 8 {
		t.Errorf("letters in the CSV: %v %v", lines, err)
	}
	b, err := os.ReadFile(in(".json"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Cases    []report.Entry
		Accounts []report.Account
	}
	if err := json.Unmarshal(b, &got); err != nil || len(got.Cases) != 1 || len(got.Accounts) != 3 || got.Cases[0].Status != sop.Done || got.Cases[0].Confirmed.IsZero() {
		t.Errorf("JSON: %v %s", err, b)
	}
	if st, err := os.Stat(in(".json")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the register is for its owner alone: %v %v", st, err)
	}
}

func TestRegisterRefuses(t *testing.T) {
	var out, errs bytes.Buffer
	if code := Main(t.Context(), []string{"register", "-o", "x.pdf"}, &out, &errs); code != exitUsage {
		t.Errorf("exit %d, want %d", code, exitUsage)
	}
}

package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/audit"
	"ukpbjd/internal/control"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
)

var record = flag.Bool("record", false, "play the office of testdata/recorded-office.tar.gz anew and keep it; then read what replay says of the one before")

const (
	recordedOffice = "testdata/recorded-office.tar.gz"
	recordedPath   = "/recorded/office" // stands in the recorded configuration for the storage path
)

// TestReplay plays the recorded office through this version: no decision may differ. Where a rule is changed on purpose, say
// so in the commit, and record anew.
func TestReplay(t *testing.T) {
	if *record {
		recordOffice(t)
	}
	config := unpackOffice(t)
	var r audit.Replayed
	if err := json.Unmarshal([]byte(run(t, "--config", config, "replay", "--json")), &r); err != nil {
		t.Fatal(err)
	}
	if r.Cases != 5 || r.Mails < 12 || r.Commands != 2 || len(r.Differences) != 0 {
		t.Errorf("%+v", r)
	}
}

// TestReplayDiffers is the negative control: under other rules, decisions differ and are named.
func TestReplayDiffers(t *testing.T) {
	config := unpackOffice(t)
	raw, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct{ old, now, want string }{
		"trust":     {"authserv_id: mx." + stage.Domain, "authserv_id: mx.other.example", "now  refused"},
		"requester": {"requesters: [\"*@" + stage.Domain + "\"]", "requesters: [\"nobody@" + stage.Domain + "\"]", "was  obeyed"},
	} {
		if !bytes.Contains(raw, []byte(x.old)) {
			t.Fatalf("%s: the configuration has no %s", name, x.old)
		}
		changed := filepath.Join(filepath.Dir(config), name+".yaml")
		if err := os.WriteFile(changed, bytes.ReplaceAll(raw, []byte(x.old), []byte(x.now)), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		if code := Main(t.Context(), []string{"--config", changed, "replay"}, &out, &errs); code != exitTrouble || !strings.Contains(out.String(), x.want) {
			t.Errorf("%s: exit %d\n%s%s", name, code, out.String(), errs.String())
		}
	}
}

// recordOffice plays what an office sees: the sunny day, a mended request, a refusal, a word that is no command, a hold and
// a resend, and a forgery.
func recordOffice(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var requests []rehearsal.Bundle
	var people []sop.Person
	for i, o := range []rehearsal.Office{{}, {Fault: "missing_email", Tag: "b"}, {Tag: "c", Form: rehearsal.DOCX}, {Tag: "d", Form: rehearsal.CSV}, {Tag: "e"}} {
		o.Domain = stage.Domain
		b, err := rehearsal.Papers(int64(i+1), 3, o)
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, b)
		o.Fault = "" // the mended request has the same people
		if b, err = rehearsal.Papers(int64(i+1), 3, o); err != nil {
			t.Fatal(err)
		}
		people = append(people, stage.People(b)...)
	}
	dir := t.TempDir()
	s, err := stage.Open(stage.Options{Dir: dir, Members: people})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := player{t, ctx, s}
	p.sunny(requests[0], "PKJ-"+thisYear()+"-0001")
	p.mended(requests[1], "PKJ-"+thisYear()+"-0002")
	p.refused(requests[2], "PKJ-"+thisYear()+"-0003")
	p.held(requests[3], "PKJ-"+thisYear()+"-0004")
	p.wordless(requests[4], "PKJ-"+thisYear()+"-0005")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := pack(dir, recordedOffice, s.Config.Storage.Path); err != nil {
		t.Fatal(err)
	}
}

func thisYear() string { return time.Now().Format("2006") }

type player struct {
	t   *testing.T
	ctx context.Context
	s   *stage.Stage
}

func (p player) await(who sop.Person, number string, kind sop.LetterKind) stage.Letter {
	p.t.Helper()
	l, err := p.s.Await(p.ctx, who, number, kind)
	if err != nil {
		p.t.Fatal(err)
	}
	return l
}

func (p player) answer(l stage.Letter, text string, style rehearsal.Style) {
	p.t.Helper()
	if err := p.s.Answer(l, text, style); err != nil {
		p.t.Fatal(err)
	}
}

func (p player) request(b rehearsal.Bundle) {
	p.t.Helper()
	if err := p.s.Request(b, true); err != nil {
		p.t.Fatal(err)
	}
}

func (p player) sunny(b rehearsal.Bundle, number string) {
	p.request(b)
	p.answer(p.await(p.s.Cast.Admin, number, sop.Persetujuan), "SETUJU", rehearsal.Outlook)
	for _, m := range stage.People(b) {
		p.answer(p.await(m, number, sop.Kredensial), "TERIMA", rehearsal.Plain)
	}
	p.await(p.s.Cast.Staff, number, sop.Selesai)
}

func (p player) mended(b rehearsal.Bundle, number string) {
	p.request(b)
	l := p.await(p.s.Cast.Staff, number, sop.Kekurangan)
	whole, err := rehearsal.Papers(2, 3, rehearsal.Office{Domain: stage.Domain, Tag: "b"})
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.s.Answer(l, "Berikut kami sampaikan formulir yang telah diperbaiki.", rehearsal.Plain, whole.Files...); err != nil {
		p.t.Fatal(err)
	}
	p.answer(p.await(p.s.Cast.Admin, number, sop.Persetujuan), "SETUJU", rehearsal.Plain)
	p.await(stage.People(whole)[0], number, sop.Kredensial)
	p.await(p.s.Cast.KepalaLPSE, number, sop.Tembusan)
}

func (p player) refused(b rehearsal.Bundle, number string) {
	p.request(b)
	p.answer(p.await(p.s.Cast.Admin, number, sop.Persetujuan), "TOLAK SK belum ditetapkan", rehearsal.Plain)
	p.await(p.s.Cast.Staff, number, sop.Penolakan)
}

func (p player) held(b rehearsal.Bundle, number string) {
	p.request(b)
	l := p.await(p.s.Cast.Admin, number, sop.Persetujuan)
	for _, command := range []string{"hold", "release"} {
		if _, err := p.s.Daemon.Control.Answer(p.ctx, control.Call{Command: command, Case: number}); err != nil {
			p.t.Fatal(err)
		}
	}
	p.answer(l, "SETUJU", rehearsal.Plain)
	p.await(p.s.Cast.KepalaLPSE, number, sop.Tembusan)
}

func (p player) wordless(b rehearsal.Bundle, number string) {
	p.request(b)
	p.answer(p.await(p.s.Cast.Admin, number, sop.Persetujuan), "setuju, tapi mohon tunggu SK revisi", rehearsal.Plain)
	p.await(p.s.Cast.Admin, number, sop.TidakDikenali)
}

// pack keeps configuration, keys, books and archive of a played office.
func pack(dir, name, storage string) (err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	z, _ := gzip.NewWriterLevel(f, gzip.BestCompression)
	w := tar.NewWriter(z)
	defer func() { err = errors.Join(err, w.Close(), z.Close(), f.Close()) }()
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		in, err := filepath.Rel(dir, path)
		if err != nil || strings.HasPrefix(in, "office/archive/2") { // second names of the same content
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if in == "ukpbjd.yaml" {
			raw = bytes.ReplaceAll(raw, []byte(storage), []byte(recordedPath))
		}
		if err := w.WriteHeader(&tar.Header{Name: in, Mode: 0o600, Size: int64(len(raw))}); err != nil {
			return err
		}
		_, err = w.Write(raw)
		return err
	})
}

// unpackOffice gives the configuration of the recorded office.
func unpackOffice(t *testing.T) string {
	t.Helper()
	f, err := os.Open(recordedOffice)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return filepath.Join(dir, "ukpbjd.yaml")
		}
		if err == nil && !filepath.IsLocal(h.Name) {
			err = fmt.Errorf("%q leads out", h.Name)
		}
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if h.Name == "ukpbjd.yaml" {
			raw = bytes.ReplaceAll(raw, []byte(recordedPath), []byte(filepath.Join(dir, "office")))
		}
		path := filepath.Join(dir, h.Name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, raw, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

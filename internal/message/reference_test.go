package message

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestAgainstAnotherParser compares with what Python's email package reads: which named files there are, byte for byte.
func TestAgainstAnotherParser(t *testing.T) {
	f, err := os.Open(filepath.Join(corpora, "reference_py.share.jsonl"))
	if err != nil {
		t.Skip("no corpora beside the project: ", err)
	}
	defer f.Close()
	mails, withFiles, complete, subjects, senders := 0, 0, 0, 0, 0
	s := bufio.NewScanner(f)
	s.Buffer(nil, 4<<20)
	for s.Scan() {
		var ref struct {
			Path, Subject string
			From          []string
			Attachments   []struct{ Name, Type, Sha1 string }
		}
		if json.Unmarshal(s.Bytes(), &ref) != nil || left(ref.Path) {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(corpora, ref.Path))
		if err != nil {
			continue
		}
		mails++
		m := Parse(raw, DefaultLimits(), nil)
		if foldSpace(m.Subject) == foldSpace(ref.Subject) {
			subjects++
		} else {
			t.Logf("subject %s: %q, they %q", ref.Path, m.Subject, ref.Subject)
		}
		if sameAddresses(m.From, ref.From) {
			senders++
		} else {
			t.Logf("from %s: %v, they %v", ref.Path, m.From, ref.From)
		}
		if len(ref.Attachments) == 0 {
			continue
		}
		withFiles++
		have := map[string]bool{}
		for _, a := range m.Files {
			sum := sha1.Sum(a.Bytes)
			have[hex.EncodeToString(sum[:])] = true
		}
		for _, text := range []string{m.Text, m.HTML} {
			sum := sha1.Sum([]byte(text))
			have[hex.EncodeToString(sum[:])] = true
		}
		all := true
		for _, a := range ref.Attachments {
			if !have[a.Sha1] && !strings.HasPrefix(a.Type, "text/") && !strings.HasPrefix(a.Type, "message/") {
				all = false
				t.Logf("file %s: %q %s is missing", ref.Path, a.Name, a.Type)
			}
		}
		if all {
			complete++
		}
	}
	t.Logf("%d mails: subject as theirs %.1f %%, From %.1f %%; of %d with files all found in %.1f %%", mails, pct(subjects, mails), pct(senders, mails), withFiles, pct(complete, withFiles))
	if !raceOn && pct(complete, withFiles) < 97 {
		t.Error("floor 97 %")
	}
}

func foldSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

func sameAddresses(got []Address, want []string) bool {
	var a []string
	for _, g := range got {
		a = append(a, strings.ToLower(g.Addr))
	}
	return strings.Join(a, " ") == strings.ToLower(strings.Join(want, " "))
}

func TestLargeMailIsHeldOnce(t *testing.T) {
	raw := requestMail("\r\n", 9<<20, 9<<20)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	m := Parse(raw, DefaultLimits(), nil)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	allocated := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d MB: %s, %d MB allocated", len(raw)>>20, took, allocated>>20)
	if allocated > 20<<20 {
		t.Errorf("%d MB allocated for 18 MB of papers", allocated>>20)
	}
	if len(m.Files) != 2 || !bytes.Equal(m.Files[1].Bytes, noise(9<<20, 1)) {
		t.Error("files differ")
	}
}

func TestAutoRepliesOfCorpora(t *testing.T) {
	found, total := 0, 0
	for _, f := range corpusFiles(t, func(c corpusFile) bool { return c.kind == "autoreply" && c.role == "mail" }) {
		m := Parse(corpusBytes(t, f.path), DefaultLimits(), nil)
		total++
		if len(m.Automation) > 0 && m.Bounce == nil {
			found++
		} else {
			t.Errorf("%s: %v %v", f.path, m.Automation, m.Bounce)
		}
	}
	t.Logf("automatic replies found %d of %d", found, total)
}

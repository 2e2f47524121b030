package msgauth

import (
	"bytes"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// eachReal calls f with every field of the heads of the corpora, name in lower case.
func eachReal(t *testing.T, f func(name, value string)) {
	t.Helper()
	root := filepath.Join("..", "..", "..", "shared", "corpora")
	if _, err := os.Stat(root); err != nil {
		t.Skip("../shared/corpora is absent")
	}
	unfold := strings.NewReplacer("\n ", " ", "\n\t", " ")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		head, _, _ := bytes.Cut(bytes.ReplaceAll(raw[:min(len(raw), maxHeader)], []byte("\r\n"), []byte("\n")), []byte("\n\n"))
		for line := range strings.SplitSeq(unfold.Replace(string(head)), "\n") {
			name, value, _ := strings.Cut(line, ":")
			f(lower(name), value)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Real fields that nobody here wrote: the grammar must read what real servers write.
func TestRealFields(t *testing.T) {
	fields, unread, nameless, hops, strange := 0, 0, 0, 0, 0
	eachReal(t, func(name, value string) {
		switch name {
		case "received":
			hops++
			if _, ok := parseReceived(value); !ok {
				strange++
			}
		case "authentication-results":
			p, err := newScanner(value)
			if err != nil {
				t.Errorf("%v: %.300q", err, value)
				return
			}
			id, err := p.authservID()
			if err != nil { // Exchange Online names no server: nobody's
				nameless++
				return
			}
			fields++
			if err := p.rest(&authres{id: id}); err != nil {
				unread++
				if strings.Contains(value, "dmarc") { // those without are older than the grammar
					t.Errorf("%v: %.300q", err, value)
				}
			}
		}
	})
	t.Logf("Authentication-Results: %d, not read: %d, without id: %d; Received: %d, not read: %d", fields, unread, nameless, hops, strange)
	if fields < 100 || unread*5 > fields || strange*5 > hops {
		t.Error("too much of what real servers write is not read")
	}
}

// TestNoTimeIsTooOld: a signature without a time of its own, in a mail without a readable date, is not as young as a mail of which
// nobody knows when it came.
func TestNoTimeIsTooOld(t *testing.T) {
	if why := untimely(time.Time{}, time.Time{}); why != "too-old" {
		t.Errorf("%q", why)
	}
}

// Real Received lines: what is taken for the client's address is what a second, narrow reading of each server's form finds; and whatever
// the client says in HELO, in the place where that server writes it, never becomes that address.
func TestRealBorders(t *testing.T) {
	const ip = `(?:IPv6:)?([0-9a-fA-F:.]+)(?:%\w+)?`
	forms := []*regexp.Regexp{ // HELO first, then the address
		regexp.MustCompile(`^from (\S*) ?\([\w.-]*\.? ?\[` + ip + `\](?: \(may be forged\))?\)[^\[]*? by `),
		regexp.MustCompile(`^from (\S+) \((?:[\w-]+@)[\w.-]+ \[` + ip + `\]\) by `),
		regexp.MustCompile(`^from (\S+) \(` + ip + `\) by \S+ \([\d.]+\) with`),
		regexp.MustCompile(`^from \S+ +\((?:HELO|EHLO|LHLO) (\S+)\) \((?:\S+@)?\[?` + ip + `\]?\) +by `),
		regexp.MustCompile(`^from \[` + ip + `\](?::\d+)? \([^)]*?helo=([^ )]+).*\) .*by .*\(Exim `),
		regexp.MustCompile(`^from \S+ \(\[` + ip + `\](?::\d+)? helo=([^ )]+).*\) .*by .*\(Exim `),
	}
	said := []string{"[10.99.99.99]", "10.99.99.99", "x (mx.own.example [10.99.99.99])", "[10.99.99.99] (helo=x)", "x (HELO x) (10.99.99.99)", "x) (10.99.99.99",
		"x by mx.own.example with LMTP; x", "x by mx.own.example with LMTP id 1; Tue, 9 Jun 2026 10:00:00 +0800 (", "x) by mx.own.example with LMTP (", "x ([10.99.99.99] helo=x) by mx.own.example (Exim 4.9"}
	ours := []string{"10.99.99.99", "mx.own.example"}
	lines, known, found := 0, 0, 0
	eachReal(t, func(name, value string) {
		if name != "received" || strings.HasSuffix(value, "</field>") { // XML of an expected result
			return
		}
		lines++
		value = strings.TrimSpace(value)
		h, ok := parseReceived(value)
		for i, form := range forms {
			at := form.FindStringSubmatchIndex(value)
			if at == nil {
				continue
			}
			helo, seen := at[2:4], at[4:6]
			if i >= 4 {
				helo, seen = seen, helo
			}
			want, err := netip.ParseAddr(value[seen[0]:seen[1]])
			if err != nil {
				return // made unrecognisable for publication
			}
			if known++; ok && h.client.WithZone("") == want.Unmap() {
				found++
			} else if ok && h.client.IsValid() {
				t.Errorf("client %s, want %s: %.200q", h.client, want, value)
			}
			if strings.HasPrefix(h.with, "lmtp") || i == 0 && strings.Contains(value, "(Exim ") {
				return // no client speaks LMTP; Exim writes the name that it confirmed where others write HELO
			}
			for _, s := range said {
				if h, ok := parseReceived(value[:helo[0]] + s + value[helo[1]:]); ok && (h.inside(ours) || h.client == netip.MustParseAddr("10.99.99.99")) {
					t.Errorf("a HELO of %q is believed: %+v in %.300q", s, h, value)
				}
			}
			return
		}
	})
	t.Logf("Received: %d, in a known form: %d, address found: %d", lines, known, found)
	if known < 500 || found*100 < known*99 {
		t.Error("too few borders are read")
	}
}

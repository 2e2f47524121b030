package credential

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"

	"ukpbjd/internal/secret"
)

// Live is a secret that is still in use. ID is the caller's, such as the vault's key id.
type Live struct {
	ID     string
	Secret secret.Secret
}

// Scanner finds live secrets in what comes in: as they are, as HTML, URLs, quoted-printable, JSON, UTF-16, hex and base64 write them,
// and broken over lines. It is safe for concurrent use, and reads about 150 MB a second.
type Scanner struct {
	forms []form
	maybe []uint64         // a bit for each hash of four bytes with which some form begins
	by    map[uint32][]int // forms by their first four bytes
}

// form is one way in which a secret may stand in a text.
type form struct {
	id     string
	text   secret.Secret
	filler byte // what redaction writes: in base64 a letter that decodes
}

const (
	shortestLive = 6 // a shorter one would be found everywhere
	maxLive      = 256
)

// NewScanner prepares the search. Secrets of fewer than six bytes, or more than 256, are not searched for.
func NewScanner(live []Live) *Scanner {
	s := &Scanner{by: map[uint32][]int{}, maybe: make([]uint64, 1<<hashBits/64)}
	for _, l := range live {
		p := l.Secret.Reveal()
		if len(p) < shortestLive || len(p) > maxLive {
			continue
		}
		for _, t := range written(p) {
			s.add(form{l.ID, secret.New([]byte(t)), '*'})
		}
		for _, t := range inBase64(p) {
			s.add(form{l.ID, secret.New([]byte(t)), 'A'})
		}
	}
	return s
}

func (s *Scanner) add(f form) {
	t := f.text.Reveal()
	if len(t) < shortestLive {
		return
	}
	key := four([]byte(t))
	s.maybe[spread(key)/64] |= 1 << (spread(key) % 64)
	s.by[key] = append(s.by[key], len(s.forms))
	s.forms = append(s.forms, f)
}

func four(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

const hashBits = 20

func spread(x uint32) uint32 { return x * 0x9e3779b1 >> (32 - hashBits) }

// written are the ways in which mail programs write a text, each once.
func written(p string) []string {
	var wide strings.Builder
	for _, u := range utf16.Encode([]rune(p)) {
		wide.Write([]byte{byte(u), byte(u >> 8)})
	}
	all := []string{p, wide.String(), html.EscapeString(p), strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(p),
		url.QueryEscape(p), url.PathEscape(p), escape(p, "=%02X", plainInQP), hex.EncodeToString([]byte(p)), inJSON(p)}
	for _, format := range []string{"=%02X", "%%%02X", "%%%02x", "&#x%x;", "&#x%X;", "&#%d;"} {
		all = append(all, escape(p, format, alnum))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// inJSON writes it as Go's own encoder does.
func inJSON(p string) string {
	b, _ := json.Marshal(p) //nolint:errchkjson // a string always can
	return string(b[1 : len(b)-1])
}

// alnum are the letters and digits, which every escape leaves.
func alnum(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

// plainInQP is what quoted-printable need not escape (RFC 2045 §6.7).
func plainInQP(c byte) bool { return c >= ' ' && c <= '~' && c != '=' }

// escape writes everything but what is plain in one format.
func escape(p, format string, plain func(byte) bool) string {
	var b strings.Builder
	for _, c := range []byte(p) {
		if plain(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, format, c)
		}
	}
	return b.String()
}

// inBase64 are the three alignments in both alphabets, without the letters at the ends that neighbours share.
func inBase64(p string) (forms []string) {
	for _, alphabet := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		for shift := range 3 {
			e := alphabet.EncodeToString(append(make([]byte, shift), p...))
			from := []int{0, 2, 3}[shift]
			forms = append(forms, e[from:(shift+len(p))*8/6])
		}
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// Hits gives the ids of secrets that stand in any of the texts, each once, in order. Parts that are encoded or packed are
// the caller's to decode and to give as well.
func (s *Scanner) Hits(texts ...[]byte) []string {
	var ids []string
	for _, t := range texts {
		s.scan(t, func(f form, _, _ int) { ids = append(ids, f.id) })
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Redact gives a copy of the same length with every live secret overwritten.
func (s *Scanner) Redact(b []byte) []byte {
	out := bytes.Clone(b)
	s.scan(b, func(f form, from, to int) {
		for i := from; i < to; i++ {
			if b[i] != '\r' && b[i] != '\n' {
				out[i] = f.filler
			}
		}
	})
	return out
}

// scan looks at the text as it is, without line ends, and without the soft ones of quoted-printable (RFC 2045 §6.7).
func (s *Scanner) scan(b []byte, hit func(f form, from, to int)) {
	for from := 0; from < len(b) && len(s.forms) > 0; from += window {
		piece := b[from:min(len(b), from+window+overlap)]
		s.scanPiece(piece, func(f form, i, j int) { hit(f, from+i, from+j) })
	}
}

// A long text is looked at in pieces, so that little memory is needed; no form is nearly as long as the overlap.
const (
	window  = 1 << 20
	overlap = 8 << 10
)

func (s *Scanner) scanPiece(b []byte, hit func(f form, from, to int)) {
	s.search(b, hit)
	if bytes.IndexByte(b, '\n') < 0 {
		return
	}
	for _, soft := range []bool{false, true} {
		joined, skipped := unwrap(b, soft)
		if len(skipped) > 0 {
			s.search(joined, func(f form, from, to int) { hit(f, original(skipped, from), original(skipped, to-1)+1) })
		}
	}
}

// gap says that n bytes of the original were left out before position at of the joined text.
type gap struct{ at, n int }

// unwrap leaves out line ends, with the quote marks and blanks that follow them; soft: only "=" line ends.
func unwrap(b []byte, soft bool) (joined []byte, gaps []gap) {
	joined = make([]byte, 0, len(b))
	for len(b) > 0 {
		line, rest, ends := bytes.Cut(b, []byte("\n"))
		text := bytes.TrimSuffix(line, []byte("\r"))
		if soft {
			open := bytes.TrimSuffix(text, []byte("="))
			text, ends = open, ends && len(open) < len(text)
		} else {
			rest = bytes.TrimLeft(rest, "> \t")
		}
		if ends {
			gaps = append(gaps, gap{len(joined) + len(text), len(b) - len(rest) - len(text)})
		} else {
			text = b[:len(b)-len(rest)]
		}
		joined, b = append(joined, text...), rest
	}
	return joined, gaps
}

// original gives the place in the original of a place in the joined text.
func original(gaps []gap, at int) int {
	out := at
	for _, g := range gaps {
		if g.at > at {
			break
		}
		out += g.n
	}
	return out
}

func (s *Scanner) search(b []byte, hit func(f form, from, to int)) {
	for i := 0; i+4 <= len(b); i++ {
		key := four(b[i:])
		if s.maybe[spread(key)/64]&(1<<(spread(key)%64)) == 0 {
			continue
		}
		for _, n := range s.by[key] {
			if t := s.forms[n].text.Reveal(); len(b)-i >= len(t) && string(b[i:i+len(t)]) == t {
				hit(s.forms[n], i, i+len(t))
			}
		}
	}
}

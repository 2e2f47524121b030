package message

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"
)

// leafPart is one leaf of the MIME tree with its decoded content.
type leafPart struct {
	part    *enmime.Part
	content []byte
	sum     []byte // SHA-256 of content, where it is known already
	problem string
}

// newParser keeps what could be decoded of a broken part, and takes a multipart without boundary as one part.
func newParser(rawContent bool, more ...enmime.Option) *enmime.Parser {
	return enmime.NewParser(append([]enmime.Option{
		enmime.SetReadPartErrorPolicy(func(*enmime.Part, error) bool { return true }),
		enmime.MultipartWOBoundaryAsSinglePart(true),
		enmime.SkipMalformedParts(true),
		enmime.MaxStoredPartErrors(50),
		enmime.RawContent(rawContent),
	}, more...)...)
}

// parseRest guesses no charset where everything says UTF-8 and is UTF-8: guessing costs more than all the rest.
func parseRest(rest []byte, junk bool) (*enmime.Part, error) {
	if !junk && declaresUTF8(rest) {
		root, err := newParser(false, enmime.DisableCharacterDetection(true)).ReadParts(bytes.NewReader(rest))
		if err == nil && root != nil && root.DepthMatchFirst(doubtful) == nil {
			return root, nil
		}
	}
	return newParser(junk).ReadParts(bytes.NewReader(rest))
}

// declaresUTF8 says whether every charset parameter is UTF-8.
func declaresUTF8(rest []byte) bool {
	const name, want = "charset", "utf-8"
	for {
		i := indexFold(rest, name)
		if i < 0 {
			return true
		}
		value, ok := bytes.CutPrefix(rest[i+len(name):], []byte("="))
		value = bytes.TrimPrefix(value, []byte(`"`))
		if !ok || !foldedPrefix(value, want) {
			return false
		}
		rest = value
	}
}

// doubtful: not the UTF-8 that was declared, or a code that hides in plain ASCII (ISO-2022).
func doubtful(p *enmime.Part) bool {
	return strings.HasPrefix(p.ContentType, "text/") && (!utf8.Valid(p.Content) || bytes.Contains(p.Content, []byte("\ufffd")) || bytes.IndexByte(p.Content, 0x1b) >= 0)
}

// readTree parses what was left and puts the big parts back.
func readTree(rest []byte, leaves []bigPart, lim Limits) (*enmime.Part, []leafPart, bool) {
	junk := base64JunkBound(rest) > lim.Base64Junk
	root, err := parseRest(rest, junk)
	if err != nil || root == nil {
		return nil, nil, false
	}
	var parts []leafPart
	for _, p := range root.DepthMatchAll(func(p *enmime.Part) bool { return p.FirstChild == nil }) {
		leaf := leafPart{part: p, content: p.Content}
		if junk {
			leaf.content, leaf.problem = decodeLeaf(p, lim)
		} else {
			leaf.problem = contentProblem(p)
		}
		if plain := uudecode(p, leaf.content); plain != nil {
			leaf.content, leaf.problem = plain, ""
		}
		parts = append(parts, leaf)
	}
	return root, parts, reattach(parts, leaves)
}

// reattach puts each big part's content where its placeholder came out, and reports whether all did, once each.
func reattach(parts []leafPart, leaves []bigPart) bool {
	if len(leaves) == 0 {
		return true
	}
	want := make(map[string]int, len(leaves))
	for i := range leaves {
		want[string(leaves[i].token(i))] = i
	}
	found := 0
	for i := range parts {
		if !bytes.Contains(parts[i].content, []byte(liftMark)) {
			continue
		}
		k, ok := want[string(parts[i].content)]
		if !ok || !plainBase64(parts[i].part) {
			return false
		}
		delete(want, string(parts[i].content))
		parts[i].content, parts[i].sum, parts[i].problem = leaves[k].content, leaves[k].sum[:], leaves[k].problem
		found++
	}
	return found == len(leaves)
}

// plainBase64 reports whether the parser decoded this part as base64 and did nothing else to it.
func plainBase64(p *enmime.Part) bool {
	return strings.EqualFold(p.Header.Get("Content-Transfer-Encoding"), "base64") && !strings.HasPrefix(p.ContentType, "text/")
}

// base64JunkBound is at least the number of characters that the parser would have to strip, with an error kept for each,
// from the base64 parts of rest. Without any base64 part it is 0.
func base64JunkBound(rest []byte) int {
	if indexFold(rest, "base64") < 0 {
		return 0
	}
	n := 0
	for _, c := range rest {
		if base64Alphabet[c] == 0 && c != ' ' && c != '\t' {
			n++
		}
	}
	return n
}

// decodeLeaf decodes the raw content of one part: base64 full of junk here, everything else by the parser as a mail of its own.
func decodeLeaf(p *enmime.Part, lim Limits) ([]byte, string) {
	cte := strings.ToLower(strings.TrimSpace(p.Header.Get("Content-Transfer-Encoding")))
	if cte == "base64" && base64JunkBound(append([]byte("base64"), p.Content...)) > lim.Base64Junk {
		clean := slices.DeleteFunc(bytes.Clone(p.Content), func(c byte) bool { return base64Alphabet[c] != 1 || c == '=' })
		return decodeCut(clean, len(clean)), "bad-base64"
	}
	ctype := p.Header.Get("Content-Type")
	if ctype == "" {
		ctype = "application/octet-stream"
	}
	head := "Content-Type: " + ctype + "\r\nContent-Transfer-Encoding: " + cte + "\r\n\r\n"
	one, err := newParser(false).ReadParts(io.MultiReader(strings.NewReader(head), bytes.NewReader(p.Content)))
	if err != nil || one == nil || one.FirstChild != nil {
		return p.Content, "undecoded"
	}
	return one.Content, contentProblem(one)
}

// contentProblem names what the parser found wrong while decoding one part.
func contentProblem(p *enmime.Part) string {
	for _, e := range p.Errors {
		switch e.Name {
		case enmime.ErrorMalformedChildPart:
			return "truncated"
		case enmime.ErrorMalformedBase64:
			return "bad-base64"
		case enmime.ErrorContentEncoding:
			return "unknown-encoding"
		}
	}
	return ""
}

// uudecode reads the encoding that mail used before MIME; nil if the part is not in it. Some old clients still write it.
func uudecode(p *enmime.Part, content []byte) []byte {
	cte := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(p.Header.Get("Content-Transfer-Encoding"))), "x-")
	at := bytes.Index(content, []byte("begin "))
	if at < 0 || cte != "uuencode" && cte != "uue" {
		return nil
	}
	out := make([]byte, 0, len(content)*3/4)
	for i, line := range bytes.Split(content[at:], []byte("\n")) {
		line = bytes.TrimRight(line, "\r")
		if i == 0 || len(line) == 0 {
			continue
		}
		if bytes.Equal(line, []byte("end")) {
			return out
		}
		out = append(out, uuLine(line)...)
	}
	return out
}

// uuLine: the first character is the length, each four after it are three bytes.
func uuLine(line []byte) []byte {
	n := int(line[0]-' ') & 63
	var out []byte
	for line = line[1:]; len(line) >= 2 && len(out) < n; line = line[min(4, len(line)):] {
		var q [4]byte
		for i := range min(4, len(line)) {
			q[i] = (line[i] - ' ') & 63
		}
		out = append(out, q[0]<<2|q[1]>>4, q[1]<<4|q[2]>>2, q[2]<<6|q[3])
	}
	return out[:min(n, len(out))]
}

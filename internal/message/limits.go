package message

import (
	"bytes"
	"fmt"
	"strings"
)

// Limits bound the work that one mail can cause. A mail over a limit is not given to the MIME parser: its header is still
// read, and a severe problem names the limit. The parser is quadratic in parts, depth and parameter pieces.
type Limits struct {
	Bytes         int // whole mail
	HeaderBytes   int // header block
	HeaderLine    int // one header field, unfolded
	HeaderCount   int // fields in one block
	Parts         int // lines that begin with "--"
	Multiparts    int // nested or not
	ParamPieces   int // name*0=, name*1= … in the whole mail
	Params        int // parameters of one Content- field
	Base64Junk    int // characters outside the alphabet in one base64 part
	AttachedDepth int // message/rfc822 inside message/rfc822
	Files         int // attachments, those of attached mails included
	OwnBytes      int // how much of a text is searched for the sender's own words
}

// DefaultLimits suit an office mailbox whose largest mail is 40 MiB.
func DefaultLimits() Limits {
	return Limits{
		Bytes: 48 << 20, HeaderBytes: 256 << 10, HeaderLine: 32 << 10, HeaderCount: 2000,
		Parts: 2000, Multiparts: 50, ParamPieces: 1000, Params: 100, Base64Junk: 50000,
		AttachedDepth: 3, Files: 500, OwnBytes: 256 << 10,
	}
}

// overHeader checks the header block before it is read field by field.
func (l Limits) overHeader(head []byte) (name, detail string) {
	switch n := len(head); {
	case n > l.HeaderBytes:
		return "header-too-large", fmt.Sprintf("%d bytes", n)
	case bytes.Count(head, []byte("\n")) > 2*l.HeaderCount:
		return "too-many-headers", fmt.Sprintf("over %d lines", 2*l.HeaderCount)
	}
	return "", ""
}

// overBody checks what the MIME parser would read: large base64 leaves are already lifted out of rest.
func (l Limits) overBody(rest []byte) (name, detail string) {
	if n := bytes.Count(rest, []byte("\n--")); n > l.Parts {
		return "too-many-parts", fmt.Sprintf("%d", n)
	}
	if n := bytes.Count(rest, []byte("*=")) + countPieces(rest); n > l.ParamPieces {
		return "too-many-parameters", fmt.Sprintf("%d pieces", n)
	}
	return l.overContentFields(rest)
}

// overContentFields looks at every Content- field in the mail, at any depth: how long it is, how many parameters it has,
// and how many of them can open another level. An encoded word can hide a boundary parameter, so it counts as one.
func (l Limits) overContentFields(rest []byte) (name, detail string) {
	levels, named := 0, 0
	for at := 0; ; {
		i := indexFold(rest[at:], "content-")
		if i < 0 {
			break
		}
		at += i
		field := foldedField(rest[at:])
		at += len("content-")
		if len(field) > l.HeaderLine {
			return "header-too-large", fmt.Sprintf("a Content- field of %d bytes", len(field))
		}
		if n := bytes.Count(field, []byte(";")); n > l.Params {
			return "too-many-parameters", fmt.Sprintf("%d in one field", n)
		}
		if indexFold(field, "boundary") >= 0 || indexFold(field, "multipart/") >= 0 {
			levels++
		} else if bytes.Contains(field, []byte("=?")) {
			named++
		}
	}
	if levels > l.Multiparts || named > 6*l.Multiparts {
		return "too-deep", fmt.Sprintf("%d multiparts", levels+named)
	}
	return "", ""
}

// foldedField returns the field that begins b, with its continuation lines.
func foldedField(b []byte) []byte {
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return b
		}
		at += i + 1
		if at >= len(b) || b[at] != ' ' && b[at] != '\t' {
			return b[:at]
		}
	}
}

// countPieces counts RFC 2231 continuations, name*7= or name*7*=; the second kind is half counted as "*=" already.
func countPieces(b []byte) (n int) {
	_, b, _ = bytes.Cut(b, []byte("*"))
	for after := range bytes.SplitSeq(b, []byte("*")) {
		value := bytes.TrimLeft(after, "0123456789")
		if digits := len(after) - len(value); digits > 0 && digits <= 8 && bytes.HasPrefix(value, []byte("=")) {
			n++
		}
	}
	return n
}

// indexFold finds the lower-case ASCII needle, which begins with a letter, in any letter case.
func indexFold(b []byte, needle string) int {
	for i := range max(len(b)-len(needle)+1, 0) {
		if b[i]|0x20 == needle[0] && foldedPrefix(b[i:], needle) {
			return i
		}
	}
	return -1
}

func foldedPrefix(b []byte, lower string) bool {
	return len(b) >= len(lower) && strings.EqualFold(string(b[:len(lower)]), lower)
}

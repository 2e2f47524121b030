package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"strings"
)

// identify hashes what two deliveries of one mail share. Trace fields (Received, Delivered-To, Return-Path, X-…) differ, and so
// may folding, line ends and empty lines at the end. A leaf that was decoded counts by its content, which is hashed anyway.
func (m *Message) identify(raw, body []byte, leaves []bigPart) {
	content := sha256.New()
	for _, name := range []string{"From", "To", "Subject", "Date"} {
		for _, v := range m.Fields(name) {
			io.WriteString(content, strings.Join(strings.Fields(v), " "))
		}
		content.Write([]byte{0})
	}
	rest, at := sha256.New(), len(raw)-len(body)
	for i := range leaves {
		content.Write(leaves[i].sum[:])
		hashBody(rest, raw[at:leaves[i].start])
		rest.Write([]byte{0})
		at = leaves[i].end
	}
	hashBody(rest, bytes.TrimRight(raw[at:], "\r\n \t"))
	content.Write(rest.Sum(nil))
	sum := content.Sum(nil)
	m.ContentHash = hex.EncodeToString(sum)
	whole := sha256.New()
	io.WriteString(whole, strings.Join(strings.Fields(m.field("Message-ID")), " "))
	whole.Write([]byte{0})
	whole.Write(sum)
	m.Identity = hex.EncodeToString(whole.Sum(nil))
}

// hashBody writes body without carriage returns, in blocks rather than in lines.
func hashBody(h hash.Hash, body []byte) {
	block := make([]byte, 0, min(len(body), 16<<10))
	for len(body) > 0 {
		line := body
		if i := bytes.IndexByte(body, '\n'); i >= 0 {
			line = body[:i+1]
		}
		body = body[len(line):]
		if n := len(line); n > 1 && line[n-1] == '\n' && line[n-2] == '\r' {
			block = append(append(block, line[:n-2]...), '\n')
		} else {
			block = append(block, line...)
		}
		if len(block) > 15<<10 {
			h.Write(block)
			block = block[:0]
		}
	}
	h.Write(block)
}

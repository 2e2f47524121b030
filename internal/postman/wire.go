package postman

import (
	"bytes"
	"io"
	"net"
	"slices"
)

// wire is the connection as go-mail reads it, and hands on whole lines only. net/textproto takes what the end of a
// connection, or a deadline, leaves of a line for the line: a server that dies inside "250 SIZE 52428800" would be believed
// to take five bytes, and one that dies inside its answer to a letter to have refused or taken it.
type wire struct {
	net.Conn // TLS, or what lies beneath
	held     []byte
	whole    int // how many of held end in a line end
}

func (w *wire) Read(p []byte) (int, error) {
	for w.whole == 0 {
		have := len(w.held)
		w.held = slices.Grow(w.held, 4<<10) // bounded by maxAnswer
		n, err := w.Conn.Read(w.held[have:cap(w.held)])
		w.held = w.held[:have+n]
		w.whole = bytes.LastIndexByte(w.held, '\n') + 1
		if err != nil && w.whole == 0 {
			if err == io.EOF && len(w.held) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
	}
	n := copy(p, w.held[:w.whole])
	w.held, w.whole = w.held[n:], w.whole-n
	return n, nil
}

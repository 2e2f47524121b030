// Package clamdtest is a clamd for tests, on a socket of its own.
package clamdtest

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
)

// What clamd says (clamd(8)).
const (
	Clean    = "stream: OK"
	Malware  = "stream: Eicar-Test-Signature FOUND"
	TooLarge = "INSTREAM size limit exceeded. ERROR"
)

// Always says the same of every file.
func Always(word string) func(*net.UnixConn, []byte) string {
	return func(*net.UnixConn, []byte) string { return word }
}

// Listen answers each question by the file that was streamed, with an empty word by hanging up. Questions are heard side by
// side, and broken off when the test is over.
func Listen(tb testing.TB, answer func(conn *net.UnixConn, stream []byte) string) (socket string) {
	tb.Helper()
	socket = filepath.Join(tb.TempDir(), "clamd")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		tb.Skip("unix sockets cannot be made here:", err)
	}
	var owner sync.WaitGroup
	tb.Cleanup(func() { l.Close(); owner.Wait() })
	owner.Go(func() {
		for {
			conn, err := l.AcceptUnix()
			if err != nil {
				return
			}
			owner.Go(func() { serve(tb.Context(), conn, answer) })
		}
	})
	return socket
}

func serve(ctx context.Context, conn *net.UnixConn, answer func(*net.UnixConn, []byte) string) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	stream, err := streamed(conn)
	if err != nil {
		return
	}
	if word := answer(conn, stream); word != "" {
		io.WriteString(conn, word+"\x00") //nolint:errcheck // who asked sees that nothing came
	}
}

// streamed reads one INSTREAM command: chunks of a length each, ended by one of no bytes.
func streamed(conn io.Reader) (stream []byte, err error) {
	r := bufio.NewReader(conn)
	if _, err := r.ReadString(0); err != nil {
		return nil, err
	}
	for {
		var size uint32
		if err := binary.Read(r, binary.BigEndian, &size); err != nil || size == 0 {
			return stream, err
		}
		chunk := make([]byte, size)
		if _, err := io.ReadFull(r, chunk); err != nil {
			return nil, err
		}
		stream = append(stream, chunk...)
	}
}

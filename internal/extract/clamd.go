package extract

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"time"

	"ukpbjd/internal/document"
)

const clamdTime = 30 * time.Second

// scan asks clamd over its unix socket (INSTREAM, clamd(8)). Found, down or over its limit: the file is held, never passed.
func (r *Reader) scan(ctx context.Context, data []byte) string {
	if r.opt.Clamd == "" || len(data) == 0 {
		return ""
	}
	answer, err := askClamd(ctx, r.opt.Clamd, data)
	switch {
	case err != nil:
		return document.ReasonUnscanned
	case bytes.Contains(answer, []byte("FOUND")):
		return document.ReasonMalware
	case !bytes.HasSuffix(bytes.TrimRight(answer, "\x00\n"), []byte("stream: OK")):
		return document.ReasonUnscanned
	}
	return ""
}

func askClamd(ctx context.Context, socket string, data []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, clamdTime)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })() // a stop does not wait for a scanner that hangs
	if _, err := conn.Write([]byte("zINSTREAM\x00")); err != nil {
		return nil, err
	}
	for chunk := range slices.Chunk(data, 64<<10) {
		size := binary.BigEndian.AppendUint32(nil, uint32(len(chunk)))
		if _, err := conn.Write(append(size, chunk...)); err != nil {
			return nil, err
		}
	}
	if _, err := conn.Write([]byte{0, 0, 0, 0}); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(conn, 4096))
}

package extract

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"

	"golang.org/x/net/html/charset"
)

// maxXML bounds one XML member after unpacking, maxDepthXML its nesting.
const (
	maxXML      = 48 << 20
	maxDepthXML = 400
)

var errTooLarge = errors.New("too large")

// xmlEvents is a visitor of one XML member. Names are local: office programs disagree on prefixes, not on names.
type xmlEvents struct {
	start func(name string, attr []xml.Attr)
	end   func(name string)
	text  func(data []byte)
}

// openOffice opens the zip of an office file; an encrypted member or a broken directory is an error.
func openOffice(data []byte) (*zip.Reader, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	if len(z.File) > 5000 {
		return nil, errTooLarge
	}
	return z, nil
}

// walkXML reads the member name of z through ev. A missing member is io.EOF.
func walkXML(ctx context.Context, z *zip.Reader, name string, ev xmlEvents) error {
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		rc, err := f.Open()
		if err != nil {
			return err
		}
		defer rc.Close()
		limit := min(int64(f.CompressedSize64)*maxRatio+1<<20, maxXML)
		return walkReader(ctx, &cappedReader{r: rc, left: limit}, ev)
	}
	return io.EOF
}

func walkReader(ctx context.Context, r io.Reader, ev xmlEvents) error {
	dec := xml.NewDecoder(r)
	dec.Strict = false
	dec.CharsetReader = charset.NewReaderLabel
	depth := 0
	for n := 0; ; n++ {
		if n&0xfff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		tok, err := dec.RawToken()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepthXML {
				return errTooLarge
			}
			ev.start(t.Name.Local, t.Attr)
		case xml.EndElement:
			depth--
			ev.end(t.Name.Local)
		case xml.CharData:
			ev.text(t)
		}
	}
}

// cappedReader fails, instead of ending early, when more comes out than allowed: a cut document must not look whole.
type cappedReader struct {
	r    io.Reader
	left int64
}

func (c *cappedReader) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	return n, err
}

func attr(list []xml.Attr, name string) string {
	for _, a := range list {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

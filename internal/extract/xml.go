package extract

import (
	"context"
	"encoding/xml"
	"io"
	"ukpbjd/internal/ooxml"

	"golang.org/x/net/html/charset"
)

// maxDepthXML bounds the nesting of elements.
const maxDepthXML = 400

var errTooLarge = ooxml.ErrTooLarge

// xmlEvents is a visitor of one XML member. Names are local: office programs disagree on prefixes, not on names.
type xmlEvents struct {
	start  func(name string, attr []xml.Attr)
	end    func(name string)
	text   func(data []byte)
	unseen map[string]bool // elements that are passed over, with all that they hold
}

// walkXML reads a part through ev.
func walkXML(ctx context.Context, p *ooxml.Package, name string, ev xmlEvents) error {
	r, err := p.Open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	return walkReader(ctx, r, ev)
}

// walkReader reads XML through ev.
func walkReader(ctx context.Context, r io.Reader, ev xmlEvents) error {
	dec := xml.NewDecoder(r)
	dec.Strict = false
	dec.CharsetReader = charset.NewReaderLabel
	depth, unseen := 0, 0
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
			if unseen > 0 || ev.unseen[t.Name.Local] {
				unseen++
				continue
			}
			ev.start(t.Name.Local, t.Attr)
		case xml.EndElement:
			if depth--; unseen > 0 {
				unseen--
				continue
			}
			ev.end(t.Name.Local)
		case xml.CharData:
			if unseen == 0 {
				ev.text(t)
			}
		}
	}
}

func attr(list []xml.Attr, name string) string {
	for _, a := range list {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

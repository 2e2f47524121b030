package extract

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// Fields of a TIFF page, or of a photograph in its EXIF (TIFF 6.0, section 8; JPEG by Technical Note 2).
const (
	tagCoding      = 259
	tagStrips      = 273
	tagOrientation = 274
	tagCounts      = 279
	tagTables      = 347
	newJPEG        = 7
)

var errNoJPEG = errors.New("read tiff: no page of one JPEG")

// jpegPage is the page at an offset whose picture is one JPEG, as office machines write them: Go's reader does not know the coding.
func jpegPage(data []byte, at uint32) (*picture, error) {
	order := byteOrder(data)
	field := directory(data, at)
	if e := field[tagCoding]; e == nil || order.Uint16(e[8:]) != newJPEG {
		return nil, errNoJPEG
	}
	strip := onlyStrip(order, field[tagStrips], field[tagCounts], data)
	if strip == nil {
		return nil, errNoJPEG
	}
	if e := field[tagTables]; e != nil { // its tables stand apart, between marks of their own
		from, size := uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[4:]))
		if size < 4 || from+size > uint64(len(data)) || len(strip) < 2 {
			return nil, errNoJPEG
		}
		strip = append(bytes.Clone(data[from:from+size-2]), strip[2:]...)
	}
	return decodePicture(strip)
}

// directory reads the fields of an image file directory by tag, 12 bytes each (TIFF 6.0, section 2).
func directory(data []byte, at uint32) map[uint16][]byte {
	fields, rest := map[uint16][]byte{}, data[min(uint64(at), uint64(len(data))):]
	if len(rest) < 2 {
		return fields
	}
	order := byteOrder(data)
	left := order.Uint16(rest)
	for rest = rest[2:]; left > 0 && len(rest) >= 12; left, rest = left-1, rest[12:] {
		fields[order.Uint16(rest)] = rest[:12]
	}
	return fields
}

// onlyStrip is the one strip that a page has; nil for several.
func onlyStrip(order binary.ByteOrder, strips, counts, data []byte) []byte {
	if strips == nil || counts == nil || order.Uint32(strips[4:]) != 1 || order.Uint32(counts[4:]) != 1 {
		return nil
	}
	value := func(e []byte) uint64 {
		if order.Uint16(e[2:]) == 3 { // SHORT
			return uint64(order.Uint16(e[8:]))
		}
		return uint64(order.Uint32(e[8:]))
	}
	from, size := value(strips), value(counts)
	if size < 4 || from+size > uint64(len(data)) {
		return nil
	}
	return data[from : from+size]
}

package credential

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf16"
)

// An encrypted workbook is a compound file that holds two streams ([MS-CFB], [MS-OFFCRYPTO] §2.3.4). Only what is needed to
// find a stream of the root by its name is read here; every chain is bounded by the number of sectors.
var compoundMagic = []byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}

var errCompound = errors.New("broken compound file")

const (
	headerDIFAT = 109
	directoryID = 128 // bytes of a directory entry
)

type compound struct {
	raw     []byte
	sector  int
	fat     []uint32
	minifat []uint32
	mini    []byte // the stream of small streams
	entries []byte
}

func isCompound(b []byte) bool { return bytes.HasPrefix(b, compoundMagic) }

func openCompound(b []byte) (*compound, error) {
	if len(b) < 512 || !isCompound(b) {
		return nil, errCompound
	}
	c := &compound{raw: b, sector: 512}
	switch binary.LittleEndian.Uint16(b[30:]) {
	case 9:
	case 12:
		c.sector = 4096
	default:
		return nil, errCompound
	}
	u := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	var err error
	if c.fat, err = c.readFAT(u(44), u(68)); err != nil {
		return nil, err
	}
	if c.entries, err = c.chain(u(48)); err != nil {
		return nil, err
	}
	if len(c.entries) < directoryID {
		return nil, errCompound
	}
	if u(64) > 0 {
		mf, err := c.chain(u(60))
		if err != nil {
			return nil, err
		}
		c.minifat = words(mf)
		if c.mini, err = c.chain(binary.LittleEndian.Uint32(c.entries[116:])); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func words(b []byte) []uint32 {
	w := make([]uint32, len(b)/4)
	for i := range w {
		w[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return w
}

// at gives one sector; the header takes the place of the first.
func (c *compound) at(n uint32) ([]byte, error) {
	from := (uint64(n) + 1) * uint64(c.sector)
	if from >= uint64(len(c.raw)) {
		return nil, errCompound
	}
	return c.raw[from:min(from+uint64(c.sector), uint64(len(c.raw)))], nil
}

// readFAT joins the sectors named in the header and in the chain of sectors that names more.
func (c *compound) readFAT(count, more uint32) (fat []uint32, err error) {
	if uint64(count) > uint64(len(c.raw)/c.sector) {
		return nil, errCompound
	}
	names := words(c.raw[76 : 76+4*headerDIFAT])
	for range len(c.raw) / c.sector {
		if uint32(len(names)) >= count || more >= 0xfffffffa {
			break
		}
		s, err := c.at(more)
		if err != nil || len(s) < c.sector {
			return nil, errCompound
		}
		w := words(s)
		names, more = append(names, w[:len(w)-1]...), w[len(w)-1]
	}
	for _, n := range names[:min(len(names), int(count))] {
		s, err := c.at(n)
		if err != nil {
			return nil, err
		}
		fat = append(fat, words(s)...)
	}
	return fat, nil
}

// chain joins the sectors that begin with first.
func (c *compound) chain(first uint32) (b []byte, err error) {
	for steps := 0; first < 0xfffffffa; steps++ {
		s, err := c.at(first)
		if err != nil || steps > len(c.fat) || uint64(first) >= uint64(len(c.fat)) {
			return nil, errCompound
		}
		b = append(b, s...)
		first = c.fat[first]
	}
	return b, nil
}

// miniChain does the same for sectors of 64 bytes.
func (c *compound) miniChain(first uint32) (b []byte, err error) {
	for steps := 0; first < 0xfffffffa; steps++ {
		from := uint64(first) * 64
		if steps > len(c.minifat) || uint64(first) >= uint64(len(c.minifat)) || from+64 > uint64(len(c.mini)) {
			return nil, errCompound
		}
		b = append(b, c.mini[from:from+64]...)
		first = c.minifat[first]
	}
	return b, nil
}

// stream finds a stream by its name; nil when there is none.
func (c *compound) stream(name string) ([]byte, error) {
	for e := c.entries; len(e) >= directoryID; e = e[directoryID:] {
		if e[66] != 2 || entryName(e) != name {
			continue
		}
		first, size := binary.LittleEndian.Uint32(e[116:]), uint64(binary.LittleEndian.Uint32(e[120:]))
		read := c.chain
		if size < 4096 {
			read = c.miniChain
		}
		b, err := read(first)
		if err != nil || size > uint64(len(b)) {
			return nil, errCompound
		}
		return b[:size], nil
	}
	return nil, nil
}

func entryName(e []byte) string {
	n := min(int(binary.LittleEndian.Uint16(e[64:])), 64)
	var u []uint16
	for i := 0; i+2 < n; i += 2 {
		u = append(u, binary.LittleEndian.Uint16(e[i:]))
	}
	return string(utf16.Decode(u))
}

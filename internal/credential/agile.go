package credential

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"

	"ukpbjd/internal/secret"
)

// Agile encryption of an OOXML package as MS-OFFCRYPTO 2.3.4.10 has it: AES-256 in CBC, SHA-512, and an HMAC over all of it.
// excelize writes the "standard" one, AES-128 in ECB without integrity, and no library that is kept writes this.
const (
	spinCount   = 100_000 // as Office itself does
	segment     = 4096
	agileParams = `saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" saltValue="%s"`
	agileInfo   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n" +
		`<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password">` +
		`<keyData ` + agileParams + `/><dataIntegrity encryptedHmacKey="%s" encryptedHmacValue="%s"/>` +
		`<keyEncryptors><keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><p:encryptedKey spinCount="%d" ` + agileParams +
		` encryptedVerifierHashInput="%s" encryptedVerifierHashValue="%s" encryptedKeyValue="%s"/></keyEncryptor></keyEncryptors></encryption>`
)

// Block keys: what a hash is for.
const (
	forVerifier  = "\xfe\xa7\xd2\x76\x3b\x4b\x9e\x79"
	forHash      = "\xd7\xaa\x0f\x6d\x30\x61\x34\x4e"
	forKey       = "\x14\x6e\x0b\xe7\xab\xac\xd0\xd6"
	forHMACKey   = "\x5f\xb2\xad\x01\x0c\xb9\xe1\xf6"
	forHMACValue = "\xa0\x67\x7f\x02\xb2\x2c\x84\x33"
)

// encryptPackage locks a workbook.
func encryptPackage(random io.Reader, rounds int, plain []byte, passphrase secret.Secret) ([]byte, error) {
	info, locked, err := agile(random, rounds, plain, passphrase)
	if err != nil {
		return nil, err
	}
	return compound(info, locked)
}

// agile gives the streams EncryptionInfo and EncryptedPackage.
func agile(random io.Reader, rounds int, plain []byte, passphrase secret.Secret) (info, locked []byte, err error) {
	var fresh [16 + 16 + 16 + 32 + 64]byte
	defer clear(fresh[:])
	if _, err := io.ReadFull(random, fresh[:]); err != nil {
		return nil, nil, err
	}
	salt, dataSalt, verifier, key, macKey := fresh[:16], fresh[16:32], fresh[32:48], fresh[48:80], fresh[80:]
	rounds = cmp.Or(rounds, spinCount)
	spun := spin(salt, rounds, passphrase)
	sum := sha512.Sum512(verifier)
	b64 := base64.StdEncoding.EncodeToString
	wrap := func(purpose string, content []byte) string {
		return b64(cbc(hashOf(spun, purpose)[:32], salt, content))
	}

	locked = binary.LittleEndian.AppendUint64(nil, uint64(len(plain)))
	for n := 0; n*segment < len(plain); n++ {
		part := plain[n*segment : min(len(plain), (n+1)*segment)]
		iv := hashOf(dataSalt, string(binary.LittleEndian.AppendUint32(nil, uint32(n))))
		locked = append(locked, cbc(key, iv[:16], part)...)
	}
	mac := hmac.New(sha512.New, macKey)
	mac.Write(locked)
	about := func(purpose string, content []byte) string {
		return b64(cbc(key, hashOf(dataSalt, purpose)[:16], content))
	}
	info = binary.LittleEndian.AppendUint32([]byte{4, 0, 4, 0}, 0x40)
	return fmt.Appendf(info, agileInfo, b64(dataSalt), about(forHMACKey, macKey), about(forHMACValue, mac.Sum(nil)), rounds, b64(salt),
		wrap(forVerifier, verifier), wrap(forHash, sum[:]), wrap(forKey, key)), locked, nil
}

// spin makes each guess at a passphrase cost that many hashes. It allocates nothing in its rounds.
func spin(salt []byte, rounds int, passphrase secret.Secret) []byte {
	words := append([]byte(nil), salt...)
	for _, c := range utf16.Encode([]rune(passphrase.Reveal())) {
		words = binary.LittleEndian.AppendUint16(words, c)
	}
	defer clear(words)
	h := sha512.Sum512(words)
	var round [4 + sha512.Size]byte
	defer clear(round[:])
	for i := range uint32(rounds) {
		binary.LittleEndian.PutUint32(round[:], i)
		copy(round[4:], h[:])
		h = sha512.Sum512(round[:])
	}
	return h[:]
}

func hashOf(b []byte, purpose string) []byte {
	h := sha512.Sum512(append(b[:len(b):len(b)], purpose...))
	return h[:]
}

// cbc pads with zeroes: the length stands elsewhere.
func cbc(key, iv, plain []byte) []byte {
	out := make([]byte, (len(plain)+aes.BlockSize-1)/aes.BlockSize*aes.BlockSize)
	copy(out, plain)
	c, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the length of the key is ours
	}
	cipher.NewCBCEncrypter(c, iv).CryptBlocks(out, out)
	return out
}

// node is a storage or a stream of a compound file; the numbers are places in the directory, and none is free.
type node struct {
	name               string
	left, right, child uint32
	red                bool
	content            []byte // of a stream
}

const (
	none, endOfChain, fatSector = 0xffffffff, 0xfffffffe, 0xfffffffd
	sector, mini, cutoff        = 512, 64, 4096
	perSector                   = sector / 4
	maxFAT                      = 109 // sectors of the FAT that the header can name: 7 MB of content
)

// compound puts the streams into a compound file (MS-CFB), with the data spaces of MS-OFFCRYPTO 2.2 that say how the package is locked.
// All streams but the package are short, and share the mini stream, which one sector of mini FAT describes.
func compound(info, locked []byte) ([]byte, error) {
	version := []byte{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}
	u32 := func(n ...uint32) (b []byte) {
		for _, x := range n {
			b = binary.LittleEndian.AppendUint32(b, x)
		}
		return b
	}
	join := func(parts ...[]byte) (b []byte) {
		for _, p := range parts {
			b = append(b, p...)
		}
		return b
	}
	entry := join(u32(1, 0), lpp4("EncryptedPackage"), lpp4("StrongEncryptionDataSpace"))
	id := lpp4("{FF9A3F03-56EF-4613-BDD5-5A41C1D07246}")
	nodes := []node{ // siblings are a tree by length of name, then by name
		{"Root Entry", none, none, 1, false, nil},
		{"EncryptionInfo", 2, 3, none, false, info},
		{"\x06DataSpaces", none, none, 5, false, nil},
		{"EncryptedPackage", none, none, none, false, locked},
		{"Version", none, none, none, false, join(lpp4("Microsoft.Container.DataSpaces"), version)},
		{"DataSpaceMap", 4, 6, none, false, join(u32(8, 1, uint32(4+len(entry))), entry)},
		{"DataSpaceInfo", none, 7, 8, false, nil},
		{"TransformInfo", none, none, 9, true, nil},
		{"StrongEncryptionDataSpace", none, none, none, false, join(u32(8, 1), lpp4("StrongEncryptionTransform"))},
		{"StrongEncryptionTransform", none, none, 10, false, nil},
		{"\x06Primary", none, none, none, false, join(u32(uint32(8+len(id)), 1), id, lpp4("Microsoft.Container.EncryptionTransform"), version, u32(0, 0, 0, 4))},
	}
	starts := make([]uint32, len(nodes))
	var small []byte
	var miniFAT []uint32
	for i, n := range nodes {
		if i != 3 && n.content != nil {
			starts[i] = uint32(len(miniFAT))
			small = append(small, padded(n.content, mini)...)
			miniFAT = chain(miniFAT, len(padded(n.content, mini))/mini)
		}
	}
	directory, short, long := (len(nodes)+3)/4, len(padded(small, sector))/sector, len(padded(locked, sector))/sector
	others := directory + 1 + short + long
	fats := 1
	for fats*perSector < fats+others {
		fats++
	}
	if fats > maxFAT || len(miniFAT) > perSector || len(locked) < cutoff {
		return nil, errors.New("the package is too large or too small for its container")
	}
	var fat []uint32
	for range fats {
		fat = append(fat, fatSector)
	}
	fat = chain(chain(chain(chain(fat, directory), 1), short), long)
	first := uint32(fats) // sector of the directory
	starts[0], starts[3] = first+uint32(directory)+1, first+uint32(directory+1+short)

	out := join([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 16), []byte{0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0}, make([]byte, 10),
		u32(uint32(fats), first, 0, cutoff, first+uint32(directory), 1, endOfChain, 0))
	for i := range uint32(maxFAT) {
		if i >= uint32(fats) {
			i = none
		}
		out = append(out, u32(i)...)
	}
	out = append(out, u32(filled(fat, fats*perSector)...)...)
	for i, n := range nodes {
		kind, size := byte(2), len(n.content)
		switch {
		case i == 0:
			kind, size = 5, len(small)
		case n.content == nil:
			kind = 1
		}
		out = append(out, n.entry(kind, starts[i], size)...)
	}
	for range directory*4 - len(nodes) {
		out = append(out, node{"", none, none, none, true, nil}.entry(0, 0, 0)...)
	}
	return join(out, u32(filled(miniFAT, perSector)...), padded(small, sector), padded(locked, sector)), nil
}

// entry is 128 bytes of the directory.
func (n node) entry(kind byte, start uint32, size int) []byte {
	b := make([]byte, 64, 128)
	name := utf16.Encode([]rune(n.name))
	for i, c := range name {
		binary.LittleEndian.PutUint16(b[2*i:], c)
	}
	length, colour := 2*len(name)+2, byte(1)
	if n.red {
		colour = 0
	}
	if kind == 0 {
		length = 0
	}
	b = append(binary.LittleEndian.AppendUint16(b, uint16(length)), kind, colour)
	for _, x := range []uint32{n.left, n.right, n.child} {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	b = binary.LittleEndian.AppendUint32(append(b, make([]byte, 36)...), start)
	return binary.LittleEndian.AppendUint64(b, uint64(size))
}

// chain adds to a FAT so many sectors that follow one another.
func chain(fat []uint32, sectors int) []uint32 {
	for i := range sectors {
		next := uint32(len(fat) + 1)
		if i == sectors-1 {
			next = endOfChain
		}
		fat = append(fat, next)
	}
	return fat
}

func filled(fat []uint32, n int) []uint32 {
	for len(fat) < n {
		fat = append(fat, none)
	}
	return fat
}

func padded(b []byte, to int) []byte {
	return append(b[:len(b):len(b)], make([]byte, -len(b)&(to-1))...)
}

// lpp4 is a text with its length before it, padded to four bytes (MS-OFFCRYPTO 2.1.2).
func lpp4(s string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(2*len(s)))
	for _, c := range s {
		b = binary.LittleEndian.AppendUint16(b, uint16(c))
	}
	return padded(b, 4)
}

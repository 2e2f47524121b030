package credential

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"hash"
	"unicode/utf16"

	"ukpbjd/internal/secret"
)

var (
	errPassphrase = errors.New("another passphrase")
	errEncryption = errors.New("an encryption that cannot be read")
)

const maxSpins = 1_000_000 // Excel writes 100,000; the file says how often a hash is to be made

// decrypt opens an encrypted workbook as Excel and LibreOffice write it: agile, or standard as our own sheet. The passphrase
// is compared by the file's own verifier, and agile content with its HMAC ([MS-OFFCRYPTO] §2.3.4.7 and §2.3.4.10).
func decrypt(b []byte, passphrase secret.Secret) ([]byte, error) {
	c, err := openCompound(b)
	if err != nil {
		return nil, err
	}
	info, err1 := c.stream("EncryptionInfo")
	pack, err2 := c.stream("EncryptedPackage")
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if len(info) < 8 || len(pack) < 8 {
		return nil, errEncryption
	}
	switch major, minor := binary.LittleEndian.Uint16(info), binary.LittleEndian.Uint16(info[2:]); {
	case major == 4 && minor == 4:
		return decryptAgile(info[8:], pack, passphrase)
	case major >= 2 && major <= 4 && minor == 2:
		return decryptStandard(info[8:], pack, passphrase)
	}
	return nil, errEncryption
}

func utf16le(s secret.Secret) (b []byte) {
	for _, u := range utf16.Encode([]rune(s.Reveal())) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func sum(newHash func() hash.Hash, parts ...[]byte) []byte {
	h := newHash()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// stretch hashes the passphrase again and again with a counter before it.
func stretch(newHash func() hash.Hash, salt []byte, passphrase secret.Secret, spins uint32) []byte {
	key := sum(newHash, salt, utf16le(passphrase))
	h := newHash()
	var n [4]byte
	for i := range spins {
		binary.LittleEndian.PutUint32(n[:], i)
		h.Reset()
		h.Write(n[:])
		h.Write(key)
		key = h.Sum(key[:0])
	}
	return key
}

// decryptStandard: AES-ECB with a key of 50,000 rounds of SHA-1; the content carries no checksum but that of its ZIP entries.
func decryptStandard(info, pack []byte, passphrase secret.Secret) ([]byte, error) {
	if len(info) < 4 {
		return nil, errEncryption
	}
	size := uint64(binary.LittleEndian.Uint32(info))
	if size < 32 || uint64(len(info)) < 4+size+4+16+16+4+32 {
		return nil, errEncryption
	}
	algorithm, bits := binary.LittleEndian.Uint32(info[4+8:]), binary.LittleEndian.Uint32(info[4+16:])
	v := info[4+size:]
	salt, input, verifier := v[4:20], v[20:36], v[40:72]
	if algorithm < 0x660e || algorithm > 0x6610 || bits != 128 && bits != 192 && bits != 256 || (len(pack)-8)%aes.BlockSize != 0 {
		return nil, errEncryption
	}
	h := sum(sha1.New, stretch(sha1.New, salt, passphrase, 50_000), make([]byte, 4))
	x := [2][]byte{bytes.Repeat([]byte{0x36}, 64), bytes.Repeat([]byte{0x5c}, 64)}
	for i := range x {
		subtle.XORBytes(x[i], x[i], h)
	}
	key := append(sum(sha1.New, x[0]), sum(sha1.New, x[1])...)[:bits/8]
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(sum(sha1.New, ecb(block, input)), ecb(block, verifier)[:sha1.Size]) != 1 {
		return nil, errPassphrase
	}
	return whole(pack, ecb(block, pack[8:]))
}

func ecb(block cipher.Block, in []byte) []byte {
	out := make([]byte, len(in))
	for i := 0; i+aes.BlockSize <= len(in); i += aes.BlockSize {
		block.Decrypt(out[i:], in[i:])
	}
	return out
}

// whole cuts the padding off.
func whole(pack, plain []byte) ([]byte, error) {
	size := binary.LittleEndian.Uint64(pack)
	if size > uint64(len(plain)) {
		return nil, errEncryption
	}
	return plain[:size], nil
}

// agile is the description that Excel writes.
type agile struct {
	KeyData   cipherData `xml:"keyData"`
	Integrity struct {
		Key   data `xml:"encryptedHmacKey,attr"`
		Value data `xml:"encryptedHmacValue,attr"`
	} `xml:"dataIntegrity"`
	Key struct {
		cipherData
		Spins uint32 `xml:"spinCount,attr"`
		Input data   `xml:"encryptedVerifierHashInput,attr"`
		Hash  data   `xml:"encryptedVerifierHashValue,attr"`
		Value data   `xml:"encryptedKeyValue,attr"`
	} `xml:"keyEncryptors>keyEncryptor>encryptedKey"`
}

type cipherData struct {
	Salt     data   `xml:"saltValue,attr"`
	Bits     int    `xml:"keyBits,attr"`
	Block    int    `xml:"blockSize,attr"`
	Cipher   string `xml:"cipherAlgorithm,attr"`
	Chaining string `xml:"cipherChaining,attr"`
	Hash     string `xml:"hashAlgorithm,attr"`
}

type data []byte

func (d *data) UnmarshalXMLAttr(a xml.Attr) (err error) {
	*d, err = base64.StdEncoding.DecodeString(a.Value)
	return err
}

func (c cipherData) hash() (func() hash.Hash, error) {
	newHash := map[string]func() hash.Hash{"SHA1": sha1.New, "SHA256": sha256.New, "SHA384": sha512.New384, "SHA512": sha512.New}[c.Hash]
	if newHash == nil || c.Cipher != "AES" || c.Chaining != "ChainingModeCBC" || c.Block != aes.BlockSize ||
		c.Bits != 128 && c.Bits != 192 && c.Bits != 256 || len(c.Salt) < 8 || len(c.Salt) > 64 {
		return nil, errEncryption
	}
	return newHash, nil
}

// The block keys of [MS-OFFCRYPTO] §2.3.4.11 to §2.3.4.14.
var (
	forInput = []byte{0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79}
	forHash  = []byte{0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e}
	forKey   = []byte{0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6}
	forHMAC  = []byte{0x5f, 0xb2, 0xad, 0x01, 0x0c, 0xb9, 0xe1, 0xf6}
	forValue = []byte{0xa0, 0x67, 0x7f, 0x02, 0xb2, 0x2c, 0x84, 0x33}
)

func decryptAgile(info, pack []byte, passphrase secret.Secret) ([]byte, error) {
	var a agile
	if err := xml.Unmarshal(info, &a); err != nil {
		return nil, errEncryption
	}
	newHash, err1 := a.Key.hash()
	contentHash, err2 := a.KeyData.hash()
	if err1 != nil || err2 != nil || a.Key.Spins > maxSpins || (len(pack)-8)%aes.BlockSize != 0 {
		return nil, errEncryption
	}
	h := stretch(newHash, a.Key.Salt, passphrase, a.Key.Spins)
	unlock := func(block []byte, what data) ([]byte, error) {
		return cbc(fit(sum(newHash, h, block), a.Key.Bits/8), fit(a.Key.Salt, aes.BlockSize), what)
	}
	input, err1 := unlock(forInput, a.Key.Input)
	verifier, err2 := unlock(forHash, a.Key.Hash)
	key, err3 := unlock(forKey, a.Key.Value)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	want := sum(newHash, fit(input, min(len(input), len(a.Key.Salt))))
	if len(verifier) < len(want) || subtle.ConstantTimeCompare(want, verifier[:len(want)]) != 1 {
		return nil, errPassphrase
	}
	return a.content(contentHash, fit(key, a.KeyData.Bits/8), pack)
}

// content checks the HMAC over the encrypted bytes and decrypts them in pieces of 4,096.
func (a *agile) content(newHash func() hash.Hash, key, pack []byte) ([]byte, error) {
	iv := func(block []byte) []byte { return fit(sum(newHash, a.KeyData.Salt, block), aes.BlockSize) }
	hkey, err1 := cbc(key, iv(forHMAC), a.Integrity.Key)
	value, err2 := cbc(key, iv(forValue), a.Integrity.Value)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	n := newHash().Size()
	if len(hkey) < n || len(value) < n {
		return nil, errEncryption
	}
	m := hmac.New(newHash, hkey[:n])
	m.Write(pack)
	if !hmac.Equal(m.Sum(nil), value[:n]) {
		return nil, errEncryption
	}
	var plain []byte
	for i := 0; i*4096 < len(pack)-8; i++ {
		piece := pack[8+i*4096 : min(len(pack), 8+(i+1)*4096)]
		p, err := cbc(key, iv(binary.LittleEndian.AppendUint32(nil, uint32(i))), piece)
		if err != nil {
			return nil, err
		}
		plain = append(plain, p...)
	}
	return whole(pack, plain)
}

// fit cuts, or fills with 0x36.
func fit(b []byte, n int) []byte {
	if len(b) >= n {
		return b[:n]
	}
	return append(bytes.Clone(b), bytes.Repeat([]byte{0x36}, n-len(b))...)
}

func cbc(key, iv, in []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(in) == 0 || len(in)%aes.BlockSize != 0 {
		return nil, errEncryption
	}
	out := make([]byte, len(in))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, in)
	return out, nil
}

package credential

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"hash"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/xuri/excelize/v2"
)

// opener reads agile encryption as MS-OFFCRYPTO tells readers to, with nothing of the writer's.
type opener struct {
	t    *testing.T
	info excelize.Encryption
	key  []byte
}

func (o *opener) bytes(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		o.t.Fatal(err)
	}
	return b
}

func sum512(parts ...[]byte) []byte {
	var h hash.Hash = sha512.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func (o *opener) decrypt(key, iv, b []byte) []byte {
	c, err := aes.NewCipher(key)
	if err != nil {
		o.t.Fatal(err)
	}
	out := make([]byte, len(b))
	cipher.NewCBCDecrypter(c, iv[:16]).CryptBlocks(out, b)
	return out
}

// open gives what the passphrase opens; false where it is not the one.
func (o *opener) open(info []byte, passphrase string) bool {
	if !bytes.HasPrefix(info, []byte{4, 0, 4, 0, 0x40, 0, 0, 0}) {
		o.t.Fatalf("% x", info[:8])
	}
	if err := xml.Unmarshal(info[8:], &o.info); err != nil {
		o.t.Fatal(err)
	}
	k := o.info.KeyEncryptors.KeyEncryptor[0].EncryptedKey
	if k.SpinCount != 100_000 || k.HashAlgorithm != "SHA512" || k.KeyBits != 256 || k.CipherChaining != "ChainingModeCBC" {
		o.t.Fatalf("%+v", k)
	}
	salt, utf16 := o.bytes(k.SaltValue), []byte{}
	for _, c := range passphrase {
		utf16 = append(utf16, byte(c), byte(c>>8))
	}
	h := sum512(salt, utf16)
	for i := range uint32(k.SpinCount) {
		h = sum512(binary.LittleEndian.AppendUint32(nil, i), h)
	}
	with := func(block, value string) []byte {
		return o.decrypt(sum512(h, []byte(block))[:32], salt, o.bytes(value))
	}
	verifier := with("\xfe\xa7\xd2\x76\x3b\x4b\x9e\x79", k.EncryptedVerifierHashInput)
	o.key = with("\x14\x6e\x0b\xe7\xab\xac\xd0\xd6", k.EncryptedKeyValue)
	return bytes.Equal(sum512(verifier), with("\xd7\xaa\x0f\x6d\x30\x61\x34\x4e", k.EncryptedVerifierHashValue))
}

// whole says that the package is what was locked.
func (o *opener) whole(locked []byte) bool {
	salt := o.bytes(o.info.KeyData.SaltValue)
	of := func(block, value string) []byte { return o.decrypt(o.key, sum512(salt, []byte(block)), o.bytes(value)) }
	mac := hmac.New(sha512.New, of("\x5f\xb2\xad\x01\x0c\xb9\xe1\xf6", o.info.DataIntegrity.EncryptedHmacKey))
	mac.Write(locked)
	return hmac.Equal(mac.Sum(nil), of("\xa0\x67\x7f\x02\xb2\x2c\x84\x33", o.info.DataIntegrity.EncryptedHmacValue))
}

// TestAgile: the passphrase opens what was locked and another does not; one changed bit is seen; nothing repeats.
func TestAgile(t *testing.T) {
	plain := bytes.Repeat([]byte("akun contoh "), 1000)
	info, locked, err := agile(rand.Reader, 0, plain, phrase)
	if err != nil {
		t.Fatal(err)
	}
	o := &opener{t: t}
	if o.open(info, "frasa lain sekali") {
		t.Error("another passphrase is taken for the right one")
	}
	if !o.open(info, phrase.Reveal()) || !o.whole(locked) {
		t.Fatal("it does not open, or is not whole")
	}
	for _, at := range []int{0, 8, len(locked) / 2, len(locked) - 1} {
		changed := bytes.Clone(locked)
		changed[at] ^= 1
		if o.whole(changed) {
			t.Errorf("a change of byte %d is not seen", at)
		}
	}
	again, other, err := agile(rand.Reader, 0, plain, phrase)
	if err != nil || bytes.Equal(again, info) || bytes.Equal(other[8:40], locked[8:40]) {
		t.Errorf("two times the same: %v", err)
	}
}

// TestContainer: packages of every length about a border of sector, segment and FAT come out of the container as they went in; one that
// does not fit is refused.
func TestContainer(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for _, n := range []int{4096, 4097, 4608, 5000, 8192, 12_289, 60_000, 64_000, 65_000, 65_500, 66_000, 131_000, 1 << 20} {
		plain := make([]byte, n)
		if _, err := rand.Read(plain); err != nil {
			t.Fatal(err)
		}
		b, err := encryptPackage(rand.Reader, 0, plain, phrase)
		if err != nil {
			t.Fatal(err)
		}
		got, err := excelize.Decrypt(b, &excelize.Options{Password: phrase.Reveal()})
		if err != nil || !bytes.Equal(got, plain) || len(b)%512 != 0 {
			t.Errorf("%d bytes: %d came back, %v", n, len(got), err)
		}
	}
	for _, n := range []int{1000, 8 << 20} {
		if _, err := encryptPackage(rand.Reader, 0, make([]byte, n), phrase); err == nil {
			t.Errorf("%d bytes fit", n)
		}
	}
}

// TestAgileElsewhere: msoffcrypto-tool, which shares nothing with us or excelize, opens the sheet and finds it whole, and another changed one not.
func TestAgileElsewhere(t *testing.T) {
	tool, err := exec.LookPath("msoffcrypto-tool")
	if err != nil {
		t.Skip("msoffcrypto-tool is not installed; no part of ukpbjd needs it")
	}
	python := filepath.Join(filepath.Dir(tool), "python3")
	dir := t.TempDir()
	b := plainOrSealed(t, phrase)
	changed := bytes.Clone(b)
	changed[len(changed)-600] ^= 1
	const script = `import msoffcrypto, sys
f = msoffcrypto.OfficeFile(open(sys.argv[1], "rb"))
f.load_key(password=sys.argv[2], verify_password=True)
f.decrypt(open(sys.argv[3], "wb"), verify_integrity=True)`
	for name, raw := range map[string][]byte{"whole": b, "changed": changed} {
		in, out := filepath.Join(dir, name+".xlsx"), filepath.Join(dir, name+"-open.xlsx")
		if err := os.WriteFile(in, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		said, err := exec.CommandContext(t.Context(), python, "-c", script, in, phrase.Reveal(), out).CombinedOutput()
		if (err == nil) != (name == "whole") {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
		if name != "whole" {
			continue
		}
		opened, err := excelize.OpenFile(out)
		if err != nil {
			t.Fatal(err)
		}
		defer opened.Close()
		if got, err := opened.GetCellValue(sheetTab, "C9"); err != nil || got != nip(1) {
			t.Errorf("the opened sheet has %q, %v", got, err)
		}
	}
}

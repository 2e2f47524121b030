package credential

import (
	"bytes"
	"crypto/aes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"ukpbjd/internal/secret"
)

// LockedPDF is a page that only the phrase opens: AES-256 as ISO 32000-2 §7.6 has it (V 5, R 6), which every common reader
// knows. Lines are printed as they are; one that begins with a tab in a type in which no two signs look alike.
func LockedPDF(random io.Reader, lines []string, phrase secret.Secret) ([]byte, error) {
	pass := []byte(phrase.Reveal())
	if len(pass) < shortestPassphrase || len(pass) > 127 || len(lines) > 40 {
		return nil, errors.New("lock a PDF: the phrase or the text does not fit")
	}
	k := &pdfLock{random: random}
	k.make(pass)
	page := k.seal(pageContent(lines))
	if k.err != nil {
		return nil, fmt.Errorf("lock a PDF: %w", k.err)
	}
	return pdfFile(k, page), nil
}

// AccountPDF is one member's account behind the phrase of the case.
func AccountPDF(random io.Reader, office, number, nama, nip, userID string, password, phrase secret.Secret) ([]byte, error) {
	return LockedPDF(random, []string{"Akun SPSE - rahasia", "", office, "Permohonan " + number, "", "Nama     : " + nama, "NIP      : " + nip, "",
		"User ID", "\t" + userID, "", "Password", "\t" + password.Reveal(), "",
		"Segera ganti password ini setelah berhasil masuk, lalu konfirmasikan", "penerimaan dengan tautan pada surat pengantarnya."}, phrase)
}

// pageContent draws the lines from the top of an A4 page.
func pageContent(lines []string) []byte {
	var b bytes.Buffer
	b.WriteString("BT\n72 770 Td\n18 TL\n")
	for _, l := range lines {
		font := "/F1 11 Tf"
		if t, mono := strings.CutPrefix(l, "\t"); mono {
			font, l = "/F2 13 Tf", t
		}
		fmt.Fprintf(&b, "%s\n(%s) Tj T*\n", font, pdfText(l))
	}
	b.WriteString("ET\n")
	return b.Bytes()
}

var pdfEscapes = strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`)

// pdfText keeps to ASCII: the fonts that every reader has know no more for certain.
func pdfText(s string) string {
	return pdfEscapes.Replace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s))
}

// pdfFile puts the objects in order. Only the stream holds anything, and it is encrypted.
func pdfFile(k *pdfLock, page []byte) []byte {
	hx := func(b []byte) string { return "<" + hex.EncodeToString(b) + ">" }
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R /Extensions << /ADBE << /BaseVersion /1.7 /ExtensionLevel 8 >> >> >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << " +
			"/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> /F2 << /Type /Font /Subtype /Type1 /BaseFont /Courier-Bold >> >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(page), page),
		fmt.Sprintf("<< /Filter /Standard /V 5 /R 6 /Length 256 /P %d /O %s /U %s /OE %s /UE %s /Perms %s /EncryptMetadata true "+
			"/StmF /StdCF /StrF /StdCF /CF << /StdCF << /CFM /AESV3 /AuthEvent /DocOpen /Length 32 >> >> >>",
			int32(pdfAllowed), hx(k.o), hx(k.u), hx(k.oe), hx(k.ue), hx(k.perms)),
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, x := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", x)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R /Encrypt %d 0 R /ID [%s %s] >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, len(at), hx(k.id), hx(k.id), xref)
	return b.Bytes()
}

// pdfAllowed is 0xFFFFF0C0, the reserved bits, with those for printing (3, 12) and reading aloud (10).
const pdfAllowed = -3904 + 1<<2 + 1<<9 + 1<<11

// pdfLock holds the file key and what the dictionary says of it.
type pdfLock struct {
	random                        io.Reader
	err                           error
	file, u, ue, o, oe, perms, id []byte
}

func (k *pdfLock) bytes(n int) []byte {
	b := make([]byte, n)
	if k.err == nil {
		_, k.err = io.ReadFull(k.random, b)
	}
	return b
}

// make follows algorithms 8, 9 and 10. Nobody has the owner's password: it is thrown away.
func (k *pdfLock) make(pass []byte) {
	k.file, k.id = k.bytes(32), k.bytes(16)
	k.u, k.ue = k.entry(pass, nil)
	k.o, k.oe = k.entry(k.bytes(32), k.u)
	p := make([]byte, 16)
	allowed := int32(pdfAllowed)
	binary.LittleEndian.PutUint32(p, uint32(allowed))
	copy(p[4:], "\xff\xff\xff\xffTadb")
	copy(p[12:], k.bytes(4))
	k.perms = make([]byte, 16)
	block, err := aes.NewCipher(k.file)
	if err != nil {
		k.err = err
		return
	}
	block.Encrypt(k.perms, p)
}

// entry is U and UE, or O and OE.
func (k *pdfLock) entry(pass, user []byte) (entry, wrapped []byte) {
	check, key := k.bytes(8), k.bytes(8)
	entry = append(append(pdfHash(pass, check, user), check...), key...)
	return entry, cbc(pdfHash(pass, key, user), make([]byte, 16), k.file)
}

// seal is the stream: a vector, then the padded text under the file key.
func (k *pdfLock) seal(plain []byte) []byte {
	iv := k.bytes(16)
	pad := 16 - len(plain)%16
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	return append(iv, cbc(k.file, iv, plain)...)
}

// pdfHash is algorithm 2.B.
func pdfHash(pass, salt, user []byte) []byte {
	first := sha256.Sum256(bytes.Join([][]byte{pass, salt, user}, nil))
	key := first[:]
	for round, last := 0, 0; round < 64 || last > round-32; round++ {
		e := cbc(key[:16], key[16:32], bytes.Repeat(bytes.Join([][]byte{pass, key, user}, nil), 64))
		sum := 0
		for _, x := range e[:16] {
			sum += int(x)
		}
		h := []func() hash.Hash{sha256.New, sha512.New384, sha512.New}[sum%3]()
		h.Write(e)
		key = h.Sum(nil)
		last = int(e[len(e)-1])
	}
	return key[:32]
}

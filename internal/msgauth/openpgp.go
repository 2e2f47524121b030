package msgauth

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"ukpbjd/internal/message"
)

// keyRing are the registered OpenPGP keys of one approver.
type keyRing = openpgp.EntityList

// rules refuse weak keys and digests; the clock is the mail's time of arrival.
func rules(at time.Time) *packet.Config {
	return &packet.Config{
		Time:       func() time.Time { return at },
		MinRSABits: minRSABits,
		RejectPublicKeyAlgorithms: map[packet.PublicKeyAlgorithm]bool{
			packet.PubKeyAlgoDSA: true, packet.PubKeyAlgoElGamal: true,
		},
		RejectHashAlgorithms:        weakHashes(),
		RejectMessageHashAlgorithms: weakHashes(),
		RejectCurves:                map[packet.Curve]bool{packet.CurveSecP256k1: true},
	}
}

// weakHashes leave SHA-1 to the bindings inside old keys only where the library itself does; here they count nowhere.
func weakHashes() map[crypto.Hash]bool {
	return map[crypto.Hash]bool{crypto.MD5: true, crypto.SHA1: true, crypto.RIPEMD160: true, crypto.SHA224: true}
}

func readKeys(b []byte) (keyRing, error) {
	read := openpgp.ReadKeyRing
	if bytes.Contains(b, []byte("-----BEGIN PGP")) {
		read = openpgp.ReadArmoredKeyRing
	}
	keys, err := read(bytes.NewReader(b))
	switch {
	case err != nil:
		return nil, err
	case len(keys) == 0:
		return nil, errors.New("there is none in it")
	case slices.ContainsFunc(keys, func(k *openpgp.Entity) bool { return k.PrivateKey != nil }):
		return nil, errors.New("it holds the private key; register the public one only")
	}
	return keys, nil
}

// checkOpenPGP verifies one armored, detached signature (RFC 3156 §5) by one of the pinned keys.
func checkOpenPGP(keys keyRing, s message.Signed, at time.Time) (f finding) {
	f.by = "OpenPGP"
	var body []byte
	block, err := armor.Decode(bytes.NewReader(s.Signature))
	if err == nil {
		body, err = io.ReadAll(io.LimitReader(block.Body, maxSignature))
	}
	if err != nil || block.Type != "PGP SIGNATURE" {
		f.reason = "signature-unreadable"
		return f
	}
	cfg := rules(at)
	sig, signer, err := openpgp.VerifyDetachedSignature(keys, bytes.NewReader(s.Entity), bytes.NewReader(body), cfg)
	if err != nil || signer == nil {
		f.reason = "signature-bad"
		if len(keys) == 0 {
			f.reason = "openpgp-not-pinned"
		}
		return f
	}
	name := fmt.Sprintf("key %x", signer.PrimaryKey.Fingerprint)
	f.by, f.signed, f.detail = "OpenPGP "+name, sig.CreationTime, []string{name}
	if sig.SigType != packet.SigTypeBinary && sig.SigType != packet.SigTypeText {
		f.reason = "signature-bad"
	}
	if _, err := signer.VerifyPrimaryKey(at, cfg); err != nil {
		f.reason = "openpgp-key-expired"
	}
	return f
}

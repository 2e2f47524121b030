package config

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"

	"ukpbjd/internal/secret"
)

const (
	maxSecret    = 4 << 10
	maxAuthority = 1 << 20
)

// path makes a path of the file absolute: it counts from the configuration's folder.
func (r *reader) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(r.dir, p)
}

// secretPath is path, except that systemd's hand-over wins for a relative one: `credentials/imap` is then
// $CREDENTIALS_DIRECTORY/imap, and the same configuration serves the unit and an operator at the prompt.
func (r *reader) secretPath(p string) string {
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" && !filepath.IsAbs(p) {
		handed := filepath.Join(dir, filepath.Base(p))
		if _, err := os.Stat(handed); err == nil {
			return handed
		}
	}
	return r.path(p)
}

// secret reads the file that a key names. Faults name the key, never the content, nor the path: it may be a password that
// somebody wrote in the wrong place. Fewer than least bytes are warned of.
func (s *section) secret(key string, needed bool, least int) (found secret.Secret) {
	raw, mode, ok := s.secretFile(key, needed, "name a file that holds it, readable by the daemon only", "write the secret into that file, mode 0600")
	if !ok {
		return found
	}
	defer clear(raw)
	text := bytes.TrimRight(raw, "\r\n") // the line end that an editor leaves
	switch {
	case len(raw) > maxSecret:
		s.r.fault(s.at(key), "name the file that holds only the secret", "the file is larger than %d KB", maxSecret>>10)
		return found
	case len(text) == 0:
		s.r.fault(s.at(key), "write the secret into that file, mode 0600", "the file is empty")
		return found
	case mode.Perm()&0o004 != 0:
		s.r.warn(s.at(key), "the file can be read by every user of this machine; chmod 600")
	}
	if len(text) < least {
		s.r.warn(s.at(key), "only %d characters; `ukpbjd init` makes one that holds", len(text))
	}
	return secret.New(text)
}

// secretFile is the content of the file that a key names; not ok where none is named, or it cannot be read.
func (s *section) secretFile(key string, needed bool, name, mend string) (raw []byte, mode os.FileMode, ok bool) {
	var path string
	s.text(key, &path)
	if path == "" {
		s.need(key, !needed, name)
		return nil, 0, false
	}
	raw, mode, err := ReadBounded(s.r.secretPath(path), maxSecret)
	if err != nil {
		s.r.fault(s.at(key), mend, "the file cannot be read: %v", cause(err))
	}
	return raw, mode, err == nil
}

// ReadBounded reads one byte more than most, so that the caller sees what is too large.
func ReadBounded(path string, most int64) ([]byte, os.FileMode, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, most+1))
	return raw, info.Mode(), err
}

// masterKey reads key_file: 32 bytes as they are, or in hex or base64.
func (s *section) masterKey(key string) (found secret.Secret) {
	raw, mode, ok := s.secretFile(key, true, "`ukpbjd init` makes one", "`ukpbjd init` makes one; never make a new one over existing books")
	if !ok {
		return found
	}
	defer clear(raw)
	bytes32, ok := decodeKey(raw)
	if !ok {
		s.r.fault(s.at(key), "`ukpbjd init` makes one", "the file holds no key of 32 bytes (base64, hex or raw)")
		return found
	}
	defer clear(bytes32)
	if mode.Perm()&0o044 != 0 {
		s.r.warn(s.at(key), "the file can be read by others; chmod 600")
	}
	return secret.New(bytes32)
}

func decodeKey(raw []byte) ([]byte, bool) {
	if len(raw) == 32 {
		return bytes.Clone(raw), true
	}
	text := string(bytes.TrimSpace(raw))
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString} {
		if b, err := decode(text); err == nil && len(b) == 32 {
			return b, true
		}
	}
	return nil, false
}

// authority reads a PEM file of private certificate authorities.
func (s *section) authority(key string) (path string, pem []byte) {
	return s.public(key, "name a PEM file with the authority's certificate", "the file holds no certificate", x509.NewCertPool().AppendCertsFromPEM)
}

// publicKey reads an OpenPGP public key; whether it is one is found out where it is used.
func (s *section) publicKey(key string) []byte {
	fits := func(raw []byte) bool {
		return len(bytes.TrimSpace(raw)) > 0 && !bytes.Contains(raw, []byte("PRIVATE KEY"))
	}
	_, raw := s.public(key, "name a file with the public key, as `gpg --armor --export` writes it", "the file holds no public key", fits)
	return raw
}

// public reads a file that is no secret; lacks is its fault where it does not fit.
func (s *section) public(key, remedy, lacks string, fits func([]byte) bool) (path string, raw []byte) {
	s.text(key, &path)
	if path == "" {
		return "", nil
	}
	path = s.r.path(path)
	raw, _, err := ReadBounded(path, maxAuthority)
	switch {
	case err != nil:
		s.r.fault(s.at(key), remedy, "the file cannot be read: %v", cause(err))
	case !fits(raw):
		s.r.fault(s.at(key), remedy, "%s", lacks)
	}
	return path, raw
}

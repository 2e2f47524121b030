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
	var name string
	s.text(key, &name)
	if name == "" {
		if needed {
			s.need(key, "", "name a file that holds it, readable by the daemon only")
		}
		return found
	}
	raw, mode, err := readBounded(s.r.secretPath(name), maxSecret)
	text := bytes.TrimRight(raw, "\r\n") // the line end that an editor leaves
	switch {
	case err != nil:
		s.r.fault(s.at(key), "write the secret into that file, mode 0600", "the file cannot be read: %v", cause(err))
	case len(raw) > maxSecret:
		s.r.fault(s.at(key), "name the file that holds only the secret", "the file is larger than %d KB", maxSecret>>10)
	case len(text) == 0:
		s.r.fault(s.at(key), "write the secret into that file, mode 0600", "the file is empty")
	default:
		if mode.Perm()&0o004 != 0 {
			s.r.warn(s.at(key), "the file can be read by every user of this machine; chmod 600")
		}
		if len(text) < least {
			s.r.warn(s.at(key), "only %d characters; `ukpbjd init` makes one that holds", len(text))
		}
		found = secret.New(text)
	}
	clear(raw)
	return found
}

// readBounded reads one byte more than most, so that the caller sees what is too large.
func readBounded(path string, most int64) ([]byte, os.FileMode, error) {
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
	var name string
	s.text(key, &name)
	if name == "" {
		s.need(key, "", "`ukpbjd init` makes one")
		return found
	}
	raw, mode, err := readBounded(s.r.secretPath(name), maxSecret)
	if err != nil {
		s.r.fault(s.at(key), "`ukpbjd init` makes one; never make a new one over existing books", "the file cannot be read: %v", cause(err))
		return found
	}
	defer clear(raw)
	bytes32, ok := decodeKey(raw)
	if !ok {
		s.r.fault(s.at(key), "`ukpbjd init` makes one", "the file holds no key of 32 bytes (base64, hex or raw)")
		return found
	}
	if mode.Perm()&0o044 != 0 {
		s.r.warn(s.at(key), "the file can be read by others; chmod 600")
	}
	defer clear(bytes32)
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
	s.text(key, &path)
	if path == "" {
		return "", nil
	}
	path = s.r.path(path)
	pem, _, err := readBounded(path, maxAuthority)
	switch {
	case err != nil:
		s.r.fault(s.at(key), "name a PEM file with the authority's certificate", "the file cannot be read: %v", cause(err))
	case !x509.NewCertPool().AppendCertsFromPEM(pem):
		s.r.fault(s.at(key), "name a PEM file with the authority's certificate", "the file holds no certificate")
	}
	return path, pem
}

// publicKey reads an OpenPGP public key; whether it is one is found out where it is used.
func (s *section) publicKey(key string) []byte {
	var name string
	s.text(key, &name)
	if name == "" {
		return nil
	}
	raw, _, err := readBounded(s.r.path(name), maxAuthority)
	switch {
	case err != nil:
		s.r.fault(s.at(key), "name a file with the public key, as `gpg --armor --export` writes it", "the file cannot be read: %v", cause(err))
	case len(bytes.TrimSpace(raw)) == 0 || bytes.Contains(raw, []byte("PRIVATE KEY")):
		s.r.fault(s.at(key), "name a file with the public key, as `gpg --armor --export` writes it", "the file holds no public key")
	}
	return raw
}

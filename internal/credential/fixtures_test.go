package credential

import (
	"crypto/rand"

	"ukpbjd/internal/secret"
)

// newMaster is a fresh master key.
func newMaster() secret.Secret {
	b := make([]byte, masterLength)
	rand.Read(b) //nolint:errcheck // it never fails
	return secret.New(b)
}

// writeSheet is a sheet without a phrase for members' pages.
func writeSheet(number, code string, rows []SheetRow, passphrase secret.Secret) ([]byte, error) {
	return WriteSheetWith(rand.Reader, 0, number, code, secret.Secret{}, rows, passphrase)
}

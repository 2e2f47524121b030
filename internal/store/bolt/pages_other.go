//go:build !linux

package bolt

import (
	"os"

	"go.etcd.io/bbolt"
)

func forget(*bbolt.DB, *os.File) {}

//go:build !linux

package archive

import (
	"errors"
	"os"
)

func syncfsTells() bool { return false }

func syncfs(*os.File) error { return errors.ErrUnsupported }

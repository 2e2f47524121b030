//go:build !unix

package credential

import "os"

// lock: the store's own lock keeps a second daemon away.
func lock(*os.File) error { return nil }

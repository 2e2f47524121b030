//go:build !bench

package cli

import "ukpbjd/internal/bench"

// floorFlags has nothing to choose in a build without floors.
type floorFlags struct{}

func (floorFlags) options() (o bench.Floors, err error) { return o, nil }

// benchFloor is no command of such a build.
type benchFloor struct{}

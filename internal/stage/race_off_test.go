//go:build !race

package stage

const raceOn = false

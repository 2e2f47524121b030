//go:build !race

package clerk

const raceOn = false

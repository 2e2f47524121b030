//go:build race

package clerk

const raceOn = true

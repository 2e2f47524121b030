//go:build race

package message

const raceOn = true // the race detector allocates for itself, and takes its time

//go:build race

package stage

const raceOn = true // everything takes ten times as long

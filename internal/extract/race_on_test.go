//go:build race

package extract

const raceOn = true // everything takes ten times as long

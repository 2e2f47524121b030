//go:build race

package sop_test

const raceOn = true // everything takes ten times as long

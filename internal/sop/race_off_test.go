//go:build !race

package sop_test

const raceOn = false

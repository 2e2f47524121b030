// Package templates carries the letters that ship with the program.
package templates

import "embed"

// FS holds surat.tmpl, the common layout, and one file for every letter.
//
//go:embed *.tmpl
var FS embed.FS

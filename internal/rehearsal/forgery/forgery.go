// Package forgery is a test kit: the forgeries of a mail's head that must release nothing.
package forgery

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"ukpbjd/internal/sop"
)

// Trick is a forgery that must release nothing. Apply takes an honest mail and returns the forged one.
type Trick struct {
	Name  string
	Want  string // R recorded, not obeyed · H held · I ignored
	Apply func(raw []byte, victim, attacker sop.Person) []byte
}

// Tricks are the forgeries of a mail's head: the attacker sends what the victim could have sent.
func Tricks() []Trick {
	return []Trick{
		{"name-holds-address", "R", func(raw []byte, v, a sop.Person) []byte {
			return setField(raw, "From", `"`+v.Address+`" <`+a.Address+">")
		}},
		{"two-from-fields", "R", func(raw []byte, v, a sop.Person) []byte {
			return append([]byte("From: "+v.Address+"\r\n"), setField(raw, "From", a.Address)...)
		}},
		{"from-list", "R", func(raw []byte, v, a sop.Person) []byte {
			return setField(raw, "From", a.Address+", "+v.Address)
		}},
		{"space-before-colon", "R", func(raw []byte, v, a sop.Person) []byte {
			return append([]byte("From : "+v.Address+"\r\n"), setField(raw, "From", a.Address)...)
		}},
		{"sender-only", "R", func(raw []byte, v, _ sop.Person) []byte {
			return append([]byte("Sender: "+v.Address+"\r\n"), replace(raw, "From", "")...)
		}},
		{"route", "R", func(raw []byte, v, a sop.Person) []byte {
			_, domain, _ := strings.Cut(a.Address, "@")
			return setField(raw, "From", "<@"+domain+":"+v.Address+">")
		}},
		{"plus-address", "R", func(raw []byte, v, _ sop.Person) []byte {
			return setField(raw, "From", strings.Replace(v.Address, "@", "+x@", 1))
		}},
		{"right-to-left", "R", func(raw []byte, v, a sop.Person) []byte {
			return setField(raw, "From", "\u202e"+v.Name+" <"+a.Address+">")
		}},
		{"out-of-office", "I", func(raw []byte, v, _ sop.Person) []byte {
			return append([]byte("Auto-Submitted: auto-replied\r\n"), raw...)
		}},
	}
}

func setField(raw []byte, name, value string) []byte {
	return replace(raw, name, name+": "+value+"\r\n")
}

// replace puts lines in the place of the first field of that name in the head, or on top where there is none.
func replace(raw []byte, name, lines string) []byte {
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	at := regexp.MustCompile(`(?im)^` + name + `:.*\n(?:[ \t].*\n)*`).FindIndex(raw[:min(len(head)+2, len(raw))])
	if at == nil {
		at = []int{0, 0}
	}
	return slices.Concat(raw[:at[0]], []byte(lines), raw[at[1]:])
}

// Package forgery is a test kit: the forgeries of a mail's head that must release nothing.
package forgery

import (
	"bytes"
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
			return append([]byte("Sender: "+v.Address+"\r\n"), dropField(raw, "From")...)
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

// fieldAt finds the lines of the first field of that name in the head.
func fieldAt(raw []byte, name string) (start, end int) {
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for at := 0; at < len(head); {
		end := at
		for {
			n := bytes.Index(raw[end:], []byte("\r\n"))
			end += n + 2
			if end >= len(raw) || raw[end] != ' ' && raw[end] != '\t' {
				break
			}
		}
		if len(name) < end-at && strings.EqualFold(string(raw[at:at+len(name)+1]), name+":") {
			return at, end
		}
		at = end
	}
	return -1, -1
}

func dropField(raw []byte, name string) []byte {
	start, end := fieldAt(raw, name)
	if start < 0 {
		return raw
	}
	return append(append([]byte(nil), raw[:start]...), raw[end:]...)
}

func setField(raw []byte, name, value string) []byte {
	start, end := fieldAt(raw, name)
	if start < 0 {
		return append([]byte(name+": "+value+"\r\n"), raw...)
	}
	out := append([]byte(nil), raw[:start]...)
	out = append(out, name+": "+value+"\r\n"...)
	return append(out, raw[end:]...)
}

package config

import (
	"fmt"
	"math"
	"net"
	"net/mail"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"ukpbjd/internal/sop"
)

// shown quotes foreign text in a fault, cut short.
func shown(s string) string { return fmt.Sprintf("%.60q", s) }

// choice takes one of the given words.
func choice[T ~string](words ...T) func(string) (T, error) {
	return func(s string) (T, error) {
		var known []string
		for _, w := range words {
			if known = append(known, string(w)); string(w) == s {
				return w, nil
			}
		}
		return "", fmt.Errorf("%s is none of %s", shown(s), strings.Join(known, ", "))
	}
}

// span takes a duration of Go's form within bounds.
func span(least, most time.Duration) func(string) (time.Duration, error) {
	return func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil {
			return 0, fmt.Errorf("%s is no length of time", shown(s))
		}
		if d < least || d > most {
			return 0, fmt.Errorf("%s is not between %s and %s", d, least, most)
		}
		return d, nil
	}
}

// officeDays takes 3d: office days, not hours.
func officeDays(least, most int) func(string) (int, error) {
	return count("d", "number of office days", least, most)
}

func number(least, most int) func(string) (int, error) { return count("", "whole number", least, most) }

// count takes so many of a unit within bounds.
func count(unit, what string, least, most int) func(string) (int, error) {
	return func(s string) (int, error) {
		digits, ok := strings.CutSuffix(s, unit)
		n, err := strconv.Atoi(digits)
		if !ok || err != nil {
			return 0, fmt.Errorf("%s is no %s", shown(s), what)
		}
		if n < least || n > most {
			return 0, fmt.Errorf("%d%[2]s is not between %[3]d%[2]s and %[4]d%[2]s", n, unit, least, most)
		}
		return n, nil
	}
}

func truth(s string) (bool, error) {
	if s != "true" && s != "false" {
		return false, fmt.Errorf("%s is neither true nor false", shown(s))
	}
	return s == "true", nil
}

// size takes 40MiB, 40MB, 512KiB or bytes.
func size(least, most int64) func(string) (int64, error) {
	units := []struct {
		name  string
		bytes int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"", 1}}
	return func(s string) (int64, error) {
		for _, u := range units {
			digits, ok := strings.CutSuffix(s, u.name)
			n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
			if !ok || err != nil || n < 0 || n > math.MaxInt64/u.bytes {
				continue
			}
			if n *= u.bytes; n < least || n > most {
				return 0, fmt.Errorf("%s is not between %d MiB and %d MiB", shown(s), least>>20, most>>20)
			}
			return n, nil
		}
		return 0, fmt.Errorf("%s is no size", shown(s))
	}
}

// start takes now, all, or a day; the day begins in the office's zone.
func start(zone *time.Location) func(string) (Start, error) {
	return func(s string) (Start, error) {
		switch s {
		case "now":
			return Start{}, nil
		case "all":
			return Start{All: true}, nil
		}
		day, err := time.ParseInLocation(time.DateOnly, s, zone)
		if err != nil {
			return Start{}, fmt.Errorf("%s is neither now, nor all, nor a day", shown(s))
		}
		return Start{Since: day}, nil
	}
}

var (
	plainAddress = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*@` + hostPattern + `$`)
	plainHost    = regexp.MustCompile(`^` + hostPattern + `$`)
	anyHost      = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
)

const hostPattern = `([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?`

// address takes one plain ASCII mail address; the domain becomes lower case.
func address(s string) (string, error) {
	if !plainAddress.MatchString(s) || len(s) > 254 {
		return "", fmt.Errorf("%s is no plain mail address", shown(s))
	}
	at := strings.LastIndexByte(s, '@')
	return s[:at] + strings.ToLower(s[at:]), nil
}

// pattern takes an address or *@domain.
func pattern(s string) (string, error) {
	if domain, all := strings.CutPrefix(s, "*@"); all && plainHost.MatchString(domain) {
		return strings.ToLower(s), nil
	}
	a, err := address(s)
	if err != nil {
		return "", fmt.Errorf("%s is neither an address nor *@domain", shown(s))
	}
	return strings.ToLower(a), nil
}

// mailbox takes `Name <address>` or an address alone.
func mailbox(s string) (sop.Person, error) {
	m, err := mail.ParseAddress(s)
	if err != nil {
		return sop.Person{}, fmt.Errorf("%s is no sender", shown(s))
	}
	a, err := address(m.Address)
	return sop.Person{Name: m.Name, Address: a}, err
}

// hostPort takes host:port with a port number.
func hostPort(s string) (string, error) {
	host, port, err := net.SplitHostPort(s)
	n, bad := strconv.Atoi(port)
	if err != nil || bad != nil || n < 1 || n > 65535 || host == "" {
		return "", fmt.Errorf("%s is no host:port", shown(s))
	}
	if _, err := netip.ParseAddr(host); err != nil && !anyHost.MatchString(host) {
		return "", fmt.Errorf("%s names no host", shown(s))
	}
	return s, nil
}

// loopback says that mail to host never leaves this machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || host == "localhost"
}

// nip takes 18 digits, spaces and dots between them aside.
func nip(s string) (string, error) {
	s = strings.NewReplacer(" ", "", ".", "").Replace(s)
	if s != "" && (len(s) != 18 || strings.Trim(s, "0123456789") != "") {
		return "", fmt.Errorf("a NIP has 18 digits")
	}
	return s, nil
}

func matches(form *regexp.Regexp, what string) func(string) (string, error) {
	return func(s string) (string, error) {
		if !form.MatchString(s) {
			return "", fmt.Errorf("%s is no %s", shown(s), what)
		}
		return s, nil
	}
}

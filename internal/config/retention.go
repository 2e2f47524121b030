package config

import (
	"fmt"
	"strconv"
	"strings"
)

func (t *Retention) read(s *section) {
	parsed(s, "closed", &t.Closed, "write the years of the office's retention schedule as 10y, or leave the key out", years(2, 100))
	s.done()
	if t.Closed > 0 {
		s.r.warn(s.at("closed"), "mails, papers and letters of a case are deleted %d years after the year in which it was closed; the journal keeps that they were", t.Closed)
	}
}

func years(least, most int) func(string) (int, error) {
	return func(s string) (int, error) {
		digits, ok := strings.CutSuffix(s, "y")
		n, err := strconv.Atoi(digits)
		if !ok || err != nil {
			return 0, fmt.Errorf("%s is no number of years", shown(s))
		}
		if n < least || n > most {
			return 0, fmt.Errorf("%dy is not between %dy and %dy", n, least, most)
		}
		return n, nil
	}
}

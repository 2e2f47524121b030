package letter

import (
	"strconv"
	"strings"
	"time"
)

// Journal is the content of titik-periksa; the signed checkpoint itself is its attachment.
type Journal struct {
	Lines int64
	At    time.Time
}

// JournalView is a Journal as the template sees it.
type JournalView struct {
	Lines string // 12.345
	At    Moment
}

func (j *Journal) view(zone *time.Location) *JournalView {
	return &JournalView{Lines: thousands(j.Lines), At: Moment{j.At, zone}}
}

// thousands groups digits as Indonesian does.
func thousands(n int64) string {
	s := strconv.FormatInt(max(n, 0), 10)
	var out []string
	for len(s) > 3 {
		out, s = append([]string{s[len(s)-3:]}, out...), s[:len(s)-3]
	}
	return strings.Join(append([]string{s}, out...), ".")
}

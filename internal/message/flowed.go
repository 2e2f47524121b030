package message

import "strings"

// unflow joins the soft-broken lines of format=flowed text (RFC 3676 §4): lines that end in a space go on in the next line of
// the same quote depth. The signature line "-- " never joins.
func unflow(text string, delSp bool) string {
	var out []string
	depth, open := -1, false
	for line := range strings.SplitSeq(text, "\n") {
		d := len(line) - len(strings.TrimLeft(line, ">"))
		body := strings.TrimPrefix(line[d:], " ") // space-stuffing
		soft := strings.HasSuffix(body, " ") && body != "-- "
		if soft && delSp {
			body = body[:len(body)-1]
		}
		if n := len(out) - 1; open && d == depth && body != "-- " {
			out[n] += body
		} else {
			if d > 0 {
				body = strings.Repeat(">", d) + " " + body
			}
			out = append(out, body)
		}
		depth, open = d, soft
	}
	return strings.Join(out, "\n")
}

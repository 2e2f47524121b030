package document

import (
	"math"
	"slices"
	"strings"
)

// wrappedCard reads a member written as one numbered paragraph of labels, which the printer has broken into lines. n is how many
// lines it takes; 0 where there is no such paragraph.
func wrappedCard(rows []row) (block []pair, n int) {
	first := rows[0]
	if first.line == nil || first.line.Height == 0 || !entryRE.MatchString(first.text) {
		return nil, 0
	}
	if ps := linePairs(first.text); len(ps) < 2 || !slices.Contains(fieldsOf(ps[0].label), fieldNama) {
		return nil, 0
	}
	right := rightEdge(rows[:min(len(rows), 60)])
	var text strings.Builder
	text.WriteString(first.text)
	for n = 1; n < len(rows) && n < 8; n++ {
		above, r := rows[n-1].line, rows[n]
		if r.line == nil || r.page != first.page || r.line.Top-above.Top > 2.2*above.Height || lineRight(above) < 0.6*right || entryRE.MatchString(r.text) || closes(r.text) {
			break
		}
		text.WriteString("\n" + r.text)
	}
	return linePairs(oneLine(text.String())), n
}

// rightEdge is where the longest line ends.
func rightEdge(rows []row) (right float64) {
	for _, r := range rows {
		if r.line != nil {
			right = math.Max(right, lineRight(r.line))
		}
	}
	return right
}

func lineRight(l *Line) float64 { return l.Segments[len(l.Segments)-1].Right }

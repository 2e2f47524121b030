package document

import (
	"math"
)

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

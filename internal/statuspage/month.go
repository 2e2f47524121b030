package statuspage

import (
	"context"
	"net/http"
	"strconv"
)

// Picture is a chart as the monthly report draws it.
type Picture struct {
	Name, Alt string // Name ends in .png
	PNG       []byte
}

// pictures reads the charts of the present month; a page without them is a page still.
func (p *page) pictures(ctx context.Context) []Picture {
	if p.Charts == nil {
		return nil
	}
	list, err := p.Charts(ctx)
	if err != nil {
		return nil
	}
	return list
}

// picture serves one chart.
func (p *page) picture(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), p.Timeout)
	defer cancel()
	for _, x := range p.pictures(ctx) {
		if x.Name != r.PathValue("name") {
			continue
		}
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Content-Length", strconv.Itoa(len(x.PNG)))
		if r.Method != http.MethodHead {
			w.Write(x.PNG) //nolint:errcheck // the reader has gone
		}
		return
	}
	p.absent(w, r)
}

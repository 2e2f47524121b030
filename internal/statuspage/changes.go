package statuspage

import (
	"fmt"
	"net/http"
	"time"
)

// How changes are told. A stream ends before the server's own limit for an answer; the browser asks again by itself.
const (
	maxStreams = 32
	streamTime = 90 * time.Second
)

// changes tells a page that is open that something is new (server-sent events, WHATWG HTML §9.2): never what. Each minute counts as new,
// as the page says how far deadlines are.
func (p *page) changes(w http.ResponseWriter, r *http.Request) {
	select {
	case p.streams <- struct{}{}:
		defer func() { <-p.streams }()
	default:
		http.Error(w, "terlalu banyak halaman terbuka", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	known := r.Header.Get("Last-Event-ID")
	tick := time.NewTicker(p.LookEvery)
	defer tick.Stop()
	for end := time.After(streamTime); ; {
		if n, err := p.Version(r.Context()); err == nil {
			if now := fmt.Sprint(n, "-", p.Now().Unix()/60); now != known {
				event := "retry: 3000\nid: " + now + "\n"
				if known != "" {
					event += "data: baru\n"
				}
				known = now
				if _, err := fmt.Fprint(w, event, "\n"); err != nil || http.NewResponseController(w).Flush() != nil {
					return // the reader has gone
				}
			}
		}
		select {
		case <-tick.C:
		case <-end:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// Package statuspage shows the work over HTTP, read-only, on loopback: the cases with their charts, one case as a timeline,
// health and metrics. People are shortened, numbers and addresses masked; codes, Message-IDs and secrets stand nowhere.
// The pages need no script; where there is one, a page that is open is kept up to date.
package statuspage

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// Source is what the pages are made of. Recent gives the newest cases first.
type Source interface {
	Recent(ctx context.Context, limit int) ([]sop.Case, error)
	Counts(ctx context.Context) (map[sop.Status]int, error)
	Case(ctx context.Context, number string) (sop.Case, []sop.Event, bool, error)
	Health(ctx context.Context) []HealthItem
}

// HealthItem is one thing that must work for the daemon to be ready.
type HealthItem struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Text string `json:"text"` // the reason, where it does not
}

// Reply is what the last answer of an approver to an enrolment letter reached.
type Reply struct {
	Name         string
	At           time.Time // zero: they were asked and have not answered yet
	Reach, Needs string
	Enough       bool
}

// Options of the pages.
type Options struct {
	Source     Source
	Metrics    prometheus.Gatherer // nil: no /metrics
	OfficeName string
	Zone       *time.Location   // UTC
	Now        func() time.Time // time.Now
	Hosts      []string         // names besides those of loopback by which the page may be asked for
	Password   secret.Secret    // asked for (RFC 7617) by all but /healthz; absent: none
	Timeout    time.Duration    // for reading the Source; 5 s
	// Replies are what approvers' answers carry; nil: not known.
	Replies func(context.Context) ([]Reply, error)
	// Waiting is what only a person can move, the newest first; nil: not known.
	Waiting func(context.Context) ([]letter.Waiting, error)
	// Version is another number whenever something of the books has changed; nil: open pages are not kept up to date.
	Version   func(context.Context) (int64, error)
	LookEvery time.Duration // at Version; 2 s
}

type page struct {
	Options
	tmpl    *templates
	streams chan struct{} // one for each that is open
}

// New gives the handler for every path. The templates are part of the program, so an error is a fault of the build.
func New(o Options) (http.Handler, error) {
	o.Zone = cmp.Or(o.Zone, time.UTC)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	o.LookEvery = cmp.Or(o.LookEvery, 2*time.Second)
	t, err := parse(o.Zone)
	if err != nil {
		return nil, err
	}
	p := &page{Options: o, tmpl: t, streams: make(chan struct{}, maxStreams)}
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", p.index)
	mux.HandleFunc("/cases/{$}", p.find)
	mux.HandleFunc("/cases/{number}", p.oneCase)
	mux.HandleFunc("/healthz", p.healthz)
	mux.HandleFunc("/readyz", p.readyz)
	mux.HandleFunc("/", p.absent)
	if o.Version != nil {
		mux.HandleFunc("/perubahan", p.changes)
	}
	if o.Metrics != nil {
		mux.Handle("/metrics", promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: o.Timeout}))
	}
	return p.guard(mux), nil
}

package statuspage

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"ukpbjd/internal/sop"
)

// Metrics counts what the daemon does. Safe for concurrent use. No label ever holds a person, an address or a number.
type Metrics struct {
	registry   *prometheus.Registry
	messages   *prometheus.CounterVec
	letters    *prometheus.CounterVec
	tasks      *prometheus.CounterVec
	deviations *prometheus.CounterVec
	cases      *prometheus.GaugeVec
	outbox     *prometheus.GaugeVec
	waiting    prometheus.Gauge
	commits    prometheus.Histogram
	batch      prometheus.Histogram
	sending    prometheus.Histogram
	reading    prometheus.Histogram
	progress   prometheus.Gauge
	faults     *prometheus.GaugeVec
}

// NewMetrics makes the counters and their registry; every name begins with ukpbjd_.
func NewMetrics(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	r := prometheus.WrapRegistererWithPrefix("ukpbjd_", m.registry)
	f := promauto.With(r)
	counts := func(name, help string, labels ...string) *prometheus.CounterVec {
		return f.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	levels := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return f.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	}
	times := func(name, help string, buckets []float64) prometheus.Histogram {
		return f.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	}
	m.messages = counts("messages_total", "Messages taken from the mailbox, by outcome.", "outcome")
	m.letters = counts("letters_total", "Attempts to send a letter, by kind and outcome.", "kind", "outcome")
	m.tasks = counts("tasks_total", "Tasks carried out, by kind and outcome.", "kind", "outcome")
	m.deviations = counts("deviations_total", "Deviations from the procedure (SOP W.2), by kind.", "kind")
	m.cases = levels("cases", "Cases by status.", "status")
	m.outbox = levels("outbox_letters", "Letters in the outbox, by state.", "state")
	m.waiting = levels("tasks_waiting", "Tasks not yet carried out.").WithLabelValues()
	m.commits = times("commit_seconds", "Time of one store transaction.", prometheus.ExponentialBuckets(0.0005, 2, 14))
	m.batch = times("commit_inputs", "Inputs decided in one transaction.", prometheus.ExponentialBuckets(1, 2, 10))
	m.sending = times("send_seconds", "Time of one attempt to send a letter.", prometheus.ExponentialBuckets(0.005, 2, 14))
	m.reading = times("read_seconds", "Time to read one message with its papers.", prometheus.ExponentialBuckets(0.002, 2, 16))
	m.progress = levels("last_progress_timestamp_seconds", "When the mailbox was last seen to answer, in Unix time.").WithLabelValues()
	m.faults = levels("fault", "1 for each part that /readyz finds at fault now.", "part")
	levels("build_info", "The version that runs.", "version").WithLabelValues(version).Set(1)
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Gatherer is what the status page serves at /metrics.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Message counts one message: obeyed, refused, held, ignored, foreign, quarantined.
func (m *Metrics) Message(outcome string) { m.messages.WithLabelValues(outcome).Inc() }

// Letter counts one attempt to send: accepted, deferred, failed, in-doubt.
func (m *Metrics) Letter(kind sop.LetterKind, outcome string, took time.Duration) {
	if !slices.Contains(sop.LetterKinds, kind) {
		kind = "other"
	}
	m.letters.WithLabelValues(string(kind), outcome).Inc()
	m.sending.Observe(took.Seconds())
}

// Task counts one task: done, failed.
func (m *Metrics) Task(kind sop.TaskKind, outcome string) {
	m.tasks.WithLabelValues(string(kind), outcome).Inc()
}

// Deviation counts one penyimpangan (SOP W.2).
func (m *Metrics) Deviation(kind string) { m.deviations.WithLabelValues(kind).Inc() }

// Cases, Outbox and Waiting say how much there is now.
func (m *Metrics) Cases(counts map[sop.Status]int) {
	for _, s := range sop.Statuses {
		m.cases.WithLabelValues(string(s)).Set(float64(counts[s]))
	}
}

func (m *Metrics) Outbox(state string, letters int) {
	m.outbox.WithLabelValues(state).Set(float64(letters))
}

// Faults are the parts at fault now.
func (m *Metrics) Faults(now map[string]string) {
	m.faults.Reset()
	for part := range now {
		m.faults.WithLabelValues(part).Set(1)
	}
}

func (m *Metrics) Waiting(tasks int) { m.waiting.Set(float64(tasks)) }

// Commit observes one transaction and how many inputs it decided.
func (m *Metrics) Commit(took time.Duration, inputs int) {
	m.commits.Observe(took.Seconds())
	m.batch.Observe(float64(inputs))
}

// Read observes the reading of one message.
func (m *Metrics) Read(took time.Duration) { m.reading.Observe(took.Seconds()) }

// Progress says that the mailbox answered.
func (m *Metrics) Progress(at time.Time) {
	m.progress.Set(float64(at.UnixMilli()) / 1000)
}

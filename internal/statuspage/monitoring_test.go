package statuspage

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/sop"
)

// exposed are the metrics that the daemon shows once each has been used, as a scrape names them, with the labels of each.
func exposed(t *testing.T) map[string][]string {
	t.Helper()
	m := NewMetrics("1")
	m.Message("obeyed")
	m.Letter(sop.LetterKinds[0], "accepted", time.Second)
	m.Task("seal", "done")
	m.Deviation("waktu")
	m.Cases(nil)
	m.Outbox("waiting", 1)
	m.Waiting(1)
	m.Commit(time.Second, 1)
	m.Read(time.Second)
	m.Progress(time.Now())
	m.Faults(map[string]string{"smtp": "x"})
	families, err := m.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{}
	for _, f := range families {
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		names[f.GetName()] = labels
		if f.GetMetric()[0].GetHistogram() != nil {
			for _, end := range []string{"_bucket", "_sum", "_count"} {
				names[f.GetName()+end] = append(labels, "le")
			}
		}
	}
	return names
}

var (
	metricUse = regexp.MustCompile(`\b(ukpbjd_[a-z_]+)(?:\{([a-z]+)=)?`)
	groupUse  = regexp.MustCompile(`by \(([a-z]+)\) \([a-z_]+\((ukpbjd_[a-z_]+)`)
)

// TestAlertsAndDashboard: every metric, and every label, that the alert rules and the dashboard name exists in what the daemon exposes.
func TestAlertsAndDashboard(t *testing.T) {
	names := exposed(t)
	strange := func(text string) (out []string) {
		for _, m := range metricUse.FindAllStringSubmatch(text, -1) {
			if labels, ok := names[m[1]]; !ok || m[2] != "" && !slices.Contains(labels, m[2]) {
				out = append(out, m[0])
			}
		}
		for _, m := range groupUse.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(names[m[2]], m[1]) {
				out = append(out, m[0])
			}
		}
		return out
	}
	if got := strange(`sum by (kind) (increase(ukpbjd_messages_total[1h])) + ukpbjd_lettres_total + ukpbjd_fault{state="x"}`); len(got) != 3 { // control
		t.Errorf("a wrong name passes: %q", got)
	}
	m := NewMetrics("1")
	m.Faults(map[string]string{"smtp": "away"})
	m.Faults(nil)
	if body := get(t, handler(t, office(1), func(o *Options) { o.Metrics = m.Gatherer() }), "/metrics").Body.String(); strings.Contains(body, "ukpbjd_fault{") {
		t.Error("a fault that is over is still served")
	}
	for _, file := range []string{"prometheus-rules.yaml", "grafana-dashboard.json"} {
		raw, err := os.ReadFile("../../deploy/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if got := strange(string(raw)); len(got) > 0 || strings.Count(string(raw), "ukpbjd_") < 8 {
			t.Errorf("%s names what is not there: %q", file, got)
		}
		var dashboard struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		if strings.HasSuffix(file, ".json") {
			if err := json.Unmarshal(raw, &dashboard); err != nil || len(dashboard.Panels) == 0 {
				t.Error(err)
			}
			for _, p := range dashboard.Panels {
				if len(p.Targets) == 0 || p.Targets[0].Expr == "" {
					t.Errorf("%s shows nothing", p.Title)
				}
			}
		}
	}
	if promtool, err := exec.LookPath("promtool"); err == nil {
		if out, err := exec.Command(promtool, "check", "rules", "../../deploy/prometheus-rules.yaml").CombinedOutput(); err != nil {
			t.Errorf("%s", out)
		}
	} else {
		t.Log("promtool is not installed: only names are held against what is exposed")
	}
}

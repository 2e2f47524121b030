package daemon

import (
	"context"
	"sync"
	"time"

	"ukpbjd/internal/statuspage"
)

// chartsKeep is how long drawn charts are shown: counting a year of cases for every look would be waste.
const chartsKeep = 5 * time.Minute

// monthCharts draws the charts of the monthly report for the present month.
type monthCharts struct {
	d     *Daemon
	mu    sync.Mutex
	drawn time.Time
	list  []statuspage.Picture
}

func (m *monthCharts) charts(ctx context.Context) ([]statuspage.Picture, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.drawn) < chartsKeep {
		return m.list, nil
	}
	month, err := m.d.Timer.Month(ctx, m.d.Office.Now())
	if err != nil {
		return nil, err
	}
	pictures, err := month.Charts()
	if err != nil {
		return nil, err
	}
	m.list = nil
	for _, p := range pictures {
		m.list = append(m.list, statuspage.Picture{Name: p.Name, Alt: p.Alt, PNG: p.PNG})
	}
	m.drawn = time.Now()
	return m.list, nil
}

package bench

import (
	"fmt"
	"io"
)

// The floors do what cannot be left out: fetch, parse, read the same papers with the same readers, one durable put, one letter.
const (
	Sequential = "sequential" // enmime, one fsync each, one connection, one thing after another
	Pipelined  = "pipelined"  // fetch ahead, the standard library's parser, two readers, puts that share an fsync, four connections
)

// Aims of issue and README.
const (
	aimSequential = 3.0
	aimPipelined  = 0.7
	aimSingle     = 1.3
	aimScale      = 1.2
)

// Scale is the cost of a mail with so many cases in the store.
type Scale struct {
	Cases        int
	File         int64   // bytes of the store
	CPU, Seconds float64 // of a mail
	Memory       int64   // private bytes, at most
}

// besideFloors holds the daemon's figures against those of the floors.
func (r *Report) besideFloors() {
	work, single := map[string]Work{}, map[string]Delay{}
	for _, w := range r.Backlog {
		work[w.Who] = w
	}
	for _, d := range r.Single {
		single[d.Who] = d
	}
	for _, x := range []struct {
		kind  string
		least float64
	}{{Sequential, aimSequential}, {Pipelined, aimPipelined}} {
		if f := work[x.kind]; f.PerSecond > 0 {
			r.aim("first letters a second, over the "+x.kind+" floor's", work["daemon"].PerSecond/f.PerSecond, x.least, false)
		}
		if f := single[x.kind]; f.P50 > 0 {
			r.aim("single mail p50, over the "+x.kind+" floor's", single["daemon"].P50/f.P50, aimSingle, true)
		}
	}
}

// besideStored tells what many stored cases cost, and holds it against what few do.
func (r *Report) besideStored(few, many Scale, out io.Writer) {
	for _, s := range []Scale{few, many} {
		fmt.Fprintf(out, "%d stored cases (%.0f MiB): %.1f ms CPU and %.1f ms a mail, at most %.1f MiB of private memory\n", s.Cases, mib(s.File), 1000*s.CPU, 1000*s.Seconds, mib(s.Memory))
	}
	r.aim(fmt.Sprintf("CPU of a mail at %d stored cases, over that at %d", many.Cases, few.Cases), many.CPU/few.CPU, aimScale, true)
}

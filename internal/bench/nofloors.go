//go:build !bench

package bench

import "context"

// WithFloors says that this build has no floors.
const WithFloors = false

// Floors has nothing to choose without them.
type Floors struct{}

func (o Options) given() (p place, ok bool, err error) { return p, false, nil }

func (p *place) settled(context.Context, int) error { return nil }

func (o Options) waitingByFloors(context.Context, place, *Report) error { return nil }

func (o Options) singleByFloors(context.Context, *load, *Report) error { return nil }

func (o Options) filledStore(context.Context, *Report) error { return nil }

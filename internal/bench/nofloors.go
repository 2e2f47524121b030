//go:build !bench

package bench

import (
	"context"
	"errors"
	"io"
)

// WithFloors says that this build has no floors.
const WithFloors = false

// Floor is the process of one floor, where there are any.
func Floor(context.Context, io.Reader, io.Writer) error {
	return errors.New("this build has no floors")
}

func (o Options) waitingByFloors(context.Context, place, *Report) error { return nil }

func (o Options) singleByFloors(context.Context, *load, *Report) error { return nil }

func (o Options) filledStore(context.Context, *Report) error { return nil }

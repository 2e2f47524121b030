package stage_test

import (
	"bytes"
	"context"

	"ukpbjd/internal/cli"
	"ukpbjd/internal/stage"
)

// the shell cannot be imported from inside the room that it plays on
var _ = stage.OperateWith(func(ctx context.Context, args []string, stdout, stderr *bytes.Buffer) int {
	return cli.Main(ctx, args, stdout, stderr)
})

package stage_test

import (
	"bytes"
	"context"

	"ukpbjd/internal/cli"
	"ukpbjd/internal/stage"
)

func init() {
	stage.Operate = func(ctx context.Context, args []string, stdout, stderr *bytes.Buffer) int {
		return cli.Main(ctx, args, stdout, stderr)
	}
}

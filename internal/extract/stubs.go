package extract

import (
	"context"
)

func (r *Reader) scan(ctx context.Context, data []byte) string       { return "" }
func (u *unpacking) openMail(ctx context.Context, l leaf, depth int) { u.leaves = append(u.leaves, l) }

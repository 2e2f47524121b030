package extract

import (
	"context"

	"ukpbjd/internal/document"
)

func unsupported(_ *Reader, _ context.Context, src *document.Source, _ []byte, _ *budget) {
	src.Unreadable = document.ReasonUnsupported
}

var readImage = unsupported

func (r *Reader) readScans(ctx context.Context, src *document.Source, data []byte, b *budget) {}
func (r *Reader) scan(ctx context.Context, data []byte) string                                { return "" }
func (u *unpacking) openMail(ctx context.Context, l leaf, depth int)                          { u.leaves = append(u.leaves, l) }

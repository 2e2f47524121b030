package tasks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ukpbjd/internal/document"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/sop"
)

// pictures are the rows that were read by machine, cut out of their scans, for the approver, or the requester, to compare. Without one the
// letter still says which rows a machine has read.
func (w *Worker) pictures(ctx context.Context, cs sop.Case) []sop.File {
	if !slices.ContainsFunc(cs.Reading.Papers, func(p document.Paper) bool { return p.MachineRead }) {
		return nil
	}
	files, err := w.Papers(ctx, cs.Number)
	if err != nil {
		w.Log.Warn("load papers for their pictures", "case", cs.Number, "error", err)
		return nil
	}
	found := w.Extract.RowPictures(ctx, files, cs.Reading)
	var out []sop.File
	for i := range cs.Reading.Roster {
		if b := found[i]; b != nil {
			out = append(out, sop.File{Name: letter.PictureName(i + 1), MediaType: "image/png", Bytes: b,
				ContentID: strings.ToLower(fmt.Sprintf("baris-%d.%d.%s@%s", i+1, cs.Revision, cs.Number, w.Domain))})
		}
	}
	return out
}

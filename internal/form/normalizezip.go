package form

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
)

// steady puts the parts of a workbook, and the list of their types, into one order; excelize writes them as its maps give them.
func steady(raw []byte) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	out.Grow(len(raw) + 1024)
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		if f.Name == "[Content_Types].xml" {
			err = steadyTypes(w, f)
		} else {
			err = w.Copy(f)
		}
		if err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return out.Bytes(), err
}

func steadyTypes(w *zip.Writer, f *zip.File) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // read only
	raw, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err != nil {
		return err
	}
	for _, end := range []string{"</Default>", "</Override>"} {
		start, last := bytes.Index(raw, []byte("<"+end[2:len(end)-1])), bytes.LastIndex(raw, []byte(end))
		if start < 0 || last < start {
			continue
		}
		list := strings.SplitAfter(string(raw[start:last+len(end)]), end)
		slices.Sort(list)
		raw = slices.Concat(raw[:start], []byte(strings.Join(list, "")), raw[last+len(end):])
	}
	out, err := w.Create(f.Name)
	if err != nil {
		return err
	}
	_, err = out.Write(raw)
	return err
}

package form

import (
	"cmp"
	"slices"
	"strings"

	"ukpbjd/internal/ooxml"
)

// normalizeZip puts the parts of a workbook, and the list of their types, into one order; excelize writes them as its maps
// have them.
func normalizeZip(raw []byte) ([]byte, error) {
	p, err := ooxml.Open(raw, ooxml.Limits{})
	if err != nil {
		return nil, err
	}
	var parts [][2]string
	for _, x := range p.Parts() {
		content, err := x.Read()
		if err != nil {
			return nil, err
		}
		if x.Name == "[Content_Types].xml" {
			content = []byte(normalizeTypes(string(content)))
		}
		parts = append(parts, [2]string{x.Name, string(content)})
	}
	slices.SortFunc(parts, func(a, b [2]string) int { return cmp.Compare(a[0], b[0]) })
	return ooxml.Pack(parts)
}

func normalizeTypes(raw string) string {
	for _, end := range []string{"</Default>", "</Override>"} {
		start, last := strings.Index(raw, "<"+end[2:len(end)-1]), strings.LastIndex(raw, end)
		if start < 0 || last < start {
			continue
		}
		list := strings.SplitAfter(raw[start:last+len(end)], end)
		slices.Sort(list)
		raw = raw[:start] + strings.Join(list, "") + raw[last+len(end):]
	}
	return raw
}

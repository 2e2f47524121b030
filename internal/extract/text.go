package extract

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"ukpbjd/internal/document"
)

// readText reads plain text, and CSV where lines share a separator.
func readText(r *Reader, ctx context.Context, src *document.Source, data []byte, _ *budget) error {
	text, err := decodeText(data)
	if err != nil {
		return err
	}
	if sep := separator(text); sep != 0 {
		rows, err := readCSV(ctx, text, sep)
		src.Pages = []document.Page{{Number: 1, Tables: []document.Table{{Rows: rows}}}}
		return err
	}
	f := newDocBuilder()
	for l := range strings.SplitSeq(text, "\n") {
		f.line(unquoted(l))
	}
	return f.finishInto(src)
}

// unquoted takes off the quotes in which a spreadsheet wraps a sentence that it saves as CSV.
func unquoted(l string) string {
	if t := strings.TrimSpace(l); len(t) > 2 && t[0] == '"' && t[len(t)-1] == '"' && strings.Count(t, `"`) == 2 {
		return t[1 : len(t)-1]
	}
	return l
}

// decodeText knows UTF-8, UTF-16 with or without mark, and else Windows-1252, which Excel writes in Indonesia.
func decodeText(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		data = data[3:]
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}), bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		return normal(out), err
	}
	if utf8.Valid(data) {
		return normal(data), nil
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(data)
	return normal(out), err
}

func normal(b []byte) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(b))
}

// separator is the one that cuts the most lines into the same number of fields, at least three of them or two again and again; 0
// means prose.
func separator(text string) rune {
	best, bestLines := rune(0), 1
	lines := records(text)
	for _, sep := range []rune{';', '\t', '|', ','} {
		count := map[int]int{}
		for _, l := range lines {
			n := countOutside(l, sep)
			if pair := n == 1 && (sep == ';' || sep == '\t') && !strings.HasSuffix(l, string(sep)) && !strings.Contains(l, string(sep)+" "); n >= 2 || pair {
				count[n]++
			}
		}
		for fields, n := range count {
			if n > bestLines && (fields > 1 || n > 5) { // two columns only where many lines have them
				best, bestLines = sep, n
			}
		}
	}
	return best
}

// records are the first lines, joined where a quoted field goes on over several.
func records(text string) []string {
	var out []string
	for _, l := range strings.SplitN(text, "\n", 400) {
		if n := len(out); n > 0 && strings.Count(out[n-1], `"`)%2 == 1 && len(out[n-1]) < 4096 {
			out[n-1] += " " + l
			continue
		}
		out = append(out, l)
	}
	return out
}

// countOutside counts sep outside double quotes.
func countOutside(line string, sep rune) int {
	n, quoted := 0, false
	for i, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case c == sep && !quoted:
			n++
			if sep == ',' && strings.HasPrefix(line[i+1:], " ") {
				return 0 // prose: names with their titles
			}
		}
	}
	return n
}

func readCSV(ctx context.Context, text string, sep rune) ([][]document.Cell, error) {
	text = strings.TrimPrefix(text, "sep="+string(sep)+"\n") // Excel's own first line
	rd := csv.NewReader(strings.NewReader(text))
	rd.Comma, rd.FieldsPerRecord, rd.LazyQuotes, rd.ReuseRecord = sep, -1, true, true
	var out [][]document.Cell
	line, cells := 1, maxCells
	for {
		rec, err := rd.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		at, _ := rd.FieldPos(0)
		for ; line < at && len(out) > 0; line++ { // encoding/csv swallows blank lines, and a blank line ends a table
			out = append(out, nil)
		}
		line, _ = rd.FieldPos(len(rec) - 1)
		line += 1 + strings.Count(rec[len(rec)-1], "\n")
		if cells -= len(rec); cells < 0 || ctx.Err() != nil {
			return nil, errTooLarge
		}
		row := make([]document.Cell, len(rec))
		for i, f := range rec {
			row[i] = document.Cell{Text: squeezeLines(unquoteFormula(f))}
		}
		out = append(out, row)
	}
}

// unquoteFormula undoes ="1985…" by which people keep Excel from rounding.
func unquoteFormula(f string) string {
	f = strings.TrimSpace(f)
	if strings.HasPrefix(f, `="`) && strings.HasSuffix(f, `"`) && len(f) > 3 {
		return f[2 : len(f)-1]
	}
	return f
}

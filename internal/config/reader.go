package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"ukpbjd/internal/document"
)

// Bounds of a file before it is parsed: the parser calls itself for every level of nesting, and its time grows with the
// square of the number of keys (8,000 take a second). A calendar of ten years has 500 lines.
const (
	maxFile  = 64 << 10
	maxLines = 2000
	maxLine  = 4 << 10
	maxDepth = 50
	maxWrong = 100 // faults told of one file
)

// reader walks one YAML file and gathers every fault.
type reader struct {
	dir, file string
	lines     map[string]int // of each key path
	faults    Faults
	warnings  []string
}

func newReader(path string) *reader {
	return &reader{dir: filepath.Dir(path), file: filepath.Base(path), lines: map[string]int{}}
}

// fault notes what is wrong at a key path; the line is that of the key, or of the nearest group around it.
func (r *reader) fault(path, remedy, format string, args ...any) {
	r.faultAt(r.lineOf(path), path, remedy, format, args...)
}

func (r *reader) faultAt(line int, path, remedy, format string, args ...any) {
	if len(r.faults) < maxWrong {
		r.faults = append(r.faults, Fault{r.file, line, path, fmt.Sprintf(format, args...), remedy})
	}
}

func (r *reader) warn(path, format string, args ...any) {
	at := r.file
	if n := r.lineOf(path); n > 0 {
		at = fmt.Sprintf("%s:%d", at, n)
	}
	r.warnings = append(r.warnings, fmt.Sprintf("%s: %s: ", at, path)+fmt.Sprintf(format, args...))
}

func (r *reader) lineOf(path string) int {
	for path != "" {
		if n, ok := r.lines[path]; ok {
			return n
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return 0
}

// wrong says that a path or an element of it has a fault already, so that no rule complains of it a second time.
func (r *reader) wrong(path string) bool {
	for _, f := range r.faults {
		if f.Key == path || strings.HasPrefix(f.Key, path+"[") {
			return true
		}
	}
	return false
}

// open reads the file, bounded.
func (r *reader) open(path, remedy string) ([]byte, bool) {
	raw, _, err := ReadBounded(path, maxFile)
	if err != nil {
		r.fault("", remedy, "cannot be read: %v", cause(err))
	}
	return raw, err == nil
}

// cause is the system's reason without the path, which the fault names already.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// parse gives the root of the one document, or notes why there is none.
func (r *reader) parse(raw []byte) (root ast.Node, ok bool) {
	if reason, line := unfit(raw); reason != "" {
		r.faultAt(line, "", "see the sample configuration", "%s", reason)
		return nil, false
	}
	file, err := parseYAML(raw)
	if err != nil {
		line, text := 0, "not YAML"
		var at yaml.Error
		if errors.As(err, &at) {
			line, text = lineOf(at.GetToken()), text+": "+at.GetMessage()
		}
		r.faultAt(line, "", "check indentation, colons and quotes around this line", "%s", text)
		return nil, false
	}
	if len(file.Docs) > 1 && file.Docs[1].Body != nil {
		r.faultAt(lineOf(file.Docs[1].Body.GetToken()), "", "remove the line --- above it", "a second document begins")
		return nil, false
	}
	if len(file.Docs) == 0 {
		return nil, true
	}
	return file.Docs[0].Body, true
}

func lineOf(t *token.Token) int {
	if t == nil || t.Position == nil {
		return 0
	}
	return t.Position.Line
}

// parseYAML turns a crash of the parser into an error; what a file holds must not end the program.
func parseYAML(raw []byte) (file *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("the parser gave up")
		}
	}()
	return parser.ParseBytes(raw, 0, parser.AllowDuplicateMapKey())
}

// unfit refuses before parsing what is no text of a person.
func unfit(raw []byte) (reason string, line int) {
	if len(raw) > maxFile {
		return fmt.Sprintf("larger than %d KB", maxFile>>10), 0
	}
	depth := 0
	for l := range bytes.SplitSeq(raw, []byte("\n")) {
		if line++; line > maxLines {
			return fmt.Sprintf("more than %d lines", maxLines), line
		}
		if len(l) > maxLine {
			return fmt.Sprintf("line longer than %d bytes", maxLine), line
		}
		if i := bytes.IndexFunc(l, func(c rune) bool { return c < ' ' && c != '\t' && c != '\r' || c == 0x7f || c == '\ufffd' }); i >= 0 {
			return "not plain UTF-8 text", line
		}
		depth += bytes.Count(l, []byte("[")) + bytes.Count(l, []byte("{")) - bytes.Count(l, []byte("]")) - bytes.Count(l, []byte("}"))
		if depth > maxDepth || bytes.Count(l, []byte("[")) > maxDepth || bytes.Count(l, []byte("- ")) > maxDepth || bytes.Count(l, []byte("? ")) > maxDepth {
			return "nested too deep", line
		}
	}
	return "", 0
}

// Fault is one thing that is wrong. Line 0 is the file as a whole. Text never shows what stands in a secret's file.
type Fault struct {
	File         string // base name
	Line         int
	Key          string // imap.security, people.approvers[0].email
	Text, Remedy string
}

func (f Fault) String() string {
	s := f.File
	if f.Line > 0 {
		s += fmt.Sprintf(":%d", f.Line)
	}
	if f.Key != "" {
		s += ": " + f.Key
	}
	if s += ": " + f.Text; f.Remedy != "" {
		s += "; " + f.Remedy
	}
	return s
}

// Faults are all of them, by line.
type Faults []Fault

// Error gives one line for each.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, x := range f {
		lines[i] = x.String()
	}
	return strings.Join(lines, "\n")
}

func (f Faults) sort() {
	slices.SortStableFunc(f, func(a, b Fault) int { return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line) })
}

// nearest is the known word that was probably meant, or "".
func nearest(word string, known []string) string {
	best, least := "", len(word)/3+2
	for _, k := range known {
		d := document.Distance(word, k, least)
		if strings.HasPrefix(k, word) && len(word) > 2 || strings.HasPrefix(word, k) {
			d = 1
		}
		if d < least {
			best, least = k, d
		}
	}
	return best
}

package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// section is one group of keys. It remembers which keys were asked for; done makes a fault of every other one.
type section struct {
	r       *reader
	path    string
	entries []entry
	known   []string
	odd     bool // no group at all: that one fault is enough
}

// entry is one key with its value.
type entry struct {
	key, path string
	value     ast.Node
}

// section reads a mapping; nothing and null are an empty one.
func (r *reader) section(path string, n ast.Node) *section {
	s := &section{r: r, path: path}
	switch n := n.(type) {
	case nil, *ast.NullNode:
	case *ast.MappingNode:
		for _, v := range n.Values {
			s.add(v)
		}
	case *ast.MappingValueNode:
		s.add(n)
	default:
		r.fault(path, "write `key: value` lines below it", "a group of keys is wanted here")
		s.odd = true
	}
	return s
}

func (s *section) add(v *ast.MappingValueNode) {
	key, plain := v.Key.(*ast.StringNode)
	line := v.Key.GetToken().Position.Line
	if !plain {
		s.r.faultAt(line, s.path, "write a plain word before the colon", "a key that is no plain word")
		return
	}
	e := entry{key.Value, join(s.path, key.Value), v.Value}
	if first, twice := s.r.lines[e.path]; twice {
		s.r.faultAt(line, e.path, fmt.Sprintf("keep one of them; the other is in line %d", first), "given twice")
		return
	}
	s.r.lines[e.path] = line
	s.entries = append(s.entries, e)
}

func join(path, key string) string {
	key = strings.Map(func(c rune) rune {
		if c < ' ' {
			return '?'
		}
		return c
	}, key[:min(len(key), 60)])
	if path == "" {
		return key
	}
	return path + "." + key
}

// find gives the entry of a key; a null counts as not given.
func (s *section) find(key string) (entry, bool) {
	s.known = append(s.known, key)
	for _, e := range s.entries {
		if e.key == key {
			_, null := e.value.(*ast.NullNode)
			return e, !null && e.value != nil
		}
	}
	return entry{}, false
}

func (s *section) at(key string) string { return join(s.path, key) }

// section gives the group below a key.
func (s *section) section(key string) *section {
	e, ok := s.find(key)
	if !ok {
		return &section{r: s.r, path: s.at(key)}
	}
	return s.r.section(e.path, e.value)
}

// list gives the elements below a key.
func (s *section) list(key string) []entry {
	e, ok := s.find(key)
	if !ok {
		return nil
	}
	seq, ok := e.value.(*ast.SequenceNode)
	if !ok {
		s.r.fault(e.path, "write it in brackets, [a, b], or one `- ` line each", "a list is wanted here")
		return nil
	}
	all := make([]entry, 0, len(seq.Values))
	for i, v := range seq.Values {
		path := fmt.Sprintf("%s[%d]", e.path, i)
		if v != nil && v.GetToken() != nil {
			s.r.lines[path] = v.GetToken().Position.Line
			if m, ok := v.(*ast.MappingNode); ok && len(m.Values) > 0 {
				s.r.lines[path] = m.Values[0].Key.GetToken().Position.Line
			}
		}
		all = append(all, entry{key, path, v})
	}
	return all
}

// few gives the first elements below a key; more of them are a fault.
func (s *section) few(key string, most int) []entry {
	all := s.list(key)
	if len(all) > most {
		s.r.fault(s.at(key), "", "more than %d", most)
	}
	return all[:min(len(all), most)]
}

// scalar gives a plain value as it is written; `nip: 1986…` stays digits.
func (r *reader) scalar(e entry) (string, bool) {
	switch n := e.value.(type) {
	case *ast.StringNode:
		return strings.TrimSpace(n.Value), true
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		r.fault(e.path, "write the value itself", "anchors, aliases and tags are not read")
	default:
		r.fault(e.path, "write one value", "one value is wanted here")
	}
	return "", false
}

// text reads one plain value.
func (s *section) text(key string, into *string) { parsed(s, key, into, "", plain) }

func plain(t string) (string, error) { return t, nil }

// parsed reads one value by the given rule.
func parsed[T any](s *section, key string, into *T, remedy string, rule func(string) (T, error)) {
	if e, ok := s.find(key); ok {
		if v, ok := take(s.r, e, remedy, rule); ok {
			*into = v
		}
	}
}

// listed reads a list of values by the given rule; those that it refuses are left out.
func listed[T any](s *section, key, remedy string, rule func(string) (T, error)) (all []T) {
	for _, e := range s.list(key) {
		if v, ok := take(s.r, e, remedy, rule); ok {
			all = append(all, v)
		}
	}
	return all
}

// take reads a value by the given rule. What the rule refuses becomes a fault with the remedy.
func take[T any](r *reader, e entry, remedy string, rule func(string) (T, error)) (v T, ok bool) {
	t, ok := r.scalar(e)
	if !ok {
		return v, false
	}
	v, err := rule(t)
	if err != nil {
		r.fault(e.path, remedy, "%v", err)
	}
	return v, err == nil
}

// need makes a fault of a value that is not given, unless it has one already.
func (s *section) need(key string, given bool, remedy string) {
	if !given && !s.odd && !s.r.wrong(s.at(key)) {
		s.r.fault(s.at(key), remedy, "is needed")
	}
}

// done makes a fault of every key that nobody asked for.
func (s *section) done() {
	for _, e := range s.entries {
		if slices.Contains(s.known, e.key) {
			continue
		}
		remedy := "known here: " + strings.Join(s.known, ", ")
		if k := nearest(e.key, s.known); k != "" {
			remedy = "did you mean " + k + "?"
		}
		s.r.fault(e.path, remedy, "unknown key")
	}
}

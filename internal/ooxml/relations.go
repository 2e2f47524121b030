package ooxml

import (
	"encoding/xml"
	"path"
	"strings"
)

// Kind is what a package is.
type Kind string

// Kinds of packages; anything else is no document that is read here.
const (
	Word     Kind = "word"
	Workbook Kind = "workbook"
	Other    Kind = ""
)

// Relation points from one part to another.
type Relation struct {
	Type   string // its last segment: "officeDocument", "worksheet", "sharedStrings" …
	Target string // name of a part; empty when it lies outside
}

// maxRelations bounds the relations of one part.
const maxRelations = 10_000

// Relations are those of a part, by id; "" is the package itself. A part without any has an empty map.
func (p *Package) Relations(part string) (map[string]Relation, error) {
	dir, base := path.Split(part)
	name := dir + "_rels/" + base + ".rels"
	out := map[string]Relation{}
	if !p.Has(name) {
		return out, nil
	}
	r, err := p.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var list struct {
		Relations []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
			Mode   string `xml:"TargetMode,attr"`
		} `xml:"Relationship"`
	}
	if err := xml.NewDecoder(r).Decode(&list); err != nil {
		return nil, err
	}
	if len(list.Relations) > maxRelations {
		return nil, ErrTooLarge
	}
	for _, x := range list.Relations {
		rel := Relation{Type: path.Base(x.Type)}
		if !strings.EqualFold(x.Mode, "External") {
			rel.Target = resolve(dir, x.Target)
		}
		out[x.ID] = rel
	}
	return out, nil
}

// resolve finds the part that a relation of a part in dir names.
func resolve(dir, target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if !strings.HasPrefix(target, "/") {
		target = "/" + dir + target
	}
	return strings.TrimPrefix(path.Clean(target), "/")
}

// Related is the first part, by name, that a part points to by that type of relation; empty when there is none.
func (p *Package) Related(part, kind string) (string, error) {
	all, err := p.Relations(part)
	found := ""
	for _, r := range all {
		if r.Type == kind && p.Has(r.Target) && (found == "" || r.Target < found) {
			found = r.Target
		}
	}
	return found, err
}

// Main is the part with which reading begins, and what it is: the one that the package's own relations name, or, where these
// are damaged, the usual one.
func (p *Package) Main() (string, Kind) {
	name, err := p.Related("", "officeDocument")
	if err == nil && name != "" {
		return name, p.kindOf(name)
	}
	for _, usual := range []string{"word/document.xml", "xl/workbook.xml", "xl/workbook.bin"} {
		if p.Has(usual) {
			return usual, p.kindOf(usual)
		}
	}
	return "", Other
}

// kindOf goes by the folder, and else by the element with which the part begins.
func (p *Package) kindOf(name string) Kind {
	switch dir, _, _ := strings.Cut(strings.ToLower(name), "/"); dir {
	case "word":
		return Word
	case "xl":
		return Workbook
	}
	r, err := p.Open(name)
	if err != nil {
		return Other
	}
	defer r.Close()
	for d := xml.NewDecoder(r); ; {
		t, err := d.RawToken()
		if err != nil {
			return Other
		}
		if s, ok := t.(xml.StartElement); ok {
			return map[string]Kind{"document": Word, "workbook": Workbook}[s.Name.Local]
		}
	}
}

package msgauth

// authres is one Authentication-Results field, parsed by the grammar of RFC 8601 §2.2.
type authres struct {
	id, version string
	results     []result
}

// result is one resinfo: what one method found.
type result struct {
	method, value string // in lower case
	props         []prop
}

// prop is one propspec; key is "ptype.property" in lower case, or the bare name where a server left the ptype out.
type prop struct{ key, value string }

// get gives the property's value, and whether it stands there more than once with values that differ.
func (r result) get(key string) (value string, found, contradicts bool) {
	for _, p := range r.props {
		if p.key != key {
			continue
		}
		if found && p.value != value {
			return value, true, true
		}
		value, found = p.value, true
	}
	return value, found, false
}

// authservID reads only that and leaves the scanner behind it. Exchange Online writes none and begins with a method; its
// equals sign shows it.
func (p *scanner) authservID() (id string, err error) {
	p.space()
	if p.peek() == '"' {
		id = p.quoted()
	} else {
		id = p.run(func(c byte) bool { return loose(c) && c != '=' })
	}
	p.parted()
	return id, p.err
}

// parted wants the end, or what parts a value from the next.
func (p *scanner) parted() {
	if c := p.peek(); c != 0 && c != ';' && c != ' ' && c != '\t' && c != '(' {
		p.fail(errExpected)
	}
}

// rest reads what follows the authserv-id: the version and the results.
func (p *scanner) rest(a *authres) error {
	p.space()
	a.version = p.run(digit)
	p.space()
	for props := 0; !p.end(); {
		p.want(';')
		r := p.result()
		if props += len(r.props); props > maxProps || len(a.results) >= maxResults {
			p.fail(errTooLong)
		}
		if r.method != "" {
			a.results = append(a.results, r)
		}
	}
	return p.err
}

// result reads one resinfo up to the next semicolon; no-result and an empty one (a stray semicolon) have no method.
func (p *scanner) result() (r result) {
	p.space()
	if p.end() || p.peek() == ';' {
		return r
	}
	method := p.name() // Amazon and older filters put properties after semicolons: method.like=value@anything
	if method == "none" && (p.end() || p.peek() == ';') {
		return r
	}
	version := ""
	if p.take('/') {
		p.space()
		version = p.word(digit)
	}
	r.method, r.value = method, lower(p.assigned())
	if version != "" && version != "1" { // a version we do not know says nothing we understand
		r.value += "/" + version
	}
	p.properties(&r)
	return r
}

// properties reads reasonspec, which nobody asks for, and propspecs.
func (p *scanner) properties(r *result) {
	for !p.end() && p.peek() != ';' {
		if len(r.props) > maxProps {
			p.fail(errTooLong)
		}
		if key, value := p.name(), p.assigned(); key != "reason" {
			r.props = append(r.props, prop{key, value})
		}
	}
}

// name reads a method, ptype "." property, or a bare name as Exchange writes it (action=none).
func (p *scanner) name() string {
	key := p.word(keyword)
	for p.take('.') {
		p.space()
		key += "." + p.word(keyword)
	}
	return lower(key)
}

// assigned reads "=" and a value, with CFWS around both.
func (p *scanner) assigned() string {
	p.space()
	p.want('=')
	p.space()
	v := p.value()
	p.space()
	return v
}

// word reads one that is not empty, and the CFWS after it.
func (p *scanner) word(ok func(byte) bool) string {
	w := p.run(ok)
	if w == "" {
		p.fail(errExpected)
	}
	p.space()
	return w
}

// value reads a pvalue: a run, a quoted string, or a quoted local part with its domain; that one keeps its quotes, so that
// it never equals a plain address.
func (p *scanner) value() (v string) {
	start := p.i
	if p.peek() != '"' {
		v = p.run(loose)
	} else if v = p.quoted(); p.peek() == '@' {
		p.run(loose)
		v = p.s[start:p.i]
	}
	p.parted()
	return v
}

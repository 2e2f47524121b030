package msgauth

// authres is one Authentication-Results field, parsed by the grammar of RFC 8601 §2.2.
type authres struct {
	id, version string
	results     []result
}

// result is one resinfo: what one method found.
type result struct {
	method, value, reason string // method and value in lower case
	props                 []prop
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
	if err := p.space(); err != nil {
		return "", err
	}
	if p.peek() == '"' {
		id, err = p.quoted()
	} else {
		id = p.run(func(c byte) bool { return loose(c) && c != '=' })
	}
	if err != nil {
		return "", err
	}
	return id, p.stops()
}

// rest reads what follows the authserv-id: the version and the results.
func (p *scanner) rest(a *authres) error {
	if err := p.space(); err != nil {
		return err
	}
	a.version = p.run(digit)
	if err := p.space(); err != nil {
		return err
	}
	for props := 0; !p.end(); {
		if !p.take(';') {
			return errExpected
		}
		r, err := p.result()
		if err != nil {
			return err
		}
		if props += len(r.props); props > maxProps || len(a.results) >= maxResults {
			return errTooLong
		}
		if r.method != "" {
			a.results = append(a.results, r)
		}
	}
	return nil
}

// result reads one resinfo up to the next semicolon; no-result and an empty one (a stray semicolon) have no method.
func (p *scanner) result() (result, error) {
	var r result
	if err := p.space(); err != nil {
		return r, err
	}
	if p.end() || p.peek() == ';' {
		return r, nil
	}
	method, err := p.name() // Amazon and older filters put properties after semicolons: method.like=value@anything
	if err != nil {
		return r, err
	}
	if method == "none" && (p.end() || p.peek() == ';') {
		return r, nil
	}
	version, err := p.methodVersion()
	if err != nil {
		return r, err
	}
	value, err := p.assigned()
	if err != nil {
		return r, err
	}
	r.method, r.value = method, lower(value)
	if version != "" && version != "1" { // a version we do not know says nothing we understand
		r.value += "/" + version
	}
	return r, p.properties(&r)
}

func (p *scanner) methodVersion() (string, error) {
	if !p.take('/') {
		return "", nil
	}
	if err := p.space(); err != nil {
		return "", err
	}
	v := p.run(digit)
	if v == "" {
		return "", errExpected
	}
	return v, p.space()
}

// properties reads reasonspec and propspecs.
func (p *scanner) properties(r *result) error {
	for !p.end() && p.peek() != ';' {
		if len(r.props) > maxProps {
			return errTooLong
		}
		key, err := p.name()
		if err != nil {
			return err
		}
		value, err := p.assigned()
		if err != nil {
			return err
		}
		if key == "reason" {
			r.reason = value
			continue
		}
		r.props = append(r.props, prop{key, value})
	}
	return nil
}

// name reads a method, ptype "." property, or a bare name as Exchange writes it (action=none).
func (p *scanner) name() (string, error) {
	key, err := p.word()
	if err != nil {
		return "", err
	}
	for p.take('.') {
		if err := p.space(); err != nil {
			return "", err
		}
		more, err := p.word()
		if err != nil {
			return "", err
		}
		key += "." + more
	}
	return lower(key), nil
}

// assigned reads "=" and a value, with CFWS around both.
func (p *scanner) assigned() (v string, err error) {
	if err := p.space(); err != nil {
		return "", err
	}
	if !p.take('=') {
		return "", errExpected
	}
	if err := p.space(); err != nil {
		return "", err
	}
	if v, err = p.value(); err != nil {
		return "", err
	}
	return v, p.space()
}

// word reads one keyword and the CFWS after it.
func (p *scanner) word() (string, error) {
	w := p.run(keyword)
	if w == "" {
		return "", errExpected
	}
	return w, p.space()
}

// value reads a pvalue: a run, a quoted string, or a quoted local part with its domain; that one keeps its quotes, so that
// it never equals a plain address.
func (p *scanner) value() (string, error) {
	if p.peek() != '"' {
		v := p.run(loose)
		if c := p.peek(); c == '"' || c == '\\' || c == ')' {
			return "", errExpected
		}
		return v, nil
	}
	start := p.i
	v, err := p.quoted()
	if err != nil {
		return "", err
	}
	if p.peek() == '@' {
		p.run(loose)
		v = p.s[start:p.i]
	}
	return v, p.stops()
}

// stops wants the end of what was read: white space, a comment, a semicolon or the end.
func (p *scanner) stops() error {
	if c := p.peek(); c != 0 && c != ';' && c != ' ' && c != '\t' && c != '(' {
		return errExpected
	}
	return nil
}

package message

import (
	"context"
	"slices"
	"strings"

	"ukpbjd/internal/htmltext"
)

// htmlText turns the HTML part into text as a reader sees it. What a client marks as quoted becomes lines with ">", so that
// the same rules find the sender's own words. It is no browser: unknown and broken tags are passed over, the first limit
// bytes are read.
func htmlText(source string, limit int) string {
	if len(source) > limit {
		source = strings.ToValidUTF8(source[:limit], "")
	}
	w := &markupWriter{}
	htmltext.Read(context.Background(), strings.NewReader(source), htmltext.Events{Text: w.text, Open: w.openTag, Close: w.closeTag}) //nolint:errcheck // as far as it can be read
	return w.out.String()
}

const markupDepth = 500

type element struct {
	name           string
	quoted, hidden bool
}

type markupWriter struct {
	out            strings.Builder
	open           []element
	quoted, hidden int
	midline, space bool
}

func (w *markupWriter) openTag(name string, attr []htmltext.Attr) {
	switch name {
	case "br":
		w.newline()
		return
	case "hr":
		w.newline()
		w.write("________")
		w.newline()
		return
	case "img", "meta", "link", "input", "wbr", "col", "base":
		return
	case "td", "th":
		w.space = true
	}
	if blockTag(name) {
		w.blockBreak(name)
	}
	attrs := written(attr)
	e := element{name: name, quoted: quotedElement(name, attrs), hidden: hiddenElement(attrs)}
	if len(w.open) < markupDepth {
		w.open = append(w.open, e)
		w.count(e, 1)
	}
}

// closeTag closes the nearest element of that name and whatever was left open inside it.
func (w *markupWriter) closeTag(name string) {
	for i := len(w.open) - 1; i >= 0; i-- {
		if w.open[i].name != name {
			continue
		}
		if blockTag(name) {
			w.blockBreak(name)
		}
		for _, e := range w.open[i:] {
			w.count(e, -1)
		}
		w.open = w.open[:i]
		return
	}
}

func (w *markupWriter) count(e element, by int) {
	if e.quoted {
		w.newline()
		w.quoted += by
	}
	if e.hidden {
		w.hidden += by
	}
}

func blockTag(name string) bool {
	switch name {
	case "p", "div", "li", "ul", "ol", "tr", "table", "tbody", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article",
		"header", "footer", "center", "dl", "dt", "dd", "address", "form", "fieldset", "body", "html":
		return true
	}
	return false
}

// written is what stands in a tag, in lower case.
func written(attr []htmltext.Attr) string {
	var b strings.Builder
	for _, a := range attr {
		b.WriteString(" " + a.Key + `="` + a.Val + `"`)
	}
	return strings.ToLower(b.String())
}

// quotedElement knows what clients wrap around a quoted mail: Gmail, Apple Mail and Thunderbird, Yahoo, Outlook, Zimbra, Proton.
func quotedElement(name, attrs string) bool {
	if name == "blockquote" {
		return true
	}
	return containsAny(attrs, "gmail_quote", "gmail_attr", "gmail_extra", "moz-cite-prefix", "yahoo_quoted", "divrplyfwdmsg", "appendonsend",
		"outlookmessageheader", "protonmail_quote", "zmail_extra", "zimbra_quote", "mail-quote", "olk_src_body_section", "mail_quote", "mailcontainer_quoted",
		"replybody", "ms-outlook-mobile-reference-message", "type=\"cite\"")
}

func hiddenElement(attrs string) bool {
	return strings.Contains(attrs, "style") && containsAny(strings.ReplaceAll(attrs, " ", ""),
		"display:none", "visibility:hidden", "mso-hide:all", "font-size:0px", "font-size:0;", "font-size:0\"")
}

func containsAny(s string, marks ...string) bool {
	return slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(s, mark) })
}

func (w *markupWriter) text(s string) {
	if w.hidden > 0 || s == "" {
		return
	}
	for _, field := range strings.FieldsFunc(s, htmlSpace) {
		if i := strings.IndexFunc(s, notHTMLSpace); i > 0 {
			w.space = true
		}
		w.write(field)
		s = s[strings.Index(s, field)+len(field):]
	}
	if s != "" {
		w.space = true
	}
}

func htmlSpace(r rune) bool {
	return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' || r == 0
}
func notHTMLSpace(r rune) bool { return !htmlSpace(r) }

func (w *markupWriter) write(s string) {
	if w.hidden > 0 {
		return
	}
	if !w.midline && w.quoted > 0 {
		w.out.WriteString("> ")
	} else if w.midline && w.space {
		w.out.WriteByte(' ')
	}
	w.out.WriteString(s)
	w.midline, w.space = true, false
}

func (w *markupWriter) newline() {
	if !w.midline && w.quoted > 0 {
		w.out.WriteString(">")
	}
	w.out.WriteByte('\n')
	w.midline, w.space = false, false
}

func (w *markupWriter) blockBreak(name string) {
	if w.midline {
		w.newline()
	}
	if name == "p" && w.quoted == 0 {
		w.out.WriteByte('\n')
	}
}

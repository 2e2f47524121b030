package triage

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

var (
	anyAddress = regexp.MustCompile(`[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}`)
	numbered   = regexp.MustCompile(`(?i)\b(?:no|nomor)[. ]{1,2}(\d{1,3})\b`) // in the list of our letters
	anyNIP     = regexp.MustCompile(`\d(?:[ .]?\d){17}`)
)

// corrects: the requester's own text holds an address that nobody in the case has.
func (t Triage) corrects(msg *message.Message, c *match) bool {
	lines := spoken(msg)
	return len(swapped(lines, c.c.Members)) > 0 || slices.ContainsFunc(lines, func(l string) bool { return len(t.unknown(l, c)) > 0 })
}

func spoken(msg *message.Message) []string {
	return ownLines(cmp.Or(strings.TrimSpace(msg.Own), msg.HTMLOwn))
}

// unknown are the addresses in a line that are neither the sender's, nor the office's, nor a member's, each once.
func (t Triage) unknown(line string, c *match) (out []string) {
	known := []string{c.sender.Address, t.Office.Mailbox.Address}
	for _, m := range c.c.Members {
		known = append(known, m.Address, m.Row.Email)
	}
	for _, a := range anyAddress.FindAllString(visible(line), -1) {
		is := func(x string) bool { return strings.EqualFold(x, a) }
		if !slices.ContainsFunc(known, is) && !slices.ContainsFunc(out, is) {
			out = append(out, a)
		}
	}
	return out
}

// correction reads whose address is to be which: each stands in one line with the name, the NIP or the old address of its member. Where a
// line names nobody, the whole text, or the letter that is answered, must mean one member alone. What is not certain is asked.
func (t Triage) correction(v Verdict, m Mail, c match) Verdict {
	if v.From.Proof.Result != sop.Proven {
		return t.unproven(v, m.Proof)
	}
	rows, quote := t.corrected(m.Msg, &c)
	if quote != "" {
		return t.unclear(v, c, "mend-unclear", quote)
	}
	v.What = sop.Correction{Rows: rows}
	for _, x := range rows {
		if why := t.Office.Unmendable(&c.c, x, rows); why != "" {
			return v.refuse("correlation", why)
		}
	}
	return v.as(Obeyed, "", "correction")
}

// corrected are the rows that a text corrects, or the line that is not certain.
func (t Triage) corrected(msg *message.Message, c *match) (rows []sop.Corrected, quote string) {
	lines := spoken(msg)
	rows = swapped(lines, c.c.Members)
	for _, l := range lines {
		found := t.unknown(l, c)
		if len(found) == 0 {
			continue
		}
		whom := named(l, c.c.Members)
		if len(whom) == 0 {
			whom = named(strings.Join(lines, "\n"), c.c.Members)
		}
		if len(whom) == 0 && c.ref.NIP != "" {
			whom = []string{c.ref.NIP}
		}
		if len(whom) == 0 {
			whom = lost(c.c.Members)
		}
		if len(found) > 1 || len(whom) != 1 || slices.ContainsFunc(rows, func(x sop.Corrected) bool { return x.NIP == whom[0] && x.Address != found[0] }) {
			return nil, l
		}
		rows = append(rows, sop.Corrected{NIP: whom[0], Address: found[0]})
	}
	return slices.Compact(rows), ""
}

// faults are words by which somebody says that what we have is not right.
var faults = regexp.MustCompile(`(?i)\b(salah|keliru|seharusnya|harusnya|benar|betul|koreksi|dikoreksi|ralat|ganti|diganti|ubah|diubah|berubah|perbaikan|diperbaiki|bukan|typo)\b`)

// readdresses is a correction before the approval. What is not certain is asked of the requester, and the approver waits: nothing is released
// to an address that was called wrong.
func (t Triage) readdresses(v Verdict, m Mail, c match) (out Verdict, done bool) {
	if c.c.Status != sop.AwaitingApproval || !t.corrects(m.Msg, &c) {
		return v, false
	}
	rows, quote := t.corrected(m.Msg, &c)
	known := m.Reading == nil || !sop.Same(c.c.Reading, *m.Reading) // more papers, or a list that was understood
	switch {
	case v.From.Proof.Result != sop.Proven:
		return t.unproven(v, m.Proof), true
	case quote != "" && (known || !faults.MatchString(quote) && len(named(quote, c.c.Members)) == 0):
		return v, false
	case quote != "":
		return t.unclear(v, c, "mend-unclear", quote), true
	}
	for _, x := range rows {
		row := c.c.Member(x.NIP).Row
		row.Doubts = nil
		v.Amends = append(v.Amends, document.Amendment{Of: row, Field: "email", Value: strings.ToLower(x.Address)})
	}
	return t.supplement(v, m, c, ""), true
}

// swapped are members who are to have each other's addresses: lines with the name or the NIP of one, and the address of another, who gets
// one as well.
func swapped(lines []string, members []sop.Member) (rows []sop.Corrected) {
	owners := map[string]bool{}
	for _, l := range lines {
		found := anyAddress.FindAllString(visible(l), -1)
		whom := named(anyAddress.ReplaceAllString(visible(l), " "), members)
		if len(found) != 1 || len(whom) != 1 {
			continue
		}
		if owner := named(found[0], members); len(owner) == 1 && owner[0] != whom[0] {
			rows, owners[owner[0]] = append(rows, sop.Corrected{NIP: whom[0], Address: found[0]}), true
		}
	}
	for _, x := range rows {
		delete(owners, x.NIP)
	}
	if len(owners) > 0 {
		return nil
	}
	return rows
}

// named are the members whom a text means: by NIP, by an address of theirs, else by words of their name that no
// other member has, else by their number.
func named(text string, members []sop.Member) (nips []string) {
	text = visible(text)
	add := func(is func(m sop.Member) bool) []string {
		for _, m := range members {
			if is(m) {
				nips = append(nips, m.Row.NIP)
			}
		}
		return nips
	}
	numbers := anyNIP.FindAllString(text, -1)
	addresses := anyAddress.FindAllString(text, -1)
	if add(func(m sop.Member) bool {
		return slices.ContainsFunc(numbers, func(n string) bool { return document.Digits(n) == m.Row.NIP }) ||
			slices.ContainsFunc(addresses, func(a string) bool { return strings.EqualFold(a, m.Address) || strings.EqualFold(a, m.Row.Email) })
	}) != nil {
		return nips
	}
	of := map[string]int{}
	name := func(m sop.Member) map[string]bool {
		bare, _, _ := strings.Cut(m.Row.Nama, ",") // no titles
		return nameWords(bare)
	}
	for _, m := range members {
		for w := range name(m) {
			of[w]++
		}
	}
	said := nameWords(anyAddress.ReplaceAllString(text, " "))
	if add(func(m sop.Member) bool {
		for w := range name(m) {
			if said[w] && of[w] == 1 {
				return true
			}
		}
		return false
	}) != nil {
		return nips
	}
	for _, n := range numbered.FindAllStringSubmatch(text, -1) {
		if i, _ := strconv.Atoi(n[1]); i > 0 && i <= len(members) {
			nips = append(nips, members[i-1].Row.NIP)
		}
	}
	return nips
}

var titles = wordSet("drs dra drg drh prof apt") // that stand before a name

// nameWords are the words of a text that are long enough to tell people apart.
func nameWords(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }) {
		if len(w) > 2 && !titles[w] {
			out[w] = true
		}
	}
	return out
}

// lost is the one member whose letter did not arrive.
func lost(members []sop.Member) (nips []string) {
	for _, m := range members {
		if m.State == sop.MemberFailed || m.State == sop.MemberWrong {
			nips = append(nips, m.Row.NIP)
		}
	}
	return nips
}

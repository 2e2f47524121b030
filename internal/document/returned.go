package document

import (
	"slices"
	"strings"
)

// ReviewHead is the column of the office's remarks in a marked-up return; by it a return is known again.
const ReviewHead = "Catatan pemeriksaan"

// isReturn says that the list is our own marked-up one, sent back.
func (s *section) isReturn() bool {
	return slices.ContainsFunc(s.rows, func(r row) bool {
		return slices.ContainsFunc(r.cells, func(c Cell) bool { return oneLine(c.Text) == ReviewHead }) && headerRow(r.cells) != nil
	})
}

// keepMarks leaves the mark on what a machine has read and the requester has sent back as it was: that a value stands in a
// workbook says nothing about who looked at it. What they changed is their own word. The approver sees the mark, and the row's
// picture, which is why the row names the scan as its source.
func (m *merger) keepMarks(p *person, sk, task []person) {
	for _, x := range values {
		for i := range m.scanned {
			o := &m.scanned[i]
			if v := *x.of(o); v == "" || fold(v) != fold(*x.of(p)) {
				continue
			}
			if x.f == fieldNIP && attested(*p, sk, task) {
				continue
			}
			p.doubt(x.f)
			p.Source = o.Source
			break
		}
	}
}

// attested says that other papers leave no doubt about a NIP that a machine has read.
func attested(p person, sk, task []person) bool {
	p.Doubts, p.machine = nil, true
	nip := p.NIP
	settleNIP(&p, sk, task)
	return p.NIP == nip && len(p.Doubts) == 0
}

// machineRead are the people whom papers of earlier mails name that were read by machine.
func machineRead(all []*section) (out []person) {
	for _, s := range all {
		if s.old && s.machine() {
			out = append(out, s.people...)
		}
	}
	return out
}

func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

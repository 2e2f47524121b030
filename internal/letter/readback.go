package letter

import (
	"slices"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
)

// readBack says what of a list that was read back is still open, and, to an approver, what the requester said of it.
func (v *View) readBack(d Data) {
	v.Open = slices.ContainsFunc(d.Case.Reading.Problems, func(p document.Problem) bool {
		return p.Severity == document.Stop && p.Code != document.CodeDisagrees && p.Code != document.CodeMissingInSK && p.Code != document.CodeMissingInST
	})
	b := d.Case.ReadBack
	if v.Kind != string(sop.Persetujuan) || b == nil || b.Answered.IsZero() {
		return
	}
	at := Moment{b.Answered, d.Office.Calendar.Zone}
	v.Warnings = append(v.Warnings, "Daftar anggota dibaca ulang kepada pemohon dan dipastikan oleh "+party(b.By).By()+" pada "+at.String())
	for _, s := range b.Corrected {
		v.Warnings = append(v.Warnings, "Diperbaiki oleh pemohon pada baca ulang: "+shown(s, maxError))
	}
}

// Confirm is the link that confirms what was read back; empty where something is still open.
func (v *View) Confirm() string {
	if v.Open {
		return ""
	}
	return v.Link(string(sop.Benar))
}

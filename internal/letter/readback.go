package letter

import "ukpbjd/internal/sop"

// readBack says what of a list that was read back is still open, and, to an approver, what the requester said of it.
func (v *View) readBack(d Data) {
	v.Open = d.Case.Reading.Open()
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

package letter

import "ukpbjd/internal/sop"

// CarriedView is what an approver's reply carried, as hasil-pendaftaran prints it.
type CarriedView struct {
	Found  []Found // what the mail server and the mail itself say
	Levels []Found
	Reach  string
	Needs  string
	Enough bool
	Fault  string
}

// Found is one line: what was looked at, and what was there.
type Found struct{ What, Value string }

func carried(c sop.Carried, o sop.Office) *CarriedView {
	v := &CarriedView{Reach: levelWord(c.Reach()), Needs: levelWord(o.Level), Enough: c.Enough(o.Level), Fault: shown(c.Fault, longestName)}
	for _, x := range []Found{{"Alamat pengirim", c.From}, {"DMARC menurut server surat", c.DMARC}, {"SPF menurut server surat", c.SPF},
		{"DKIM menurut server surat", c.DKIM}, {"Nama masuk menurut server surat", c.Login}, {"Tanda tangan pada surel", c.Signature}} {
		if x.Value = shown(x.Value, longestNote); x.Value == "" {
			x.Value = "tidak ada"
		}
		v.Found = append(v.Found, x)
	}
	for _, p := range c.Levels {
		value := "belum tercapai"
		if p.Result == sop.Proven {
			value = "tercapai"
		}
		v.Levels = append(v.Levels, Found{"Tingkat " + levelWord(p.Level), value + " (" + clean(p.Reason, longestName) + ")"})
	}
	return v
}

// levelWord explains a level of assurance by its name and what it rests on.
func levelWord(l sop.Level) string {
	switch l {
	case sop.Basic:
		return "basic (tanpa bukti)"
	case sop.Strict:
		return "strict (server surat dan tanda tangan DKIM)"
	case sop.Signed:
		return "signed (tanda tangan pribadi)"
	}
	return "standard (pernyataan server surat)"
}

package letter

import (
	"cmp"

	"ukpbjd/internal/sop"
)

// CarriedView is what an approver's reply carried, as hasil-pendaftaran prints it.
type CarriedView struct {
	Found  []Found // what the mail server and the mail itself say
	Levels []Found
	Reach  string
	Needs  string
	Enough bool
	Fault  string // what is odd about the shape of the mail
	Code   string // the same, for the operator
}

// Found is one line: what was looked at, and what was there; Code is the reason as the operator's commands name it.
type Found struct{ What, Value, Code string }

func carried(c sop.Carried, o sop.Office) *CarriedView {
	v := &CarriedView{Reach: levelWord(c.Reach()), Needs: levelWord(o.Level), Enough: c.Enough(o.Level)}
	if c.Fault != "" {
		v.Fault, v.Code = inWords(faultWords, c.Fault, "susunan surelnya tidak lazim")
	}
	for _, x := range []Found{{What: "Alamat pengirim", Value: c.From}, {What: "DMARC menurut server surat", Value: resultInWords(c.DMARC)},
		{What: "SPF menurut server surat", Value: resultInWords(c.SPF)}, {What: "DKIM menurut server surat", Value: resultInWords(c.DKIM)},
		{What: "Nama masuk menurut server surat", Value: resultInWords(c.Login)}, {What: "Tanda tangan pribadi", Value: c.Signature}} {
		x.Value = cmp.Or(shown(x.Value, maxNote), "tidak ada")
		v.Found = append(v.Found, x)
	}
	for _, p := range c.Levels {
		f := Found{What: "Tingkat " + levelWord(p.Level)}
		f.Value, f.Code = inWords(proofWords, p.Reason, "buktinya tidak dapat dipakai")
		if p.Result == sop.Proven {
			f.Value = "tercapai karena " + f.Value
		} else {
			f.Value = "belum tercapai karena " + f.Value
		}
		v.Levels = append(v.Levels, f)
	}
	return v
}

var levelWords = map[sop.Level]string{sop.Basic: "basic (tanpa bukti)", sop.Strict: "strict (server surat dan tanda tangan DKIM)",
	sop.Signed: "signed (tanda tangan pribadi)"}

// levelWord explains a level of assurance by its name and what it rests on.
func levelWord(l sop.Level) string {
	return cmp.Or(levelWords[l], "standard (pernyataan server surat)")
}

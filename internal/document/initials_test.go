package document

import (
	"strings"
	"testing"
)

func TestShortened(t *testing.T) {
	for _, pair := range [][2]string{
		{"I Md. Adi", "Drs. I Made Adi"}, {"I.B. Oka, S.T.", "Ida Bagus Oka"}, {"IB Oka", "Ida Bagus Oka, M.Si."}, {"IGN Rai Suta", "I Gusti Ngurah Rai Suta"},
		{"A.A. Gde Rai", "Anak Agung Gde Rai"}, {"Moh. Hasan", "Mohammad Hasan"}, {"Ni Wyn. Sukerti", "Ni Wayan Sukerti"}, {"I KT SUDANA", "I Ketut Sudana"},
		{"M. Hasan Basri", "Muhammad Hasan Basri"}, {"Kadek A. Pratama", "Kadek Adi Pratama"}, {"Abd. Rahman", "Abdul Rahman"},
	} {
		if !shortened(pair[0], pair[1]) || !shortened(pair[1], pair[0]) {
			t.Errorf("%q is not %q", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{
		{"I Made Adi", "I Made Ardi"}, {"I Made A.", "I Made Arta"}, {"I Md. Adi", "I Made Arta"}, {"I Made Adi", "I Made Adi Putra"}, {"I Made Sari", "Ni Made Sari"},
		{"Ida Bagus Oka", "Ida Ayu Oka"}, {"IB Oka", "Ida Ayu Oka"}, {"I Kt. Adi", "I Kadek Adi"}, {"Moh. Hasan", "Mahmud Hasan"}, {"M. A.", "Made Adi"},
		{"I Wayan", "I Wyn."}, {"Adi", "Adi Putra"}, {"", ""}, {"", "Adi"}, {"I Putu Sri", "I Putu S."}, {"Agus Rai", "A. R."}, {"Siti Rahma", "Ni Made Sari"},
		{"I Made Sudana", "I Made Sdn"}, {"Ni Luh Sari", "Ni Luh Sri"},
	} {
		if shortened(pair[0], pair[1]) || shortened(pair[1], pair[0]) {
			t.Errorf("%q passes for %q", pair[0], pair[1])
		}
	}
}

// An abbreviated name with the same NIP agrees; with another NIP, or as another person's, it does not.
func TestAbbreviatedInSK(t *testing.T) {
	for name, c := range map[string]struct{ printed, want string }{
		"abbreviated":  {"I Wyn. Putra⏎NIP. 19790228 200412 1 073", ""},
		"initial":      {"I W. Putra, M.M.⏎NIP. 19790228 200412 1 073", ""},
		"other person": {"I Wyn. Parta⏎NIP. 19790228 200412 1 073", "2 disagrees"},
		"other NIP":    {"I Wyn. Putra⏎NIP. 19790228 200412 1 074", "0 disagrees, 2 missing_in_sk"},
	} {
		sk := decree()
		for i := range sk.Pages[0].Tables[0].Rows {
			for j := range sk.Pages[0].Tables[0].Rows[i] {
				cell := &sk.Pages[0].Tables[0].Rows[i][j]
				cell.Text = strings.Replace(cell.Text, "I Wayan Putra, M.M.\nNIP. 19790228 200412 1 073", strings.ReplaceAll(c.printed, "⏎", "\n"), 1)
			}
		}
		r := Read(Bundle{Sources: []Source{form(), sk, task()}})
		if got := said(r); got != c.want {
			t.Errorf("%s: problems %q, want %q", name, got, c.want)
		}
	}
}

package control_test

import (
	"encoding/json"
	"strings"
	"testing"

	"ukpbjd/internal/control"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

// TestImportAccounts: what an office has from before is taken over, all rows or none; each fault names its row and what to do. Run again,
// the same table changes nothing.
func TestImportAccounts(t *testing.T) {
	x := officetest.New(t, templates.FS)
	c := &control.Control{Clerk: x.Clerk}
	take := func(rows ...[]string) control.Imported {
		t.Helper()
		raw, err := json.Marshal(rows)
		x.Must(err)
		r, err := c.ImportAccounts(t.Context(), raw)
		x.Must(err)
		return r
	}
	head := []string{"No", "Nama", "NIP", "User ID"}
	one, two, three := officetest.Member(1).NIP, officetest.Member(2).NIP, officetest.Member(3).NIP
	bad := take(head, []string{"1", "Ada", one, "ada.satu"}, []string{"2", "Rusak", "1.98001E+17", "b"}, []string{"3", "Kembar", two, "ADA.SATU"},
		[]string{"4", "Spasi", three, "a b"}, []string{"", "", "", ""})
	if bad.Count != 0 || len(bad.Faults) != 3 || !strings.HasPrefix(bad.Faults[0], "row 3: ") || !strings.Contains(bad.Faults[0], "format the column as text") ||
		!strings.HasPrefix(bad.Faults[1], "row 4: user ID \"ADA.SATU\" belongs to NIP "+one) || !strings.HasPrefix(bad.Faults[2], "row 5: ") {
		t.Errorf("%+v", bad)
	}
	if all, err := c.Accounts(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("of a table with faults %d rows are taken (%v)", len(all), err)
	}
	good := [][]string{head, {"1", "Ada", one[:8] + " " + one[8:], "ada.satu"}, {"2", "Budi", two, "budi"}}
	for range 2 {
		if r := take(good...); r.Count != 2 || len(r.Faults) > 0 {
			t.Errorf("%+v", r)
		}
	}
	all, err := c.Accounts(t.Context())
	if err != nil || len(all) != 2 || all[0] != (store.Account{NIP: one, Name: "Ada", UserID: "ada.satu"}) {
		t.Errorf("%+v, %v", all, err)
	}
	if r := take(head, []string{"1", "", one, "lain"}); len(r.Faults) != 1 {
		t.Errorf("another user ID for one who has one: %+v", r)
	}
	if r := take([]string{"Daftar akun SPSE"}, []string{"Username", "NIP"}, []string{"ADA.satu", one}); r.Count != 1 || len(r.Faults) > 0 {
		t.Errorf("a title, another heading, another letter case: %+v", r)
	}
	if r := take(head, []string{"1", "", "000000000000000000", "nol"}, []string{"2", "", "199913452010011007", "tiga.belas"}); len(r.Faults) != 2 {
		t.Errorf("impossible NIPs: %+v", r)
	}
	x.Write(func(tx store.Tx) error { return store.In(tx).Accounts.PutUser("citra", two[:17]+"9") }) // proposed by a request that was refused
	if r := take(head, []string{"3", "Citra", three, "citra"}); r.Count != 1 || len(r.Faults) > 0 {
		t.Errorf("a user ID that was only proposed: %+v", r)
	}
	for _, table := range []string{`[]`, `[["NIP"]]`, `{}`, `[["Nama","Email"],["a","b"]]`} {
		if _, err := c.ImportAccounts(t.Context(), []byte(table)); err == nil {
			t.Errorf("%s is taken", table)
		}
	}
}

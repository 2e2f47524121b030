package audit_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/audit"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

// buckets are all of the store, by its source.
func buckets(t *testing.T) (names []string) {
	f, err := parser.ParseFile(token.NewFileSet(), "../store/books.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names = []string{"known"} // of accounts.go
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Names) > 1 {
			for _, x := range v.Values {
				names = append(names, strings.Trim(x.(*ast.BasicLit).Value, `"`))
			}
		}
		return true
	})
	if len(names) < 35 {
		t.Fatalf("%d buckets: %v", len(names), names)
	}
	return names
}

// TestVerifyNamesDamagedRows: in each bucket of the store one row that says nothing is a finding among the others, and stops neither verify,
// nor a new request where that does not need it. The control is the same office with every row whole.
func TestVerifyNamesDamagedRows(t *testing.T) {
	for _, bucket := range append([]string{"", "office letters"}, buckets(t)...) {
		x := officetest.New(t, templates.FS)
		x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
		x.Ask(1)
		x.Ask(1)
		x.Write(func(tx store.Tx) error {
			b := store.In(tx)
			err := errors.Join(b.State.PutAside(store.Aside{Queue: "q", Key: "k", Why: "x"}),
				b.Mails.Put(store.UID{Validity: 1, UID: 1}, store.MailRecord{Outcome: "obeyed", Reason: "x", Case: "PKJ-2026-0001", Identity: "x", Folder: "y"}, ""),
				b.Accounts.PutConfirmed(officetest.Member(1).NIP, officetest.Member(1).Email), b.Mails.ReadAgain(store.UID{Validity: 1, UID: 2}),
				b.Papers.Put(store.UID{Validity: 1, UID: 1}, store.Unarchived{Case: "PKJ-2026-0001"}), x.Warn(b, "uji", "uji", "uji"))
			if bucket == "" {
				return err
			}
			from, in := []byte(nil), bucket
			if in == "office letters" {
				from, in = []byte(store.Office+"/"), "letters"
			}
			key := []byte("PKJ-2026-0001/x") // of evidence there is none: one that is no JSON is not what the journal holds
			err = errors.Join(err, tx.Scan(in, from, nil, func(k, _ []byte) bool {
				key = slices.Clone(k)
				return false
			}))
			return errors.Join(err, tx.Put(in, key, []byte("{")))
		})
		r, err := (&audit.Audit{Clerk: x.Clerk}).Verify(t.Context())
		if err != nil {
			t.Errorf("%s: verify ends: %v", bucket, err)
		}
		in := strings.TrimPrefix(bucket, "office ")
		if named := slices.ContainsFunc(r.Findings, func(f audit.Finding) bool {
			return strings.HasPrefix(f.Where, in) || strings.Contains(f.What, in)
		}); named != (bucket != "") {
			t.Errorf("%s: findings %v", bucket, r.Findings)
		}
		if bucket == "seq" || bucket == "tree" || bucket == "meta" {
			continue
		}
		if _, err := x.Request(officetest.Staff, 1); err != nil {
			t.Errorf("%s: a new request: %v", bucket, err)
		}
	}
}

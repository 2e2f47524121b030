package audit

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"testing"

	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// FuzzProve gives the proof bundles from anywhere, also as the checkpoint beside them; without the key nothing is ever sound.
func FuzzProve(f *testing.F) {
	const key = "ukpbjd/ukpbj@dinas.example+7e5c1f02+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh"
	head, err := json.Marshal(BundleHead{Version: bundleVersion, Case: "PKJ-2026-0001", Verifier: key,
		Lines: []store.ProvenLine{{Key: "PKJ-2026-0001/00000001", Line: `{"n":1,"kind":"approved","data":{"mail":"00","evidence":"00"}}`}}})
	if err != nil {
		f.Fatal(err)
	}
	evidence, err := json.Marshal(office.Evidence{Mail: "00", From: "admin@dinas.example", Roles: []sop.Role{sop.RoleApprover}, Outcome: "obeyed"})
	if err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, raw := range map[string][]byte{bundleHead: head, "evidence/00.json": evidence, "mails/00.eml": []byte("From: admin@dinas.example\r\n\r\nSETUJU\r\n"),
		bundleCheckpoint: []byte("ukpbjd/ukpbj@dinas.example\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\ntime 2026-05-05T04:00:00Z\n\n— ukpbjd/ukpbj@dinas.example AAAA\n")} {
		w, err := z.Create(name)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := w.Write(raw); err != nil {
			f.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, verifier := range []string{key, ""} {
			if p, err := Prove(t.Context(), raw, verifier, raw); err == nil && p.Sound() {
				t.Errorf("a forged bundle is sound: %+v", p)
			}
		}
	})
}

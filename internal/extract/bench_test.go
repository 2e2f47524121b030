package extract

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"ukpbjd/internal/message"
)

// shared finds the request bundles, which lie beside the project.
func shared(t testing.TB) string {
	dir := filepath.Join("..", "..", "..", "shared", "papers")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no ../shared/papers beside the project")
	}
	return dir
}

func BenchmarkShared(b *testing.B) {
	dir := shared(b)
	r := New(Options{OCR: "off", Workers: 1})
	for _, name := range []string{"S01/Formulir Permohonan Akun Pokja.docx", "S03/1. Form user id.xlsx", "S30/1. Form user id.csv", "S01/SK Pokja.pdf", "S02/SK_PENETAPAN_POKJA_2026.pdf", "S01/Surat Tugas.pdf", "S14/Permohonan Pembuatan Akun SPSE Kelompok Kerja Pemilihan Tahun Anggaran 2026 revisi 2 (1).odt"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name[:3]+filepath.Ext(name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				src := r.All(context.Background(), []message.Attachment{{Name: "x", Bytes: data}})
				if src[0].Unreadable != "" {
					b.Fatal(src[0].Unreadable)
				}
			}
		})
	}
}

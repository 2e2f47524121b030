package letter

import (
	"regexp"
	"strings"
	"testing"

	"ukpbjd/internal/sop"
	"ukpbjd/templates"
)

// TestWhatToDoComesFirst: in the first eight lines below the greeting stands what the reader must do. Letters that ask for nothing are not here.
func TestWhatToDoComesFirst(t *testing.T) {
	asks := map[sop.LetterKind]string{
		sop.Persetujuan: `"SETUJU"|jawab surat ini`, sop.Kekurangan: `(?i)mohon lengkapi|menunggu kabar`, sop.TandaTerima: `Mohon daftar`,
		sop.Kredensial: `"TERIMA"`, sop.Dikembalikan: `Mohon balas`, sop.Pengingat: `Mohon`, sop.TidakDikenali: `(?i)mohon|balas`,
		sop.GagalKirim: `(?i)mohon|balas`, sop.Pendaftaran: `Mohon surat ini dibalas`, sop.TitikPeriksa: `Mohon surat ini disimpan`,
	}
	set, err := Parse(templates.FS, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[sop.LetterKind]bool{}
	for _, s := range samples {
		want, ok := asks[s.kind]
		if !ok {
			continue
		}
		seen[s.kind] = true
		r, err := set.Render(s.data())
		if err != nil {
			t.Fatal(s.name(), err)
		}
		_, body, _ := strings.Cut(r.Text, "Dengan hormat,")
		var top []string
		for line := range strings.Lines(body) {
			if line = strings.TrimSpace(line); line != "" && len(top) < 8 {
				top = append(top, line)
			}
		}
		if !regexp.MustCompile(want).MatchString(strings.Join(top, " ")) {
			t.Errorf("%s (%d words) begins without %s:\n%s", s.name(), len(strings.Fields(r.Text)), want, strings.Join(top, "\n"))
		}
	}
	if len(seen) != len(asks) {
		t.Errorf("seen %v", seen)
	}
}

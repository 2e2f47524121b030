package message

import (
	"bufio"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const corpora = "../../../shared/corpora"

// left says that a mail is left to a run without the race detector, which takes ten times as long; one in eight is not.
func left(path string) bool { return raceOn && crc32.ChecksumIEEE([]byte(path))%8 != 0 }

// corpusFile is one row of manifest.tsv.
type corpusFile struct{ path, kind, role string }

func corpusFiles(t testing.TB, keep func(corpusFile) bool) []corpusFile {
	t.Helper()
	f, err := os.Open(filepath.Join(corpora, "manifest.tsv"))
	if err != nil {
		t.Skip("no corpora beside the project: ", err)
	}
	defer f.Close()
	var out []corpusFile
	for s := bufio.NewScanner(f); s.Scan(); {
		if p := strings.Split(s.Text(), "\t"); len(p) >= 8 && p[0] != "path" {
			if c := (corpusFile{p[0], p[1], p[6]}); keep(c) && !left(c.path) {
				out = append(out, c)
			}
		}
	}
	return out
}

func corpusBytes(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(corpora, path))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

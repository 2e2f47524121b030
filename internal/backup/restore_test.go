package backup

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ukpbjd/internal/daemon"
)

func tarOf(t testing.TB, headers []tar.Header, contents map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		h.Size, h.Mode = int64(len(contents[h.Name])), 0o600
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(contents[h.Name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// inside unpacks into a directory that has a neighbour, and fails when anything appears outside of it.
func inside(t testing.TB, raw []byte) error {
	t.Helper()
	top := t.TempDir()
	to := filepath.Join(top, "in")
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	u := &unpacker{ctx: t.Context(), to: to, sums: map[string]string{}}
	err := u.unpack(bytes.NewReader(raw))
	if e := filepath.WalkDir(top, func(at string, d fs.DirEntry, err error) error {
		if at != top && at != to && !strings.HasPrefix(at, to+string(filepath.Separator)) || d.Type()&fs.ModeSymlink != 0 {
			t.Errorf("made %s", at)
		}
		return err
	}); e != nil {
		t.Fatal(e)
	}
	return err
}

func TestUnpackStaysInside(t *testing.T) {
	list, err := json.Marshal(Manifest{Version: backupVersion})
	if err != nil {
		t.Fatal(err)
	}
	for name, h := range map[string]tar.Header{
		"above": {Name: "../x", Typeflag: tar.TypeReg}, "absolute": {Name: "/tmp/ukpbjd-x", Typeflag: tar.TypeReg},
		"above in the archive": {Name: "archive/../../x", Typeflag: tar.TypeReg}, "another name": {Name: "x", Typeflag: tar.TypeReg},
		"symbolic link": {Name: "archive/x", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink},
		"link outside":  {Name: "archive/x", Linkname: "../../etc/passwd", Typeflag: tar.TypeLink},
		"device":        {Name: "archive/x", Typeflag: tar.TypeChar}, "directory": {Name: "archive/x/", Typeflag: tar.TypeDir},
		"the key file itself": {Name: daemon.KeysName, Typeflag: tar.TypeReg},
	} {
		raw := tarOf(t, []tar.Header{h, {Name: manifestName, Typeflag: tar.TypeReg}}, map[string]string{manifestName: string(list)})
		if err := inside(t, raw); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := inside(t, tarOf(t, []tar.Header{{Name: manifestName, Typeflag: tar.TypeReg}}, map[string]string{manifestName: string(list)})); err == nil {
		t.Error("a backup without a store is taken")
	}
}

func FuzzUnpack(f *testing.F) {
	list, err := json.Marshal(Manifest{Version: backupVersion, Files: []Filed{{Name: daemon.StoreName, SHA256: "00", Size: 1}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(tarOf(f, []tar.Header{{Name: daemon.StoreName, Typeflag: tar.TypeReg}, {Name: "archive/blobs/ab/ab", Typeflag: tar.TypeReg},
		{Name: "archive/2026/PKJ-2026-0001/x", Linkname: "archive/blobs/ab/ab", Typeflag: tar.TypeLink}, {Name: manifestName, Typeflag: tar.TypeReg}},
		map[string]string{daemon.StoreName: "x", "archive/blobs/ab/ab": "y", manifestName: string(list)}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := inside(t, raw); err == nil {
			t.Error("a store that is none was unpacked") // its sum is not 00
		}
	})
}

package letter

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"ukpbjd/internal/sop"
)

// TestSamples: what is shown of each letter is what the golden set holds of it, and no kind is left out.
func TestSamples(t *testing.T) {
	if *update {
		writeSamples(t)
	}
	all, err := Samples()
	if err != nil {
		t.Fatal(err)
	}
	set, shown := shipped(t), map[sop.LetterKind]bool{}
	for _, d := range all {
		r, err := set.Render(d)
		if err != nil {
			t.Fatal(err)
		}
		name := sample{kind: d.Letter.Kind, topic: d.Letter.Topic, role: d.Letter.Role}.name()
		want, err := os.ReadFile("testdata/" + name + ".html")
		if err != nil || r.HTML != string(want) {
			t.Errorf("%s is not the golden letter: run with -update (%v)", name, err)
		}
		shown[d.Letter.Kind] = true
	}
	for _, k := range sop.LetterKinds {
		if !shown[k] {
			t.Errorf("no sample of %s", k)
		}
	}
}

func writeSamples(t *testing.T) {
	t.Helper()
	taken := map[string]bool{}
	var all []map[string]json.RawMessage
	for _, s := range samples {
		if key := string(s.kind) + string(s.role); taken[key] {
			continue
		} else {
			taken[key] = true
		}
		d := s.data()
		raw, err := json.Marshal(d)
		files, bad := json.Marshal(d.Letter.Files)
		var fields map[string]json.RawMessage
		if err = errors.Join(err, bad); err == nil {
			err = json.Unmarshal(raw, &fields)
		}
		if err != nil {
			t.Fatal(err)
		}
		fields["Files"] = files
		delete(fields, "Password") // it never prints itself
		delete(fields, "Passwords")
		all = append(all, fields)
	}
	raw, err := json.Marshal(all)
	if err == nil {
		err = os.WriteFile("samples.json", bytes.ReplaceAll(append(raw, '\n'), []byte(`},{"`), []byte("},\n{\"")), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

package letter

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// Of the golden letters the first of each kind and role; `go test -update` writes them.
//
//go:embed samples.json
var samplesText []byte

// Samples are letters about an invented case, to be looked at: one of each kind for each role that gets it. The password in them is invented.
func Samples() (all []Data, err error) {
	var written []struct {
		Data
		Files []sop.File // which a letter in the books does not carry
	}
	if err := json.Unmarshal(samplesText, &written); err != nil {
		return nil, fmt.Errorf("read the samples: %w", err)
	}
	for _, x := range written {
		d := x.Data
		d.Letter.Files, d.Office.Calendar.Zone = x.Files, time.FixedZone("WITA", 8*3600)
		if d.Letter.Kind == sop.Kredensial {
			d.Password = secret.New([]byte("Contoh-7xK!mawar"))
		}
		all = append(all, d)
	}
	return all, nil
}

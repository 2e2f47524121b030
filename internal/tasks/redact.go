package tasks

import (
	"ukpbjd/internal/letter"
	"ukpbjd/internal/secret"
)

// inPlaceOf stands where the password stood.
const inPlaceOf = "[tidak-diarsipkan]"

// withoutPassword renders a credential letter as it was sent, but for its password. SOP R.1
func (w *Worker) withoutPassword(d letter.Data) ([]byte, error) {
	if !d.Password.Absent() {
		d.Password = secret.New([]byte(inPlaceOf))
	}
	kept := map[string]secret.Secret{}
	for nip := range d.Passwords {
		kept[nip] = secret.New([]byte(inPlaceOf))
	}
	d.Passwords = kept
	_, body, err := w.Render(d)
	return body, err
}

package realserver

import "testing"

func TestCyrus(t *testing.T) {
	c := StartCyrus(t)
	for range 2 {
		if _, err := look(c.IMAP, CyrusUser); err != nil {
			t.Fatal(err)
		}
		if err := c.Restart(); err != nil {
			t.Fatal(err)
		}
	}
}

package sop

// Files are the SHA-256 sums of the mails and papers that the case rests on.
func (c *Case) Files() (sums []string) {
	for _, m := range c.Mails {
		sums = append(sums, m.SHA256)
	}
	for _, p := range c.Reading.Papers {
		if p.SHA256 != "" {
			sums = append(sums, p.SHA256)
		}
	}
	return sums
}

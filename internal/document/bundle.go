package document

// Bundle is all that one request consists of.
type Bundle struct {
	Sources    []Source // of this mail, in the order attached
	Previous   []Source // of earlier mails of the same case, oldest first
	Body       string   // own text of the mail: it may hold the list of members
	OwnDomains []string // mail domains of the office, against which look-alikes are told
}

func Read(b Bundle) Reading { return Reading{} }

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"ukpbjd/internal/config"
	"ukpbjd/internal/document"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/intake"
	"ukpbjd/internal/message"
)

type readCmd struct {
	Files []string `arg:"" type:"existingfile" help:"Mails as files (.eml)."`
	JSON  bool     `name:"json" help:"One JSON object a line."`
}

// maxRead bounds the file that is read: imap.max_message of the default configuration, with room.
const maxRead = 64 << 20

// reading is the configuration by which the daemon reads where there is one, else what it would begin with.
func (s *shell) reading() *config.Config {
	cfg, faults := config.Load(s.config)
	if len(faults) == 0 {
		return cfg
	}
	if _, err := os.Stat(s.config); err == nil {
		fmt.Fprintf(s.stderr, "ukpbjd: %s has faults (see `ukpbjd check`); read without it\n", s.config)
	}
	return config.Default()
}

// Run needs no configuration: it reads as the daemon would, and decides nothing.
func (c *readCmd) Run(s *shell) error {
	cfg := s.reading()
	papers := extract.New(extract.Options{OCR: cfg.Extract.OCR, Clamd: cfg.Extract.Clamd})
	for _, name := range c.Files {
		raw, err := readFile(name, maxRead)
		if err != nil {
			return err
		}
		msg := message.Parse(raw, message.DefaultLimits(), cfg.Mail.Banners)
		r := document.Read(intake.MailPapers(msg, papers.All(s.ctx, msg.Files), cfg.SMTP.From.Address))
		r.Said = nil // it is for the mails that follow
		if c.JSON {
			err = json.NewEncoder(s.stdout).Encode(r)
		} else {
			err = printReading(s.stdout, name, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func printReading(w io.Writer, name string, r document.Reading) error {
	fmt.Fprintf(w, "%s\n", name)
	for _, p := range r.Papers {
		fmt.Fprintf(w, "  %-12s %s %s  %s\n", p.Kind, p.File, p.Pages, p.Title)
	}
	for _, x := range r.Roster {
		fmt.Fprintf(w, "  %2d  %s  NIP %s  %s  %v\n", x.No, x.Nama, x.NIP, x.Email, x.Doubts)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(w, "  %s: %s: %s\n", p.Severity, p.Code, p.Text)
	}
	_, err := fmt.Fprintf(w, "  complete %v, missing %v, needs a person %v\n", r.Complete, r.Missing, r.NeedsPerson)
	return err
}

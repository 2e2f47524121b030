package audit

import (
	"archive/zip"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/office"
	"ukpbjd/internal/ooxml"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

//go:embed baca-dahulu.txt
var bundleWords []byte

// Names in an evidence bundle.
const (
	bundleHead       = "bundle.json"
	bundleCheckpoint = "checkpoint.txt"
	bundleReadme     = "BACA-DAHULU.txt"
	bundleVersion    = 2         // 1: nothing proved that the lines are all
	maxBundle        = 512 << 20 // bytes of one bundle, packed or not
	bundleMembers    = 5000
	maxOlder         = 400
)

// BundleHead is the journal of a case, proved to a checkpoint that was signed when the bundle was made.
type BundleHead struct {
	Version  int                `json:"version"`
	Case     string             `json:"case"`
	Status   string             `json:"status"`
	Exported time.Time          `json:"exported"`
	Verifier string             `json:"verifier"` // our own word; compare it with a key from elsewhere
	Lines    []store.ProvenLine `json:"lines"`
	Head     store.ProvenHead   `json:"head"`  // they are all
	Older    []Older            `json:"older"` // checkpoints that were mailed since the case was opened
}

// Older is a mailed checkpoint with the proof that the bundle's follows from it.
type Older struct {
	Signed string      `json:"signed"`
	Proof  store.Proof `json:"proof"`
}

// bundle gathers the files before they are packed.
type bundle struct {
	files map[string][]byte
	size  int
}

func (x *bundle) add(name string, raw []byte) {
	if _, had := x.files[name]; !had {
		x.files[name] = raw
		x.size += len(raw)
	}
}

// Evidence packs what the decisions of a case rest on: raw replies, verdicts with their inputs, keys as seen, the letters
// that were answered, the request with its papers, the journal and its proof. Credential letters and sealed mails stay out.
func (c *Audit) Evidence(ctx context.Context, number string) ([]byte, error) {
	x := &bundle{files: map[string][]byte{}}
	var cs sop.Case
	var d bundled
	err := c.View(ctx, func(b store.Books) error {
		var err error
		if cs, err = office.Find(b, number); err != nil {
			return err
		}
		if err := c.bundleJournal(b, x, cs); err != nil {
			return err
		}
		d, err = bundleDecisions(b, x, number)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, m := range cs.Mails {
		if strings.EqualFold(m.From, cs.Requester.Address) {
			d.mails = append(d.mails, m.SHA256)
		}
	}
	sealed := func(mail []byte) bool { // what is sealed is no mail
		return !bytes.Contains(mail[:min(len(mail), 64<<10)], []byte("From:"))
	}
	if err := errors.Join(c.bundleFiles(x, "letters/", d.letters, plainSheet), c.bundleFiles(x, "mails/", d.mails, sealed)); err != nil {
		return nil, fmt.Errorf("evidence of %s: %w", number, err)
	}
	x.add(bundleReadme, bundleWords)
	if x.size > maxBundle || len(x.files) > bundleMembers {
		return nil, fmt.Errorf("evidence of %s: %d files of %d MiB are more than one bundle holds", number, len(x.files), x.size>>20)
	}
	return x.pack(c.Now())
}

// bundleFiles adds files of the archive but those that stay out.
func (c *Audit) bundleFiles(x *bundle, folder string, shas []string, out func([]byte) bool) error {
	for _, sha := range shas {
		raw, err := c.Archive.Get(sha)
		if err != nil {
			return err
		}
		if !out(raw) {
			x.add(folder+sha+".eml", raw)
		}
	}
	return nil
}

func (c *Audit) bundleJournal(b store.Books, x *bundle, cs sop.Case) error {
	seal, err := c.Seal()
	if err != nil {
		return err
	}
	h := BundleHead{Version: bundleVersion, Case: cs.Number, Status: cs.Status.Label(), Exported: c.Now().UTC(), Older: []Older{}}
	if h.Verifier, err = seal.Verifier(); err != nil {
		return err
	}
	signed, err := b.Journal.Sign(h.Exported, seal)
	if err != nil {
		return err
	}
	size, err := b.Journal.Size()
	if err != nil {
		return err
	}
	if h.Lines, err = b.Journal.ProveLines(cs.Number, size); err != nil {
		return err
	}
	if h.Head, err = b.Journal.ProveHead(cs.Number); err != nil {
		return err
	}
	mailed, err := b.Journal.Checkpoints(cs.Opened, maxOlder)
	if err != nil {
		return err
	}
	for _, m := range mailed {
		old, err := store.OpenCheckpoint(m, h.Verifier)
		if err != nil {
			continue // signed with a key of former times
		}
		p, err := b.Journal.ProveOlder(old.Size, size)
		if err != nil {
			return err
		}
		h.Older = append(h.Older, Older{string(m), p})
	}
	raw, err := json.MarshalIndent(h, "", " ")
	x.add(bundleHead, raw)
	x.add(bundleCheckpoint, signed)
	return err
}

// bundled are the SHA-256 sums of what the decisions of a case need out of the archive.
type bundled struct{ mails, letters []string }

// bundleDecisions adds the evidence of what was obeyed, and letters that are not in the archive yet.
func bundleDecisions(b store.Books, x *bundle, number string) (d bundled, err error) {
	all, err := b.Journal.Evidence(number)
	if err != nil {
		return d, err
	}
	for sum, raw := range all {
		var e office.Evidence
		if err := json.Unmarshal(raw, &e); err != nil {
			return d, fmt.Errorf("decode evidence %s: %w", sum, err)
		}
		if e.Outcome != "obeyed" {
			continue
		}
		x.add("evidence/"+sum+".json", raw)
		if !e.Sealed {
			d.mails = append(d.mails, e.Mail)
		}
		if e.Letter == nil || e.Letter.SHA256 == "" || e.Letter.Kind == sop.Kredensial {
			continue
		}
		row, ok, err := b.Letters.Get(number, e.Letter.Key)
		if err != nil {
			return d, err
		}
		if ok && row.Archived != "" {
			d.letters = append(d.letters, row.Archived)
			continue
		}
		body, err := b.Letters.Readable(row)
		if err != nil {
			return d, err
		}
		if e.Letter.Is(body) && !plainSheet(body) {
			x.add("letters/"+office.Sum(body)+".eml", body)
		}
	}
	return d, nil
}

// plainSheet: a workbook that is not encrypted may hold passwords (credentials.sheet: plain).
func plainSheet(letter []byte) bool {
	return slices.ContainsFunc(message.Parse(letter, message.DefaultLimits(), nil).Files, func(f message.Attachment) bool {
		return bytes.HasPrefix(f.Bytes, []byte("PK"))
	})
}

// pack gives the same bytes for the same files at the same time.
func (x *bundle) pack(at time.Time) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, n := range slices.Sorted(maps.Keys(x.files)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: n, Method: zip.Deflate, Modified: at.UTC()})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(x.files[n]); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return out.Bytes(), err
}

// unpack reads a bundle from anywhere, within bounds.
func unpack(raw []byte) (*bundle, error) {
	p, err := ooxml.Open(raw, ooxml.Limits{Parts: bundleMembers, Part: maxBundle, Total: maxBundle, Ratio: maxBundle})
	if err != nil {
		return nil, fmt.Errorf("open the bundle: %w", err)
	}
	if twice := p.Twice(); twice != "" {
		return nil, fmt.Errorf("%q is in the bundle twice", twice)
	}
	x := &bundle{files: map[string][]byte{}}
	for _, part := range p.Parts() {
		content, err := part.Read()
		if err != nil {
			return nil, fmt.Errorf("read %q in the bundle: %w", part.Name, err)
		}
		x.add(part.Name, content)
	}
	return x, nil
}

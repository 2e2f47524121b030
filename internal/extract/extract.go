// Package extract turns the bytes of attachments into text and tables: XLSX, XLS, ODS, CSV, DOCX, DOC, ODT, RTF, HTML, PDF,
// pictures, and archives of these. What a file is, is decided by its content, never by its name. Nothing here is an error:
// a file that cannot be read is a document.Source with a named reason. Foreign programs (poppler, tesseract, catdoc) are
// optional and run in a cage. Nothing is kept on disk but a private temporary folder per run of a program.
package extract

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/ooxml"
)

// Options of a Reader. Zero values mean the defaults.
type Options struct {
	OCR       string        // auto: if tesseract is installed; off
	Clamd     string        // unix socket of clamd; empty: no scan
	TempDir   string        // where private folders are made; empty: the system's
	MaxBytes  int64         // of one file, and of one archive member
	MaxFiles  int           // of one mail, archives opened
	Workers   int           // files read at the same time
	FileTime  time.Duration // for one file without OCR
	NoSandbox bool          // do not use bwrap even where it is installed
}

// Bounds of the work.
const (
	maxPages = 200              // of one file
	maxCells = 200_000          // of one file
	maxText  = 16 << 20         // bytes of text in the cells and lines of one file
	maxOCR   = 24               // pages read by OCR for one mail
	pageTime = 60 * time.Second // for OCR of one page
)

// Reader reads attachments. It is safe for concurrent use.
type Reader struct {
	opt   Options
	tools tools
	slots chan struct{} // bounds the built-in PDF readers, stuck ones included
}

// New looks for the optional programs once.
func New(opt Options) *Reader {
	opt.MaxBytes = cmp.Or(opt.MaxBytes, 64<<20)
	opt.MaxFiles = cmp.Or(opt.MaxFiles, 60)
	opt.Workers = cmp.Or(opt.Workers, runtime.GOMAXPROCS(0))
	opt.FileTime = cmp.Or(opt.FileTime, 20*time.Second)
	return &Reader{opt: opt, tools: findTools(opt), slots: make(chan struct{}, 4*opt.Workers)}
}

// Tools says which optional programs were found, by name; an empty path means absent.
func (r *Reader) Tools() map[string]string { return maps.Clone(r.tools.found) }

// All reads every file, in order; an archive gives one Source for each member.
func (r *Reader) All(ctx context.Context, files []message.Attachment) []document.Source {
	leaves := r.unpack(ctx, files)
	out := make([]document.Source, len(leaves))
	budget := newBudget(maxOCR)
	var g errgroup.Group
	g.SetLimit(r.opt.Workers)
	for i, l := range leaves {
		g.Go(func() error {
			out[i] = r.one(ctx, l, budget)
			return nil
		})
	}
	_ = g.Wait() // what cannot be read says so in its Source
	return out
}

// leaf is one file to read: an attachment or a member of an archive.
type leaf struct {
	src  document.Source
	data []byte
	kind format
	done bool // src is already what there is to say
}

// refuse says why the leaf is not read.
func (l *leaf) refuse(reason string) { l.src.Unreadable, l.done = reason, true }

func newLeaf(name string, data []byte, sum string) leaf {
	if sum == "" {
		h := sha256.Sum256(data)
		sum = hex.EncodeToString(h[:])
	}
	return leaf{src: document.Source{File: name, SHA256: sum, Size: int64(len(data))}, data: data, kind: sniff(data)}
}

// one reads one leaf; a panic of a parser is a corrupt file.
func (r *Reader) one(ctx context.Context, l leaf, budget *budget) (src document.Source) {
	if l.done {
		return l.src
	}
	defer func() {
		if recover() != nil {
			src = l.src
			src.Unreadable = document.ReasonCorrupt
		}
	}()
	src = l.src
	ctx, cancel := context.WithTimeout(ctx, r.timeFor(l.kind))
	defer cancel()
	read := readers[l.kind]
	if read == nil {
		read = refuse(document.ReasonUnsupported)
	}
	if err := read(r, ctx, &src, l.data, budget); err != nil {
		src.Pages, src.Unreadable = nil, reasonOf(err)
	}
	finish(&src)
	if src.Unreadable != "" && ctx.Err() != nil {
		src.Unreadable = document.ReasonTimeout
	}
	return src
}

func (r *Reader) timeFor(kind format) time.Duration {
	if kind == formatPDF || kind == formatImage {
		return r.opt.FileTime + maxOCR*pageTime
	}
	return r.opt.FileTime
}

// finish names a file without any text, and says on the source what its pages say.
func finish(src *document.Source) {
	if src.Unreadable != "" || src.Incidental {
		return
	}
	text, broken := false, ""
	for i := range src.Pages {
		p := &src.Pages[i]
		src.MachineRead = src.MachineRead || p.MachineRead
		text = text || hasText(p)
		broken = cmp.Or(broken, p.Unreadable)
	}
	if !text {
		src.Unreadable = cmp.Or(broken, document.ReasonNoText)
	}
}

func hasText(p *document.Page) bool {
	return slices.ContainsFunc(p.Lines, func(l document.Line) bool { return l.Text() != "" }) ||
		slices.ContainsFunc(p.Tables, func(t document.Table) bool {
			return slices.ContainsFunc(t.Rows, func(row []document.Cell) bool {
				return slices.ContainsFunc(row, func(c document.Cell) bool { return c.Text != "" })
			})
		})
}

// budget counts down the OCR pages of one mail.
type budget struct{ left atomic.Int64 }

func newBudget(n int) *budget {
	b := &budget{}
	b.left.Store(int64(n))
	return b
}

func (b *budget) take() bool { return b.left.Add(-1) >= 0 }

// refusal is the reason why a file is not read, as an error.
type refusal string

func (r refusal) Error() string { return "file is not read: " + string(r) }

// reasonOf names an error; what has no name is a broken file.
func reasonOf(err error) string {
	var why refusal
	switch {
	case errors.As(err, &why):
		return string(why)
	case errors.Is(err, errTooLarge):
		return document.ReasonTooLarge
	case errors.Is(err, ooxml.ErrEncrypted):
		return document.ReasonEncrypted
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return document.ReasonTimeout
	}
	return document.ReasonCorrupt
}

// readFunc reads one file into src; an error says why it is unreadable.
type readFunc func(r *Reader, ctx context.Context, src *document.Source, data []byte, budget *budget) error

func refuse(reason string) readFunc {
	return func(*Reader, context.Context, *document.Source, []byte, *budget) error { return refusal(reason) }
}

// readers says who reads which format.
var readers = map[format]readFunc{
	formatXLSX:  readXLSX,
	formatDOCX:  readDOCX,
	formatODT:   readODF(false),
	formatODS:   readODF(true),
	formatPDF:   readPDF,
	formatImage: readImage,
	formatDOC:   readDOC,
	formatXLS:   readXLS,
	formatRTF:   readRTF,
	formatHTML:  readHTML,

	formatXMLSheet: readXMLSheet,
	formatText:     readText,
	formatEmpty:    refuse(document.ReasonEmpty),
	formatSealed:   refuse(document.ReasonEncrypted),
	formatEnvelope: func(_ *Reader, _ context.Context, src *document.Source, _ []byte, _ *budget) error {
		src.Incidental = true
		return nil
	},
}

// Package extract turns the bytes of attachments into text and tables: XLSX, XLS, ODS, CSV, DOCX, DOC, ODT, RTF, HTML, PDF,
// pictures, and archives of these. What a file is, is decided by its content, never by its name. Nothing here is an error:
// a file that cannot be read is a document.Source with a named reason. Foreign programs (poppler, tesseract, catdoc) are
// optional and run in a cage. Nothing is kept on disk but a private temporary folder per run of a program.
package extract

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"runtime"
	"sync"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
)

// Options bounds the work. Zero values mean the defaults.
type Options struct {
	OCR       string        // auto: if tesseract is installed; off
	Clamd     string        // unix socket of clamd; empty: no scan
	TempDir   string        // where private folders are made; empty: the system's
	MaxBytes  int64         // of one file, and of one archive member
	MaxPages  int           // of one file
	MaxFiles  int           // of one mail, archives opened
	MaxCells  int           // of one file
	MaxText   int           // bytes of text in the cells and lines of one file
	MaxOCR    int           // pages read by OCR for one mail
	Workers   int           // files read at the same time
	FileTime  time.Duration // for one file without OCR
	PageTime  time.Duration // for OCR of one page
	NoSandbox bool          // do not use bwrap even where it is installed
}

// Reader reads attachments. It is safe for concurrent use.
type Reader struct {
	opt   Options
	tools tools
	slots chan struct{} // bounds the built-in PDF readers, stuck ones included
}

// New looks for the optional programs once.
func New(opt Options) *Reader {
	fill(&opt.MaxBytes, 64<<20)
	fill(&opt.MaxPages, 200)
	fill(&opt.MaxFiles, 60)
	fill(&opt.MaxCells, 200_000)
	fill(&opt.MaxText, 16<<20)
	fill(&opt.MaxOCR, 24)
	fill(&opt.Workers, runtime.GOMAXPROCS(0))
	fill(&opt.FileTime, 20*time.Second)
	fill(&opt.PageTime, 60*time.Second)
	return &Reader{opt: opt, tools: findTools(opt), slots: make(chan struct{}, 4*opt.Workers)}
}

func fill[T int | int64 | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

// Tools says which optional programs were found, by name; an empty path means absent.
func (r *Reader) Tools() map[string]string { return r.tools.paths() }

// All reads every file, in order; an archive gives one Source for each member.
func (r *Reader) All(ctx context.Context, files []message.Attachment) []document.Source {
	leaves := r.unpack(ctx, files)
	out := make([]document.Source, len(leaves))
	budget := newBudget(r.opt.MaxOCR)
	var wg sync.WaitGroup
	gate := make(chan struct{}, r.opt.Workers)
	for i := range leaves {
		if leaves[i].done || len(leaves) == 1 {
			out[i] = r.one(ctx, leaves[i], budget)
			continue
		}
		wg.Add(1)
		gate <- struct{}{}
		go func() {
			defer wg.Done()
			defer func() { <-gate }()
			out[i] = r.one(ctx, leaves[i], budget)
		}()
	}
	wg.Wait()
	return out
}

// leaf is one file to read: an attachment or a member of an archive.
type leaf struct {
	src  document.Source
	data []byte
	kind format
	done bool // src is already what there is to say
}

func newLeaf(name string, data []byte, sum string) leaf {
	if sum == "" {
		h := sha256.Sum256(data)
		sum = hex.EncodeToString(h[:])
	}
	l := leaf{src: document.Source{File: name, SHA256: sum, Bytes: int64(len(data))}, data: data, kind: sniff(data)}
	l.src.MediaType = l.kind.mediaType()
	return l
}

// one reads one leaf; a panic of a parser is a corrupt file.
func (r *Reader) one(ctx context.Context, l leaf, budget *budget) (src document.Source) {
	if l.done {
		return l.src
	}
	defer func() {
		if recover() != nil {
			src = l.src
			src.Pages = nil
			src.Unreadable = document.ReasonCorrupt
		}
	}()
	src = l.src
	ctx, cancel := context.WithTimeout(ctx, r.timeFor(l.kind, len(l.data)))
	defer cancel()
	read := readers[l.kind]
	if read == nil {
		src.Unreadable = document.ReasonUnsupported
		return src
	}
	read(r, ctx, &src, l.data, budget)
	finish(&src)
	if src.Unreadable != "" && ctx.Err() != nil {
		src.Unreadable = document.ReasonTimeout
	}
	return src
}

func (r *Reader) timeFor(kind format, size int) time.Duration {
	if kind == formatPDF || kind == formatImage {
		return r.opt.FileTime + time.Duration(r.opt.MaxOCR)*r.opt.PageTime
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
		if p.Unreadable != "" && broken == "" {
			broken = p.Unreadable
		}
	}
	if !text {
		src.Unreadable = document.ReasonNoText
		if broken != "" {
			src.Unreadable = broken
		}
	}
}

func hasText(p *document.Page) bool {
	for _, l := range p.Lines {
		if len(l.Text()) > 0 {
			return true
		}
	}
	for _, t := range p.Tables {
		for _, row := range t.Rows {
			for _, c := range row {
				if c.Text != "" {
					return true
				}
			}
		}
	}
	return false
}

// budget counts down the OCR pages of one mail.
type budget struct {
	mu   sync.Mutex
	left int
}

func newBudget(n int) *budget { return &budget{left: n} }

func (b *budget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left <= 0 {
		return false
	}
	b.left--
	return true
}

type readFunc func(r *Reader, ctx context.Context, src *document.Source, data []byte, budget *budget)

// readers says who reads which format.
var readers = map[format]readFunc{
	formatXLSX:  readXLSX,
	formatDOCX:  readDOCX,
	formatODT:   readODT,
	formatODS:   readODS,
	formatPDF:   readPDF,
	formatImage: readImage,
	formatDOC:   readDOC,
	formatXLS:   readXLS,
	formatRTF:   readRTF,
	formatHTML:  readHTML,
	formatText:  readText,
	formatEmpty: func(_ *Reader, _ context.Context, src *document.Source, _ []byte, _ *budget) {
		src.Unreadable = document.ReasonEmpty
	},
	formatSealed: func(_ *Reader, _ context.Context, src *document.Source, _ []byte, _ *budget) {
		src.Unreadable = document.ReasonEncrypted
	},
	formatEnvelope: func(_ *Reader, _ context.Context, src *document.Source, _ []byte, _ *budget) {
		src.Incidental = true
	},
}

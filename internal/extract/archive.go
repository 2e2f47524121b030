package extract

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/ooxml"
)

// Bounds of archives. They are checked while reading, not by what the directory says.
const (
	maxNesting = 3
	maxRatio   = 200
	maxMembers = 200
)

// unpacking is the state of opening the files of one mail.
type unpacking struct {
	r      *Reader
	leaves []leaf
	total  int64
}

// unpack opens archives and forwarded mails, and sets everything else aside to be read.
func (r *Reader) unpack(ctx context.Context, files []message.Attachment) []leaf {
	u := &unpacking{r: r}
	for _, l := range attached(files) {
		u.add(ctx, l, 0)
	}
	return u.leaves
}

// attached are the files of one mail.
func attached(files []message.Attachment) (out []leaf) {
	for _, f := range files {
		l := newLeaf(f.Name, f.Bytes, f.SHA256)
		if f.Problem != "" && l.kind != formatEmpty && truncated(f.Problem) {
			l.refuse(document.ReasonCorrupt)
		}
		if l.kind == formatMail && openedAlready(files, f.Name) {
			l.src.Incidental, l.done = true, true
		}
		out = append(out, l)
	}
	return out
}

// openedAlready says that the mail's reader has laid out the attached mail: its files follow as "mail.eml/name".
func openedAlready(files []message.Attachment, name string) bool {
	return slices.ContainsFunc(files, func(f message.Attachment) bool { return strings.HasPrefix(f.Name, name+"/") })
}

// truncated says that the decoder lost bytes, so that what remains must not pass for the paper.
func truncated(problem string) bool {
	return strings.Contains(problem, "truncated") || strings.Contains(problem, "base64")
}

func (u *unpacking) add(ctx context.Context, l leaf, depth int) {
	switch {
	case len(u.leaves) >= u.r.opt.MaxFiles:
		u.overflow(l)
		return
	case l.done:
	case int64(len(l.data)) > u.r.opt.MaxBytes:
		l.refuse(document.ReasonTooLarge)
	case ctx.Err() != nil:
		l.refuse(document.ReasonTimeout)
	default:
		if reason := u.r.scan(ctx, l.data); reason != "" {
			l.refuse(reason)
		} else if fragment(l) {
			l.src.Incidental, l.done = true, true
		} else if slices.Contains([]format{formatZIP, formatMail, formatTNEF, formatSigned}, l.kind) {
			u.open(ctx, l, depth)
			return
		}
	}
	u.leaves = append(u.leaves, l)
}

// overflow leaves one mark for all files beyond the limit.
func (u *unpacking) overflow(l leaf) {
	if last := &u.leaves[len(u.leaves)-1]; last.src.File != "…" {
		l.src.File = "…"
		l.refuse(document.ReasonTooLarge)
		u.leaves = append(u.leaves, l)
	}
}

// open adds what lies in an archive or a mail, or the file itself where that cannot be had.
func (u *unpacking) open(ctx context.Context, l leaf, depth int) {
	var members []leaf
	reason := ""
	switch {
	case depth >= maxNesting:
		reason = document.ReasonTooLarge
	case l.kind == formatTNEF:
		members, reason = u.tnefFiles(l)
	case l.kind == formatSigned:
		members, reason = mailFiles(l.src.File, signedContent(l.data))
	case l.kind == formatMail:
		members, reason = mailFiles(l.src.File, l.data)
	default:
		members, reason = u.zipMembers(l)
	}
	if reason != "" {
		l.refuse(reason)
	}
	if len(members) == 0 { // a mail of text alone: nothing of it is a paper
		l.src.Incidental, l.done = reason == "", true
		u.leaves = append(u.leaves, l)
	}
	for _, m := range members {
		m.src.SHA256, m.src.Size = l.src.SHA256, l.src.Size // what is kept is the file that was attached
		u.add(ctx, m, depth+1)
	}
}

// mailFiles are the attachments of a mail that came as a file.
func mailFiles(name string, data []byte) (files []leaf, reason string) {
	m := message.Parse(data, message.DefaultLimits(), nil)
	if len(m.Files) == 0 && m.Unread() {
		return nil, document.ReasonCorrupt
	}
	for i := range m.Files {
		m.Files[i].Name = name + "/" + m.Files[i].Name
	}
	return attached(m.Files), ""
}

// zipMembers reads every member within the bounds; members that fail are leaves that say so.
func (u *unpacking) zipMembers(l leaf) (out []leaf, reason string) {
	left := max(1, 2*u.r.opt.MaxBytes-u.total)
	p, err := ooxml.Open(l.data, ooxml.Limits{Parts: maxMembers, Part: u.r.opt.MaxBytes, Total: left, Ratio: maxRatio})
	if err != nil {
		return nil, reasonOf(err)
	}
	for _, f := range p.Parts() {
		name := cleanMember(f)
		if name == "" {
			continue
		}
		data, err := f.Read()
		u.total += int64(len(data))
		m := newLeaf(l.src.File+"/"+name, data, "")
		if err != nil {
			m = leaf{src: document.Source{File: m.src.File}}
			m.refuse(reasonOf(err))
		}
		out = append(out, m)
	}
	if len(out) == 0 {
		return nil, document.ReasonEmpty
	}
	return out, ""
}

// cleanMember is the member's own name without folders, or empty for what is no file.
func cleanMember(f *ooxml.Part) string {
	if f.Dir {
		return ""
	}
	name := path.Base(f.Name)
	if strings.HasPrefix(f.Name, "__MACOSX/") || name == ".DS_Store" || name == "Thumbs.db" || name == "desktop.ini" {
		return ""
	}
	return memberName(name)
}

func memberName(name string) string { return cmp.Or(message.CleanName(name), "tanpa-nama") }

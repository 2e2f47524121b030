package postoffice

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// picked is one mail that a command names, as this session counts.
type picked struct {
	seq uint32
	stored
}

// pick applies f to every mail of the set that this session has been told of, under the folder's lock, and gives copies.
func (s *session) pick(set imap.NumSet, f func(seq uint32, m *stored)) []picked {
	s.open.mu.Lock()
	defer s.open.mu.Unlock()
	var known []picked
	count, last := uint32(0), imap.UID(0)
	for i, m := range s.open.mails {
		if seq := s.view.EncodeSeqNum(uint32(i) + 1); seq != 0 {
			count, last = max(count, seq), m.uid
		}
	}
	for i, m := range s.open.mails {
		seq := s.view.EncodeSeqNum(uint32(i) + 1)
		if seq == 0 {
			continue
		}
		n, end := seq, count
		if _, byUID := set.(imap.UIDSet); byUID {
			n, end = uint32(m.uid), uint32(last)
		}
		if !contains(set, n, end) {
			continue
		}
		if f != nil {
			f(uint32(i)+1, m)
		}
		p := picked{seq, *m}
		p.flags = maps.Clone(m.flags)
		known = append(known, p)
	}
	return known
}

func (s *session) Search(kind imapserver.NumKind, c *imap.SearchCriteria, _ *imap.SearchOptions) (*imap.SearchData, error) {
	known, c := s.pick(imap.SeqSet{{Start: 1, Stop: 0}}, nil), s.misread(c)
	var uids imap.UIDSet
	var seqs imap.SeqSet
	for _, m := range known {
		end := known[len(known)-1]
		if !m.matches(m.seq, c, end.uid, end.seq) {
			continue
		}
		uids.AddNum(m.uid)
		seqs.AddNum(m.seq)
	}
	if kind == imapserver.NumKindUID {
		return &imap.SearchData{All: uids}, nil
	}
	return &imap.SearchData{All: seqs}, nil
}

// misread is the search that is carried out.
func (s *session) misread(c *imap.SearchCriteria) *imap.SearchCriteria {
	goes := func(how string) bool { _, ok := s.office.fault(s.login, how, nil); return ok }
	other := func(h imap.SearchCriteriaHeaderField) bool { return strings.HasPrefix(h.Key, "X-") }
	switch {
	case len(c.Header)+len(c.Text)+len(c.Body) == 0:
	case goes(Everything):
		return &imap.SearchCriteria{}
	case goes(Nothing), slices.ContainsFunc(c.Header, other) && goes(Fields):
		return &imap.SearchCriteria{Not: []imap.SearchCriteria{{}}}
	}
	return c
}

func (s *session) Store(w *imapserver.FetchWriter, set imap.NumSet, flags *imap.StoreFlags, _ *imap.StoreOptions) error {
	if s.readOnly {
		return no("READ-ONLY", "Mailbox is open for reading only")
	}
	if err := s.trouble("STORE", set); err != nil {
		return err
	}
	defer s.office.announce()
	known := s.pick(set, func(seq uint32, m *stored) {
		m.change(flags.Op, flags.Flags)
		s.open.tracker.QueueMessageFlags(seq, m.uid, m.flagList(), s.view)
	})
	if flags.Silent {
		return nil
	}
	return s.write(w, known, &imap.FetchOptions{UID: true, Flags: true})
}

func (s *session) Fetch(w *imapserver.FetchWriter, set imap.NumSet, opt *imap.FetchOptions) error {
	seen := false
	for _, part := range opt.BodySection {
		seen = seen || !part.Peek && !s.readOnly
	}
	asked := "FETCH" // of bodies
	if len(opt.BodySection) == 0 {
		asked = "SIZES"
	}
	if err := s.trouble(asked, set); err != nil {
		return err
	}
	return s.write(w, s.pick(set, func(seq uint32, m *stored) {
		if seen && !m.has(imap.FlagSeen) {
			m.change(imap.StoreFlagsAdd, []imap.Flag{imap.FlagSeen})
			s.open.tracker.QueueMessageFlags(seq, m.uid, m.flagList(), nil)
		}
	}), opt)
}

func (s *session) write(w *imapserver.FetchWriter, list []picked, opt *imap.FetchOptions) error {
	for _, m := range list {
		r := w.CreateMessage(m.seq)
		err := answer(r, m, opt)
		// Closed even after an error: the response holds the connection's writer.
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	return nil
}

func answer(r *imapserver.FetchResponseWriter, m picked, opt *imap.FetchOptions) error {
	r.WriteUID(m.uid)
	if opt.Flags {
		r.WriteFlags(m.flagList())
	}
	if opt.InternalDate {
		r.WriteInternalDate(m.at)
	}
	if opt.RFC822Size {
		r.WriteRFC822Size(int64(len(m.raw)))
	}
	if opt.BodyStructure != nil {
		r.WriteBodyStructure(imapserver.ExtractBodyStructure(bytes.NewReader(m.raw)))
	}
	for _, part := range opt.BodySection {
		b := section(m.raw, part)
		lit := r.WriteBodySection(part, int64(len(b)))
		_, err := lit.Write(b)
		if err := errors.Join(err, lit.Close()); err != nil {
			return err
		}
	}
	return nil
}

// section gives the whole mail, its header or its text byte for byte; parts of it as the library finds them.
func section(raw []byte, part *imap.FetchItemBodySection) []byte {
	head := len(headerOf(raw))
	blank := fieldLength(raw[head:]) // the empty line belongs to the header, RFC 9051 §6.4.5
	switch {
	case len(part.Part) > 0 || len(part.HeaderFields) > 0 || len(part.HeaderFieldsNot) > 0 || part.Specifier == imap.PartSpecifierMIME:
		return imapserver.ExtractBodySection(bytes.NewReader(raw), part)
	case part.Specifier == imap.PartSpecifierHeader:
		raw = raw[:head+blank]
	case part.Specifier == imap.PartSpecifierText:
		raw = raw[head+blank:]
	}
	if p := part.Partial; p != nil {
		from := min(max(p.Offset, 0), int64(len(raw)))
		return raw[from:min(from+p.Size, int64(len(raw)))]
	}
	return raw
}

func (s *session) Copy(set imap.NumSet, name string) (*imap.CopyData, error) {
	dest, err := s.target(name)
	if err == nil {
		err = s.trouble("COPY", set)
	}
	if err != nil {
		return nil, err
	}
	defer s.office.announce()
	return dest.receive(s.pick(set, nil)), nil
}

// receive gives nil when nothing came: COPYUID has no empty sets.
func (f *folder) receive(list []picked) *imap.CopyData {
	if len(list) == 0 {
		return nil
	}
	data := &imap.CopyData{UIDValidity: f.validity}
	var from, to imap.UIDSet
	for _, m := range list {
		from.AddNum(m.uid)
		to.AddNum(f.add(m.raw, m.at, m.flagList()))
	}
	data.SourceUIDs, data.DestUIDs = from, to
	return data
}

func (s *session) Move(w *imapserver.MoveWriter, set imap.NumSet, name string) error {
	if s.office.opt.HideMOVE {
		return &imap.Error{Type: imap.StatusResponseTypeBad, Text: "MOVE is not offered"}
	}
	if s.readOnly {
		return no("READ-ONLY", "Mailbox is open for reading only")
	}
	dest, err := s.target(name)
	if err == nil {
		err = s.trouble("MOVE", set)
	}
	if err != nil {
		return err
	}
	defer s.office.announce()
	named := map[imap.UID]bool{}
	for _, m := range s.pick(set, nil) {
		named[m.uid] = true
	}
	var list []picked
	for _, m := range s.open.take(func(m *stored) bool { return named[m.uid] }) {
		list = append(list, picked{stored: *m})
	}
	if data := dest.receive(list); data != nil {
		return w.WriteCopyData(data) // the EXPUNGEs follow with the session's next poll, before the command's OK
	}
	return nil
}

func (s *session) Expunge(_ *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	if uids != nil && s.office.opt.HideUIDPLUS {
		return &imap.Error{Type: imap.StatusResponseTypeBad, Text: "UID EXPUNGE is not offered"}
	}
	if s.readOnly {
		return nil
	}
	if uids != nil {
		if err := s.trouble("EXPUNGE", *uids); err != nil {
			return err
		}
	}
	defer s.office.announce()
	s.open.take(func(m *stored) bool { return m.has(imap.FlagDeleted) && (uids == nil || uids.Contains(m.uid)) })
	return nil
}

// trouble refuses the command, or breaks the connection in the answer that follows, if that has been asked for.
func (s *session) trouble(command string, set imap.NumSet) error {
	f, ok := s.office.fault(s.login, command, func(uid uint32) bool {
		uids, ok := set.(imap.UIDSet)
		return ok && uids.Contains(imap.UID(uid))
	})
	switch {
	case !ok:
	case f.code == "-":
		return no("", "Not now")
	case f.code != "":
		return no(imap.ResponseCode(f.code), "Not now")
	case s.conn != nil:
		s.conn.breakAfter(f.after)
	}
	return nil
}

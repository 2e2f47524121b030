// Package document turns the text and tables of papers into what the procedure needs: the kind of each paper, the roster,
// and row-level problems (SOP 1.2, SOP 1.3). It reasons from titles, headers, NIP shape and agreement between papers,
// never from a file's name, and it never guesses: what it is not sure of is a doubt or a problem.
package document

import (
	"cmp"
	"slices"
)

// Kind of a paper.
type Kind string

const (
	Formulir   Kind = "formulir"
	SK         Kind = "sk"
	SuratTugas Kind = "surat_tugas"
	Other      Kind = "other"
	Unreadable Kind = "unreadable"
)

// Label is the paper's name as letters print it.
func (k Kind) Label() string {
	return cmp.Or(map[Kind]string{Formulir: "Formulir permohonan pembuatan akun Pokja", SK: "SK penetapan/pengangkatan anggota Pokja",
		SuratTugas: "Surat penugasan Pokja", Unreadable: "Berkas yang tidak terbaca"}[k], "Berkas lain")
}

// Required are the three papers of SOP 1.3, in the order in which letters name them.
var Required = []Kind{Formulir, SK, SuratTugas}

// Paper is one recognised paper. One file may hold several.
type Paper struct {
	File        string `json:"file"`             // as attached; inside an archive "archive.zip/name"
	SHA256      string `json:"sha256,omitempty"` // hex, of the attached file's bytes
	Size        int64  `json:"size,omitempty"`   // of the attached file
	Pages       string `json:"pages,omitempty"`  // page range, "1-3"; empty when the format has no pages
	Kind        Kind   `json:"kind"`
	Title       string `json:"title"`              // the evidence: the title line as read
	Number      string `json:"number,omitempty"`   // NOMOR of an SK or surat tugas
	Date        string `json:"date,omitempty"`     // of an SK, as printed
	Reason      string `json:"reason,omitempty"`   // why unreadable: encrypted, corrupt, empty, too-large, unsupported, no-text
	MachineRead bool   `json:"machine_read"`       // read by OCR
	Replaced    bool   `json:"replaced,omitempty"` // superseded by a later paper of the same case
	Broken      bool   `json:"broken,omitempty"`   // its kind is known, and some of its pages cannot be read
	Attested    bool   `json:"attested,omitempty"` // a person has read it where the program could not
}

// Waits for a person to read it.
func (p Paper) Waits() bool { return !p.Replaced && (p.Kind == Unreadable || p.Broken) }

// ID names a paper within its case.
func (p Paper) ID() string { return p.SHA256 + " " + p.File + " " + p.Pages }

// Row is one member as the papers name them.
type Row struct {
	No       int      `json:"no"`
	Nama     string   `json:"nama"` // as printed, titles included
	NIP      string   `json:"nip"`  // digits as read
	NIK      string   `json:"nik"`
	Email    string   `json:"email"` // lower case
	Jabatan  string   `json:"jabatan"`
	Golongan string   `json:"golongan"`
	HP       string   `json:"hp"`
	UserID   string   `json:"user_id"`
	Doubts   []string `json:"doubts"` // names of fields that a person must look at
	Source   string   `json:"source"` // file it was read from
}

// Severity of a problem: Stop keeps the case from the approver, Warn is shown to the approver.
type Severity string

const (
	Stop Severity = "stop"
	Warn Severity = "warn"
)

// Problem is a named fault of one row; row 0 is the whole roster.
type Problem struct {
	Row      int      `json:"row"`
	Field    string   `json:"field"`
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Text     string   `json:"text"` // Indonesian: what is wrong and how to mend it
}

// Reading is everything that the papers of one case say.
type Reading struct {
	Papers      []Paper   `json:"papers"`
	Roster      []Row     `json:"roster"`
	Problems    []Problem `json:"problems"`
	Complete    bool      `json:"complete"` // all three kinds there and readable
	Missing     []Kind    `json:"missing"`
	NeedsPerson bool      `json:"needs_person"`
	Said        []Row     `json:"said,omitempty"` // what the mails of the case have typed about people, the later word instead of the earlier

	Amended []Amendment `json:"amended,omitempty"` // what the requester has written in answer to a letter, oldest first
	Unsure  bool        `json:"unsure,omitempty"`  // the layout of the formulir was not wholly understood
}

// Attest takes it from a person what papers are that the program could not read, or not wholly: kinds by ID. What it could not read of the
// roster the person cannot put in; it is asked of the requester, who can.
func (r Reading) Attest(kinds map[string]Kind) Reading {
	r.Papers, r.Problems = slices.Clone(r.Papers), slices.Clone(r.Problems)
	attested := map[Kind]bool{}
	for i := range r.Papers {
		p := &r.Papers[i]
		if k, ok := kinds[p.ID()]; ok {
			p.Kind, p.Reason, p.Broken, p.Attested = k, "", false, true
			attested[k] = true
		}
	}
	if len(attested) == 0 {
		return r
	}
	for i, p := range r.Problems {
		if p.Code == CodeMissingInSK && attested[SK] || p.Code == CodeMissingInST && attested[SuratTugas] {
			r.Problems[i].Severity = Warn // the person has looked, and the approver is told
		}
	}
	r.judge()
	r.complete()
	return r
}

// Paper is the present paper of a kind; empty where there is none.
func (r Reading) Paper(k Kind) (p Paper) {
	for _, p = range r.Papers {
		if p.Kind == k && !p.Replaced {
			return p
		}
	}
	return Paper{}
}

// ranks are the fixed names of grades, from I/a to IV/e.
var ranks = map[string]string{"I/a": "Juru Muda", "I/b": "Juru Muda Tingkat I", "I/c": "Juru", "I/d": "Juru Tingkat I",
	"II/a": "Pengatur Muda", "II/b": "Pengatur Muda Tingkat I", "II/c": "Pengatur", "II/d": "Pengatur Tingkat I",
	"III/a": "Penata Muda", "III/b": "Penata Muda Tingkat I", "III/c": "Penata", "III/d": "Penata Tingkat I",
	"IV/a": "Pembina", "IV/b": "Pembina Tingkat I", "IV/c": "Pembina Utama Muda", "IV/d": "Pembina Utama Madya", "IV/e": "Pembina Utama"}

// Pangkat is the rank of a grade; "" for a grade that has none, as those of PPPK.
func Pangkat(golongan string) string { return ranks[golongan] }

// Ready says that the approver may be asked: complete, nothing that stops, no person needed.
func (r Reading) Ready() bool {
	return r.Complete && !r.NeedsPerson && len(r.Roster) > 0 && !r.stops()
}

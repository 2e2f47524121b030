package letter

import (
	"net/url"
	"strings"

	"ukpbjd/internal/sop"
)

// Answer is one way to answer: what it does, the words to write, and the link that holds them ready.
type Answer struct {
	Does  string // begins the sentence: "Menyetujui"
	Where string // which letter to answer, where it is not this one
	Write string // the command
	Then  string // what is to stand behind it, or when it may be sent; may be empty
	Link  string
}

// Answers lists how the addressee may answer.
func (v *View) Answers() []Answer {
	if v.answers == nil {
		v.answers = v.allAnswers()
	}
	return v.answers
}

// allAnswers go by role, and by what the case still allows. The letter bantuan lists all.
func (v *View) allAnswers() []Answer {
	var own []Answer
	all := v.Kind == string(sop.Bantuan)
	switch role := sop.Role(v.Role); {
	case v.Case.Closed && !all:
	case role == sop.RoleApprover:
		own = v.approverAnswers(all)
	case role == sop.RoleMember:
		own = v.memberAnswers(all)
	case role == sop.RoleRequester && (all || !v.Case.Approved):
		if all || v.Case.ReadBack && !v.Open {
			own = []Answer{{Does: "Menyatakan daftar anggota yang dibaca ulang benar", Write: string(sop.Benar), Link: v.Link(string(sop.Benar))}}
		}
		own = append(own, Answer{Does: "Menarik permohonan sebelum disetujui", Write: "BATAL"})
	}
	if v.Case.Owed[sop.Role(v.Role)] {
		own = append(own, Answer{Does: "Menjelaskan penyimpangan yang tercatat", Write: "JELASKAN", Then: "diikuti penjelasan"})
	}
	return append(own,
		Answer{Does: "Menanyakan keadaan permohonan", Write: "STATUS"},
		Answer{Does: "Meminta petunjuk menjawab", Write: "BANTUAN"})
}

func (v *View) approverAnswers(all bool) []Answer {
	var out []Answer
	if all || v.Case.Asked || v.Kind == string(sop.Persetujuan) {
		out = v.decisionAnswers()
	}
	if v.Undo != "" && (all || v.Kind == string(sop.Persetujuan) || v.Case.Approved && !v.Case.Released) {
		out = append(out, Answer{Does: "Menarik kembali persetujuan", Write: "STOP",
			Then: "dalam " + v.Undo + " setelah persetujuan diberikan", Link: v.Link("STOP")})
	}
	if all || v.Case.Released {
		out = append(out, Answer{Does: "Mengirim sekali lagi surat seorang anggota", Write: "KIRIM ULANG",
			Then: "diikuti nama atau NIP; alamatnya tetap seperti pada saat disetujui"})
	}
	if all && v.Deputies {
		out = append(out, Answer{Does: "Menyerahkan jawaban kepada pengganti selama berhalangan, untuk semua permohonan", Write: "DELEGASI",
			Then: "diikuti nama pengganti, kata SAMPAI dan tanggal; untuk mengakhirinya, diikuti kata SELESAI"})
	}
	return out
}

// decisionAnswers are bound to the letter persetujuan: a reply to another letter carries no code.
func (v *View) decisionAnswers() []Answer {
	where := ""
	if v.Kind != string(sop.Persetujuan) && v.Code == "" {
		where = "surat permohonan persetujuan, bukan surat ini,"
	}
	yes, code := "setelah seluruh akun diketik ke dalam SPSE", ""
	switch {
	case v.Mend != nil && v.Mend.Fresh:
		yes = "setelah password baru diketik ke dalam SPSE"
	case v.Mend != nil:
		yes = "untuk alamat baru itu"
	}
	switch {
	case v.Office.CodeInSheet:
		code = "kode pada lembar akun dan "
		yes = "diikuti kode pada lembar akun, " + yes
	case v.Office.Signed:
		yes = "diikuti kode pada subjek surat permohonan persetujuan, " + yes
	}
	out := []Answer{
		{Does: "Menyetujui", Where: where, Write: "SETUJU", Then: yes, Link: v.Agree()},
		{Does: "Menolak", Where: where, Write: "TOLAK", Then: "diikuti " + code + "alasan; alasan itu disampaikan kepada pemohon",
			Link: v.Link("TOLAK ")},
		{Does: "Mengembalikan untuk dilengkapi", Where: where, Write: "LENGKAPI",
			Then: "diikuti " + code + "catatan; catatan itu disampaikan kepada pemohon", Link: v.Link("LENGKAPI ")},
	}
	if v.Mend != nil {
		out = out[:2] // there is nothing to complete
	}
	return out
}

func (v *View) memberAnswers(all bool) []Answer {
	var out []Answer
	if all || !v.Case.Confirmed {
		out = append(out, Answer{Does: "Mengonfirmasi penerimaan", Write: "TERIMA", Link: v.Link("TERIMA")})
	}
	return append(out,
		Answer{Does: "Menyatakan surat kredensial bukan untuk Saudara", Write: "SALAH",
			Then: "lalu hapus surat itu; pengiriman kepada Saudara dihentikan", Link: v.Link("SALAH")},
		Answer{Does: "Melaporkan tidak dapat masuk ke SPSE", Write: "KENDALA",
			Then: "diikuti uraian singkat, tanpa menuliskan password", Link: v.Link("KENDALA ")})
}

// asksAgain: the letter tells an approver that nothing has been decided, and carries the ready links of the letter that asks.
func (v *View) asksAgain() bool {
	return v.Kind == string(sop.TidakDikenali) && v.Role == string(sop.RoleApprover)
}

// Announced says that the note of a pemberitahuan is the name of who decided.
func (v *View) Announced() bool { return announcedBy[v.Topic] }

// Link is a mailto address that holds the answer ready: to the office mailbox, the subject that carries the code, and as text
// exactly the command. It is empty where a mail of its own could not be matched: without a code in the subject only a reply
// can (DESIGN, "Mail grammar").
func (v *View) Link(command string) string {
	subject := v.mailSubject
	if v.Code == "" {
		subject = v.askSubject
	}
	if v.Code+v.askSubject == "" || v.Office.Address == "" {
		return ""
	}
	return mailto(v.Office.Address, "Re: "+subject, command)
}

// mailto follows RFC 6068 §2: spaces are %20, never +.
func mailto(to, subject, body string) string {
	percent := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	return "mailto:" + strings.ReplaceAll(percent(to), "%40", "@") + "?subject=" + percent(subject) + "&body=" + percent(body)
}

// Agree is the link that approves. Where only signed text counts, the code stands in it too: a signature leaves the subject out.
func (v *View) Agree() string {
	if v.Office.Signed && !v.Office.CodeInSheet {
		return v.Link("SETUJU " + v.Code)
	}
	return v.Link("SETUJU")
}

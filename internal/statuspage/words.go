package statuspage

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/sop"
)

func paperLabel(k document.Kind) string {
	switch k {
	case document.Formulir:
		return "Formulir"
	case document.SK:
		return "SK"
	case document.SuratTugas:
		return "Surat tugas"
	case document.Unreadable:
		return "Tidak terbaca"
	}
	return "Berkas lain"
}

// unreadable says in the office's words why a paper could not be read.
func unreadable(reason string) string {
	switch reason {
	case "encrypted":
		return "terkunci kata sandi"
	case "corrupt":
		return "berkas rusak"
	case "empty":
		return "berkas kosong"
	case "too-large":
		return "terlalu besar"
	case "unsupported":
		return "bentuk tidak dikenal"
	case "no-text":
		return "tanpa teks"
	}
	return "perlu dilihat"
}

func problemLabel(code string) string {
	switch code {
	case document.CodeBadNIP:
		return "NIP tidak sah"
	case document.CodePrecisionLost:
		return "angka NIP hilang di lembar kerja"
	case document.CodeDuplicateNIP:
		return "NIP sama dengan baris lain"
	case document.CodeMissingEmail:
		return "alamat surel belum diisi"
	case document.CodeBadEmail:
		return "alamat surel tidak dapat dipakai"
	case document.CodeDuplicateEmail:
		return "alamat surel sama dengan baris lain"
	case document.CodeDisagrees:
		return "berkas saling berbeda"
	case document.CodeEvenNumber:
		return "jumlah anggota genap"
	case document.CodeMissingInSK:
		return "tidak tercantum dalam SK"
	case document.CodeMissingInST:
		return "tidak tercantum dalam surat tugas"
	case document.CodeMissingName:
		return "nama belum diisi"
	case document.CodeBrokenCell:
		return "galat lembar kerja di dalam sel"
	case document.CodeLookalike:
		return "domain surel mirip domain kantor"
	}
	return scrub(code)
}

func owesLabel(who string) string { return cmp.Or(letter.PartyName(who), "–") }

func memberLabel(s sop.MemberState) string {
	return strings.ReplaceAll(string(s), "-", " ")
}

// tone is the colour family of something: calm, wait, good, bad, dim.
type tone string

const (
	calm tone = "calm"
	wait tone = "wait"
	good tone = "good"
	bad  tone = "bad"
	dim  tone = "dim"
)

func statusTone(s sop.Status) tone {
	switch s {
	case sop.Done:
		return good
	case sop.Incomplete, sop.AwaitingApproval, sop.AwaitingReceipt:
		return wait
	case sop.Approved, sop.Sent:
		return calm
	case sop.Rejected, sop.Cancelled:
		return dim
	}
	return bad
}

func memberTone(s sop.MemberState) tone {
	switch s {
	case sop.MemberConfirmed:
		return good
	case sop.MemberFailed, sop.MemberWrong:
		return bad
	case sop.MemberLapsed:
		return wait
	case sop.MemberSent, sop.MemberQueued, sop.MemberSealing:
		return calm
	}
	return dim
}

// eventTone goes by the kinds that sop journals; an unknown one is calm.
func eventTone(kind string) tone {
	switch kind {
	case "accounts-failed", "sealing-failed", "letter-lost", "incident", "exposed", "held", "needs-review":
		return bad
	case "deviation", "refused", "not-obeyed", "late-command", "rejected", "returned", "approval-withdrawn", "letter-delayed", "hold", "problem", "oversized", "reminded":
		return wait
	case "approved", "receipt-confirmed", "closed":
		return good
	case "cancelled":
		return dim
	}
	return calm
}

// span says a length of time in its largest unit.
func span(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d menit", max(1, int(d.Minutes())))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d jam", int(d.Hours()))
	}
	return fmt.Sprintf("%d hari", int(d.Hours()/24))
}

// due says how far a deadline is.
func due(at, now time.Time) string {
	if at.IsZero() {
		return "–"
	}
	if now.After(at) {
		return "lewat " + span(now.Sub(at))
	}
	return "sisa " + span(at.Sub(now))
}

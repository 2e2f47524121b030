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

var paperLabels = map[document.Kind]string{document.Formulir: "Formulir", document.SK: "SK", document.SuratTugas: "Surat tugas",
	document.Unreadable: "Tidak terbaca"}

// unreadable says in the office's words why a paper could not be read.
var unreadable = map[string]string{
	document.ReasonEncrypted: "terkunci kata sandi", document.ReasonCorrupt: "berkas rusak", document.ReasonEmpty: "berkas kosong",
	document.ReasonTooLarge: "terlalu besar", document.ReasonUnsupported: "bentuk tidak dikenal", document.ReasonNoText: "tanpa teks",
}

var problemLabels = map[string]string{
	document.CodeBadNIP:         "NIP tidak sah",
	document.CodePrecisionLost:  "angka NIP hilang di lembar kerja",
	document.CodeDuplicateNIP:   "NIP sama dengan baris lain",
	document.CodeMissingEmail:   "alamat surel belum diisi",
	document.CodeBadEmail:       "alamat surel tidak dapat dipakai",
	document.CodeDuplicateEmail: "alamat surel sama dengan baris lain",
	document.CodeDisagrees:      "berkas saling berbeda",
	document.CodeEvenNumber:     "jumlah anggota genap",
	document.CodeMissingInSK:    "tidak tercantum dalam SK",
	document.CodeMissingInST:    "tidak tercantum dalam surat tugas",
	document.CodeMissingName:    "nama belum diisi",
	document.CodeBrokenCell:     "galat lembar kerja di dalam sel",
	document.CodeLookalike:      "domain surel mirip domain kantor",
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

// An unknown status is bad, a member's state dim.
var statusTones = map[sop.Status]tone{sop.Done: good, sop.Incomplete: wait, sop.AwaitingRequester: wait, sop.AwaitingApproval: wait, sop.AwaitingReceipt: wait, sop.Approved: calm,
	sop.Sent: calm, sop.Rejected: dim, sop.Cancelled: dim}

var memberTones = map[sop.MemberState]tone{sop.MemberConfirmed: good, sop.MemberFailed: bad, sop.MemberWrong: bad, sop.MemberLapsed: wait,
	sop.MemberSent: calm, sop.MemberQueued: calm, sop.MemberSealing: calm}

func statusTone(s sop.Status) tone { return cmp.Or(statusTones[s], bad) }

func memberTone(s sop.MemberState) tone { return cmp.Or(memberTones[s], dim) }

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

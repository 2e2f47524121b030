package report

import (
	"strings"
	"time"
	"unicode"

	"ukpbjd/internal/sop"
)

// stamp is "05-05-2026 09.27", or a dash where there is no time.
func stamp(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(zone).Format("02-01-2006 15.04")
}

func zoneOf(z *time.Location) *time.Location {
	if z == nil {
		return time.UTC
	}
	return z
}

// owed says who owes a step. SOP W.1
func owed(s string) string {
	switch s {
	case "requester":
		return "Pemohon"
	case "approver":
		return "Admin Agency"
	case "member":
		return "Anggota Pokja"
	case "operator":
		return "Operator"
	case "daemon":
		return "Sistem"
	case "kepala-lpse":
		return "Kepala LPSE"
	case "":
		return ""
	}
	return s
}

func letterState(s string) string {
	switch s {
	case "queued":
		return "antre"
	case "sending":
		return "sedang dikirim"
	case "accepted":
		return "terkirim"
	case "deferred":
		return "ditunda"
	case "failed":
		return "gagal"
	case "in-doubt":
		return "diragukan"
	}
	return s
}

func role(r sop.Role) string {
	switch r {
	case sop.RoleRequester:
		return "Pemohon"
	case sop.RoleApprover:
		return "Admin Agency"
	case sop.RoleMember:
		return "Anggota Pokja"
	case sop.RoleKepala:
		return "Kepala LPSE"
	case sop.RoleBagian:
		return "Kepala Bagian"
	case sop.RoleOperator:
		return "Operator"
	}
	return string(r)
}

func yes(b bool) string {
	if b {
		return "ya"
	}
	return "tidak"
}

// longestText bounds one cell; a spreadsheet takes 32,767 characters.
const longestText = 2000

// plain makes text from outside fit one line of a cell or form.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.In(r, unicode.Cf):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > longestText {
		s = string(r[:longestText-1]) + "…"
	}
	return s
}

package sop

import (
	"slices"
	"strings"

	"ukpbjd/internal/document"
)

// checked adds the faults of a roster that only the office can know, and holds every row to what the rest of the procedure
// rests on: a NIP and an address of its own. DESIGN, "Credentials"
func (d *decision) checked(r document.Reading) document.Reading {
	r.Problems = slices.Clone(r.Problems)
	nips, addresses := map[string]bool{}, map[string]bool{}
	unlisted := slices.Contains(r.Missing, document.Formulir) || // where no list of addresses has come, that is said, and stops the case
		slices.ContainsFunc(r.Problems, func(p document.Problem) bool { return p.Row == 0 && p.Severity == document.Stop })
	for i, row := range r.Roster {
		stop := func(bad bool, field, code, text string) {
			known := slices.ContainsFunc(r.Problems, func(p document.Problem) bool {
				return p.Row == i+1 && p.Field == field && p.Severity == document.Stop
			})
			if bad && !known {
				r.Problems = append(r.Problems, document.Problem{Row: i + 1, Field: field, Code: code, Severity: document.Stop,
					Text: row.Called(i+1) + text})
			}
		}
		address := strings.ToLower(row.Email)
		stop(row.NIP == "", "nip", document.CodeBadNIP, "NIP belum diisi.")
		stop(nips[row.NIP], "nip", document.CodeDuplicateNIP, "NIP sama dengan baris lain.")
		stop(address == "" && !unlisted, "email", document.CodeMissingEmail, "alamat surel belum diisi.")
		stop(address != "" && addresses[address], "email", document.CodeDuplicateEmail, "alamat surel sama dengan baris lain.")
		stop(d.reserved(row.Email), "email", CodeReservedAddress, "alamat surel "+row.Email+
			" adalah alamat kantor atau pejabat dalam prosedur ini. Mohon tulis alamat surel pribadi anggota.")
		nips[row.NIP], addresses[address] = true, true
	}
	return r
}

// CodeReservedAddress is the problem of a row whose address is the office's, an approver's or a Kepala's.
const CodeReservedAddress = "reserved_address"

func (d *decision) reserved(address string) bool {
	all := []string{d.o.Mailbox.Address, d.o.KepalaLPSE.Address, d.o.KepalaBagian.Address}
	for _, a := range d.o.registered() {
		all = append(all, a.addresses()...)
	}
	return slices.ContainsFunc(all, func(s string) bool { return sameAddress(s, address) })
}

func host(addr string) string {
	return strings.ToLower(addr[strings.LastIndexByte(addr, '@')+1:])
}

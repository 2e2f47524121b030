package sop

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// SheetPrefix begins the file name of every account sheet, and of nothing else.
const SheetPrefix = "lembar-akun-"

// SheetName is the file name of a case's account sheet.
func SheetName(number string) string { return SheetPrefix + number + ".xlsx" }

// IsSheetName says that a file is an account sheet, by its name.
func IsSheetName(name string) bool { return strings.HasPrefix(name, SheetPrefix) }

// Issued says that a file with this sum is the account sheet that the approver was sent last.
func (c *Case) Issued(approver, sum string) bool { return sum != "" && c.Sheets[approver] == sum }

// sums names sheets without keeping them.
func sums(sheets map[string][]byte) map[string]string {
	out := map[string]string{}
	for who, b := range sheets {
		out[who] = fmt.Sprintf("%x", sha256.Sum256(b))
	}
	return out
}

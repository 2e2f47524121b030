package sop

import (
	"time"

	"ukpbjd/internal/workday"
)

// Office is the policy of one office: who may do what, and how long it may take. It is built from the configuration.
type Office struct {
	Name         string
	Mailbox      Person // the office's own address; never a participant
	CasePrefix   string
	Approvers    []Approver
	KepalaLPSE   Person
	KepalaBagian Person
	Operator     Person

	Standing []Delegation // what approvers have delegated in other cases; a new case begins with it

	Level       Level
	UndoWindow  time.Duration
	Expires     int // office days that an approval letter holds
	Quorum      int
	SecondAbove int // members above which two approvers are needed; 0: never
	CodeInSheet bool
	Sheet       string // encrypted, plain, none
	FullCopy    bool   // Kepala LPSE's copy carries the passwords: credentials.tembusan: full

	ApprovalDays, CompletionDays, ReceiptDays int
	ExpiryDays                                int           // office days after the last delivery until an unconfirmed key is destroyed
	ShredAfter                                time.Duration // after TERIMA
	Calendar                                  workday.Calendar
}

// Approver is one registered approver with every address by which they may answer.
type Approver struct {
	Person
	Aliases  []string
	NIP      string
	Deputies []Approver // who may answer for them while a DELEGASI runs; without deputies of their own
}

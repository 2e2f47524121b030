package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// UpdateTrustPolicy compares the ground on which approvals are believed with the one that the books were last worked with. Where it
// became looser, whoever loosened it could use a code that is open: every such code is void, an approval that has released
// nothing is withdrawn, and everybody concerned is told (DESIGN, "Trust"). It gives what became looser, in Indonesian words.
func (c *Control) UpdateTrustPolicy(ctx context.Context, now store.Trust) (looser []string, err error) {
	err = c.Commit(ctx, 1, func(b store.Books) error {
		old, known, err := b.State.Trust()
		if err != nil || known && old.Same(now) {
			return err
		}
		if err := b.State.PutTrust(now); err != nil || !known {
			return err
		}
		if looser = weakened(old, now); len(looser) == 0 {
			return c.journal(b, "daemon", "trust-changed", "trust-changed", "Pengaturan kepercayaan berubah dan tidak menjadi lebih longgar.")
		}
		return c.voidCodes(b, strings.Join(looser, "; "))
	})
	return looser, err
}

// voidCodes is one commit with the record of the new ground: after a crash it is found again.
func (c *Control) voidCodes(b store.Books, what string) error {
	if err := c.journal(b, "daemon", "trust-loosened", "trust-loosened", "Pengaturan kepercayaan menjadi lebih longgar: "+what+"."); err != nil {
		return err
	}
	if err := c.TellOpen(b, "", sop.Task{Kind: sop.TaskVoid, Note: what, NotBefore: c.Now().UTC()}); err != nil {
		return err
	}
	return c.announceTrust(b, what)
}

// announceTrust tells approvers and those who oversee, whether or not a case is open.
func (c *Control) announceTrust(b store.Books, what string) error {
	told := map[string]bool{}
	var errs []error
	tell := func(p sop.Person, role sop.Role) {
		if address := strings.ToLower(p.Address); address != "" && !told[address] {
			told[address] = true
			errs = append(errs, c.Queue(b, sop.Case{Number: store.Office}, sop.Letter{Key: fmt.Sprintf("%d/%s/trust/%d", c.Now().Unix(), sop.Pemberitahuan, len(told)),
				Kind: sop.Pemberitahuan, To: p, Role: role, Topic: "trust-loosened", Note: what}))
		}
	}
	for _, a := range c.Office.Approvers {
		tell(a.Person, sop.RoleApprover)
	}
	tell(c.Office.KepalaLPSE, sop.RoleKepala)
	tell(c.Office.KepalaBagian, sop.RoleBagian)
	tell(c.Office.Operator, sop.RoleOperator)
	return errors.Join(errs...)
}

var levels = []sop.Level{sop.Basic, sop.Standard, sop.Strict, sop.Signed}

// weakened names everything by which now believes what old would not have believed.
func weakened(old, now store.Trust) []string {
	var out []string
	add := func(yes bool, format string, args ...any) {
		if yes {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	add(slices.Index(levels, now.Level) < slices.Index(levels, old.Level), "tingkat pembuktian turun dari %s ke %s", old.Level, now.Level)
	add(old.AuthservID != now.AuthservID, "pembukti pengirim (authserv_id) kini %s", cmp.Or(now.AuthservID, "tidak ada"))
	for _, h := range added(old.ReceivedBy, now.ReceivedBy) {
		add(true, "server surat bertambah: %s", h)
	}
	for _, s := range added(old.Senders, now.Senders) {
		add(true, "pengirim atas nama orang lain (senders) bertambah: %s", s)
	}
	add(now.BelowReceived && !old.BelowReceived, "pernyataan di bawah baris Received kini dipercaya")
	add(old.CodeInSheet && !now.CodeInSheet, "kode tidak lagi hanya pada lembar akun")
	add(now.Quorum < old.Quorum, "jumlah persetujuan yang diperlukan turun dari %d ke %d", old.Quorum, now.Quorum)
	add(old.SecondAbove > 0 && (now.SecondAbove == 0 || now.SecondAbove > old.SecondAbove), "batas anggota untuk persetujuan kedua dinaikkan atau dihapus")
	add(now.FullCopy != "" && now.FullCopy != old.FullCopy, "tembusan beserta password kini dikirim kepada %s", now.FullCopy)
	add(now.UndoWindow < old.UndoWindow, "masa pembatalan dipersingkat")
	for _, a := range added(old.Approvers, now.Approvers) {
		add(true, "pemberi persetujuan atau pengganti bertambah: %s", a)
	}
	for _, r := range added(old.Requesters, now.Requesters) {
		add(true, "pemohon bertambah: %s", r)
	}
	for _, p := range added(old.Pins, now.Pins) {
		who, _, _ := strings.Cut(p, " ")
		add(now.Level == sop.Signed, "sertifikat atau kunci bertambah: %s", who)
	}
	for _, n := range added(now.NIPs, old.NIPs) { // a NIP keeps its owner from approving for themselves
		who, _, _ := strings.Cut(n, " ")
		add(slices.ContainsFunc(now.Approvers, func(a string) bool { return strings.HasPrefix(a+" ", who+" ") }), "NIP pemberi persetujuan dihapus atau diganti: %s", who)
	}
	return out
}

// added are those of now that old has not.
func added(old, now []string) []string {
	return slices.DeleteFunc(slices.Clone(now), func(s string) bool { return slices.Contains(old, s) })
}

// groundCall remembers what check found: whether a forgery would be believed, and which folders keep copies of sent mail.
// Serve draws the consequences.
func groundCall(c *Control, ctx context.Context, x Call) (any, error) {
	err := c.Commit(ctx, 0, func(b store.Books) error {
		if x.Arg != "" {
			if err := b.State.PutGround(x.Arg); err != nil {
				return err
			}
		}
		if x.Folders != nil {
			return b.State.PutSentFolders(*x.Folders)
		}
		return nil
	})
	return x.Arg, err
}

// Ground is what check last found: sound, unsound, or "" before the first check.
func (c *Control) Ground(ctx context.Context) (string, error) {
	return office.Read(ctx, c.Clerk, func(b store.Books) (string, error) { return b.State.Ground() })
}

// SentFolders are those in which the provider keeps copies of sent mail, as check last found.
func (c *Control) SentFolders(ctx context.Context) ([]string, error) {
	return office.Read(ctx, c.Clerk, func(b store.Books) ([]string, error) { return b.State.SentFolders() })
}

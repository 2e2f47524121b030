package sop

// restored makes a case safe that comes out of a backup: whether it was answered since is not known. What was not released
// is asked about anew, under a new code; what was released stays, and its letters wait for the operator.
func (d *decision) restored() string {
	d.c.Delegations = nil // one may have been ended since
	d.event("restored", "Buku dipulihkan dari cadangan; kode persetujuan yang terbuka tidak berlaku lagi.")
	if d.c.Status.Closed() || d.released() {
		return "restored"
	}
	asked := d.c.Status == AwaitingApproval || d.c.Status == Approved
	if d.c.Approval != nil || len(d.c.Votes) > 0 {
		d.withdraw("approval-withdrawn", "Persetujuan yang belum dilaksanakan ditarik karena buku dipulihkan dari cadangan.")
	}
	if asked {
		d.askApproval()
		d.tellApprovers("restored", "")
	}
	return "restored"
}

package sop_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
)

// history feeds one case with whatever may happen, in any order, early, late and twice, and holds every decision against the
// promise of the office. It keeps books of its own, so that a Decide that forgets something is caught.
type history struct {
	*world
	begun    []begun                 // tasks that a worker has begun, with the case as it stood
	inputs   []sop.Input             // for repetition
	approved map[int]map[string]bool // revision → registered approvers whose SETUJU was counted
	frozen   map[string]string       // NIP → address, at approval
	agreed   map[int]map[string]bool // issue of a row's letter → approvers whose SETUJU to it was counted
	mends    int                     // letters to an address that was mended
	live     map[string]sop.Account  // NIP → the account as it was first kept
	keys     map[string]bool         // letter keys and task ids ever seen
	burnt    map[string]bool         // sealed passwords that were seen
	full     string                  // Kepala LPSE's address at the approval, where the copy was chosen in full then
	copies   int                     // letters with passwords to Kepala LPSE since the approval
	lost     int                     // of them, those that did not arrive
	visited  map[sop.Status]bool
	fail     func(format string, a ...any)
}

type begun struct {
	task sop.Task
	seen sop.Case
}

func newHistory(o sop.Office, fail func(string, ...any)) *history {
	return &history{world: newWorld(o), approved: map[int]map[string]bool{}, frozen: map[string]string{}, agreed: map[int]map[string]bool{}, live: map[string]sop.Account{},
		keys: map[string]bool{}, visited: map[sop.Status]bool{}, burnt: map[string]bool{}, fail: fail}
}

// happen decides one input and checks everything that must be true of any decision.
func (h *history) happen(in sop.Input) {
	before, image := h.c, picture(h.c)
	out := h.put(in)
	if picture(before) != image {
		h.fail("%s: Decide changed the case that it was given", h.what(in))
	}
	h.checkRoundTrip(out.Case)
	h.checkStale(in, out)
	h.checkAddressees(in, before, out)
	h.checkClosed(in, before, out)
	h.checkKeys(out)
	h.record(in, before, out)
	h.checkCredentials(out)
	h.checkCopies(in, out)
	h.checkAccounts(in, out)
	h.checkWake(out.Case)
	h.checkOwed(out.Case)
	h.inputs = append(h.inputs, in)
	h.visited[out.Case.Status] = true
}

func (h *history) what(in sop.Input) string {
	return fmt.Sprintf("%s %T %+v", in.Mail.MessageID, in.What, in.What)
}

func picture(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (h *history) checkRoundTrip(c sop.Case) {
	var back sop.Case
	if err := json.Unmarshal([]byte(picture(c)), &back); err != nil {
		h.fail("case as JSON: %v", err)
	}
	if picture(back) != picture(c) {
		h.fail("the case does not survive JSON")
	}
}

// checkStale brings a second time what has had its effect: a worker's result, the word of the next server, an approval that
// comes in another mail. Nothing comes of it but a line in the journal, and an answer to the approver.
func (h *history) checkStale(in sop.Input, out sop.Outcome) {
	switch w := in.What.(type) {
	case sop.AccountsMade:
		if out.Reason == "accounts-raced" { // made with others than are kept: it is wanted still
			return
		}
	case sop.Command:
		if w.Verb != sop.Setuju || out.Reason != "approved" && out.Reason != "vote-counted" && out.Reason != "mend-approved" {
			return
		}
	case sop.CredentialSealed, sop.TembusanSealed, sop.KeyShredded, sop.Accepted:
	default:
		return
	}
	again := h.decide(h.office, h.c, h.again(in), h.now)
	letters := slices.DeleteFunc(slices.Clone(again.Letters), func(l sop.Letter) bool { return l.Kind == sop.TidakDikenali })
	tasks := slices.DeleteFunc(slices.Clone(again.Tasks), func(o sop.Task) bool { return o.Kind == sop.TaskShred && h.c.Status.Closed() })
	if len(letters)+len(tasks) > 0 || matter(again.Case) != matter(h.c) && len(again.Case.Waiting) == len(h.c.Waiting) {
		h.fail("%s: %s, and a second time %s with %d letters, %d tasks", h.what(in), out.Reason, again.Reason, len(letters), len(tasks))
	}
}

// matter is the case without what every decision writes, answered or not.
func matter(c sop.Case) string {
	if len(c.Waiting) > 0 { // an answer that was given already waits for its day
		c.Wake = time.Time{}
	}
	c.Updated, c.Mails, c.Answered, c.Waiting, c.Letters = time.Time{}, nil, nil, nil, 0
	return picture(c)
}

// checkAddressees: everybody who gets a letter takes part in the case, and never the office itself.
func (h *history) checkAddressees(in sop.Input, before sop.Case, out sop.Outcome) {
	c := out.Case
	known := []string{c.Requester.Address, h.office.KepalaLPSE.Address, h.office.KepalaBagian.Address, h.office.Operator.Address}
	for _, a := range h.office.Acting(&c, h.now) {
		known = append(known, a.Address)
	}
	for _, d := range before.Delegations {
		known = append(known, d.To.Address)
	}
	for _, m := range c.Members {
		known = append(known, m.Row.Email)
		for _, f := range m.Former {
			known = append(known, f.Address)
		}
	}
	for _, l := range out.Letters {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, l.To.Address) }) || l.To.Address == "" {
			h.fail("%s: %s goes to %q, who has no part in the case", h.what(in), l.Kind, l.To.Address)
		}
		if strings.EqualFold(l.To.Address, h.office.Mailbox.Address) {
			h.fail("%s: %s goes to the office itself", h.what(in), l.Kind)
		}
	}
}

func (h *history) checkClosed(in sop.Input, before sop.Case, out sop.Outcome) {
	if !before.Status.Closed() {
		return
	}
	if out.Case.Status != before.Status {
		h.fail("%s: the closed case became %s", h.what(in), out.Case.Status)
	}
	for _, l := range out.Letters {
		if !slices.Contains([]sop.LetterKind{sop.StatusKasus, sop.Bantuan, sop.TidakDikenali, sop.Pemberitahuan, sop.PeringatanOperator}, l.Kind) {
			h.fail("%s: the closed case emits %s", h.what(in), l.Kind)
		}
	}
	for _, o := range out.Tasks {
		if o.Kind != sop.TaskShred {
			h.fail("%s: the closed case orders %s", h.what(in), o.Kind)
		}
	}
}

// checkKeys: no letter key and no task id is ever used twice, except that a sealed letter bears the key of its task.
func (h *history) checkKeys(out sop.Outcome) {
	for _, l := range out.Letters {
		h.once("letter " + l.Key)
	}
	for _, o := range out.Tasks {
		h.once("task " + o.ID)
	}
}

func (h *history) once(key string) {
	if h.keys[key] {
		h.fail("%s is used a second time", key)
	}
	h.keys[key] = true
}

// record keeps the history's own books: whose SETUJU was counted for which revision, and what was frozen.
func (h *history) record(in sop.Input, before sop.Case, out sop.Outcome) {
	if cmd, ok := in.What.(sop.Command); ok && cmd.Verb == sop.Setuju && before.Approval != nil {
		h.agree(in, cmd, before)
	} else if ok && cmd.Verb == sop.Setuju && (out.Reason == "approved" || out.Reason == "vote-counted") {
		h.count(in, cmd, before)
	}
	h.mended(before, out)
	for _, e := range out.Events {
		if e.Kind == "approval-withdrawn" || e.Kind == "line-taken" {
			cmd, setuju := in.What.(sop.Command)
			h.approved[out.Case.Revision] = map[string]bool{}
			if setuju && cmd.Verb == sop.Setuju {
				h.count(in, cmd, before)
			}
		}
	}
	if before.Approval == nil && out.Case.Approval != nil {
		h.frozen = map[string]string{}
		for _, m := range out.Case.Members {
			h.frozen[m.Row.NIP] = m.Row.Email
		}
		h.full, h.copies, h.lost = "", 0, 0
		if h.office.FullCopy {
			h.full = h.office.KepalaLPSE.Address
		}
	}
}

// count believes a SETUJU only for reasons of its own: an approver's registered address, proven at the office's level, in
// answer to a letter of this revision and issue that went to that approver.
func (h *history) count(in sop.Input, cmd sop.Command, before sop.Case) {
	a, registered := h.office.Approver(in.From.Address)
	proven := in.From.Proof.Result == sop.Proven && in.From.Proof.Level == h.office.Level
	asked := slices.ContainsFunc(h.letters, func(l sop.Letter) bool {
		return l.Kind == sop.Persetujuan && l.To.Address == a.Address && l.Revision == before.Revision && l.Issue == before.Issue
	})
	bound := cmd.Ref.Kind == sop.Persetujuan && cmd.Ref.Revision == before.Revision && cmd.Ref.Issue == before.Issue && cmd.Ref.To == a.Address
	if !registered || !proven || !asked || !bound || in.From.Address == before.Requester.Address {
		return
	}
	if h.approved[before.Revision] == nil {
		h.approved[before.Revision] = map[string]bool{}
	}
	h.approved[before.Revision][a.Address] = true
}

// agree is count for the letter of one row.
func (h *history) agree(in sop.Input, cmd sop.Command, before sop.Case) {
	a, registered := h.office.Approver(in.From.Address)
	asked := slices.ContainsFunc(h.letters, func(l sop.Letter) bool {
		return l.Kind == sop.Persetujuan && l.To.Address == a.Address && l.Topic == "mend" && l.Revision == before.Revision && l.Issue == cmd.Ref.Issue
	})
	bound := cmd.Ref.Kind == sop.Persetujuan && cmd.Ref.Revision == before.Revision && cmd.Ref.To == a.Address
	if !registered || in.From.Proof.Result != sop.Proven || in.From.Proof.Level != h.office.Level || !asked || !bound {
		return
	}
	if h.agreed[cmd.Ref.Issue] == nil {
		h.agreed[cmd.Ref.Issue] = map[string]bool{}
	}
	h.agreed[cmd.Ref.Issue][a.Address] = true
}

// mended: an address changes after a release only to the one that was asked about, when enough have agreed to that row; the others stay.
func (h *history) mended(before sop.Case, out sop.Outcome) {
	if before.Approval == nil || out.Case.Approval == nil || !before.Approval.Released {
		return
	}
	for i, m := range out.Case.Members {
		was := before.Members[i]
		if m.Address == was.Address {
			continue
		}
		if was.Mend == nil || m.Address != was.Mend.Address || len(h.agreed[was.Mend.Issue]) < max(h.office.Quorum, 1) {
			h.fail("the address of %s becomes %s with %d approvals of %+v", m.Row.NIP, m.Address, len(h.agreed[m.Mend.Issue]), was.Mend)
		}
		h.frozen[m.Row.NIP] = m.Address
		h.mends++
	}
}

// checkCredentials: nothing with a credential without enough approvals of that revision, and only to the frozen address.
func (h *history) checkCredentials(out sop.Outcome) {
	check := func(l sop.Letter) {
		want := max(h.office.Quorum, 1)
		if got := len(h.approved[l.Revision]); got < want || l.Revision != out.Case.Revision {
			h.fail("a credential for %s leaves with %d of %d approvals of revision %d", l.NIP, got, want, l.Revision)
		}
		if l.To.Address == "" || l.To.Address != h.frozen[l.NIP] {
			h.fail("a credential of %s goes to %s, frozen was %s", l.NIP, l.To.Address, h.frozen[l.NIP])
		}
		if l.Role != sop.RoleMember || l.NIP == "" {
			h.fail("a credential goes to %s as %q", l.NIP, l.Role)
		}
	}
	for _, l := range out.Letters {
		if l.Kind == sop.Kredensial {
			check(l)
		} else if l.Sealed != nil && l.Kind != sop.Tembusan {
			h.fail("letter %s is sealed", l.Key)
		}
	}
	for _, o := range out.Tasks {
		if o.Kind == sop.TaskCredential {
			check(o.Letter)
		}
	}
}

// checkSheet: an approval letter is to be sealed under the key of everybody whose password its sheet shows, and of nobody else. The
// letter about a corrected row shows that row.
func (h *history) checkSheet(l sop.Letter, c sop.Case) {
	for _, m := range c.Members {
		shows := (l.Topic != "mend" || l.NIP == m.Row.NIP) && len(l.Files) > 0 && sop.IsSheetName(l.Files[0].Name) && len(c.Accounts[m.Row.NIP].Sealed) > 0
		if shows != slices.Contains(l.Of, m.Row.NIP) {
			h.fail("the sheet of %s shows the password of %s: %v, sealed under %v", l.Key, m.Row.NIP, shows, l.Of)
		}
	}
}

// checkCopies: passwords go to Kepala LPSE only where the approvals of that revision were given knowing so, to the address of
// then, only those that live and nobody else has seen, each as its member has it; and once, unless the letter was lost.
func (h *history) checkCopies(in sop.Input, out sop.Outcome) {
	switch w := in.What.(type) {
	case sop.Undeliverable:
		h.missed(w.Letter)
	case sop.Bounced:
		if w.Action == "failed" {
			h.missed(w.Letter)
		}
	}
	for _, l := range out.Letters {
		if l.Kind == sop.Persetujuan {
			h.checkSheet(l, out.Case)
			continue
		}
		if (len(l.Of) > 0) != (l.Sealed != nil && l.Kind == sop.Tembusan) {
			h.fail("letter %s of %v, sealed: %v", l.Key, l.Of, l.Sealed != nil)
		}
		if len(l.Of) == 0 {
			continue
		}
		if h.copies++; h.copies > h.lost+1 {
			h.fail("%d copies with passwords, %d of them lost", h.copies, h.lost)
		}
		held := "copy of"
		for _, nip := range l.Of {
			m, a := out.Case.Member(nip), out.Case.Accounts[nip]
			if m == nil || m.Shredded || m.Exposed || a.Kept || len(a.Sealed) == 0 {
				h.fail("the copy holds the password of %s: %+v", nip, m)
			}
			held += " " + string(a.Sealed)
		}
		if strings.ReplaceAll(string(l.Sealed), "'", "") != strings.ReplaceAll(held, "'", "") { // under whatever key
			h.fail("the copy holds %q, its members have %q", l.Sealed, held)
		}
	}
	check := func(l sop.Letter) {
		want := max(h.office.Quorum, 1)
		if got := len(h.approved[l.Revision]); got < want || l.Revision != out.Case.Revision {
			h.fail("a copy with passwords with %d of %d approvals of revision %d", got, want, l.Revision)
		}
		if h.full == "" || l.To.Address != h.full || l.Role != sop.RoleKepala || !h.office.FullCopy || h.office.KepalaLPSE.Address != h.full {
			h.fail("a copy with passwords to %s as %q; approved for %q", l.To.Address, l.Role, h.full)
		}
	}
	for _, l := range out.Letters {
		if len(l.Of) > 0 && l.Kind != sop.Persetujuan {
			check(l)
		}
	}
	for _, o := range out.Tasks {
		if o.Kind == sop.TaskTembusan {
			check(o.Letter)
		}
	}
}

func (h *history) missed(l sop.Letter) {
	if len(l.Of) > 0 && l.Kind == sop.Tembusan {
		h.lost++
	}
}

// checkAccounts: an account, once kept, changes only by an approver's lines, and goes only when it was seen or shredded.
func (h *history) checkAccounts(in sop.Input, out sop.Outcome) {
	cmd, _ := in.What.(sop.Command)
	_, seen := in.What.(sop.Exposed)
	_, shredded := in.What.(sop.KeyShredded)
	lines, renewed := len(cmd.Lines) > 0, out.Reason == "approval-asked"
	sealed, _ := in.What.(sop.CredentialSealed)
	for nip, old := range h.live {
		a, ok := out.Case.Accounts[nip]
		same := ok && a.UserID == old.UserID && string(a.Sealed) == string(old.Sealed)
		m := out.Case.Member(nip)
		switch {
		case same, shredded && len(a.Sealed) == 0:
		case sealed.NIP == nip && string(a.Sealed) == string(old.Sealed)+"'": // the same under another key
		case a.Renew && m != nil && m.Mend != nil && m.Mend.Fresh && m.Exposed:
			h.burnt[string(old.Sealed)] = len(old.Sealed) > 0
		case old.Renew && renewed:
		case !ok && seen:
			if len(old.Sealed) > 0 {
				h.burnt[string(old.Sealed)] = true
			}
		case ok && lines && slices.Contains([]string{"approved", "vote-counted", "accounts-renewed"}, out.Reason):
		default:
			h.fail("%s: the account of %s changed from %q to %q", h.what(in), nip, old.Sealed, a.Sealed)
		}
	}
	h.live = map[string]sop.Account{}
	for nip, a := range out.Case.Accounts {
		h.live[nip] = a
	}
	for nip, a := range out.Case.Accounts {
		if h.burnt[string(a.Sealed)] {
			h.fail("%s: the password of %s was seen and is in use again", h.what(in), nip)
		}
	}
}

// honest is what an honest world would do next, so that histories get somewhere.
func (h *history) honest(t *rapid.T) sop.Input {
	if rapid.IntRange(0, 40).Draw(t, "refuse") == 0 {
		if rapid.Bool().Draw(t, "requester") {
			return h.mail("staf", sop.Proven, sop.Command{Verb: sop.Batal})
		}
		return h.mail("admin", sop.Proven, sop.Command{Verb: sop.Tolak, Arg: "alasan", Ref: h.ref(sop.Persetujuan, cast["admin"].Address)})
	}
	switch {
	case len(h.tasks) > 0:
		o := h.tasks[0]
		h.tasks = slices.Clone(h.tasks[1:])
		return h.carry(o, h.c)
	case len(h.begun) > 0 && rapid.IntRange(0, 3).Draw(t, "worker ends") == 0:
		b := h.begun[0]
		h.begun = slices.Clone(h.begun[1:])
		return h.carry(b.task, b.seen)
	case h.c.Status == sop.AwaitingRequester:
		return h.settleRoster()
	case h.c.Status == sop.Incomplete || h.c.Status == sop.NeedsReview:
		r := reading(3, fmt.Sprint(h.n))
		return h.mail("staf", sop.Proven, sop.Supplement{Reading: r})
	case h.c.Status == sop.AwaitingApproval:
		who := rapid.SampledFrom([]string{"admin", "admin2"}).Draw(t, "approver")
		return h.mail(who, sop.Proven, sop.Command{Verb: sop.Setuju, Ref: h.ref(sop.Persetujuan, cast[who].Address)})
	case slices.ContainsFunc(h.c.Members, func(m sop.Member) bool { return m.Mend != nil && m.Mend.Release.IsZero() && !m.Mend.Expires.IsZero() }) && rapid.Bool().Draw(t, "mend"):
		who := rapid.SampledFrom([]string{"admin", "admin2"}).Draw(t, "approver")
		return h.mail(who, sop.Proven, sop.Command{Verb: sop.Setuju, Ref: h.ref(sop.Persetujuan, cast[who].Address)})
	case h.c.Status == sop.Sent:
		for _, m := range h.c.Members {
			i := slices.IndexFunc(h.letters, func(l sop.Letter) bool { return l.Key == m.Letter })
			if m.State == sop.MemberQueued && i >= 0 {
				if in, ok := h.result(h.letters[i], sop.Accepted{Letter: h.letters[i], Text: "250"}); ok {
					return in
				}
			}
		}
	case h.c.Status == sop.AwaitingReceipt:
		for _, m := range h.c.Members {
			if m.State == sop.MemberSent {
				return h.mail(short(m.Address), sop.Proven, sop.Command{Verb: sop.Terima, Ref: h.ref(sop.Kredensial, m.Address)})
			}
		}
	}
	if h.c.Wake.After(h.now) {
		h.now = h.c.Wake
	}
	return sop.Input{At: h.now, What: sop.Tick{}}
}

// draw makes the next thing that happens.
func (h *history) draw(t *rapid.T) sop.Input {
	if rapid.Bool().Draw(t, "honest") {
		return h.honest(t)
	}
	kind := rapid.SampledFrom([]string{"command", "command", "command", "command", "task", "task", "task", "post", "post", "supplement", "tick", "tick",
		"again", "begin", "begin", "gate", "correct", "correct", "exposed", "exposed", "instruct", "elsewhere", "configuration"}).Draw(t, "kind")
	if kind == "correct" && (h.c.Approval == nil || rarely(t, "not now")) {
		kind = "command"
	}
	switch kind {
	case "command":
		return h.drawCommand(t)
	case "task":
		return h.drawResult(t)
	case "begin": // a worker begins a task and takes its time
		if len(h.tasks) > 0 {
			o := rapid.SampledFrom(h.tasks).Draw(t, "task")
			h.begun = append(h.begun, begun{o, h.c})
			h.tasks = slices.DeleteFunc(slices.Clone(h.tasks), func(x sop.Task) bool { return x.ID == o.ID })
		}
	case "post":
		return h.drawPost(t)
	case "supplement":
		who := rapid.SampledFrom([]string{"staf", "staf", "staf2"}).Draw(t, "from")
		if who != "staf" {
			break // triage gives no other requester's supplement
		}
		if rarely(t, "repeat") {
			return h.mail(who, sop.Proven, sop.Repeat{Reading: drawReading(t)})
		}
		return h.mail(who, sop.Proven, sop.Supplement{Reading: drawReading(t)})
	case "again":
		if len(h.inputs) > 0 {
			return h.again(rapid.SampledFrom(h.inputs).Draw(t, "again"))
		}
	case "gate":
		return h.drawGate(t)
	case "correct":
		to := rapid.SampledFrom([]string{"baru", "baru", "baru2", "m1", "m2", "admin", "orang"}).Draw(t, "to")
		x := sop.Corrected{NIP: nipOf(rapid.IntRange(1, 4).Draw(t, "member")), Address: cast[to].Address}
		return h.mail("staf", sop.Proven, sop.Correction{Rows: []sop.Corrected{x}})
	case "exposed":
		return sop.Input{At: h.now, What: sop.Exposed{NIP: nipOf(rapid.IntRange(1, 5).Draw(t, "member")), What: "terbaca"}}
	case "elsewhere":
		until := h.now.Add(time.Duration(rapid.IntRange(-24, 96).Draw(t, "hours")) * time.Hour)
		to := rapid.SampledFrom([]string{"wakil", "wakil", "orang"}).Draw(t, "deputy")
		return sop.Input{At: h.now, From: sop.Sender{Person: cast["admin"]}, What: sop.Delegated{Delegation: sop.Delegation{From: cast["admin"], To: cast[to], Until: until}}}
	case "configuration":
		h.office.FullCopy = rapid.Bool().Draw(t, "full")
		h.office.KepalaLPSE = cast[rapid.SampledFrom([]string{"kepala", "kepala", "kabag"}).Draw(t, "kepala")]
	case "instruct":
		return sop.Input{At: h.now, What: sop.Instruct{Verb: rapid.SampledFrom(append([]string{"void"}, sop.Instructions...)).Draw(t, "verb"), Arg: rapid.SampledFrom([]string{"", "sk.pdf"}).Draw(t, "arg")}}
	}
	return h.drawTick(t)
}

func (h *history) drawTick(t *rapid.T) sop.Input {
	switch ahead := h.c.Wake.Sub(h.now); rapid.IntRange(0, 4).Draw(t, "time") {
	case 0:
		if ahead > 0 {
			h.now = h.c.Wake
		}
	case 1:
		h.now = h.now.Add(time.Duration(rapid.IntRange(1, 96).Draw(t, "hours")) * time.Hour)
	case 2: // too early
		if ahead > 0 {
			h.now = h.now.Add(time.Duration(rapid.Int64Range(0, int64(ahead)-1).Draw(t, "early")))
		}
	}
	return sop.Input{At: h.now, What: sop.Tick{}}
}

var (
	people   = []string{"admin", "admin", "admin", "admin2", "admin2", "alias", "wakil", "staf", "kepala", "m1", "m2", "m3", "orang", "kantor"}
	allVerbs = []sop.Verb{sop.Setuju, sop.Setuju, sop.Setuju, sop.Setuju, sop.Tolak, sop.Lengkapi, sop.Stop, sop.KirimUlang, sop.Delegasi, sop.Terima, sop.Terima,
		sop.Terima, sop.Salah, sop.Kendala, sop.Batal, sop.Benar, sop.Jelaskan, sop.TanyaStatus, sop.TanyaBantuan, "TARI"}
	words = []string{"", "alasan", "Made", "Ni Luh Contoh", nipOf(2), "Wakil Admin SAMPAI 2026-05-29", "wakil@office.example SELESAI"}
)

// drawCommand is a command of anybody, with any proof, in answer to any letter; mostly such as it should be.
func (h *history) drawCommand(t *rapid.T) sop.Input {
	who := rapid.SampledFrom(people).Draw(t, "from")
	verb := rapid.SampledFrom(allVerbs).Draw(t, "verb")
	if rarely(t, "closing") { // or too many histories end at once
		verb = sop.Setuju
	} else if (verb == sop.Tolak || verb == sop.Batal) && !rarely(t, "really") {
		verb = sop.Terima
	}
	cmd := sop.Command{Verb: verb, Arg: rapid.SampledFrom(words).Draw(t, "words")}
	if verb == sop.Terima && strings.HasPrefix(who, "admin") {
		who = rapid.SampledFrom([]string{"m1", "m2", "m3"}).Draw(t, "member")
	}
	cmd.Ref = h.drawRef(t, who, answers[verb])
	for verb == sop.Setuju && rarely(t, "line") {
		l := sop.Line{Verb: rapid.SampledFrom([]sop.Verb{sop.Tetap, sop.Baru, sop.GantiUser}).Draw(t, "about"),
			Who: rapid.SampledFrom([]string{"1", "2", "3", "9", nipOf(1)}).Draw(t, "who")}
		if l.Verb == sop.GantiUser {
			l.Arg, l.Owner = rapid.SampledFrom([]string{"nama.lain", "pokja02", "a b"}).Draw(t, "user"), rapid.SampledFrom([]string{"", "", nipOf(7)}).Draw(t, "owner")
		}
		cmd.Lines = append(cmd.Lines, l)
	}
	proof := sop.Proven
	if rarely(t, "unproven") {
		proof = rapid.SampledFrom([]sop.Result{sop.Unproven, sop.Failed, sop.Ambiguous, sop.Temporary}).Draw(t, "proof")
	}
	in := h.mail(who, proof, cmd)
	if rarely(t, "level") {
		in.From.Proof.Level = sop.Basic
	}
	if rarely(t, "late") {
		in.At = h.now.Add(-time.Duration(rapid.IntRange(0, 200).Draw(t, "hours")) * time.Hour)
	}
	return in
}

func rarely(t *rapid.T, what string) bool { return rapid.IntRange(0, 5).Draw(t, what) == 0 }

func (h *history) drawRef(t *rapid.T, who string, kind sop.LetterKind) sop.Ref {
	to := cast[who].Address
	if a, ok := h.office.Approver(to); ok {
		to = a.Address
	}
	r := h.ref(kind, to)
	if r.Kind == "" && kind == sop.Persetujuan && rapid.Bool().Draw(t, "of admin") { // somebody else's letter
		r = h.ref(kind, cast["admin"].Address)
	}
	if rarely(t, "other letter") && len(h.letters) > 0 {
		l := rapid.SampledFrom(h.letters).Draw(t, "letter")
		r = sop.Ref{Kind: l.Kind, Revision: l.Revision, Issue: l.Issue, To: l.To.Address, NIP: l.NIP}
	}
	r.Via = rapid.SampledFrom([]string{"message-id", "code", "message-id+code"}).Draw(t, "via")
	if rarely(t, "stale") {
		r.Revision, r.Issue = rapid.IntRange(0, 3).Draw(t, "revision"), rapid.IntRange(0, 3).Draw(t, "issue")
	}
	return r
}

// drawResult is what a worker brings: of a task just begun, or of one that was begun long ago.
func (h *history) drawResult(t *rapid.T) sop.Input {
	if len(h.begun) > 0 && rapid.IntRange(0, 2).Draw(t, "slow worker") == 0 {
		i := rapid.IntRange(0, len(h.begun)-1).Draw(t, "begun")
		b := h.begun[i]
		h.begun = slices.Delete(slices.Clone(h.begun), i, i+1)
		return h.carry(b.task, b.seen)
	}
	if len(h.tasks) == 0 {
		return h.drawTick(t)
	}
	o := rapid.SampledFrom(h.tasks).Draw(t, "task")
	if rapid.Bool().Draw(t, "first") {
		o = h.tasks[0]
	}
	h.tasks = slices.DeleteFunc(slices.Clone(h.tasks), func(x sop.Task) bool { return x.ID == o.ID })
	in := h.carry(o, h.c)
	if rarely(t, "fails") {
		switch w := in.What.(type) {
		case sop.AccountsMade:
			in.What = sop.AccountsMade{Revision: w.Revision, Issue: w.Issue, NIP: w.NIP, Failed: "x"}
		case sop.CredentialSealed:
			w.Failed = "x"
			in.What = w
		case sop.TembusanSealed:
			w.Failed = "x"
			in.What = w
		case sop.Pictured:
			w.Failed = "x"
			in.What = w
		}
	} else if w, ok := in.What.(sop.CredentialSealed); ok && rarely(t, "elsewhere") {
		w.Letter.To = cast["orang"]
		in.What = w
	} else if w, ok := in.What.(sop.TembusanSealed); ok && rapid.Bool().Draw(t, "elsewhere") {
		w.Letter.To = cast["orang"]
		in.What = w
	}
	return in
}

// drawPost is what becomes of some letter; sometimes of one that was never written.
func (h *history) drawPost(t *rapid.T) sop.Input {
	if len(h.letters) == 0 {
		return h.drawTick(t)
	}
	l := rapid.SampledFrom(h.letters).Draw(t, "letter")
	if i := slices.IndexFunc(h.letters, func(x sop.Letter) bool { return x.Kind == sop.Kredensial }); i >= 0 && rapid.Bool().Draw(t, "credential") {
		l = rapid.SampledFrom(slices.DeleteFunc(slices.Clone(h.letters), func(x sop.Letter) bool { return x.Kind != sop.Kredensial })).Draw(t, "letter")
	}
	forged := rarely(t, "forged")
	if forged {
		l.To, l.NIP = cast["orang"], nipOf(rapid.IntRange(0, 9).Draw(t, "nip"))
	}
	switch rapid.IntRange(0, 5).Draw(t, "fate") {
	case 0:
		return sop.Input{At: h.now, What: sop.Bounced{Letter: l, Action: "failed", Status: "5.1.1"}}
	case 1:
		return sop.Input{At: h.now, What: sop.Bounced{Letter: l, Action: "delayed", Status: "4.2.2"}}
	case 2:
		return h.ends(t, l, forged, sop.Undeliverable{Letter: l, Text: "550"})
	}
	return h.ends(t, l, forged, sop.Accepted{Letter: l, Text: "250"})
}

// ends is the one result of a letter; another letter under its key takes nothing away from it.
func (h *history) ends(t *rapid.T, l sop.Letter, forged bool, what sop.What) sop.Input {
	if forged {
		return sop.Input{At: h.now, What: what}
	}
	if in, ok := h.result(l, what); ok {
		return in
	}
	return h.drawTick(t)
}

func (h *history) drawGate(t *rapid.T) sop.Input {
	who := rapid.SampledFrom(people).Draw(t, "from")
	switch rapid.IntRange(0, 4).Draw(t, "gate") {
	case 0:
		return h.mail(who, sop.Unproven, sop.Refused{Why: "code-wrong", Gate: "correlation", Tell: true, WrongCode: true})
	case 1:
		return h.mail(who, sop.Proven, sop.Unclear{Why: "not-a-command"})
	case 2:
		return h.mail(who, sop.Temporary, sop.Held{Why: "temporary", Gate: "authenticity"})
	case 3:
		return h.mail("staf", sop.Proven, sop.Oversized{Size: 2, Limit: 1})
	}
	return h.mail(who, sop.Unproven, sop.Automatic{Why: "auto-submitted"})
}

func drawReading(t *rapid.T) document.Reading {
	r := reading(rapid.IntRange(0, 5).Draw(t, "members"), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "seed"))
	if len(r.Roster) > 0 && rarely(t, "address") {
		r.Roster[0].Email = rapid.SampledFrom([]string{"baru@office.example", "luar@mail.example", "ukpbj@office.example", "admin@office.example", ""}).Draw(t, "to")
	}
	if rarely(t, "incomplete") {
		r.Complete, r.Missing = false, []document.Kind{document.SK}
	}
	r.NeedsPerson = rarely(t, "unreadable")
	if len(r.Roster) > 0 && rarely(t, "doubt") {
		r.Roster[0].Doubts = []string{"email"}
		r.Papers[0].MachineRead = rapid.Bool().Draw(t, "machine")
	}
	return r
}

func drawOffice(t *rapid.T) sop.Office {
	o := testOffice()
	o.Quorum = rapid.IntRange(1, 2).Draw(t, "quorum")
	o.FullCopy = rapid.Bool().Draw(t, "full")
	o.ReadBack = rarely(t, "read back")
	o.UndoWindow = time.Duration(rapid.IntRange(0, 2).Draw(t, "undo")) * 20 * time.Minute
	if rapid.Bool().Draw(t, "deputies") {
		o.Approvers[0].Deputies = []sop.Approver{{Person: cast["wakil"]}}
	}
	return o
}

func (h *history) run(t *rapid.T) {
	h.happen(h.mail("staf", sop.Proven, sop.Request{Subject: "Permohonan", Reading: drawReading(t)}))
	for range rapid.IntRange(1, 60).Draw(t, "length") {
		h.happen(h.draw(t))
	}
}

// TestHistories: whatever happens, the promise of the office holds.
func TestHistories(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	reached := map[sop.Status]int{}
	letters, copies, mends := 0, 0, 0
	for range 4 {
		rapid.Check(t, func(t *rapid.T) {
			h := newHistory(drawOffice(t), t.Fatalf)
			h.run(t)
			for s := range h.visited {
				reached[s]++
			}
			mends += h.mends
			for _, l := range h.letters {
				if l.Kind == sop.Kredensial {
					letters++
				} else if len(l.Of) > 0 && l.Kind == sop.Tembusan {
					copies++
				}
			}
		})
	}
	if (copies == 0 || mends == 0) && !testing.Short() {
		t.Errorf("%d copies with passwords, %d mended addresses: the properties say little about it", copies, mends)
	}
	for _, s := range sop.Statuses {
		if reached[s] == 0 && !testing.Short() {
			t.Errorf("no history came to %s: the properties say little about it", s)
		}
	}
	t.Logf("came to %v, %d credential letters, %d to a mended address, %d copies with passwords", reached, letters, mends, copies)
}

// settleRoster is how an honest requester answers a roster that was read back: with BENAR, or with papers where that does not do.
func (h *history) settleRoster() sop.Input {
	in := h.mail("staf", sop.Proven, sop.Command{Verb: sop.Benar, Ref: h.ref(sop.BacaUlang, cast["staf"].Address)})
	if h.office.Refusal(&h.c, in.From, in.What.(sop.Command), h.now) != "" {
		in.What = sop.Supplement{Reading: reading(3, fmt.Sprint(h.n))}
	}
	return in
}

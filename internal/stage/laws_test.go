package stage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/tasks"
)

// mutant changes the program so that one law does not hold in it. What a seam of the house can do is done there, by a store that
// forgets or a program that talks; what only the engine can do is a field of queue.Without.
type mutant func(*daemon.Parts)

// law is one law of DESIGN over the whole program: play returns what broke it. It is played in the house as it is, where nothing
// may, and in the mutant, where something must.
type law struct {
	name   string
	mutant mutant
	play   func(t *testing.T, m mutant) (broken []string)
}

var laws = []law{
	{"1 one item, one fate", without(queue.Without{OneFate: true}), oneFate},
	{"1 one item, one fate: results of letters", without(queue.Without{OneFate: true}), fateOf{refusing{bucket: "letters", row: `-0001/.*"state":"accepted"`}, anotherLetter}.play},
	{"1 one item, one fate: tasks begun", without(queue.Without{OneFate: true}), fateOf{refusing{bucket: "tasks", row: `-0001/.*"attempts":1`}, anotherLetter}.play},
	{"1 one item, one fate: tasks done", without(queue.Without{OneFate: true}), fateOf{refusing{bucket: "tasks", row: `-0001/.*/accounts$`}, anotherLetter}.play},
	{"1 one item, one fate: due cases", without(queue.Without{OneFate: true}), fateOf{refusing{bucket: "wake", row: `^0+1/.*-0001$`}, gone("wake", `^0+1/.*-0002$`)}.play},
	{"1 one item, one fate: filings", without(queue.Without{OneFate: true}), fateOf{refusing{bucket: "tofile", row: `1$`}, gone("tofile", `2$`)}.play},
	{"1 one item, one fate: papers to archive", without(queue.Without{OneFate: true}), fateOf{refusing{bucket: "unarchived", row: `-0001/[^{]*$`}, gone("unarchived", `-0002/`)}.play},
	{"1 one item, one fate: letters to archive", without(queue.Without{OneFate: true}), fateOf{refusing{bucket: "copies", row: `-0001/.*/tanda-terima$`}, letterOf(sop.TandaTerima, func(r store.LetterRow) bool { return r.Archived != "" })}.play},
	{"2 order of arrival", without(queue.Without{Arrival: true}), arrival},
	{"2 order of arrival, of papers", without(queue.Without{Reading: true}), arrivalOfPapers},
	{"3 an identity travels whole", bareUIDs, wholeIdentity},
	{"4 one idempotency", unconsumed("outbox"), sentOnce},
	{"4 one idempotency, of tasks", unconsumed("tasks"), madeOnce},
	{"5 a fact stands once: authority when it is used", nil, votesAtUse},
	{"5 a fact stands once: limits of addresses", oneLimit, limitsOfAddresses},
	{"6 sealed where it lies", talkative, sealed},
	{"7 nothing vouches for itself", believing, ownVerdict},
	{"8 not understood is not absent", nil, notAbsent},
	{"9 permanent and passing, of the mailbox", without(queue.Without{Passing: true}), passingNo},
	{"9 permanent and passing, of the post", without(queue.Without{Passing: true}), passingPolicy},
}

// elsewhere are the tests over the whole program, with a control of their own, that show a law or a part of one.
var elsewhere = []struct{ law, file, test string }{
	{"4, mails: one that is delivered twice is one; a store that forgets contents", "fault_test.go", "TestTwoDeliveries"},
	{"4, evidence: a mail judged again leaves the evidence of the first time", "archiver_evidence_test.go", "TestEvidenceIsArchived"},
	{"5, delegations: they end with the one who may give them", "delegation_test.go", "TestRecall"},
	{"6, the mailbox: a live password that comes back; the search itself with planted ones", "leaks_test.go", "TestLeakSearch"},
	{"6, backups", "backup_test.go", "TestBackupHoldsNoSecret"},
	{"7, decisions: the books signed with our own key, with and without another answer in them", "audit_evidence_test.go", "TestEvidence"},
	{"7, backups: each bit of one", "backup_test.go", "TestDamagedBackup"},
	{"7, verdicts in a mailbox", "daemon_ground_test.go", "TestGround"},
	{"8, papers", "papers_story_test.go", "TestWhatCannotBeReadIsLookedAt"},
	{"9, letters: 4xx, cut lines and 5xx", "fault_test.go", "TestMailServerTrouble"},
	{"9, the clock", "../daemon/clock_test.go", "TestClockThatJumps"},
	{"10, no advice to the kernel", "../arch_test.go", "TestRulesBite"},
}

// TestLaws plays each law with it and without it.
func TestLaws(t *testing.T) {
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			if broken := l.play(t, nil); len(broken) > 0 {
				t.Errorf("broken: %q", broken)
			}
		})
		t.Run(l.name+", left out", func(t *testing.T) {
			t.Parallel()
			m := l.mutant
			if m == nil {
				m = func(*daemon.Parts) {} // the play makes its own
			}
			if broken := l.play(t, m); len(broken) == 0 {
				t.Error("nobody notices that the law is left out")
			} else {
				t.Logf("noticed: %q", broken)
			}
		})
	}
	for _, e := range elsewhere {
		raw, err := os.ReadFile(e.file)
		if err != nil || !strings.Contains(string(raw), "func "+e.test+"(t *testing.T)") {
			t.Errorf("law %s: no %s in %s (%v)", e.law, e.test, e.file, err)
		}
	}
}

func without(w queue.Without) mutant { return func(p *daemon.Parts) { p.Office.Policy.Without = w } }

// soon are pauses for tests; what is put aside has failed for a quarter of a second.
var soon = queue.Policy{Tries: 3, Over: 250 * time.Millisecond, Pause: queue.Backoff{First: 20 * time.Millisecond, Most: 100 * time.Millisecond}}

// lawful is a stage with short pauses and, where m is not nil, without a law.
func lawful(t *testing.T, m mutant, o Options) *play {
	t.Helper()
	own := o.Clerk
	o.Clerk = func(p *daemon.Parts) {
		p.Office.Policy, p.Tasks.FirstRetry = soon, 20*time.Millisecond
		if own != nil {
			own(p)
		}
		if m != nil {
			m(p)
		}
	}
	x := set(t, o)
	ctx, cancel := context.WithTimeout(x.ctx, 90*time.Second)
	t.Cleanup(cancel)
	x.ctx = ctx
	return x
}

// altered is a store with something else about its transactions.
type altered struct {
	store.DB
	tx func(store.Tx) store.Tx
}

func (a altered) Update(ctx context.Context, fn func(store.Tx) error) error {
	return a.DB.Update(ctx, func(tx store.Tx) error { return fn(a.tx(tx)) })
}

func (a altered) View(ctx context.Context, fn func(store.Tx) error) error {
	return a.DB.View(ctx, func(tx store.Tx) error { return fn(a.tx(tx)) })
}

// alter puts something before every transaction of the books.
func alter(tx func(store.Tx) store.Tx) mutant {
	return func(p *daemon.Parts) { p.Office.DB = altered{p.Office.DB, tx} }
}

// stranger writes from outside about something of their own.
func (x *play) stranger(local string) {
	x.t.Helper()
	raw := fmt.Sprintf("From: %s@lain.example\r\nTo: %s\r\nSubject: Undangan rapat\r\nDate: %s\r\nMessage-ID: <%s@lain.example>\r\n\r\nMohon hadir.\r\n",
		local, x.Cast.Office.Address, time.Now().Format(time.RFC1123Z), local)
	x.do(x.Post.Deliver(x.Cast.Office.Address, []byte(raw)))
}

// records are the outcomes of all mails, by UID, of the present UIDVALIDITY.
func (x *play) records() map[uint32]store.MailRecord {
	x.t.Helper()
	out := map[uint32]store.MailRecord{}
	x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
		pos, _, err := b.Mails.Position()
		return errors.Join(err, b.Mails.Each(func(u store.UID, s store.MailRecord) bool {
			if u.Validity == pos.UIDValidity {
				out[u.UID] = s
			}
			return true
		}))
	}))
	return out
}

func (x *play) wait(done func() bool) {
	x.t.Helper()
	x.do(x.until(x.ctx, done))
}

// The first law. A mail that the books refuse arrives together with a request.

type stubborn struct {
	store.Tx
	refused *atomic.Int64
}

func (s stubborn) Put(bucket string, key, value []byte) error {
	if bucket == "seen" && strings.Contains(string(value), "keras@lain.example") {
		s.refused.Add(1)
		return errors.New("the row does not fit")
	}
	return s.Tx.Put(bucket, key, value)
}

func oneFate(t *testing.T, m mutant) (broken []string) {
	var refused atomic.Int64
	x := lawful(t, m, Options{Clerk: func(p *daemon.Parts) {
		alter(func(tx store.Tx) store.Tx { return stubborn{tx, &refused} })(p)
	}})
	x.stranger("keras")
	x.do(x.Request(x.bundle, true))
	x.do(x.Start(x.ctx))
	told := false
	x.wait(func() bool {
		told = told || x.Daemon.Faults()["intake"] != ""
		all := x.records()
		return len(all) == 2 && len(x.Daemon.Faults()) == 0 || refused.Load() > 30
	})
	all := x.records()
	if all[2].Outcome == "" {
		broken = append(broken, "the request has no outcome")
	}
	if all[1].Outcome != "quarantined" || !strings.Contains(strings.Join(all[1].Proof, " "), "does not fit") {
		broken = append(broken, fmt.Sprintf("the mail that fails is not put aside with its reason: %+v", all[1]))
	}
	if !told {
		broken = append(broken, "nobody is told")
	}
	if len(broken) == 0 {
		x.await(x.Cast.Admin, sop.Persetujuan)
		x.await(x.Cast.Operator, sop.PeringatanOperator)
		x.sound()
	}
	return broken
}

// refusing is a store that refuses one kind of write: a row that is put, key and value, or only the key of one that is deleted.
type refusing struct {
	store.Tx
	bucket, row string
	refused     *atomic.Int64
}

func (r refusing) refuses(bucket string, row []byte) error {
	if bucket != r.bucket || !regexp.MustCompile(r.row).Match(row) {
		return nil
	}
	r.refused.Add(1)
	return errors.New("the row does not fit")
}

func (r refusing) Put(bucket string, key, value []byte) error {
	return cmp.Or(r.refuses(bucket, slices.Concat(key, value)), r.Tx.Put(bucket, key, value))
}

func (r refusing) Delete(bucket string, key []byte) error {
	return cmp.Or(r.refuses(bucket, key), r.Tx.Delete(bucket, key))
}

// fateOf is the first law in one queue: of the first of two cases something is refused, and what the second waits for comes.
type fateOf struct {
	refusing
	comes func(*play) bool
}

func (f fateOf) play(t *testing.T, m mutant) (broken []string) {
	f.refused = new(atomic.Int64)
	x := lawful(t, m, Options{Clerk: func(p *daemon.Parts) {
		alter(func(tx store.Tx) store.Tx { one := f.refusing; one.Tx = tx; return one })(p)
	}})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	x.wait(func() bool { return len(x.records()) == 1 })
	x.wakes(x.records()[1].Case)
	x.wait(func() bool { return f.refused.Load() > 0 })
	x.do(x.Request(papersOf(t, 4, 2), true))
	told, came := false, false
	x.wait(func() bool { told = told || len(x.Daemon.Faults()) > 0; return len(x.records()) == 2 })
	x.wakes(x.records()[2].Case)
	enough := f.refused.Load() + 12
	x.wait(func() bool {
		told = told || len(x.Daemon.Faults()) > 0
		came = f.comes(x)
		return told && came || m != nil && f.refused.Load() > enough
	})
	if !came {
		broken = append(broken, "what was refused holds up another")
	}
	if !told {
		broken = append(broken, "readiness says nothing")
	}
	return broken
}

// wakes puts a wake-up of a case into the books that is long over, and tells those who wait for a commit.
func (x *play) wakes(number string) {
	x.t.Helper()
	x.do(x.Daemon.Office.DB.Update(x.ctx, func(tx store.Tx) error { return tx.Put("wake", []byte("00000000000000000001/"+number), []byte("-")) }))
	x.do(x.Daemon.Office.Commit(x.ctx, 0, func(store.Books) error { return nil }))
}

// anotherLetter says that the approver's letter of the second case has gone out, and the books know it.
var anotherLetter = letterOf(sop.Persetujuan, func(r store.LetterRow) bool { return r.State == store.Accepted })

// letterOf says that there is such a letter of the second case.
func letterOf(kind sop.LetterKind, such func(store.LetterRow) bool) func(*play) bool {
	return func(x *play) bool {
		var rows []store.LetterRow
		x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) (err error) {
			rows, err = b.Letters.Of(x.records()[2].Case)
			return err
		}))
		return slices.ContainsFunc(rows, func(r store.LetterRow) bool { return r.Letter.Kind == kind && such(r) })
	}
}

// gone says that no key of a bucket looks so any more.
func gone(bucket, key string) func(*play) bool {
	like := regexp.MustCompile(key)
	return func(x *play) bool {
		left := false
		x.do(x.Daemon.Office.DB.View(x.ctx, func(tx store.Tx) error {
			return tx.Scan(bucket, nil, nil, func(k, _ []byte) bool {
				left = left || like.Match(k)
				return !left
			})
		}))
		return !left
	}
}

// The second law. SETUJU, and a shorter TOLAK after it, lie there when the daemon starts.
func arrival(t *testing.T, m mutant) (broken []string) {
	x := lawful(t, m, Options{Change: func(c *config.Config) { c.Approval.UndoWindow = time.Hour }})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	l := x.await(x.Cast.Admin, sop.Persetujuan)
	x.do(x.Stop())
	x.do(x.Answer(l, "SETUJU", rehearsal.Outlook))
	x.do(x.Answer(l, "TOLAK SK belum ada", rehearsal.Plain)) // a STOP leaves no approval in either order
	x.do(x.Start(x.ctx))
	x.wait(func() bool { return len(x.records()) == 3 })
	if x.only().Approval == nil {
		broken = append(broken, "the approval does not stand although TOLAK came after it")
	}
	if len(x.events(x.only().Number, "approved")) != 1 {
		broken = append(broken, "SETUJU came before STOP and was refused as if it had come after it")
	}
	if m == nil {
		x.sound()
	}
	return broken
}

// Two corrections lie there when the daemon starts, the formulir first and then words, so that both are read on the same case.
func arrivalOfPapers(t *testing.T, m mutant) (broken []string) {
	b := csvPapers(t)
	x := lawful(t, m, Options{Members: append(People(b), right(0), right(1))})
	x.do(x.Start(x.ctx))
	x.do(x.Request(b, true))
	l := x.await(x.Cast.Staff, sop.TandaTerima)
	x.do(x.Stop())
	for i, f := range []followUp{mended(b), said(b, 1)} {
		f.submit(x, i, l.Msg)
	}
	x.do(x.Start(x.ctx))
	x.wait(func() bool { return len(x.records()) == 3 })
	if wrong := addressed(0, 1)(x.cases()); wrong != "" {
		broken = append(broken, wrong)
	}
	if m == nil {
		x.sound()
	}
	return broken
}

// The third law. A request cannot be filed until the server has renumbered the inbox.

type bareTx struct{ store.Tx }

func bareKey(bucket string, key []byte) []byte {
	if _, uid, whole := strings.Cut(string(key), "/"); whole && bucket == "tofile" {
		return []byte(uid)
	}
	return key
}

func (b bareTx) Get(bucket string, key []byte) ([]byte, error) {
	return b.Tx.Get(bucket, bareKey(bucket, key))
}
func (b bareTx) Put(bucket string, key, value []byte) error {
	return b.Tx.Put(bucket, bareKey(bucket, key), value)
}
func (b bareTx) Delete(bucket string, key []byte) error {
	return b.Tx.Delete(bucket, bareKey(bucket, key))
}

// Scan of what is owed takes every number for one of the present inbox.
func (b bareTx) Scan(bucket string, from, to []byte, fn func(k, v []byte) bool) error {
	if bucket != "tofile" {
		return b.Tx.Scan(bucket, from, to, fn)
	}
	if len(from) == 0 {
		return nil
	}
	return b.Tx.Scan(bucket, nil, nil, func(k, v []byte) bool { return fn(append(from[:9:9], k...), v) })
}

// bareUIDs keeps what is to be filed by UID alone.
func bareUIDs(p *daemon.Parts) { alter(func(tx store.Tx) store.Tx { return bareTx{tx} })(p) }

func wholeIdentity(t *testing.T, m mutant) (broken []string) {
	x := lawful(t, m, Options{Clerk: func(p *daemon.Parts) { p.Office.Policy.Over = time.Hour }})
	office := x.Cast.Office.Address
	in := func(folder string) int {
		all, err := x.Post.Messages(office, folder)
		x.do(err)
		return len(all)
	}
	processed := x.Config.IMAP.Processed
	x.do(x.Start(x.ctx))
	mark := in(processed) // of the daemon itself
	x.do(x.Request(x.bundle, true))
	x.wait(func() bool { return in(processed) == mark+1 }) // so that the numbers of the others will change
	x.Post.Refuse(office, "MOVE", 0, "-", -1)
	x.stranger("satu")
	x.do(x.Request(papersOf(t, 4, 2), true))
	x.stranger("dua")
	x.stranger("tiga")
	x.wait(func() bool { return len(x.records()) == 5 && x.Daemon.Faults()["filing"] != "" })
	x.do(x.Post.Renumber(office, "INBOX"))
	x.wait(func() bool { return len(x.records()) == 4 })
	x.Post.Refuse(office, "MOVE", 0, "-", 0)
	x.wait(func() bool {
		var owed []store.Filing
		x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
			pos, _, err := b.Mails.Position()
			if err == nil {
				owed, err = b.Mails.ToFile(pos.UIDValidity, 10, func(store.UID) bool { return false })
			}
			return err
		}))
		return len(owed) == 0 && len(x.Daemon.Faults()) == 0
	})
	if n := in("INBOX"); n != 3 {
		broken = append(broken, fmt.Sprintf("%d of three mails of others lie in the inbox", n))
	}
	if n := in(processed) - mark; n != 2 {
		broken = append(broken, fmt.Sprintf("%d mails are filed as handled, not two", n))
	}
	if m == nil {
		x.sound()
	}
	return broken
}

// The fourth law. Rows that are not taken away when they are used.

type keepingTx struct {
	store.Tx
	bucket string
}

func (k keepingTx) Delete(bucket string, key []byte) error {
	if bucket == k.bucket {
		return nil
	}
	return k.Tx.Delete(bucket, key)
}

func unconsumed(bucket string) mutant {
	return alter(func(tx store.Tx) store.Tx { return keepingTx{tx, bucket} })
}

func sentOnce(t *testing.T, m mutant) (broken []string) {
	x := lawful(t, m, Options{})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	x.await(x.Cast.Admin, sop.Persetujuan)
	if m == nil {
		x.quiet()
		x.sound()
	} else {
		x.wait(func() bool { return len(x.Post.Journal()) > 10 })
	}
	times := map[string]int{}
	for _, j := range x.Post.Journal() {
		if j.From == x.Cast.Office.Address {
			id := string(j.Raw)
			if times[id]++; times[id] == 2 {
				broken = append(broken, "a letter to "+j.To[0]+" went out twice although nothing was in doubt")
			}
		}
	}
	return broken
}

func madeOnce(t *testing.T, m mutant) (broken []string) {
	x := lawful(t, m, Options{})
	x.do(x.Start(x.ctx))
	x.approve()
	for _, p := range People(x.bundle) {
		x.await(p, sop.Kredensial)
	}
	var waiting []store.TaskRow
	again := func() bool {
		return slices.ContainsFunc(waiting, func(r store.TaskRow) bool { return r.Attempts > 1 && r.Why == "" })
	}
	x.wait(func() bool {
		x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) (err error) {
			waiting, _, err = b.Tasks.Due(time.Now().AddDate(1, 0, 0), 100, func(string) bool { return false })
			return err
		}))
		return len(waiting) == 0 || again()
	})
	if again() {
		broken = append(broken, "a task that succeeded is carried out again")
	}
	if m == nil {
		x.quiet()
		x.whole()
	}
	return broken
}

// The fifth law. Two votes are wanted; who gave the first is no approver any more when the second comes.
func votesAtUse(t *testing.T, m mutant) (broken []string) {
	phrase, err := word(20)
	if err != nil {
		t.Fatal(err)
	}
	second := sop.Person{Name: "Admin Kedua", Address: "admin.kedua@" + Domain}
	third := sop.Person{Name: "Admin Ketiga", Address: "admin.ketiga@" + Domain}
	var yesterday []sop.Approver
	x := lawful(t, nil, Options{Members: []sop.Person{second, third}, Clerk: func(p *daemon.Parts) {
		if yesterday == nil {
			yesterday = p.Office.Office.Approvers
		} else if m != nil { // authority by the configuration of the moment when it was given
			p.Office.Office.Approvers = yesterday
		}
	}, Change: func(c *config.Config) {
		c.Approval.Quorum = 2
		for _, p := range []sop.Person{second, third} {
			c.People.Approvers = append(c.People.Approvers, config.Approver{Person: p, SheetPassphrase: phrase})
		}
	}})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	x.do(x.Answer(x.await(x.Cast.Admin, sop.Persetujuan), "SETUJU", rehearsal.Outlook))
	number := x.only().Number
	x.wait(func() bool { return len(x.events(number, "vote")) == 1 })
	l := x.await(second, sop.Persetujuan)
	x.do(x.Stop())
	x.Config.People.Approvers = x.Config.People.Approvers[1:]
	x.do(x.Start(x.ctx))
	x.do(x.Answer(l, "SETUJU", rehearsal.Outlook))
	x.wait(func() bool { return len(x.events(number, "vote"))+len(x.events(number, "approved")) == 2 })
	if len(x.events(number, "approved")) > 0 {
		broken = append(broken, "the vote of somebody who may not approve any more counts")
	}
	if m != nil {
		return broken
	}
	x.do(x.Answer(x.await(third, sop.Persetujuan), "SETUJU", rehearsal.Outlook))
	x.finish()
	x.sound()
	return broken
}

// oneLimit keeps one bucket of letters for everybody.
func oneLimit(p *daemon.Parts) { alter(func(tx store.Tx) store.Tx { return oneLimitTx{tx} })(p) }

type oneLimitTx struct{ store.Tx }

func limitKey(bucket string, key []byte) []byte {
	if bucket == "limits" {
		return []byte("all")
	}
	return key
}

func (o oneLimitTx) Get(bucket string, key []byte) ([]byte, error) {
	return o.Tx.Get(bucket, limitKey(bucket, key))
}

func (o oneLimitTx) Put(bucket string, key, value []byte) error {
	return o.Tx.Put(bucket, limitKey(bucket, key), value)
}

// limitsOfAddresses: one who writes a hundred times delays nobody else's letter.
func limitsOfAddresses(t *testing.T, m mutant) (broken []string) {
	busy := sop.Person{Name: "Staf Sibuk", Address: "sibuk@" + Domain}
	x := lawful(t, m, Options{Members: []sop.Person{busy}})
	for i := range 100 {
		raw := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: Permohonan akun SPSE Pokja %d\r\nDate: %s\r\nMessage-ID: <sibuk-%d@%s>\r\n\r\nMohon dibuatkan user ID dan password SPSE bagi Pokja %d.\r\n",
			busy.Address, x.Cast.Office.Address, i, time.Now().Format(time.RFC1123Z), i, Domain, i)
		x.do(x.Post.Put(x.Cast.Office.Address, "INBOX", rehearsal.WithVerdict([]byte(raw), x.Post.AuthservID(), "auth=pass smtp.auth="+busy.Address)))
	}
	x.do(x.Request(x.bundle, true))
	x.do(x.Start(x.ctx))
	x.wait(func() bool { return len(x.records()) == 101 })
	var rows []store.LetterRow
	number := x.records()[101].Case
	x.wait(func() bool {
		x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) (err error) {
			rows, err = b.Letters.Of(number)
			return err
		}))
		return slices.ContainsFunc(rows, func(r store.LetterRow) bool { return r.Letter.Kind == sop.Persetujuan })
	})
	for _, r := range rows {
		if r.Letter.To.Address != x.Cast.KepalaBagian.Address && r.Next.Sub(r.Made) > time.Second { // who hears of all hundred
			broken = append(broken, fmt.Sprintf("%s to %s waits for %s", r.Letter.Kind, r.Letter.To.Address, r.Next.Sub(r.Made)))
		}
	}
	return broken
}

// The sixth law. talkative is a source that also notes in the books what it made.
func talkative(p *daemon.Parts) { p.Tasks.Source = noted{p.Tasks.Source, p.Office.DB} }

type noted struct {
	tasks.Source
	db store.DB
}

func (n noted) Make(ctx context.Context, number string, want []tasks.Wanted) (map[string]credential.Issued, error) {
	made, err := n.Source.Make(ctx, number, want)
	if err != nil {
		return nil, err
	}
	return made, n.db.Update(ctx, func(tx store.Tx) (err error) {
		for nip, i := range made {
			err = errors.Join(err, tx.Put("bodies", []byte("draft/"+nip), []byte("Kata sandi: "+i.Password.Reveal()+"\r\n")))
		}
		return err
	})
}

func sealed(t *testing.T, m mutant) (broken []string) {
	x := lawful(t, m, Options{})
	x.do(x.Start(x.ctx))
	x.approve()
	for _, p := range People(x.bundle) {
		x.await(p, sop.Kredensial)
	}
	words, err := x.Passwords()
	x.do(err)
	if len(words) != len(x.bundle.Roster) {
		t.Fatalf("%d passwords are known", len(words))
	}
	broken, err = x.Leaks(words, x.log.bytes())
	x.do(err)
	return broken
}

// The seventh law. A SETUJU from outside brings a verdict of its own, under the line that our host wrote when it came. believing takes
// for the server's what stands there.

func believing(p *daemon.Parts) { p.Intake.Auth.BelowReceived = true }

func ownVerdict(t *testing.T, m mutant) (broken []string) {
	x := lawful(t, m, Options{})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	l := x.await(x.Cast.Admin, sop.Persetujuan)
	raw, err := x.Reply(l, "SETUJU", rehearsal.Outlook)
	x.do(err)
	raw = rehearsal.WithVerdict(raw, x.Post.AuthservID(), "dmarc=pass header.from="+Domain)
	raw = append(fmt.Appendf(nil, "Received: from lain.example (lain.example [203.0.113.9])\r\n\tby %s with ESMTP;\r\n\t%s\r\n", x.Post.Host(), time.Now().Format(time.RFC1123Z)), raw...)
	x.do(x.Post.Put(x.Cast.Office.Address, "INBOX", raw))
	x.wait(func() bool { return len(x.records()) == 2 })
	if x.only().Approval != nil {
		return append(broken, "an approval is proven by what it says of itself")
	}
	x.wait(func() bool { return len(x.letters(x.Cast.Admin, sop.Persetujuan)) == 2 }) // its code lay in the mailbox, and was replaced
	x.do(x.Answer(x.letters(x.Cast.Admin, sop.Persetujuan)[1], "SETUJU", rehearsal.Outlook))
	x.finish()
	x.sound()
	return broken
}

// The eighth law. The disk fails where the case lies while its SETUJU is read.

type sickTx struct {
	store.Tx
	sick  *atomic.Bool
	asked *atomic.Int64
	blind bool // takes what cannot be read for absent
}

func (s sickTx) Get(bucket string, key []byte) ([]byte, error) {
	if bucket != "cases" || !s.sick.Load() {
		return s.Tx.Get(bucket, key)
	}
	if s.asked.Add(1); s.blind {
		return nil, nil
	}
	return nil, fmt.Errorf("read a page: %w", syscall.EIO)
}

func notAbsent(t *testing.T, m mutant) (broken []string) {
	var sick atomic.Bool
	var asked atomic.Int64
	x := lawful(t, nil, Options{Clerk: alter(func(tx store.Tx) store.Tx { return sickTx{tx, &sick, &asked, m != nil} })})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	l := x.await(x.Cast.Admin, sop.Persetujuan)
	x.quiet()
	sick.Store(true)
	x.do(x.Answer(l, "SETUJU", rehearsal.Outlook))
	told := false
	x.wait(func() bool {
		told = told || strings.Contains(x.Daemon.Faults()["intake"], "input/output error")
		return told || m != nil && len(x.records()) == 2
	})
	sick.Store(false)
	x.wait(func() bool { return len(x.records()) == 2 && len(x.Daemon.Faults()) == 0 })
	if v := x.only(); v.Approval == nil {
		broken = append(broken, fmt.Sprintf("the approval is lost: %+v", x.records()[2]))
	}
	if m == nil {
		x.finish()
		x.sound()
	}
	return broken
}

// The ninth law.
func passingNo(t *testing.T, m mutant) (broken []string) {
	x := lawful(t, m, Options{})
	x.Post.Refuse(x.Cast.Office.Address, "FETCH", 2, "SERVERBUG", -1)
	x.stranger("satu")
	x.do(x.Request(x.bundle, true))
	x.stranger("dua")
	x.do(x.Start(x.ctx))
	x.wait(func() bool { return x.Daemon.Faults()["intake"] != "" || x.records()[2].Outcome != "" })
	x.Post.Refuse(x.Cast.Office.Address, "FETCH", 2, "SERVERBUG", 0)
	x.wait(func() bool { return len(x.records()) == 3 && len(x.Daemon.Faults()) == 0 })
	if s := x.records()[2]; s.Outcome == "quarantined" {
		return append(broken, "a request is put aside for what the server called its own fault: "+strings.Join(s.Proof, " "))
	}
	x.await(x.Cast.Admin, sop.Persetujuan)
	return broken
}

func passingPolicy(t *testing.T, m mutant) (broken []string) {
	var refused atomic.Int64
	x := lawful(t, m, Options{Rules: func(_, to string) postoffice.Behaviour {
		if to != Office().Admin.Address {
			return postoffice.Behaviour{}
		}
		refused.Add(1)
		return postoffice.Behaviour{Code: 550, Text: "relay not permitted", Times: 2}
	}})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	told := false
	x.wait(func() bool {
		told = told || strings.Contains(x.Daemon.Faults()["outbox"], "refuses letters")
		all, err := x.Daemon.Control.Cases(x.ctx, false)
		x.do(err)
		return len(all) == 1 && x.unsettled() == "" && refused.Load() > 0 && (len(x.letters(x.Cast.Admin, sop.Persetujuan)) > 0 || m != nil)
	})
	v, err := x.Daemon.Control.Show(x.ctx, x.only().Number)
	x.do(err)
	for _, l := range v.Letters {
		if l.State == store.Failed {
			broken = append(broken, fmt.Sprintf("%s has failed for good: %s", l.Kind, l.Answer))
		}
	}
	if !told {
		broken = append(broken, "readiness does not say that letters are refused")
	}
	return broken
}

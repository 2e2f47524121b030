// Package officetest sets up the heart of an office for tests: a real store that can be made to fail, real keys, archive and
// letters, invented people, and a case that is brought as far as a test wants without mailbox, post and workers.
package officetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/document"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/office"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
	"ukpbjd/internal/workday"
)

// DB is a real store whose reads and writes can be made to fail, and are counted.
type DB struct {
	store.DB
	Views atomic.Int64
	fault atomic.Pointer[Fault]
}

// Fault is what an operation comes to: op is get, put, delete or scan, which is from a key on; nil lets it pass.
type Fault func(op, bucket, key string) error

// Fail sets the fault from now on; nil: none.
func (d *DB) Fail(f Fault) { d.fault.Store(&f) }

// Update is the engine's, with the fault.
func (d *DB) Update(ctx context.Context, fn func(store.Tx) error) error {
	return d.DB.Update(ctx, func(tx store.Tx) error { return fn(d.faulty(tx)) })
}

// View is the engine's, with the fault.
func (d *DB) View(ctx context.Context, fn func(store.Tx) error) error {
	d.Views.Add(1)
	return d.DB.View(ctx, func(tx store.Tx) error { return fn(d.faulty(tx)) })
}

func (d *DB) faulty(tx store.Tx) store.Tx {
	if f := d.fault.Load(); f != nil && *f != nil {
		return faultyTx{tx, *f}
	}
	return tx
}

type faultyTx struct {
	store.Tx
	fault Fault
}

func (t faultyTx) Get(bucket string, key []byte) ([]byte, error) {
	if err := t.fault("get", bucket, string(key)); err != nil {
		return nil, err
	}
	return t.Tx.Get(bucket, key)
}

func (t faultyTx) Put(bucket string, key, value []byte) error {
	if err := t.fault("put", bucket, string(key)); err != nil {
		return err
	}
	return t.Tx.Put(bucket, key, value)
}

func (t faultyTx) Delete(bucket string, key []byte) error {
	if err := t.fault("delete", bucket, string(key)); err != nil {
		return err
	}
	return t.Tx.Delete(bucket, key)
}

func (t faultyTx) Scan(bucket string, from, to []byte, fn func(key, value []byte) bool) error {
	if err := t.fault("scan", bucket, string(from)); err != nil {
		return err
	}
	return t.Tx.Scan(bucket, from, to, fn)
}

// Zone of the office.
var Zone = time.FixedZone("WITA", 8*3600)

// Person is somebody of the office.
func Person(local string) sop.Person {
	return sop.Person{Name: local, Address: local + "@office.example"}
}

// The people of the office; members are Member(1) and so on.
var (
	Staff, Admin, Operator = Person("staf"), Person("admin"), Person("operator")
	Kepala, Bagian         = Person("kepala"), Person("kabag")
)

// Member is one member of every roster.
func Member(i int) document.Row {
	p := Person(fmt.Sprintf("anggota%d", i))
	return document.Row{No: i, Nama: p.Name, NIP: fmt.Sprintf("1980010120050110%02d", i), Email: p.Address}
}

// Rules are the office's.
func Rules() sop.Office {
	return sop.Office{Name: "Bagian PBJ", Mailbox: Person("ukpbj"), CasePrefix: "PKJ", Level: sop.Standard, Expires: 3, Quorum: 1, Sheet: "encrypted",
		ApprovalDays: 1, CompletionDays: 3, ReceiptDays: 1, ExpiryDays: 7, ShredAfter: 24 * time.Hour, Calendar: workday.Standard(Zone),
		KepalaLPSE: Kepala, KepalaBagian: Bagian, Operator: Operator, Approvers: []sop.Approver{{Person: Admin}}}
}

// Office is a clerk on its store. Its time is the system's until Set.
type Office struct {
	*office.Clerk
	DB *DB

	t  testing.TB
	at atomic.Pointer[time.Time]
}

// Quiet counts nothing.
type Quiet struct{}

// Message and the others are those of office.Meter.
func (Quiet) Message(string)                               {}
func (Quiet) Letter(sop.LetterKind, string, time.Duration) {}
func (Quiet) Task(sop.TaskKind, string)                    {}
func (Quiet) Deviation(string)                             {}
func (Quiet) Commit(time.Duration, int)                    {}

// New opens an office that ends with the test. letters are the templates.
func New(t testing.TB, letters fs.FS, changes ...func(*office.Options)) *Office {
	t.Helper()
	x := &Office{t: t}
	dir := t.TempDir()
	engine, err := bolt.Open(filepath.Join(dir, "ukpbjd.db"), bolt.Options{NoSync: true})
	x.Must(err)
	t.Cleanup(func() { x.Must(engine.Close()) })
	x.DB = &DB{DB: engine}
	key := make([]byte, 32)
	_, err = rand.Read(key)
	x.Must(err)
	master := secret.New(key)
	o := office.Options{DB: x.DB, Log: slog.New(slog.DiscardHandler), Meter: Quiet{}, Office: Rules(), Requesters: []string{"*@office.example"}, Now: x.now}
	o.Vault, err = credential.OpenVault(filepath.Join(dir, "keys.db"), master, rand.Reader)
	x.Must(err)
	t.Cleanup(func() { x.Must(o.Vault.Close()) })
	o.Archive, err = archive.Open(filepath.Join(dir, "archive"))
	x.Must(err)
	t.Cleanup(func() { x.Must(o.Archive.Close()) })
	o.Codes, err = credential.NewKeys(master)
	x.Must(err)
	o.Letters, err = letter.Parse(letters, nil)
	x.Must(err)
	for _, change := range changes {
		change(&o)
	}
	x.Clerk, err = office.New(context.Background(), o)
	x.Must(err)
	return x
}

// Must ends the test on an error.
func (x *Office) Must(err error) {
	if err != nil {
		x.t.Helper()
		x.t.Fatal(err)
	}
}

func (x *Office) now() time.Time {
	if at := x.at.Load(); at != nil {
		return *at
	}
	return time.Now()
}

// Set makes it that moment, until the next Set.
func (x *Office) Set(at time.Time) { x.at.Store(&at) }

// Write is one transaction beside the clerk, for what a fault or a wrong clock leaves in the books.
func (x *Office) Write(fn func(store.Tx) error) {
	x.t.Helper()
	x.Must(x.DB.DB.Update(context.Background(), fn))
}

// Look reads the books.
func (x *Office) Look(fn func(store.Books) error) {
	x.t.Helper()
	x.Must(x.DB.DB.View(context.Background(), func(tx store.Tx) error { return fn(store.In(tx)) }))
}

// Get reads a case that must be there.
func (x *Office) Get(number string) (cs sop.Case) {
	x.t.Helper()
	x.Look(func(b store.Books) (err error) {
		cs, err = office.Find(b, number)
		return err
	})
	return cs
}

// LettersOf are the letters of a case, or of store.Office, by kind (empty: all).
func (x *Office) LettersOf(number string, kind sop.LetterKind) (out []store.LetterRow) {
	x.t.Helper()
	x.Look(func(b store.Books) error {
		rows, err := b.Letters.Of(number)
		for _, r := range rows {
			if kind == "" || r.Letter.Kind == kind {
				out = append(out, r)
			}
		}
		return err
	})
	return out
}

// Tell decides one input on a case, as from a person who is proven; nobody: the daemon's own.
func (x *Office) Tell(number string, from sop.Person, what sop.What) error {
	return x.Commit(context.Background(), 1, func(b store.Books) error {
		cs, err := office.Find(b, number)
		if err != nil {
			return err
		}
		now := x.Now().UTC()
		in := sop.Input{At: now, What: what}
		if from.Address != "" {
			in.From = x.Clerk.Office.Identify(&cs, from.Address)
			in.From.Proof = sop.Proof{Level: sop.Standard, Result: sop.Proven, Reason: "dmarc-pass"}
		}
		return x.Decide(b, cs, in, now)
	})
}

// Request opens a case for so many members, by a requester.
func (x *Office) Request(from sop.Person, members int) (number string, err error) {
	r := document.Reading{Complete: true}
	for _, k := range document.Required {
		r.Papers = append(r.Papers, document.Paper{File: string(k) + ".pdf", Kind: k})
	}
	for i := range members {
		r.Roster = append(r.Roster, Member(i+1))
	}
	return x.RequestOf(from, r)
}

// RequestOf opens a case for what was read.
func (x *Office) RequestOf(from sop.Person, r document.Reading) (number string, err error) {
	err = x.Commit(context.Background(), 1, func(b store.Books) (err error) {
		now := x.Now().UTC()
		if number, err = b.Cases.NextNumber("PKJ", now.In(Zone).Year()); err != nil {
			return err
		}
		sender := sop.Sender{Person: from, Roles: []sop.Role{sop.RoleRequester}, Proof: sop.Proof{Level: sop.Standard, Result: sop.Proven, Reason: "dmarc-pass"}}
		return x.Decide(b, sop.Case{Number: number}, sop.Input{At: now, From: sender, Mail: sop.Mail{MessageID: "<q@office.example>"},
			What: sop.Request{Subject: "Permohonan akun", KepalaCopied: true, Reading: r}}, now)
	})
	return number, err
}

// Ask opens a case and brings it to the moment at which its approver has been asked.
func (x *Office) Ask(members int) string {
	x.t.Helper()
	number, err := x.Request(Staff, members)
	x.Must(err)
	x.MakeAccounts(number)
	return number
}

// MakeAccounts carries out the task that makes accounts; the approver is asked.
func (x *Office) MakeAccounts(number string) {
	x.t.Helper()
	cs := x.Get(number)
	made := sop.AccountsMade{Revision: cs.Revision, Issue: cs.Issue, Accounts: map[string]sop.Account{}}
	for i, m := range cs.Members {
		sealed, err := x.SealPassword(number, m.Row.NIP, secret.New(fmt.Appendf(nil, "Sandi-%s-%d!", number, i)))
		x.Must(err)
		made.Accounts[m.Row.NIP] = sop.Account{UserID: fmt.Sprintf("anggota%d.%s", i+1, number), Sealed: sealed, Made: x.Now().UTC(), Anew: true}
	}
	x.EndTasks(number)
	x.Must(x.Tell(number, sop.Person{}, made))
}

// EndTasks takes away the tasks of a case, and returns them.
func (x *Office) EndTasks(number string) (out []store.TaskRow) {
	x.t.Helper()
	x.Write(func(tx store.Tx) error {
		b := store.In(tx)
		rows, _, err := b.Tasks.Due(x.Now().Add(1000*time.Hour), 1000, func(id string) bool { return len(id) < len(number) || id[:len(number)] != number })
		for _, r := range rows {
			if err == nil {
				err = b.Tasks.End(r.Task.ID)
			}
			out = append(out, r)
		}
		return err
	})
	return out
}

// Approve is the approver's SETUJU to the present letter.
func (x *Office) Approve(number string) {
	x.t.Helper()
	cs := x.Get(number)
	x.Must(x.Tell(number, Admin, sop.Command{Verb: sop.Setuju, Ref: sop.Ref{Via: "message-id", Kind: sop.Persetujuan, Revision: cs.Revision, Issue: cs.Issue, To: Admin.Address}}))
}

// Seal carries out the tasks that write credential letters; the letters hold no real password.
func (x *Office) Seal(number string) {
	x.t.Helper()
	for _, r := range x.EndTasks(number) {
		if r.Task.Kind != sop.TaskCredential {
			continue
		}
		sealed, err := x.Vault.Seal(office.KeyID(number, r.Task.NIP), credential.ForLetter, []byte("Subject: akun\r\n\r\nrahasia\r\n"))
		x.Must(err)
		l := r.Task.Letter
		l.Copy = []byte("Subject: akun\r\n\r\n[tidak disimpan]\r\n")
		x.Must(x.Tell(number, sop.Person{}, sop.CredentialSealed{NIP: r.Task.NIP, Letter: l, Sealed: sealed}))
	}
}

// Pass lets the time of a bubble of testing/synctest pass.
func Pass(d time.Duration) { <-time.After(d) }

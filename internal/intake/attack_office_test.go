package intake

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/smallstep/pkcs7"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/document"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/office"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
	"ukpbjd/internal/tasks"
	"ukpbjd/internal/triage"
	"ukpbjd/internal/workday"
	"ukpbjd/templates"
)

// The office of the attacks: a real store, vault and archive, one case that waits for approval, and mails that go through
// the whole of Read and Receive. Everything after the base is thrown away between two mails, so each meets the same books.

const (
	admin    = "admin@gov.example"
	evil     = "x@evil.example"
	mx       = "mx.gov.example"
	took     = "Received: from out.example (out.example [192.0.2.7]) by mx.gov.example (Postfix) with ESMTPS id 4F; Mon, 23 Nov 2026 09:00:00 +0800"
	attacked = "PKJ-2026-0001"
)

type silent struct{}

func (silent) Message(string)                               {}
func (silent) Letter(sop.LetterKind, string, time.Duration) {}
func (silent) Task(sop.TaskKind, string)                    {}
func (silent) Deviation(string)                             {}
func (silent) Commit(time.Duration, int)                    {}

// discarding puts what is written on top of a store that stays as it was.
type discarding struct {
	base store.DB
	over map[string]map[string][]byte
}

func (d *discarding) Update(ctx context.Context, fn func(store.Tx) error) error {
	before := map[string]map[string][]byte{}
	for b, m := range d.over {
		before[b] = maps.Clone(m)
	}
	err := d.View(ctx, fn)
	if err != nil {
		d.over = before
	}
	return err
}

func (d *discarding) View(ctx context.Context, fn func(store.Tx) error) error {
	return d.base.View(ctx, func(tx store.Tx) error { return fn(&layered{tx, d.over}) })
}

func (d *discarding) Close() error { return nil }

type layered struct {
	store.Tx
	over map[string]map[string][]byte
}

func (l *layered) Get(bucket string, key []byte) ([]byte, error) {
	if v, ok := l.over[bucket][string(key)]; ok {
		return v, nil
	}
	return l.Tx.Get(bucket, key)
}

func (l *layered) Put(bucket string, key, value []byte) error {
	if l.over[bucket] == nil {
		l.over[bucket] = map[string][]byte{}
	}
	l.over[bucket][string(key)] = append([]byte{}, value...)
	return nil
}

func (l *layered) Delete(bucket string, key []byte) error {
	if err := l.Put(bucket, key, nil); err != nil {
		return err
	}
	l.over[bucket][string(key)] = nil
	return nil
}

func (l *layered) Scan(bucket string, from, to []byte, fn func(key, value []byte) bool) error {
	all := map[string][]byte{}
	if err := l.Tx.Scan(bucket, from, to, func(k, v []byte) bool { all[string(k)] = bytes.Clone(v); return true }); err != nil {
		return err
	}
	for k, v := range l.over[bucket] {
		if k >= string(from) && (to == nil || k < string(to)) {
			all[k] = v
		}
		if v == nil {
			delete(all, k)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if !fn([]byte(k), all[k]) {
			break
		}
	}
	return nil
}

// texts is the DNS of these tests.
type texts map[string][]string

func (z texts) LookupTXT(_ context.Context, name string) ([]string, error) {
	if t, ok := z[name]; ok {
		if t == nil {
			return nil, &net.DNSError{Err: "i/o timeout", IsTimeout: true}
		}
		return t, nil
	}
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

// hand is somebody's keys: one for DKIM, one with a certificate for S/MIME. They are made for the test and forgotten.
type hand struct {
	dkim  ed25519.PrivateKey
	smime crypto.Signer
	cert  *x509.Certificate
}

var hands = sync.OnceValue(func() map[string]hand {
	out := map[string]hand{}
	for i, who := range []string{"gov.example", "evil.example"} {
		_, d, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			panic(err)
		}
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		tmpl := &x509.Certificate{SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: who}, NotBefore: time.Now().Add(-time.Hour),
			NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature}
		der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, k.Public(), k)
		if err != nil {
			panic(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			panic(err)
		}
		out[who] = hand{d, k, c}
	}
	return out
})

// target is the office under attack at one level.
type target struct {
	tb     testing.TB
	level  sop.Level
	db     *discarding
	c      *Intake
	work   *tasks.Worker
	now    time.Time
	letter string // Message-ID of the approval letter
	raw    []byte // the letter
	code   string
	uid    uint32
}

func newTarget(tb testing.TB, level sop.Level) *target {
	tb.Helper()
	dir := tb.TempDir()
	must := func(err error) {
		if err != nil {
			tb.Helper()
			tb.Fatal(err)
		}
	}
	base, err := bolt.Open(filepath.Join(dir, "ukpbjd.db"), bolt.Options{NoSync: true})
	must(err)
	tb.Cleanup(func() { must(base.Close()) })
	key := make([]byte, 32)
	_, err = rand.Read(key)
	must(err)
	master := secret.New(key)
	o := office.Options{DB: base, Log: slog.New(slog.DiscardHandler), Meter: silent{}}
	o.Vault, err = credential.OpenVault(filepath.Join(dir, "keys.db"), master, rand.Reader)
	must(err)
	tb.Cleanup(func() { must(o.Vault.Close()) })
	o.Archive, err = archive.Open(filepath.Join(dir, "archive"))
	must(err)
	tb.Cleanup(func() { must(o.Archive.Close()) })
	o.Codes, err = credential.NewKeys(master)
	must(err)
	o.Letters, err = letter.Parse(templates.FS, nil)
	must(err)
	pin, err := msgauth.NewPin(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: hands()["gov.example"].cert.Raw}), nil)
	must(err)
	t := &target{tb: tb, level: level, now: time.Now().UTC().Truncate(time.Second)} // the DKIM signer takes the wall clock
	o.Now = func() time.Time { return t.now }
	o.Office, o.Requesters = attackOffice(level), []string{"*@gov.example"}
	phrases := map[string]secret.Secret{admin: secret.New([]byte("frasa sandi lembar akun"))}
	on := func(db store.DB) {
		o.DB = db
		clerk, err := office.New(tb.Context(), o)
		must(err)
		t.work = tasks.New(tasks.Options{Clerk: clerk, Source: tasks.Generator{Random: rand.Reader}, UserID: "{first}.{last}", Rounds: 1000, Passphrases: phrases})
		t.c = New(Options{Clerk: clerk, Archive: o.Archive, Extract: extract.New(extract.Options{OCR: "off"}), Limits: message.DefaultLimits(),
			Auth:       msgauth.Options{AuthservID: mx, ReceivedBy: []string{mx}, Resolver: dns(), Pins: map[string]msgauth.Pin{admin: pin}},
			MaxMessage: 40 << 20, Folders: Folders{"Diproses", "Periksa"}})
	}
	on(base)
	t.open(must)
	t.db = &discarding{base, map[string]map[string][]byte{}}
	on(t.db)
	return t
}

func dns() texts {
	key := func(k ed25519.PrivateKey, flags string) []string {
		return []string{"v=DKIM1; k=ed25519; " + flags + "p=" + base64.StdEncoding.EncodeToString(k.Public().(ed25519.PublicKey))}
	}
	gov, bad := hands()["gov.example"].dkim, hands()["evil.example"].dkim
	return texts{"s._domainkey.gov.example": key(gov, ""), "s._domainkey.evil.example": key(bad, ""), "test._domainkey.gov.example": key(gov, "t=y; "),
		"s._domainkey.example": key(gov, ""), "two._domainkey.gov.example": append(key(gov, ""), key(bad, "")...), "slow._domainkey.gov.example": nil}
}

func official(name string) sop.Person { return sop.Person{Name: name, Address: name + "@gov.example"} }

func attackOffice(level sop.Level) sop.Office {
	return sop.Office{Name: "Bagian PBJ", Mailbox: official("ukpbj"), CasePrefix: "PKJ", Level: level, Expires: 3, Quorum: 1, Sheet: "encrypted",
		ApprovalDays: 1, CompletionDays: 3, ReceiptDays: 1, ExpiryDays: 7, ShredAfter: 24 * time.Hour, Calendar: workday.Standard(time.FixedZone("WITA", 8*3600)),
		KepalaLPSE: official("kepala"), KepalaBagian: official("kabag"), Operator: official("operator"),
		Approvers: []sop.Approver{{Person: sop.Person{Name: "Admin Agency", Address: admin}}, {Person: official("wakil")}}}
}

// open brings the case to the moment at which its approvers have been asked.
func (t *target) open(must func(error)) {
	r := document.Reading{Complete: true}
	for _, k := range document.Required {
		r.Papers = append(r.Papers, document.Paper{File: string(k) + ".pdf", Kind: k})
	}
	for i := range 3 {
		p := official(fmt.Sprintf("anggota%d", i+1))
		r.Roster = append(r.Roster, document.Row{No: i + 1, Nama: p.Name, NIP: fmt.Sprintf("19800101200501100%d", i+1), Email: p.Address})
	}
	ctx := t.tb.Context()
	from := sop.Sender{Person: official("staf"), Roles: []sop.Role{sop.RoleRequester}, Proof: sop.Proof{Level: sop.Standard, Result: sop.Proven}}
	must(t.c.Commit(ctx, 1, func(b store.Books) error {
		number, err := b.Cases.NextNumber("PKJ", 2026)
		if err != nil {
			return err
		}
		return t.c.Decide(b, sop.Case{Number: number}, sop.Input{At: t.now, From: from, Mail: sop.Mail{MessageID: "<q@gov.example>"},
			What: sop.Request{Subject: "Permohonan akun", KepalaCopied: true, Reading: r}}, t.now)
	}))
	t.ask(must)
}

// ask carries out what waits, and takes the newest approval letter for the one that is answered.
func (t *target) ask(must func(error)) {
	ctx := t.tb.Context()
	for {
		jobs, _, err := t.work.Claim(ctx, 10, func(string) bool { return false })
		must(err)
		if len(jobs) == 0 {
			break
		}
		var done []tasks.Result
		for _, j := range jobs {
			done = append(done, t.work.Execute(ctx, j))
		}
		_, err = t.work.Settle(ctx, done)
		must(err)
	}
	must(t.c.View(ctx, func(b store.Books) error {
		rows, err := b.Letters.Of(attacked)
		newest := 0
		for _, l := range rows {
			if l.Letter.Kind == sop.Persetujuan && l.Letter.To.Address == admin && l.Letter.Issue > newest {
				newest = l.Letter.Issue
				t.letter = l.MessageID
				t.code = t.c.Codes.ApprovalCode(attacked, l.Letter.Revision, l.Letter.Issue, admin)
				if t.raw, err = b.Letters.Body(l.ID()); err == nil {
					t.raw, err = t.c.Vault.OpenLetter(office.SealedUnder(attacked, l.Letter), t.raw)
				}
			}
		}
		return err
	}))
	if t.letter == "" {
		t.tb.Fatal("no approver was asked")
	}
}

// bent is a mail to the office. As answer gives it, it is an approval that every level obeys.
type bent struct {
	top       []string // the verdicts that our server wrote, above its Received line
	head      []string
	kind, cte string
	body      string
	dkim      string // whose key signs at strict and above; "": nobody's
	selector  string
	keys      []string // signed fields, nil: all
	smime     string   // whose certificate signs at signed
	after     []func(string) string
	later     time.Duration
	edit      func(*Prepared) // gates switched off
	code      string
}

var unique struct {
	sync.Mutex
	n int
}

func nextID() string {
	unique.Lock()
	defer unique.Unlock()
	unique.n++
	return fmt.Sprintf("<m%d@gov.example>", unique.n)
}

func verdictOf(domain string) string {
	return "Authentication-Results: " + mx + "; dmarc=pass header.from=" + domain
}

func (t *target) answer() *bent {
	return &bent{top: []string{verdictOf("gov.example")}, dkim: "gov.example", selector: "s", smime: "gov.example", code: t.code,
		kind: "text/plain; charset=utf-8", cte: "7bit", body: "SETUJU " + t.code + "\r\n",
		head: []string{"From: Admin Agency <" + admin + ">", "To: ukpbj@gov.example", "Subject: Re: [" + attacked + "] Permohonan persetujuan - kode " + t.code,
			"Date: " + t.now.Format(time.RFC1123Z), "Message-ID: " + nextID(), "In-Reply-To: " + t.letter, "References: " + t.letter, "MIME-Version: 1.0"}}
}

func (m *bent) set(name, value string) *bent {
	m.drop(name)
	m.head = append([]string{name + ": " + value}, m.head...)
	return m
}

func (m *bent) drop(name string) *bent {
	m.head = slices.DeleteFunc(m.head, func(l string) bool { return strings.HasPrefix(strings.ToLower(l), strings.ToLower(name)+":") })
	return m
}

// text is what the mail says; every line end becomes CRLF.
func (m *bent) text(s string) *bent {
	m.body = strings.ReplaceAll(s, "\n", "\r\n") + "\r\n"
	return m
}

// then changes the bytes on their way, after they were signed.
func (m *bent) then(f func(string) string) *bent {
	m.after = append(m.after, f)
	return m
}

// before puts lines on top of the header, after it was signed.
func (m *bent) before(lines ...string) *bent {
	return m.then(func(raw string) string { return strings.Join(lines, "\r\n") + "\r\n" + raw })
}

var dkimKeys = []string{"From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}

// compose writes the mail as it reaches the mailbox of an office at the given level.
func (m *bent) compose(level sop.Level) (string, error) {
	entity := "Content-Type: " + m.kind + "\r\nContent-Transfer-Encoding: " + m.cte + "\r\n\r\n" + m.body
	if level == sop.Signed && m.smime != "" {
		signature, err := detached(entity, hands()[m.smime])
		if err != nil {
			return "", err
		}
		const mark = "=-signed-="
		entity = "Content-Type: multipart/signed; micalg=sha-256; protocol=\"application/pkcs7-signature\"; boundary=\"" + mark + "\"\r\n\r\n" +
			"--" + mark + "\r\n" + entity + "\r\n--" + mark + "\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			signature + "\r\n--" + mark + "--\r\n"
	}
	raw := strings.Join(m.head, "\r\n") + "\r\n" + entity
	if (level == sop.Strict || level == sop.Signed) && m.dkim != "" {
		keys := m.keys
		if keys == nil {
			keys = dkimKeys
		}
		signer := hands()["gov.example"].dkim
		if m.dkim == "evil.example" {
			signer = hands()["evil.example"].dkim
		}
		var b bytes.Buffer
		if err := dkim.Sign(&b, strings.NewReader(raw), &dkim.SignOptions{Domain: m.dkim, Selector: m.selector, Signer: signer, HeaderKeys: keys,
			HeaderCanonicalization: "relaxed", BodyCanonicalization: "relaxed"}); err != nil {
			return "", fmt.Errorf("sign: %w", err)
		}
		raw = b.String()
	}
	for _, f := range m.after {
		raw = f(raw)
	}
	return strings.Join(append(slices.Clone(m.top), took), "\r\n") + "\r\n" + raw, nil
}

func detached(content string, h hand) (string, error) {
	sd, err := pkcs7.NewSignedData([]byte(content))
	if err != nil {
		return "", err
	}
	sd.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := sd.AddSigner(h.cert, h.smime, pkcs7.SignerInfoConfig{}); err != nil {
		return "", err
	}
	sd.Detach()
	der, err := sd.Finish()
	s := base64.StdEncoding.EncodeToString(der)
	var out strings.Builder
	for ; len(s) > 76; s = s[76:] {
		out.WriteString(s[:76] + "\r\n")
	}
	return out.String() + s, err
}

// effect is what became of one mail.
type effect struct {
	outcome, gate, reason string
	released              bool // a credential is ordered, or an approval counts
	strangers             []string
}

// take lets one mail through the whole house and looks into the books. forget: everything is as before afterwards.
func (t *target) take(raw string, later time.Duration, edit func(*Prepared), forget bool) effect {
	t.tb.Helper()
	if forget {
		defer func() { t.db.over = map[string]map[string][]byte{} }()
	}
	t.uid++
	ctx := t.tb.Context()
	in := Incoming{UID: store.UID{Validity: 1, UID: t.uid}, Arrived: t.now.Add(later), Size: int64(len(raw)), Raw: []byte(raw)}
	p := t.c.Read(ctx, in)
	if p.err != nil {
		t.tb.Fatalf("read: %v", p.err)
	}
	p.archived = nil // its bytes need not outlive the test
	t.freshArchive()
	if edit != nil {
		edit(&p)
		p.sha = strings.Repeat("0", 64)
	}
	if err := t.c.Receive(ctx, []Prepared{p}); err != nil {
		t.tb.Fatalf("receive: %v", err)
	}
	e, err := t.look(ctx, in.UID)
	if err != nil {
		t.tb.Fatal(err)
	}
	return e
}

// freshArchive is taken now and then: a thousand mails of one case are more than any case has.
func (t *target) freshArchive() {
	if t.uid%100 != 0 {
		return
	}
	a, err := archive.Open(t.tb.TempDir())
	if err != nil {
		t.tb.Fatal(err)
	}
	t.tb.Cleanup(func() { _ = a.Close() })
	t.c.Options.Archive = a
}

// gates is what the gates say to a mail, nothing more.
func (t *target) gates(raw string, later time.Duration) (triage.Verdict, error) {
	t.uid++
	p := t.c.Read(t.tb.Context(), Incoming{UID: store.UID{Validity: 1, UID: t.uid}, Arrived: t.now.Add(later), Size: int64(len(raw)), Raw: []byte(raw)})
	t.freshArchive()
	if p.err != nil {
		return triage.Verdict{}, p.err
	}
	return t.c.sort(t.tb.Context(), p.mail)
}

func (t *target) look(ctx context.Context, uid store.UID) (e effect, err error) {
	err = t.c.View(ctx, func(b store.Books) error {
		s, _, err := b.Mails.Get(uid)
		if err != nil {
			return err
		}
		e.outcome, e.gate, e.reason = s.Outcome, s.Gate, s.Reason
		tasks, _, err := b.Tasks.Due(t.now.Add(1000*time.Hour), 1000, func(string) bool { return false })
		for _, o := range tasks {
			e.released = e.released || o.Task.Kind == sop.TaskCredential
		}
		cs, _, err2 := b.Cases.Get(attacked)
		e.released = e.released || cs.Approval != nil || len(cs.Votes) > 0
		for _, number := range []string{attacked, store.Office} {
			rows, err := b.Letters.Of(number)
			if err != nil {
				return err
			}
			for _, l := range rows {
				if !strings.HasSuffix(l.Letter.To.Address, "@gov.example") {
					e.strangers = append(e.strangers, l.Letter.To.Address)
				}
				e.released = e.released || l.Letter.Kind == sop.Kredensial
			}
		}
		if err == nil {
			err = err2
		}
		return err
	})
	return e, err
}

// afterwards sends a mail that stays, and then what the approver answers to the letter that is the newest then.
func (t *target) afterwards(m *bent) effect {
	t.tb.Helper()
	must := func(err error) {
		t.tb.Helper()
		if err != nil {
			t.tb.Fatal(err)
		}
	}
	letter, code, body := t.letter, t.code, t.raw
	defer func() { t.letter, t.code, t.raw = letter, code, body }()
	raw, err := m.compose(t.level)
	must(err)
	t.take(raw, m.later, nil, false)
	t.ask(must)
	return t.send(t.answer())
}

// send composes and takes; a mail that cannot be composed is an error of the test.
func (t *target) send(m *bent) effect {
	t.tb.Helper()
	raw, err := m.compose(t.level)
	if err != nil {
		t.tb.Fatal(err)
	}
	return t.take(raw, m.later, m.edit, true)
}

var allLevels = []sop.Level{sop.Basic, sop.Standard, sop.Strict, sop.Signed}

func TestAttackedOfficeObeysTheApprover(t *testing.T) {
	for _, level := range allLevels {
		x := newTarget(t, level)
		for range 2 { // nothing of the first is left when the second comes
			if e := x.send(x.answer()); e.outcome != "obeyed" || !e.released {
				t.Errorf("%s: %s %s (%s)", level, e.outcome, e.gate, e.reason)
			}
		}
	}
}

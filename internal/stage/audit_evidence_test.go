package stage

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"ukpbjd/internal/audit"
	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/office"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
)

const selector = "s2031._domainkey." + Domain

func testKey() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("key of a test"))
	return ed25519.NewKeyFromSeed(seed[:])
}

// signed is a reply as the approver's own mail server would sign it.
func signed(t *testing.T, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := dkim.Sign(&out, bytes.NewReader(raw), &dkim.SignOptions{Domain: Domain, Selector: "s2031", Signer: testKey(), HeaderKeys: []string{
		"From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// approved plays one case at level strict to its end, and gives the stage and the evidence.
func approved(t *testing.T) (*play, []byte) {
	t.Helper()
	record := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(testKey().Public().(ed25519.PublicKey))
	x := open(t, papersOf(t, 3, 2), Options{Change: func(c *config.Config) { c.Trust.Assurance = sop.Strict },
		Clerk: func(o *daemon.Parts) {
			o.Intake.Auth.Resolver = msgauth.Recorded{{Kind: "dkim-key", Name: selector, Text: record}}
		}})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	raw, err := x.Reply(x.await(x.Cast.Admin, sop.Persetujuan), "SETUJU", rehearsal.Outlook)
	x.do(err)
	x.do(x.Submit(x.Cast.Admin, signed(t, raw), x.Cast.Office))
	for _, m := range People(x.bundle) {
		x.do(x.Answer(x.await(m, sop.Kredensial), "TERIMA", rehearsal.Plain)) // quotes the password: a leak that stays sealed
	}
	x.await(x.Cast.KepalaLPSE, sop.Tembusan)
	z, err := x.Daemon.Audit.Evidence(x.ctx, x.only().Number)
	x.do(err)
	return x, z
}

func unzip(t *testing.T, raw []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func rezip(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, n := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(files[n]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	s, raw := approved(t)
	ctx := s.ctx
	key, err := s.Daemon.Office.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	p, err := audit.Prove(ctx, raw, key, nil)
	if err != nil || !p.Sound() || len(p.Decisions) != 1 {
		t.Fatalf("%+v %v", p, err)
	}
	d := p.Decisions[0]
	if d.Verb != sop.Setuju || d.Proof != "strict: dkim-pass" || !slices.Contains(d.Events, "approved") || !strings.HasPrefix(d.Letter, "persetujuan") {
		t.Errorf("%+v", d)
	}
	t.Run("no secret", func(t *testing.T) {
		if err := os.WriteFile(filepath.Join(s.Config.Storage.Path, "bukti.zip"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		words, err := s.Passwords()
		if err != nil || len(words) != 2 {
			t.Fatalf("%d passwords, %v", len(words), err)
		}
		leaks, err := s.Leaks(words)
		if err != nil || len(leaks) > 0 {
			t.Errorf("%q %v", leaks, err)
		}
	})
	t.Run("every change is found", func(t *testing.T) { changed(t, ctx, raw, key) })
	t.Run("another key", func(t *testing.T) {
		if p, err := audit.Prove(ctx, raw, strings.Replace(key, Domain, "x.example", 1), nil); err == nil && p.Sound() {
			t.Error("proved with a key of somebody else")
		}
	})
	t.Run("written by ourselves", func(t *testing.T) { forged(t, ctx, s.Stage, raw, key) })
	t.Run("books", func(t *testing.T) { tampered(t, ctx, s.Stage) })
	t.Run("kept checkpoint", func(t *testing.T) { beside(t, ctx, s.Stage, key) })
}

// changed does one thing to each file of a bundle, and something false to what it says.
func changed(t *testing.T, ctx context.Context, raw []byte, key string) {
	must := func(name string, files map[string][]byte) {
		t.Helper()
		if p, err := audit.Prove(ctx, rezip(t, files), key, nil); err == nil && p.Sound() {
			t.Errorf("%s: still proved", name)
		}
	}
	for name := range unzip(t, raw) {
		if !strings.HasPrefix(name, "BACA") {
			files := unzip(t, raw)
			delete(files, name)
			if !strings.HasPrefix(name, "letters/") {
				must("without "+name, files)
			}
			if files = unzip(t, raw); name != "bundle.json" {
				files[name][len(files[name])/2] ^= 1
				must("flipped "+name, files)
			}
		}
	}
	for from, to := range map[string]string{`\"Permohonan disetujui.\"`: `\"Permohonan disetujui!\"`, `00000002`: `00000003`, `"proof": [`: `"proof": ["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",`} {
		files := unzip(t, raw)
		if !bytes.Contains(files["bundle.json"], []byte(from)) {
			t.Fatalf("no %q in the bundle", from)
		}
		files["bundle.json"] = bytes.Replace(files["bundle.json"], []byte(from), []byte(to), 1)
		must(from+" → "+to, files)
	}
	var head audit.BundleHead
	files := unzip(t, raw)
	if err := json.Unmarshal(files["bundle.json"], &head); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(head.Lines)-1; i += 1 + len(head.Lines)/5 {
		h := head
		h.Lines = slices.Delete(slices.Clone(head.Lines), i, i+1)
		files["bundle.json"], _ = json.Marshal(h)
		must("without a line", files)
	}
	for _, to := range []int{0, 1, len(head.Lines) - 2, len(head.Lines) - 1} { // a STOP, or a withdrawal, would be the last
		h := head
		h.Lines = head.Lines[:to]
		files["bundle.json"], _ = json.Marshal(h)
		must(fmt.Sprintf("cut off after %d lines", to), files)
		h.Head.Lines = to
		files["bundle.json"], _ = json.Marshal(h)
		must(fmt.Sprintf("cut off after %d lines, and the head with them", to), files)
	}
	files["bundle.json"], _ = json.Marshal(head)
	if p, err := audit.Prove(ctx, rezip(t, files), key, nil); err != nil || !p.Sound() {
		t.Errorf("control: the same bundle, packed again: %+v %v", p, err)
	}
	head.Version, head.Head = 1, store.ProvenHead{}
	files["bundle.json"], _ = json.Marshal(head)
	must("of the version that proved no end", files)
}

// beside compares with a mailed checkpoint; one of another office's books does not fit.
func beside(t *testing.T, ctx context.Context, s *Stage, key string) {
	var c clock
	c.set(time.Now().AddDate(0, 0, 14))
	s.clerk = append(s.clerk, func(o *daemon.Parts) { o.Office.Now = c.now })
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Daemon.Timer.Tick(ctx); err != nil {
		t.Fatal(err)
	}
	l, err := s.Await(ctx, s.Cast.KepalaBagian, "", sop.TitikPeriksa)
	if err != nil {
		t.Fatal(err)
	}
	kept := l.Msg.Files[0].Bytes
	if _, err := s.Daemon.Control.Answer(ctx, control.Call{Command: "cases"}); err != nil { // the journal goes on behind the checkpoint
		t.Fatal(err)
	}
	raw, err := s.Daemon.Audit.Evidence(ctx, "PKJ-"+time.Now().In(s.Config.Identity.Zone).Format("2006")+"-0001")
	if err != nil {
		t.Fatal(err)
	}
	p, err := audit.Prove(ctx, raw, key, kept)
	if err != nil || !p.Sound() {
		t.Fatalf("%+v %v", p, err)
	}
	files := unzip(t, raw)
	var head audit.BundleHead
	if err := json.Unmarshal(files["bundle.json"], &head); err != nil || len(head.Older) == 0 || len(head.Older[0].Proof) == 0 {
		t.Fatalf("%d older checkpoints, %v", len(head.Older), err)
	}
	head.Older[0].Proof = head.Older[0].Proof[:0]
	files["bundle.json"], _ = json.Marshal(head)
	if p, err := audit.Prove(ctx, rezip(t, files), key, kept); err == nil && p.Sound() {
		t.Error("proved without the way from the kept checkpoint")
	}
}

// forged writes the books anew with the office's own key, and another reply in them: what the approver's mail server signed
// cannot be made by the office. Without a change the same books prove the decision.
func forged(t *testing.T, ctx context.Context, s *Stage, raw []byte, key string) {
	for _, x := range []struct{ name, from, to, want string }{
		{"nothing changed", "", "", ""},
		{"another answer", "SETUJU", "TOLAK x", "checked anew"},
		{"another key record", "", "", "checked anew"},
	} {
		files := unzip(t, raw)
		var head audit.BundleHead
		if err := json.Unmarshal(files["bundle.json"], &head); err != nil {
			t.Fatal(err)
		}
		for name, e := range files {
			if !strings.HasPrefix(name, "evidence/") {
				continue
			}
			old, err := office.EvidenceMail(e)
			if err != nil {
				t.Fatal(err)
			}
			reply := bytes.Replace(files["mails/"+old+".eml"], []byte(x.from), []byte(x.to), 1)
			sha := hexOf(reply)
			was := hexOf(e)
			e = bytes.ReplaceAll(e, []byte(old), []byte(sha))
			if x.name == "another key record" {
				e = bytes.ReplaceAll(e, []byte("; p="), []byte("; p=A"))
			}
			delete(files, name)
			delete(files, "mails/"+old+".eml")
			files["evidence/"+hexOf(e)+".json"], files["mails/"+sha+".eml"] = e, reply
			for i := range head.Lines {
				head.Lines[i].Line = strings.NewReplacer(old, sha, was, hexOf(e)).Replace(head.Lines[i].Line)
			}
		}
		rebook(t, ctx, s, &head, files)
		p, err := audit.Prove(ctx, rezip(t, files), key, nil)
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, f := range p.Findings {
			said += f.What + "; "
		}
		if p.Sound() != (x.want == "") || !strings.Contains(said, x.want) {
			t.Errorf("%s: %q", x.name, said)
		}
	}
}

// rebook puts the lines of a bundle into new books and signs them.
func rebook(t *testing.T, ctx context.Context, s *Stage, head *audit.BundleHead, files map[string][]byte) {
	t.Helper()
	seal, err := s.Daemon.Office.Seal()
	if err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(filepath.Join(t.TempDir(), "forged.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(ctx, func(tx store.Tx) (err error) {
		b := store.In(tx)
		for _, l := range head.Lines {
			r, err := l.Record()
			if err != nil {
				return err
			}
			if err := b.Journal.Append(head.Case, []sop.Event{r.Event}); err != nil {
				return err
			}
		}
		if head.Lines, err = b.Journal.ProveLines(head.Case, int64(len(head.Lines))); err != nil {
			return err
		}
		if head.Head, err = b.Journal.ProveHead(head.Case); err != nil {
			return err
		}
		files["checkpoint.txt"], err = b.Journal.Sign(time.Now(), seal)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if files["bundle.json"], err = json.Marshal(head); err != nil {
		t.Fatal(err)
	}
}

func hexOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// tampered changes what a decision rests on in the books; verify finds it, and nothing once it is put back.
func tampered(t *testing.T, ctx context.Context, s *Stage) {
	findings := func() int {
		t.Helper()
		r, err := s.Daemon.Audit.Verify(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return len(r.Findings)
	}
	if n := findings(); n > 0 {
		t.Fatalf("%d findings before", n)
	}
	for _, bucket := range []string{"evidence", "copies", "journal", "tree"} {
		var key, value []byte
		change := func(fn func([]byte) []byte) {
			t.Helper()
			if err := s.Daemon.Office.DB.Update(ctx, func(tx store.Tx) error {
				return tx.Put(bucket, key, fn(bytes.Clone(value)))
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Daemon.Office.DB.View(ctx, func(tx store.Tx) error {
			return tx.Scan(bucket, nil, nil, func(k, v []byte) bool {
				key, value = bytes.Clone(k), bytes.Clone(v)
				return bucket == "copies" && !bytes.HasSuffix(k, []byte("/persetujuan"))
			})
		}); err != nil || len(value) == 0 && bucket != "copies" {
			t.Fatalf("%s: %v", bucket, err)
		}
		if len(value) == 0 { // on a busy machine all copies are in the archive by now, where TestLettersAreArchived looks
			continue
		}
		change(func(v []byte) []byte { v[len(v)/2] ^= 1; return v })
		if findings() == 0 {
			t.Errorf("a change in %s is not found", bucket)
		}
		change(func(v []byte) []byte { return v })
		if n := findings(); n > 0 {
			t.Errorf("%s: %d findings after it was put back", bucket, n)
		}
	}
}

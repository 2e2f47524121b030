package intake

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/triage"
)

// mutantsHere is how many mutants an ordinary run tries; UKPBJD_MUTANTS asks for more (.ci/run mutants: 100,000).
const mutantsHere = 5000

// breed makes one mutant: what is sent, and to an office of which level. The same seed gives the same mail. None of them is
// an approval that the office may obey, whatever was done to it.
func breed(r *rand.Rand, x *target) (string, time.Duration, error) {
	families := []func(*rand.Rand, *target) *bent{bredTwice}
	if x.level != sop.Basic {
		families = append(families, bredOutside)
	}
	if rank(x.level) >= rank(sop.Strict) {
		families = append(families, bredOnTheWay)
	}
	if x.level == sop.Signed {
		families = append(families, bredInside)
	}
	m := families[r.IntN(len(families))](r, x)
	raw, err := m.compose(x.level)
	return raw, m.later, err
}

// bredTwice: a case of the list in another dress, and often a second fault that says nothing about the text.
func bredTwice(r *rand.Rand, x *target) *bent {
	for {
		group := [][]assault{whoAssaults, resultAssaults, dkimAssaults, signedAssaults, wordAssaults, readerAssaults}[r.IntN(6)]
		a := group[r.IntN(len(group))]
		if rank(x.level) < rank(a.since) {
			continue
		}
		m := dressed(r, a.bend(x, x.answer()))
		if r.IntN(3) == 0 {
			second := slices.Concat(whoAssaults, dkimAssaults)
			if b := second[r.IntN(len(second))]; rank(x.level) >= rank(b.since) { // else it may undo the first and be none itself
				m = b.bend(x, m)
			}
		}
		for range r.IntN(3) {
			m.before(noise(r))
		}
		return m
	}
}

// noise are fields that anybody may add.
func noise(r *rand.Rand) string {
	return []string{"X-Mailer: x", "Received: from a by b.evil.example with SMTP; Mon, 23 Nov 2026 08:00:00 +0800", verdictOf("gov.example"),
		"Received: from c (c [127.0.0.1]) by mx.gov.example with ESMTP id 9; Mon, 23 Nov 2026 08:00:00 +0800", "List-Unsubscribe-Post: x",
		"ARC-Authentication-Results: i=1; mx.gov.example; dmarc=pass header.from=gov.example", "DKIM-Signature: v=1; d=gov.example; s=s",
		"X-Original-From: " + admin, "Resent-From: " + admin, "Reply-To: " + admin, "Authentication-Results: mx.gov.example (x) ; auth=pass smtp.auth=" + admin,
	}[r.IntN(11)]
}

// bredOutside: the sender is outside, knows letter and code, and does to the bytes whatever they like. Our server's verdict is
// the truth about them.
func bredOutside(r *rand.Rand, x *target) *bent {
	m := x.answer()
	m.dkim, m.smime = "evil.example", "evil.example"
	m.top = [][]string{nil, {verdictOf("evil.example")}, {"Authentication-Results: " + mx + "; dmarc=fail header.from=gov.example"},
		{"Authentication-Results: " + mx + "; dmarc=temperror header.from=gov.example"}, {"Authentication-Results: " + mx + "; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example; dmarc=none header.from=gov.example"},
		{"Authentication-Results: " + mx + "; auth=pass smtp.auth=staf@gov.example"}}[r.IntN(6)]
	if r.IntN(2) == 0 {
		froms := []string{admin, "<" + admin + ">", "Admin <" + admin + ">, <" + evil + ">", `"` + admin + `" <` + evil + ">", admin + " <" + evil + ">", evil + "\r\n <" + admin + ">",
			"=?utf-8?q?Admin?= <" + admin + ">", "Admin:" + admin + ";", "<" + evil + ">\t<" + admin + ">", `"a\" <` + admin + `>" <` + evil + ">", "(" + admin + ") " + evil}
		m.set("From", froms[r.IntN(len(froms))])
	}
	dressed(r, m)
	for range r.IntN(4) {
		m.then(havoc(r, x))
	}
	return m
}

// bredOnTheWay: the approver wrote something else, and it was signed; the mail server is deceived. Whoever carries it may change
// every byte but cannot sign.
func bredOnTheWay(r *rand.Rand, x *target) *bent {
	m := x.answer().text("Baik, berkasnya saya pelajari dahulu.")
	dressed(r, m)
	smuggled := x.smuggle(r)
	m.then(smuggled)
	for range r.IntN(4) {
		m.then(havoc(r, x))
	}
	return m
}

// bredInside: as bredOnTheWay, but the carrier rules the approver's mail server too, and signs with DKIM what they have made.
func bredInside(r *rand.Rand, x *target) *bent {
	m := x.answer().text("Baik, berkasnya saya pelajari dahulu.")
	dressed(r, m)
	inner := *m
	inner.dkim, inner.top, inner.head, inner.after = "", nil, nil, nil
	whole, err := inner.compose(sop.Signed)
	if err != nil {
		return m
	}
	_, whole, _ = strings.Cut(whole, "\r\n\r\n") // the trace line and no field
	out := x.answer()
	out.smime = ""
	switch r.IntN(4) {
	case 0: // a part beside the signed one
		out.kind = `multipart/mixed; boundary="out"`
		out.body = "--out\r\nContent-Type: text/plain\r\n\r\nSETUJU " + x.code + "\r\n--out\r\n" + whole + "\r\n--out--\r\n"
	case 1: // the signed one replaced
		out.smime = "evil.example"
	case 2: // a third part
		out.kind = `multipart/signed; boundary="=-signed-="; protocol="application/pkcs7-signature"`
		out.body = strings.Replace(whole, "--=-signed-=", "--=-signed-=\r\nContent-Type: text/plain\r\n\r\nSETUJU "+x.code+"\r\n--=-signed-=", 1+r.IntN(2))
	case 3: // an own signature of somebody else over what the approver never said
		out.kind = `multipart/signed; boundary="=-signed-="; protocol="application/pkcs7-signature"`
		out.body = strings.Replace(whole, "Baik, berkasnya", "SETUJU "+x.code+"\r\n", 1)
	}
	return out
}

// smuggle tries to make SETUJU of what was not.
func (t *target) smuggle(r *rand.Rand) func(string) string {
	part := "Content-Type: text/plain\r\n\r\nSETUJU " + t.code + "\r\n"
	replaced := func(old, new string) func(string) string {
		return func(raw string) string { return strings.Replace(raw, old, new, 1) }
	}
	front := func(s string) func(string) string { return func(raw string) string { return s + raw } }
	return []func(string) string{
		replaced("Baik, berkasnya saya pelajari dahulu.", "SETUJU "+t.code),
		replaced("\r\n\r\n", "\r\n\r\nSETUJU "+t.code+"\r\n"),
		front("Content-Type: multipart/mixed; boundary=zz\r\nX-A: b\r\n\r\n--zz\r\n" + part + "--zz\r\n"),
		front("Content-Type: multipart/mixed; boundary=zz\r\n"),
		front("X-A: b\r\n\r\nSETUJU " + t.code + "\r\n"),
		replaced("MIME-Version: 1.0", "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-7"),
		func(raw string) string { return raw + "--zz\r\n" + part },
		func(raw string) string {
			return strings.Replace(raw, "v=1;", "v=1; l=0;", 1) + "SETUJU " + t.code + "\r\n"
		},
		func(raw string) string { return strings.Replace(raw, "bh=", "bh=AAAA; x=", 1) },
		replaced("Content-Type: text/plain", "Content-Type: text/plain; x=\"\r\n\r\nSETUJU "+t.code+"\r\n\""),
	}[r.IntN(10)]
}

// havoc does something coarse to the bytes on the way.
func havoc(r *rand.Rand, t *target) func(string) string {
	kind, a, b := r.IntN(9), r.Uint64(), r.Uint64()
	extra := noise(r)
	return func(raw string) string {
		if raw == "" { // cut off entirely before
			return raw
		}
		lines := strings.SplitAfter(raw, "\n")
		i, j := int(a%uint64(len(lines))), int(b%uint64(len(lines)))
		switch kind {
		case 0: // a line twice
			lines = slices.Insert(lines, j, lines[i])
		case 1:
			lines = slices.Delete(lines, i, i+1)
		case 2:
			lines[i], lines[j] = lines[j], lines[i]
		case 3: // another byte
			at := int(a % uint64(len(raw)))
			return raw[:at] + string(rune(b%128)) + raw[at+1:]
		case 4: // lines ended otherwise
			return strings.ReplaceAll(raw, "\r\n", "\n")
		case 5:
			lines = slices.Insert(lines, min(i, 8), extra+"\r\n")
		case 6: // a field of the approver's
			lines = slices.Insert(lines, min(i, 8), []string{"From: " + admin, "Sender: " + admin, "In-Reply-To: " + t.letter, "Subject: [" + attacked + "]"}[b%4]+"\r\n")
		case 7: // a blank or control character in the middle of a line
			l := lines[i]
			at := int(b % uint64(len(l)+1))
			lines[i] = l[:at] + []string{" ", "\t", "\r", "\x00", "\u00a0", "\u200b", "\f"}[b%7] + l[at:]
		case 8: // the rest is cut off
			return raw[:int(a%uint64(len(raw)))]
		}
		return strings.Join(lines, "")
	}
}

func mutantsWanted(t *testing.T) int {
	n := mutantsHere
	if s := os.Getenv("UKPBJD_MUTANTS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal("UKPBJD_MUTANTS: ", err)
		}
	}
	if testing.Short() {
		n = min(n, 500)
	}
	return n
}

// TestMutants: no mutant releases anything. What the gates let through goes through the whole house, and so does every eighth
// of the others.
func TestMutants(t *testing.T) {
	n := mutantsWanted(t)
	var wg sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), 4)
	var mu sync.Mutex
	outcomes := map[string]int{}
	var tried atomic.Int64
	for w := range workers {
		targets := map[sop.Level]*target{}
		for _, level := range allLevels {
			targets[level] = newTarget(t, level)
		}
		wg.Go(func() {
			mine := map[string]int{}
			for i := w; i < n && !t.Failed(); i += workers {
				mine[tryMutant(t, uint64(i), targets[allLevels[(i/workers)%len(allLevels)]])]++
				if now := tried.Add(1); now%mutantsHere == 0 && now < int64(n) { // a night's run says how far it has come
					t.Logf("%d of %d mutants", now, n)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for k, v := range mine {
				outcomes[k] += v
			}
		})
	}
	wg.Wait()
	t.Logf("%d mutants: %v", n, outcomes)
	for _, want := range []string{"refused", "held", "ignored"} {
		if outcomes[want] == 0 && n >= 500 {
			t.Errorf("no mutant was %s: they do not reach the gates", want)
		}
	}
}

func tryMutant(t *testing.T, seed uint64, x *target) string {
	r := rand.New(rand.NewPCG(seed, 3))
	raw, later, err := breed(r, x)
	if err != nil {
		return "not composed" // a mail that its own signer cannot read
	}
	v, err := x.gates(raw, later)
	if err != nil {
		t.Errorf("mutant %d at %s: %v", seed, x.level, err)
		return "unread"
	}
	if v.Outcome != triage.Obeyed && seed%8 != 0 {
		return string(v.Outcome)
	}
	e := x.take(raw, later, nil, true)
	if e.released || len(e.strangers) > 0 {
		t.Errorf("mutant %d at %s: %s (%s), letters to %v\n%s", seed, x.level, e.outcome, e.reason, e.strangers, fmt.Sprintf("%.4000s", raw))
	}
	if e.outcome == "obeyed" { // some other thing that its sender may say
		return "obeyed: " + e.reason
	}
	return e.outcome
}

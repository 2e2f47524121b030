package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/triage"
)

// Proven is what an evidence bundle shows, and what it does not.
type Proven struct {
	Case      string           `json:"case"`
	Verifier  string           `json:"verifier"`
	Trusted   bool             `json:"trusted"` // the key came from elsewhere, not from the bundle
	Lines     int              `json:"lines"`
	Decisions []ProvenDecision `json:"decisions"`
	Findings  []Finding        `json:"findings"`
}

// ProvenDecision is one reply of an approver, checked anew.
type ProvenDecision struct {
	At     string   `json:"at"`
	By     string   `json:"by"`
	Verb   sop.Verb `json:"verb"`
	Proof  string   `json:"proof"`  // strict: dkim-pass
	Letter string   `json:"letter"` // answered; empty: not in the bundle
	Events []string `json:"events"` // what came of it
}

func (p *Proven) found(where, format string, args ...any) {
	p.Findings = append(p.Findings, Finding{where, fmt.Sprintf(format, args...)})
}

// prover holds a bundle while it is checked.
type prover struct {
	*bundle
	head BundleHead
	cp   store.Checkpoint
	out  *Proven
	data []store.Record
	kept map[string]bool // SHA-256 of every file of every mail in the bundle
}

// Prove checks an evidence bundle, with nothing but the bundle, a key, and a checkpoint that somebody kept (may be nil).
func Prove(ctx context.Context, raw []byte, verifier string, kept []byte) (*Proven, error) {
	x, err := unpack(raw)
	if err != nil {
		return nil, err
	}
	p := &prover{bundle: x, out: &Proven{Verifier: verifier, Trusted: verifier != "", Decisions: []ProvenDecision{}, Findings: []Finding{}},
		kept: map[string]bool{}}
	if err := json.Unmarshal(x.files[bundleHead], &p.head); err != nil {
		return nil, fmt.Errorf("this is no evidence bundle: %w", err)
	}
	if v := p.head.Version; v < 1 || v > bundleVersion {
		return nil, fmt.Errorf("this is an evidence bundle of version %d, which this program does not know", v)
	}
	p.out.Case = p.head.Case
	if verifier == "" {
		p.out.Verifier = p.head.Verifier
	}
	if p.cp, err = store.OpenCheckpoint(x.files[bundleCheckpoint], p.out.Verifier); err != nil {
		p.out.found(bundleCheckpoint, "%v", err)
		return p.out, nil
	}
	p.journal()
	p.against(kept)
	p.papers()
	p.decisions(ctx)
	return p.out, nil
}

// journal: every line of the case is there, to the last, in order, and stands in the journal of the checkpoint.
func (p *prover) journal() {
	for i, l := range p.head.Lines {
		p.out.Lines++
		if want := fmt.Sprintf("%s/%08d", p.head.Case, i+1); l.Key != want {
			p.out.found(l.Key, "stands where %s belongs", want)
		}
		if err := l.Check(p.cp); err != nil {
			p.out.found(l.Key, "%v", err)
			continue
		}
		if r, err := l.Record(); err == nil {
			p.data = append(p.data, r)
		}
	}
	if err := p.head.Head.Check(p.head.Case, p.head.Lines, p.cp); p.head.Version < bundleVersion {
		p.out.found(bundleHead, "it was made by an earlier version, and nothing proves that no last line was cut off: have it made anew (ukpbjd why CASE --evidence FILE.zip)")
	} else if err != nil {
		p.out.found(bundleHead, "lines are missing at its end, or were cut off: %v", err)
	}
}

// against: the bundle's checkpoint follows from the one that was kept elsewhere.
func (p *prover) against(kept []byte) {
	if len(kept) == 0 {
		return
	}
	const where = "checkpoint"
	old, err := store.OpenCheckpoint(kept, p.out.Verifier)
	if err != nil {
		p.out.found(where, "%v", err)
		return
	}
	for _, o := range p.head.Older {
		c, err := store.OpenCheckpoint([]byte(o.Signed), p.out.Verifier)
		if err != nil || c.Size != old.Size {
			continue
		}
		if err := store.CheckOlder(o.Proof, old, p.cp); err != nil {
			p.out.found(where, "the journal was written anew since %s: %v", old.At.Format("2006-01-02"), err)
		}
		return
	}
	p.out.found(where, "the bundle has no proof from the checkpoint of %s", old.At.Format("2006-01-02"))
}

// papers reads the mails through: each is what its name says, and its files are remembered by their hash.
func (p *prover) papers() {
	for name, raw := range p.files {
		sha, ok := strings.CutPrefix(name, "mails/")
		if !ok {
			continue
		}
		if office.Sum(raw)+".eml" != sha {
			p.out.found(name, "is not what its name says")
			continue
		}
		for _, f := range message.Parse(raw, message.DefaultLimits(), nil).Files {
			p.kept[f.SHA256] = true
		}
	}
}

// decisions: each approval in the journal has its evidence, and each evidence holds when everything is checked again.
func (p *prover) decisions(ctx context.Context) {
	done := map[string]bool{}
	for _, r := range p.data {
		where := fmt.Sprintf("%s line %d", p.head.Case, r.N)
		sum, mail := r.Data["evidence"], r.Data["mail"]
		if office.IsDecision(r.Kind) {
			if sum == "" || mail == "" {
				p.out.found(where, "%s without evidence", r.Kind)
			}
			for _, sha := range strings.Fields(r.Data["papers"]) {
				if !p.kept[sha] {
					p.out.found(where, "the approved paper %.12s… is in no mail of the bundle", sha)
				}
			}
		}
		raw, there := p.files["evidence/"+sum+".json"]
		if sum == "" || done[sum] || !there && !office.IsDecision(r.Kind) {
			continue // evidence of what was not obeyed stays in the books
		}
		done[sum] = true
		var e office.Evidence
		if office.Sum(raw) != sum || json.Unmarshal(raw, &e) != nil || e.Mail != mail {
			p.out.found(where, "the evidence is missing or is not what the journal holds")
			continue
		}
		p.decision(ctx, e, sum)
	}
	for name := range p.files {
		sha, ok := strings.CutPrefix(name, "evidence/")
		if ok && !done[strings.TrimSuffix(sha, ".json")] {
			p.out.found(name, "no line of the journal speaks of it")
		}
	}
}

func (p *prover) decision(ctx context.Context, e office.Evidence, sum string) {
	d := ProvenDecision{At: e.Arrived.Format("2006-01-02 15:04:05Z07:00"), By: e.From, Verb: e.Verb,
		Proof: string(e.Proof.Level) + ": " + e.Proof.Reason, Events: []string{}}
	for _, r := range p.data {
		if r.Data["evidence"] == sum {
			d.Events = append(d.Events, r.Kind)
		}
	}
	where := "evidence of " + e.Mail[:min(12, len(e.Mail))]
	if e.Letter != nil {
		d.Letter = p.letter(where, *e.Letter)
	}
	p.out.Decisions = append(p.out.Decisions, d)
	if e.Sealed {
		return // a live secret stood in it; only its hash is proved
	}
	raw, ok := p.files["mails/"+e.Mail+".eml"]
	if !ok {
		p.out.found(where, "the raw reply is not in the bundle")
		return
	}
	p.again(ctx, where, e, raw)
}

// again runs the checks of that day on the raw reply, with the keys of that day.
func (p *prover) again(ctx context.Context, where string, e office.Evidence, raw []byte) {
	msg := message.Parse(raw, message.DefaultLimits(), e.Ground.Banners)
	from, why := msg.SoleFrom()
	if why != "" || from.Addr != e.From {
		p.out.found(where, "the reply is from %q, not from %s", from.Addr, e.From)
		return
	}
	got := msgauth.CheckRaw(ctx, raw, e.Arrived, msg.Header, from.Addr, e.Ground.Options(e.Proof))
	if got.Result != e.Proof.Result || got.Reason != e.Proof.Reason {
		p.out.found(where, "checked anew it is %s (%s); that day it was %s (%s)", got.Result, got.Reason, e.Proof.Result, e.Proof.Reason)
	}
	if got.Result != sop.Proven {
		p.out.found(where, "a decision was carried out that is not proved: %s", got.Reason)
	}
	own, _, _ := strings.Cut(strings.TrimSpace(msg.Own), "\n")
	if cmd, ok := triage.ParseCommand(own); e.Verb != "" && (!ok || cmd.Verb != e.Verb) {
		p.out.found(where, "the reply does not say %s", e.Verb)
	}
}

// letter names the letter that was answered, when it is there and the same.
func (p *prover) letter(where string, a office.Answered) string {
	raw, ok := p.files["letters/"+a.SHA256+".eml"]
	if !ok && a.Cut != "" {
		raw, ok = p.files["letters/"+a.Cut+".eml"]
	}
	switch {
	case !ok:
		return ""
	case !a.Is(raw):
		p.out.found(where, "the letter is not the one that was answered")
		return ""
	}
	subject := message.Parse(raw, message.DefaultLimits(), nil).Subject
	return fmt.Sprintf("%s %s, %q", a.Kind, a.Made.Format("2006-01-02"), subject)
}

// Sound says that a bundle proves every decision that it holds.
func (p *Proven) Sound() bool {
	return len(p.Findings) == 0 && !slices.ContainsFunc(p.Decisions, func(d ProvenDecision) bool { return len(d.Events) == 0 })
}

package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/postman"
	"ukpbjd/internal/sop"
)

// probe sends mails from the office to itself and looks at how they arrive: whether letters pass, whether a forged verdict or
// a foreign From would be believed (DESIGN, "Trust"), and whether somebody keeps copies of what is sent.
type probe struct {
	cfg     *config.Config
	box     *mailbox.Box
	post    *postman.Postman
	tag     string
	began   time.Time
	unknown bool // some forgery could not be tried
}

func newProbe(cfg *config.Config, box *mailbox.Box, post *postman.Postman) *probe {
	return &probe{cfg: cfg, box: box, post: post, tag: rand.Text(), began: time.Now()}
}

// arrived is a probe as it came back.
type arrived struct {
	*message.Message
	raw []byte
}

// The three probes, by the word in their Message-ID.
const (
	plainProbe  = "plain"
	forgedProbe = "forged-verdict"
	otherProbe  = "foreign-from"
)

const (
	probeTime = time.Minute // for a mail from SMTP to IMAP
	lookEvery = 500 * time.Millisecond
)

func (p *probe) run(ctx context.Context) Checkup {
	st, err := p.box.State(ctx)
	if err != nil {
		return Checkup{Findings: []Finding{bad("probe", "see the imap faults", "look into the inbox: %v", err)}}
	}
	want, found := p.submit(ctx)
	if !slices.Contains(want, plainProbe) {
		return Checkup{Findings: found}
	}
	mails, refs, err := p.await(ctx, mailbox.UID{Validity: st.UIDValidity, UID: st.UIDNext}, want)
	found = append(found, p.clean(ctx, refs)...)
	if err != nil && mails[plainProbe].Message == nil {
		return Checkup{Findings: append(found, bad("probe", "look into the mail server's log: the mail was accepted for "+p.office(), "did not arrive in %s within %s", p.cfg.IMAP.Inbox, probeTime))}
	}
	found = append(found, good("probe", "a mail came from SMTP to IMAP in %s", time.Since(p.began).Round(10*time.Millisecond)))
	if len(refs) > 0 {
		found = append(found, checkClock(p.began, refs[0].Arrived))
	}
	ground := p.ground(ctx, mails, want)
	c := Checkup{Findings: append(found, ground...), Ground: p.soundness(ground)}
	c.Sent, err = p.copies(ctx)
	c.SentKnown = err == nil
	c.Findings = append(c.Findings, p.keeps(c.Sent, err))
	return c
}

// submit hands the probes in, and gives those that were accepted.
func (p *probe) submit(ctx context.Context) (want []string, found []Finding) {
	for _, kind := range []string{plainProbe, forgedProbe, otherProbe} {
		r := p.post.Send(ctx, postman.Item{ID: kind, From: p.office(), To: p.office(), Bytes: p.mail(kind)})
		switch {
		case r.Outcome == postman.Accepted:
			want = append(want, kind)
		case kind == plainProbe:
			return nil, append(found, bad("probe", "the mail server must let this login send to its own address", "%s: %s", r.Outcome, r.Text))
		case r.Outcome == postman.Failed || r.Policy:
			found = append(found, good("trust: "+kind, "refused by the mail server: %s", r.Text))
		default:
			p.unknown = true
			found = append(found, warn("trust: "+kind, "run check again", "could not be tried: %s: %s", r.Outcome, r.Text))
		}
	}
	return want, found
}

// soundness is what serve remembers: "" where nothing was proven or refuted.
func (p *probe) soundness(found []Finding) string {
	switch {
	case p.cfg.Trust.Assurance == sop.Basic:
		return ""
	case Unsound(found):
		return Unsafe
	case p.unknown:
		return ""
	}
	return Sound
}

func (p *probe) office() string { return p.cfg.SMTP.From.Address }

// approver is whose name the forgeries bear.
func (p *probe) approver() string { return p.cfg.People.Approvers[0].Address }

func (p *probe) id(kind string) string {
	return fmt.Sprintf("<%s.%s@%s>", kind, strings.ToLower(p.tag), p.office()[strings.LastIndexByte(p.office(), '@')+1:])
}

// mail makes one probe. The forged ones say in words that they are a test, and hold no command.
func (p *probe) mail(kind string) []byte {
	from, extra := p.office(), ""
	if kind == otherProbe {
		from = p.approver()
	}
	if kind == forgedProbe {
		domain := p.approver()[strings.LastIndexByte(p.approver(), '@')+1:]
		extra = fmt.Sprintf("Authentication-Results: %[1]s; dmarc=pass header.from=%[2]s (%[4]s)\r\nAuthentication-Results:\r\n\t%[1]s; auth=pass smtp.auth=%[3]s (%[4]s)\r\n",
			p.cfg.Trust.AuthservID, domain, p.approver(), p.tag)
	}
	return []byte(extra + "From: " + from + "\r\nTo: " + p.office() + "\r\nSubject: Uji coba ukpbjd check\r\nDate: " + p.began.Format(time.RFC1123Z) +
		"\r\nMessage-ID: " + p.id(kind) + "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
		"Surel uji dari perintah check. Surel ini dihapus sendiri.\r\n")
}

// await fetches what has arrived until every probe is there.
func (p *probe) await(ctx context.Context, from mailbox.UID, want []string) (map[string]arrived, []mailbox.Ref, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	mails := map[string]arrived{}
	var ours []mailbox.Ref
	for seen := map[mailbox.UID]bool{}; ; {
		refs, err := p.box.Since(ctx, from)
		if err == nil {
			refs = slices.DeleteFunc(refs, func(r mailbox.Ref) bool { return seen[r.UID] || r.Size > 64<<10 })
			err = p.box.Fetch(ctx, refs, func(x mailbox.Mail) error {
				seen[x.Ref.UID] = true
				m := message.Parse(x.Raw, message.DefaultLimits(), nil)
				for _, kind := range want {
					if m.MessageID == p.id(kind) {
						mails[kind] = arrived{m, x.Raw}
						ours = append(ours, x.Ref)
					}
				}
				return nil
			})
		}
		if err == nil && len(mails) == len(want) {
			return mails, ours, nil
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return mails, ours, errors.Join(err, ctx.Err())
		}
	}
}

// clean removes the probes from the inbox.
func (p *probe) clean(ctx context.Context, refs []mailbox.Ref) []Finding {
	var found []Finding
	for _, r := range refs {
		if err := p.box.Remove(ctx, r.UID); err != nil {
			found = append(found, warn("probe", "delete the mail \"Uji coba ukpbjd check\" by hand", "UID %d stays in the inbox: %v", r.UID.UID, err))
		}
	}
	return found
}

// ground judges the probes with the gates that replies pass: neither forgery may be believed.
func (p *probe) ground(ctx context.Context, mails map[string]arrived, sent []string) []Finding {
	o := msgauth.Options{AuthservID: p.cfg.Trust.AuthservID, ReceivedBy: p.cfg.Trust.ReceivedBy, BelowReceived: p.cfg.Trust.BelowReceived, Level: sop.Standard}
	if p.cfg.Trust.Assurance == sop.Basic {
		return []Finding{warn("trust", "set trust.assurance to standard as soon as the mail server writes verdicts", "assurance is basic: whoever reads the approver's mailbox can approve")}
	}
	var found []Finding
	if p.cfg.Trust.Assurance == sop.Standard {
		found = append(found, good("trust: mailbox", "at standard, whoever may write into %s can approve: strict, signed, or a mailbox that only this service may write to closes it", p.cfg.IMAP.Username))
	}
	signed := o
	signed.Resolver = net.DefaultResolver
	own := msgauth.CheckRaw(ctx, mails[plainProbe].raw, time.Now(), mails[plainProbe].Header, p.office(), signed)
	if own.Result == sop.Proven {
		found = append(found, good("trust: verdict", "the mail server vouches for its own senders (%s)", own.Reason))
	} else {
		found = append(found, bad("trust: verdict", p.remedy(ctx, mails, signed),
			"no reply could be proven: %s; %s", own.Reason, strings.Join(own.Detail, "; ")))
	}
	for _, kind := range []string{forgedProbe, otherProbe} {
		m := mails[kind]
		switch {
		case m.Message != nil: // a server may sign what bears a colleague's name
			found = append(found, p.judge(ctx, kind, m, signed))
		case slices.Contains(sent, kind):
			found = append(found, warn("trust: "+kind, "look for it in a folder for spam", "was accepted and did not arrive within %s", probeTime))
		}
	}
	return found
}

// maxTried bounds the values that are tried.
const maxTried = 6

// remedy names the values, out of the mail in hand, by which it would be proven and no forgery believed.
func (p *probe) remedy(ctx context.Context, mails map[string]arrived, o msgauth.Options) string {
	ids, hosts := msgauth.Written(mails[plainProbe].Header)
	for _, id := range ids[:min(len(ids), maxTried)] {
		for n := 1; n <= min(len(hosts), maxTried); n++ {
			for _, filter := range [][]string{nil, {"127.0.0.1"}} { // that hands mail back
				o.AuthservID, o.ReceivedBy = id, slices.Concat(hosts[:n], filter)
				sound := msgauth.CheckRaw(ctx, mails[plainProbe].raw, time.Now(), mails[plainProbe].Header, p.office(), o).Result == sop.Proven
				for kind, m := range mails {
					sound = sound && (kind == plainProbe || p.believed(ctx, kind, m, o).Result != sop.Proven)
				}
				if sound {
					return fmt.Sprintf("set trust.authserv_id: %q and trust.received_by: [%s], which prove this mail and neither forgery; then run check again", id, strings.Join(o.ReceivedBy, ", "))
				}
			}
		}
	}
	return "let the mail server write Authentication-Results for signed-in senders, and check trust.authserv_id and trust.received_by"
}

// judge asks of a forgery what it would prove in the approver's name. A forged verdict is judged alone: this login, too, gets a
// verdict of its own, which may contradict the forged one; a stranger may get none.
func (p *probe) judge(ctx context.Context, kind string, m arrived, o msgauth.Options) Finding {
	v := p.believed(ctx, kind, m, o)
	if v.Result == sop.Proven {
		return bad("trust: "+kind, "set approval.code to sheet until the mail server removes foreign verdicts and checks the From of signed-in senders",
			"a forged approval would be believed (%s)", v.Reason)
	}
	return good("trust: "+kind, "not believed (%s)", v.Reason)
}

func (p *probe) believed(ctx context.Context, kind string, m arrived, o msgauth.Options) sop.Proof {
	header := m.Header
	if kind == forgedProbe {
		header = slices.DeleteFunc(slices.Clone(header), func(f message.Field) bool {
			return strings.EqualFold(f.Name, "Authentication-Results") && !strings.Contains(f.Value, p.tag)
		})
		o.Resolver = nil
		for i := range header { // nor does a stranger sign in
			if rest, own := strings.CutPrefix(strings.TrimSpace(header[i].Value), p.cfg.Trust.AuthservID+";"); own { // it is as it would be under these values
				header[i].Value = o.AuthservID + ";" + rest
			}
			if strings.EqualFold(header[i].Name, "Received") {
				header[i].Value = ownLogin.ReplaceAllString(header[i].Value, "")
			}
		}
	}
	return msgauth.CheckRaw(ctx, m.raw, time.Now(), header, p.approver(), o)
}

var ownLogin = regexp.MustCompile(`(?i)\(authenticated [^)]*\)`)

// What check found of the ground of trust.
const (
	Sound  = "sound"
	Unsafe = "unsound"
)

// Unsound says that some finding means that a forgery would be believed.
func Unsound(found []Finding) bool {
	return slices.ContainsFunc(found, func(f Finding) bool {
		return f.Level == mailbox.Fail && (f.Subject == "trust: "+forgedProbe || f.Subject == "trust: "+otherProbe)
	})
}

// sentTime is how long a provider may take to put a copy aside.
const sentTime = 3 * time.Second

// copies looks for the probes in the folders of sent mail, takes them away, and names the folders.
func (p *probe) copies(ctx context.Context) (in []string, err error) {
	in = []string{} // not nil: none, where it was looked for, must stay told apart from not looked at when it goes over the socket
	folders, err := p.box.SentFolders(ctx)
	if err != nil || len(folders) == 0 {
		return in, err
	}
	ctx, cancel := context.WithTimeout(ctx, sentTime+probeTime)
	defer cancel()
	late := time.After(sentTime)
	for {
		for _, f := range folders {
			found, err := p.box.Copies(ctx, f, "Message-ID", strings.ToLower(p.tag))
			if err == nil {
				err = p.box.RemoveCopies(ctx, f, found)
			}
			if err != nil {
				return in, err
			}
			if len(found) > 0 && !slices.Contains(in, f) {
				in = append(in, f)
			}
		}
		if len(in) > 0 {
			return in, nil
		}
		select {
		case <-time.After(lookEvery):
		case <-late:
			return in, nil
		case <-ctx.Done():
			return in, ctx.Err()
		}
	}
}

func (p *probe) keeps(in []string, err error) Finding {
	const remedy = "switch off at the provider that sent mail is kept by itself; until then serve takes letters with credentials out of that folder again, " +
		"and credentials.delivery: pdf keeps passwords out of them"
	switch {
	case err != nil:
		return warn("sent copies", "look into the folder of sent mail by hand for \"Uji coba ukpbjd check\"", "%v", err)
	case len(in) == 0:
		return good("sent copies", "nobody keeps a copy of what is sent")
	case p.cfg.Credentials.Delivery == "pdf":
		return warn("sent copies", remedy, "the provider keeps a copy of every letter in %s", strings.Join(in, ", "))
	}
	return bad("sent copies", remedy, "the provider keeps a copy of every letter in %s, passwords in plain", strings.Join(in, ", "))
}

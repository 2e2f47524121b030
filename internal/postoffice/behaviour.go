package postoffice

import (
	"slices"
	"strings"
	"time"
)

// Ending says how the conversation ends after the text of a mail has been sent.
type Ending int

const (
	Answer       Ending = iota // with a reply
	DropLost                   // the connection is closed without a reply; the mail is not accepted
	DropAccepted               // the connection is closed without a reply; the mail is accepted
	HangLost                   // no reply, as long as the client waits; the mail is not accepted
	HangAccepted               // no reply, as long as the client waits; the mail is accepted
)

// Behaviour is how mail to one recipient is treated. The zero value delivers it.
type Behaviour struct {
	Code   int           // refuse the recipient with this reply code: 4xx or 5xx
	Text   string        // text of that reply, or of the bounce
	Bounce string        // accept, then send a delivery report with this RFC 3463 status to the sender, e.g. 5.1.1
	Ending Ending        // after the text
	Delay  time.Duration // before the reply to the text
	Echo   string        // refuse the text with 554 5.6.0, its content, and quote it: plain, base64 or quoted-printable
	Times  int           // misbehave only this often for one recipient; 0 is always
}

// faults are the troubles of the IMAP side, armed by the methods below.
type faults struct {
	refuseLogins int
	logins       int    // tried over IMAP
	noSubmission string // whose SMTP logins fail
	commands     []commandFault
	struck       int // commands that ran into one of them
}

// commandFault befalls one kind of command; a FETCH only if it asks for a body.
type commandFault struct {
	addr, command string
	uid           uint32 // 0 is any
	code          string // NO with this code, "-" without one; empty: the answer breaks off
	after         int64  // bytes of the answer before it does
	times         int    // below zero is for ever
}

// behaviour asks the rules, and counts for Behaviour.Times.
func (o *Office) behaviour(from, to string) Behaviour {
	if o.opt.Rules == nil {
		return Behaviour{}
	}
	b := o.opt.Rules(from, to)
	if b.Times == 0 {
		return b
	}
	key := strings.ToLower(from + "\x00" + to)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.attempts[key]++
	if o.attempts[key] > b.Times {
		return Behaviour{}
	}
	return b
}

// RefuseLogins makes the next n IMAP logins fail.
func (o *Office) RefuseLogins(n int) {
	o.mu.Lock()
	o.faults.refuseLogins = n
	o.mu.Unlock()
}

// RefuseSubmission makes SMTP logins of addr fail from now on; of "" those of nobody.
func (o *Office) RefuseSubmission(addr string) {
	o.mu.Lock()
	o.faults.noSubmission = addr
	o.mu.Unlock()
}

// Tried counts IMAP logins, and commands that ran into a fault, since the office was opened.
func (o *Office) Tried() (logins, faults int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.faults.logins, o.faults.struck
}

// DropFetch closes the connection when a body of addr is fetched, after so many bytes of the answer; a uid narrows it to
// commands that ask for this message; times below zero is for ever, zero ends it.
func (o *Office) DropFetch(addr string, uid uint32, after int64, times int) {
	o.arm(commandFault{addr: addr, command: "FETCH", uid: uid, after: after, times: times})
}

// CutAnswer carries out the next FETCH, STORE, EXPUNGE, MOVE, COPY or APPEND of addr and closes the connection in place of the answer.
func (o *Office) CutAnswer(addr, command string, times int) {
	o.arm(commandFault{addr: addr, command: command, times: times})
}

// Refuse answers such commands with NO and a response code of RFC 5530, or "-" for none, and does not carry them out.
func (o *Office) Refuse(addr, command string, uid uint32, code string, times int) {
	o.arm(commandFault{addr: addr, command: command, uid: uid, code: code, times: times})
}

// What Refuse may name besides commands: a SEARCH for what stands in a mail, that goes wrong.
const (
	Nothing    = "SEARCH finds nothing" // as while an index lags behind
	Everything = "SEARCH finds everything"
	Fields     = "SEARCH finds nothing by fields that begin with X-"
)

// arm takes the place of an earlier fault of the same kind.
func (o *Office) arm(f commandFault) {
	f.addr = strings.ToLower(f.addr)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults.commands = slices.DeleteFunc(o.faults.commands, func(old commandFault) bool {
		return old.times == 0 || old.addr == f.addr && old.command == f.command && old.uid == f.uid && (old.code == "") == (f.code == "")
	})
	o.faults.commands = append(o.faults.commands, f)
}

// Cut closes all connections once; the office stays open.
func (o *Office) Cut() {
	o.mu.Lock()
	c := o.running
	o.mu.Unlock()
	if c != nil {
		c.imap.cut()
		c.smtp.cut()
	}
}

func (o *Office) loginRefused() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults.logins++
	if o.faults.refuseLogins == 0 {
		return false
	}
	o.faults.refuseLogins--
	return true
}

func (o *Office) submissionRefused(addr string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.EqualFold(addr, o.faults.noSubmission)
}

// fault is the first one that this command runs into.
func (o *Office) fault(addr, command string, asks func(uid uint32) bool) (commandFault, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.faults.commands {
		f := &o.faults.commands[i]
		if f.times == 0 || f.addr != strings.ToLower(addr) || f.command != command || f.uid != 0 && !asks(f.uid) {
			continue
		}
		if f.times > 0 {
			f.times--
		}
		o.faults.struck++
		return *f, true
	}
	return commandFault{}, false
}

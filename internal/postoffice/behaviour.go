package postoffice

import (
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
	Echo   string        // refuse the text with 554 and quote it: plain, base64 or quoted-printable
	Times  int           // misbehave only this often for one recipient; 0 is always
}

// faults are the troubles of the IMAP side, armed by the methods below.
type faults struct {
	refuseLogins int
	fetch        []fetchFault
}

type fetchFault struct {
	addr  string
	uid   uint32 // 0 is any
	after int64
	times int
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

// DropFetch closes the connection when a body of addr is fetched, after so many bytes of the answer; a uid narrows it to
// commands that ask for this message; times below zero is for ever.
func (o *Office) DropFetch(addr string, uid uint32, after int64, times int) {
	o.mu.Lock()
	o.faults.fetch = append(o.faults.fetch, fetchFault{strings.ToLower(addr), uid, after, times})
	o.mu.Unlock()
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
	if o.faults.refuseLogins == 0 {
		return false
	}
	o.faults.refuseLogins--
	return true
}

// fetchDrop says after how many bytes a FETCH has to break, or a negative number.
func (o *Office) fetchDrop(addr string, asks func(uid uint32) bool) int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.faults.fetch {
		f := &o.faults.fetch[i]
		if f.times == 0 || f.addr != strings.ToLower(addr) || f.uid != 0 && !asks(f.uid) {
			continue
		}
		if f.times > 0 {
			f.times--
		}
		return f.after
	}
	return -1
}

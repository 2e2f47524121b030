package statuspage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
)

// head is what every page has.
type head struct {
	Title, Office string
	Now           time.Time
	Live          bool // kept up to date while it is open
}

type notice struct {
	head
	Text string
}

func (p *page) notice(title, text string) notice {
	return notice{head: p.head(title, false), Text: text}
}

func (p *page) head(title string, live bool) head {
	return head{Title: title, Office: p.OfficeName, Now: p.Now().In(p.Zone), Live: live && p.Version != nil}
}

// overview is the first page.
type overview struct {
	head
	Total, Open int
	Bars        []bar
	Days        []column
	Top         int // of the highest column
	Partial     int // cases that the chart of days is made of, where there are more
	Attention   []concern
	More        int // concerns not listed
	Filter      filter
	Read, Found int // cases that were read, and those of them that the filter takes
	Cases       []row
	Deviations  []deviationRow // the newest
	Waiting     []waitingRow
	Health      []HealthItem
	Ready       bool
	Replies     []Reply
}

type concern struct{ Number, Why string }

type deviationRow struct {
	Number, Kind, Step, Owed, By string
	At                           time.Time
}

// waitingRow is a mail, or something else that is no case, that only a person can move.
type waitingRow struct {
	ID, Case           string
	At                 time.Time
	From, Text, Remedy string
}

// row is one case in the list.
type row struct {
	Number, Requester, Due, Owes string
	Opened                       time.Time
	Status                       pill
	Confirmed, Members           int
	Late                         bool
	Deviations                   int
}

type pill struct {
	Text string
	Tone tone
}

func statusPill(s sop.Status) pill { return pill{s.Label(), statusTone(s)} }

// overview lists the first show of the cases that f takes; the chart, the worries and the deviations are of all that were read.
func (p *page) overview(cases []sop.Case, show int, f filter, counts map[sop.Status]int, health []HealthItem) overview {
	v := overview{head: p.head("Kasus", true), Health: health, Ready: true, Filter: f, Read: len(cases), Bars: bars(counts)}
	for s, n := range counts {
		v.Total += n
		if !s.Closed() {
			v.Open += n
		}
	}
	for i := range v.Health {
		v.Ready = v.Ready && v.Health[i].OK
		v.Health[i].Text = scrub(v.Health[i].Text)
	}
	v.Days, v.Top = days(cases, v.Now)
	if last := len(cases) - 1; last >= 0 && v.Total > len(cases) && v.Now.Sub(cases[last].Opened) < dayCount*24*time.Hour {
		v.Partial = len(cases)
	}
	const most = 8
	for _, c := range cases {
		if f.takes(c, v.Now) {
			if v.Found++; v.Found <= show {
				v.Cases = append(v.Cases, caseRow(c, v.Now))
			}
		}
		for _, x := range c.Deviations {
			v.Deviations = append(v.Deviations, deviationRow{c.Number, scrub(x.Kind), scrub(x.Step), owesLabel(x.Owed), scrub(x.By), x.At})
		}
		why := worry(c, v.Now)
		switch {
		case why == "":
		case len(v.Attention) < most:
			v.Attention = append(v.Attention, concern{c.Number, why})
		default:
			v.More++
		}
	}
	slices.SortStableFunc(v.Deviations, func(a, b deviationRow) int { return b.At.Compare(a.At) })
	v.Deviations = v.Deviations[:min(len(v.Deviations), most)]
	return v
}

func caseRow(c sop.Case, now time.Time) row {
	r := row{Number: c.Number, Requester: short(c.Requester.Name), Opened: c.Opened, Status: statusPill(c.Status), Owes: owesLabel(c.Owes),
		Members: len(c.Members), Deviations: len(c.Deviations), Due: "–"}
	if r.Requester == "" {
		r.Requester = maskAddress(c.Requester.Address)
	}
	for _, m := range c.Members {
		if m.State == sop.MemberConfirmed {
			r.Confirmed++
		}
	}
	if c.Status.Closed() {
		r.Owes = "–"
	} else {
		r.Due = due(c.Due, now)
		r.Late = late(c, now)
	}
	return r
}

// worry says why a person should look at a case, or nothing.
func worry(c sop.Case, now time.Time) string {
	var open []string
	for _, i := range c.Incidents {
		if now.Before(i.Until) {
			open = append(open, "insiden kredensial, "+due(i.Until, now))
			break
		}
	}
	switch {
	case c.Status.Closed():
	case c.Held != "":
		open = append(open, "ditahan")
	case c.Status == sop.NeedsReview:
		open = append(open, "perlu diperiksa")
	case late(c, now):
		open = append(open, "tenggat "+due(c.Due, now)+" ("+owesLabel(c.Owes)+")")
	}
	for _, m := range c.Members {
		if !c.Status.Closed() && memberTone(m.State) == bad {
			open = append(open, "surat seorang anggota "+memberLabel(m.State))
			break
		}
	}
	return strings.Join(open, " · ")
}

// detail is the page of one case.
type detail struct {
	head
	Number     string
	Status     pill
	Steps      []step
	Facts      [][2]string
	Members    []memberRow
	Papers     []paperRow
	Problems   []string
	Deviations []sop.Deviation // their words scrubbed
	Incidents  []string
	Events     []eventRow
	Hidden     int // older events not shown
}

type step struct {
	Name  string
	State string // done, now, later
}

type memberRow struct {
	No                       int
	Name, NIP, Address, Note string
	State                    pill
	SentAt, Confirmed        time.Time
	Proof                    string
	Exposed, Shredded        bool
}

// HasNote says that a second line is needed for the member.
func (m memberRow) HasNote() bool { return m.Note != "" || m.Shredded }

type paperRow struct {
	Kind, Name, Number, State string
	Tone                      tone
}

type eventRow struct {
	At                  time.Time
	Text, Actor, Reason string
	Tone                tone
}

const maxEvents, maxRows = 500, 200

func (p *page) detail(c sop.Case, events []sop.Event) detail {
	v := newVeil(c, events)
	d := detail{head: p.head(c.Number, !c.Status.Closed()), Number: c.Number, Status: statusPill(c.Status), Steps: steps(c.Status)}
	d.Facts = p.facts(c, v, d.Now)
	for _, m := range c.Members[:min(len(c.Members), maxRows)] {
		d.Members = append(d.Members, memberRow{No: m.Row.No, Name: short(m.Row.Nama), NIP: maskNumber(m.Row.NIP), Address: maskAddress(cmp.Or(m.Address, m.Row.Email)),
			Note: v.text(m.Note), State: pill{memberLabel(m.State), memberTone(m.State)}, SentAt: m.SentAt, Confirmed: m.Confirmed, Proof: m.Proof,
			Exposed: m.Exposed, Shredded: m.Shredded})
	}
	for _, x := range c.Reading.Papers[:min(len(c.Reading.Papers), maxRows)] {
		d.Papers = append(d.Papers, paper(x, v))
	}
	for _, x := range c.Reading.Problems[:min(len(c.Reading.Problems), maxRows)] {
		d.Problems = append(d.Problems, problem(x))
	}
	for _, x := range c.Deviations[:min(len(c.Deviations), maxRows)] {
		x.NIP, x.Owed, x.By, x.Text, x.Reply = "", owesLabel(x.Owed), v.text(x.By), v.text(x.Text), v.text(x.Reply)
		d.Deviations = append(d.Deviations, x)
	}
	for _, x := range c.Incidents[:min(len(c.Incidents), maxRows)] {
		d.Incidents = append(d.Incidents, fmt.Sprintf("%s – pemberitahuan 3×24 jam: %s", v.text(x.What), due(x.Until, d.Now)))
	}
	d.Hidden = max(0, len(events)-maxEvents)
	for _, e := range events[d.Hidden:] {
		row := eventRow{At: e.At, Text: v.text(cmp.Or(e.Text, e.Kind)), Actor: v.actor(e.Actor), Reason: scrub(e.Reason), Tone: eventTone(e.Kind)}
		if e.Kind == "refused" || e.Kind == "held" {
			row.Actor = "atas nama " + row.Actor // nobody has proved who it was
		}
		d.Events = append(d.Events, row)
	}
	slices.Reverse(d.Events) // what is new first
	return d
}

func (p *page) facts(c sop.Case, v veil, now time.Time) [][2]string {
	f := [][2]string{{"Pemohon", cmp.Or(short(c.Requester.Name), maskAddress(c.Requester.Address))}, {"Dibuka", p.tmpl.clock(c.Opened)}}
	add := func(name, text string) {
		if text != "" {
			f = append(f, [2]string{name, text})
		}
	}
	if c.Status.Closed() {
		add("Ditutup", p.tmpl.clock(c.Closed))
	} else {
		add("Menunggu", owesLabel(c.Owes))
		if !c.Due.IsZero() {
			add("Tenggat", p.tmpl.clock(c.Due)+" ("+due(c.Due, now)+")")
		}
	}
	add("Revisi", fmt.Sprint(c.Revision))
	if a := c.Approval; a != nil {
		add("Disetujui", short(a.By.Name)+", "+p.tmpl.clock(a.At))
	}
	add("Tembusan", map[bool]string{true: "Kepala LPSE ditembusi pemohon", false: "Kepala LPSE diberi tahu sistem"}[c.KepalaCopied])
	add("Ditahan", v.text(c.Held))
	add("Keterangan", v.text(c.Outcome))
	return f
}

func paper(x document.Paper, v veil) paperRow {
	r := paperRow{Kind: cmp.Or(paperLabels[x.Kind], "Berkas lain"), Name: v.text(x.File), Number: v.text(x.Number), State: "terbaca", Tone: good}
	if x.Kind != document.SK && x.Kind != document.SuratTugas {
		r.Number = "" // what a formulir or another paper cites
	}
	if x.Pages != "" {
		r.Name += " (hlm. " + x.Pages + ")"
	}
	switch {
	case x.Kind == document.Unreadable:
		r.State, r.Tone = cmp.Or(unreadable[x.Reason], "perlu dilihat"), bad
	case x.Replaced:
		r.State, r.Tone = "digantikan", dim
	case x.MachineRead:
		r.State, r.Tone = "terbaca mesin (pindaian)", wait
	case x.Kind == document.Other:
		r.Tone = dim
	}
	return r
}

// problem says the fault in the page's own words: the reader's text quotes the row.
func problem(x document.Problem) string {
	where := "Seluruh daftar"
	if x.Row > 0 {
		where = fmt.Sprintf("Baris %d", x.Row)
	}
	return where + ": " + cmp.Or(problemLabels[x.Code], scrub(x.Code))
}

// steps is the procedure as a strip: SOP 1, 2, 3.
func steps(s sop.Status) []step {
	names := []string{"Permohonan", "Persetujuan", "Pengiriman", "Konfirmasi", "Selesai"}
	at := map[sop.Status]int{sop.Incomplete: 0, sop.NeedsReview: 0, sop.AwaitingRequester: 0, sop.AwaitingApproval: 1, sop.Approved: 2, sop.Sent: 2, sop.AwaitingReceipt: 3, sop.Done: 5}
	now, known := at[s]
	if !known || s == sop.NeedsReview {
		return nil // refused, withdrawn, or anywhere
	}
	var out []step
	for i, n := range names {
		state := "later"
		switch {
		case i < now:
			state = "done"
		case i == now:
			state = "now"
		}
		out = append(out, step{n, state})
	}
	return out
}

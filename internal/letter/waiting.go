package letter

import (
	"time"

	"ukpbjd/internal/sop"
)

// Waiting is one thing that only a person can move.
type Waiting struct {
	What    string    `json:"what"` // mail, case, aside or row
	ID      string    `json:"id"`   // the UID of a mail, the number of a case, QUEUE/KEY of what was put aside
	Case    string    `json:"case,omitempty"`
	At      time.Time `json:"at,omitzero"`
	From    string    `json:"from,omitempty"`
	Subject string    `json:"subject,omitempty"`
	Why     string    `json:"why"`
	Text    string    `json:"text"`
	Remedy  string    `json:"remedy"`
}

// WaitingView is one as the template sees it.
type WaitingView struct {
	Waiting
	At Moment
}

// waitingShown is how many stand in one letter; the command names all.
const waitingShown = 40

func waiting(all []Waiting, zone *time.Location) (out []WaitingView, more int) {
	for _, w := range all[:min(len(all), waitingShown)] {
		w.ID, w.Case, w.From, w.Subject, w.Why = shown(w.ID, maxTitle), clean(w.Case, 40), shown(w.From, maxMail), shown(w.Subject, maxTitle), shown(w.Why, maxError)
		out = append(out, WaitingView{w, Moment{w.At, zone}})
	}
	return out, len(all) - len(out)
}

// Alarm is what the operator is told of a topic.
func Alarm(topic string) Reason { return reason(sop.PeringatanOperator, topic) }

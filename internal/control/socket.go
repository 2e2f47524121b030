package control

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"ukpbjd/internal/office"
)

// maxCall bounds a request on the control socket: an office's table of accounts is the longest.
const maxCall = 8 << 20

// Reply is what the control socket answers: Data, or an Error with its kind.
type Reply struct {
	Data  json.RawMessage `json:"data,omitempty"`
	Error string          `json:"error,omitempty"`
	Kind  string          `json:"kind,omitempty"` // usage: the caller's fault
}

// Handler answers calls over HTTP on the socket of mode 0600: whoever reaches it is the operator.
func Handler(c *Control) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var call Call
		if r.Method != http.MethodPost {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCall)).Decode(&call); err != nil {
			answer(w, Reply{Error: "read the call: " + err.Error(), Kind: "usage"})
			return
		}
		if call.Command == SnapshotCommand {
			snapshot(w, r, c)
			return
		}
		var raw json.RawMessage
		data, err := c.Answer(r.Context(), call)
		if err == nil {
			raw, err = json.Marshal(data)
		}
		switch {
		case IsUsage(err):
			answer(w, Reply{Error: err.Error(), Kind: "usage"})
		case err != nil:
			answer(w, Reply{Error: err.Error()})
		default:
			answer(w, Reply{Data: raw})
		}
	})
}

// IsUsage says that a call is refused for what the caller asked.
func IsUsage(err error) bool {
	return errors.Is(err, office.ErrNoCase) || errors.Is(err, ErrUnknownCall) || errors.Is(err, ErrNoApprover) || errors.Is(err, ErrNotWaiting)
}

func answer(w http.ResponseWriter, r Reply) {
	if err := json.NewEncoder(w).Encode(r); err != nil {
		http.Error(w, "", http.StatusInternalServerError) // the caller has gone
	}
}

// SnapshotCommand asks for the store as it is, as a stream. Complete is the trailer that says that it came to its end.
const (
	SnapshotCommand = "snapshot"
	Complete        = "X-Complete"
)

// snapshotTime bounds the copying of a large store; a reader left open keeps the engine from using its pages again.
const snapshotTime = 30 * time.Minute

func snapshot(w http.ResponseWriter, r *http.Request, c *Control) {
	ctx, cancel := context.WithTimeout(r.Context(), snapshotTime)
	defer cancel()
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(snapshotTime)); err != nil {
		answer(w, Reply{Error: err.Error()})
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Trailer", Complete)
	if err := c.Snapshot(ctx, w); err == nil {
		w.Header().Set(Complete, "yes") // without it the reader knows that the copy broke off
	}
}

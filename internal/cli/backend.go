package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/daemon"
)

// load reads the configuration; its faults are told all at once.
func (s *shell) load() (*config.Config, error) {
	cfg, faults := config.Load(s.config)
	if len(faults) > 0 {
		return nil, fail(exitConfig, faults)
	}
	return cfg, nil
}

// call carries an operator's command to the running daemon, or to the store if no daemon runs, and decodes the answer.
func (s *shell) call(c control.Call, into any) error {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	return s.ask(cfg, c, into)
}

// ask is call for those who have the configuration already.
func (s *shell) ask(cfg *config.Config, c control.Call, into any) error {
	raw, err := overSocket(s.ctx, cfg, c)
	if errors.Is(err, errNoDaemon) {
		raw, err = direct(s.ctx, cfg, c)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

var errNoDaemon = errors.New("no daemon answers at the control socket")

// maxAnswer bounds what is read from the socket: a list of 100,000 cases fits.
const maxAnswer = 1 << 30

func overSocket(ctx context.Context, cfg *config.Config, c control.Call) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	res, err := post(ctx, cfg, c)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var r control.Reply
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(&r); err != nil {
		return nil, fail(exitUnavailable, fmt.Errorf("read the daemon's answer: %w", err))
	}
	switch {
	case r.Error != "" && r.Kind == "usage":
		return nil, fail(exitUsage, errors.New(r.Error))
	case r.Error != "":
		return nil, errors.New(r.Error)
	}
	return r.Data, nil
}

// post hands a call to the daemon over its control socket, on a connection that ends with the answer's body.
func post(ctx context.Context, cfg *config.Config, c control.Call) (*http.Response, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "unix", filepath.Join(cfg.Storage.Path, daemon.SocketName))
			if err != nil {
				return nil, errNoDaemon
			}
			return conn, nil
		}}}
	body, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://ukpbjd/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	switch {
	case errors.Is(err, errNoDaemon):
		return nil, errNoDaemon
	case err != nil:
		return nil, fail(exitUnavailable, fmt.Errorf("ask the daemon: %w", err))
	}
	return res, nil
}

// direct opens the store itself; nothing is sent or fetched. Where the call only looks, it is opened for reading: others may look
// at the same time.
func direct(ctx context.Context, cfg *config.Config, c control.Call) (json.RawMessage, error) {
	open, answer := func() (*daemon.Rooms, error) { return daemon.OpenRooms(ctx, cfg) }, (*control.Control).Answer
	if control.Looks(c.Command) {
		open, answer = func() (*daemon.Rooms, error) { return daemon.OpenBooks(ctx, cfg) }, (*control.Control).Look
	}
	rooms, err := open()
	if err != nil {
		return nil, fail(exitUnavailable, err)
	}
	defer rooms.Close()
	data, err := answer(rooms.Control, ctx, c)
	if err != nil {
		if control.IsUsage(err) {
			err = fail(exitUsage, err)
		}
		return nil, err
	}
	return json.Marshal(data)
}

// found ends a command that has told what it found.
func found(trouble bool, err error) error {
	if err == nil && trouble {
		return fail(exitTrouble, errSaid)
	}
	return err
}

// tell prints what a command found: as JSON, or as text does.
func (s *shell) tell(asJSON bool, v any, text func(io.Writer)) error {
	w := bufio.NewWriter(s.stdout) // it keeps an error of writing for Flush
	if !asJSON {
		text(w)
		return w.Flush()
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return errors.Join(e.Encode(v), w.Flush())
}

// table prints rows whose cells are parted by tabs.
func table(out io.Writer, rows func(io.Writer)) {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	rows(w)
	w.Flush() //nolint:errcheck // out keeps it
}

// readFile reads a file that the command line names, whole or not at all.
func readFile(name string, most int64) ([]byte, error) {
	raw, _, err := config.ReadBounded(name, most)
	if err == nil && int64(len(raw)) > most {
		err = fmt.Errorf("read %s: over %d MiB", name, most>>20)
	}
	return raw, err
}

// caseNumber is a case as a person types it: pkj-2026-9 is PKJ-2026-0009.
type caseNumber string

var typedNumber = regexp.MustCompile(`^([A-Z][A-Z0-9]{1,9})-([0-9]{4})-0*([0-9]{1,9})$`)

// UnmarshalText is how kong reads an argument.
func (n *caseNumber) UnmarshalText(text []byte) error {
	*n = caseNumber(strings.ToUpper(strings.TrimSpace(string(text))))
	if m := typedNumber.FindStringSubmatch(string(*n)); m != nil {
		*n = caseNumber(m[1] + "-" + m[2] + "-" + strings.Repeat("0", max(0, 4-len(m[3]))) + m[3])
	}
	return nil
}

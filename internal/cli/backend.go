package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
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
	raw, err := overSocket(s.ctx, filepath.Join(cfg.Storage.Path, daemon.SocketName), c)
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

func overSocket(ctx context.Context, path string, c control.Call) (json.RawMessage, error) {
	client := socketClient(path, 10*time.Minute)
	defer client.CloseIdleConnections()
	res, err := post(ctx, client, c)
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

// socketClient speaks over the control socket; limit 0 waits as long as the answer goes on.
func socketClient(path string, limit time.Duration) *http.Client {
	return &http.Client{Timeout: limit, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "unix", path)
			if err != nil {
				return nil, errNoDaemon
			}
			return conn, nil
		}}}
}

func post(ctx context.Context, client *http.Client, c control.Call) (*http.Response, error) {
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

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

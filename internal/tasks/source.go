package tasks

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// Wanted is a member who needs an account.
type Wanted struct {
	NIP    string `json:"nip"`
	Nama   string `json:"nama"`
	Email  string `json:"email"`
	UserID string `json:"user_id"` // proposed, unique in the office
}

// Source makes accounts for exactly the members that are wanted. An account without a password exists already.
type Source interface {
	Make(ctx context.Context, number string, want []Wanted) (map[string]credential.Issued, error)
}

// Generator makes passwords from a source of randomness.
type Generator struct {
	Random io.Reader
	Rule   secret.Rule
}

// Make keeps the proposed User IDs.
func (g Generator) Make(_ context.Context, _ string, want []Wanted) (map[string]credential.Issued, error) {
	out, rule := map[string]credential.Issued{}, cmp.Or(g.Rule, secret.DefaultRule)
	for _, w := range want {
		p, err := rule.Generate(g.Random)
		if err != nil {
			return nil, err
		}
		out[w.NIP] = credential.Issued{UserID: w.UserID, Password: p}
	}
	return out, nil
}

// Command asks a program of the office: the case as JSON on its standard input, accounts as JSON on its output. It is
// time-boxed, sees nothing of this service's environment, and what it writes to its error output is not kept.
type Command struct {
	Argv []string
	Rule secret.Rule // of its passwords
}

const (
	commandTime = 2 * time.Minute
	maxOutput   = 1 << 20
)

// Make refuses an answer that is not for exactly the members wanted.
func (c Command) Make(ctx context.Context, number string, want []Wanted) (map[string]credential.Issued, error) {
	ask, err := json.Marshal(struct {
		Case    string   `json:"case"`
		Members []Wanted `json:"members"`
	}{number, want})
	if err != nil {
		return nil, err
	}
	raw, err := c.run(ctx, ask)
	if err != nil {
		return nil, fmt.Errorf("run credentials.command: %w", err)
	}
	defer clear(raw)
	var said []struct {
		NIP      string `json:"nip"`
		UserID   string `json:"user_id"`
		Password string `json:"password"`
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return nil, errors.New("read the answer of credentials.command: it is not the JSON that is asked for")
	}
	out := map[string]credential.Issued{}
	for _, a := range said {
		i := credential.Issued{UserID: a.UserID}
		if a.Password != "" {
			i.Password = secret.New([]byte(a.Password))
		}
		out[a.NIP] = i
	}
	return out, c.exactly(want, out, len(said))
}

// exactly: these people, each with an ID and a password that nobody else of them has. It says of whom, and never what.
func (c Command) exactly(want []Wanted, got map[string]credential.Issued, said int) error {
	users, secret := map[string]string{}, []string(nil) // whose they are; who has a password
	for _, w := range want {
		i, ok := got[w.NIP]
		switch user := strings.ToLower(i.UserID); {
		case !ok:
			return fmt.Errorf("credentials.command gave no account for %s", w.NIP)
		case !sop.PlainUser(i.UserID):
			return fmt.Errorf("credentials.command gave %s a user ID that cannot be typed, or none", w.NIP)
		case users[user] != "":
			return fmt.Errorf("credentials.command gave %s and %s one user ID, %s", users[user], w.NIP, i.UserID)
		case i.Password.Absent():
			users[user] = w.NIP
			continue
		case !c.Rule.Keeps(i.Password):
			return fmt.Errorf("credentials.command gave %s a password that SPSE does not take, or that credentials.password does not allow", w.NIP)
		case i.Password.Holds(w.NIP), i.Password.Holds(i.UserID):
			return fmt.Errorf("credentials.command gave %s a password with their NIP or user ID in it", w.NIP)
		}
		for _, nip := range secret {
			if got[nip].Password.Equal(i.Password) {
				return fmt.Errorf("credentials.command gave %s and %s one password", nip, w.NIP)
			}
		}
		users[strings.ToLower(i.UserID)], secret = w.NIP, append(secret, w.NIP)
	}
	if said != len(want) || len(got) != len(want) {
		return fmt.Errorf("credentials.command gave %d accounts for %d members", said, len(want))
	}
	return nil
}

// run gives the program its own process group, so that its children end with it.
func (c Command) run(ctx context.Context, ask []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Argv[0], c.Argv[1:]...)
	for _, name := range []string{"PATH", "HOME", "LANG", "TZ"} { // not where credentials lie, nor the socket of systemd
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C.UTF-8")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Stdin = bytes.NewReader(ask)
	out := &limited{most: maxOutput}
	cmd.Stdout = out
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	return out.b.Bytes(), nil
}

// limited refuses more than a program has any reason to say.
type limited struct {
	b    bytes.Buffer
	most int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.b.Len()+len(p) > l.most {
		return 0, errors.New("the answer is too long")
	}
	return l.b.Write(p)
}

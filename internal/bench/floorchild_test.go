package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// child is a process of this program that talks JSON, one object a line. It ends when its standard input does.
type child struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *json.Decoder
	errs bytes.Buffer
	over bool
}

func begin(cmd *exec.Cmd, task any) (*child, error) {
	c := &child{cmd: cmd}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = &c.errs
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", strings.Join(cmd.Args[1:], " "), err)
	}
	c.in, c.out = in, json.NewDecoder(bufio.NewReader(out))
	if err := json.NewEncoder(in).Encode(task); err != nil {
		return nil, errors.Join(err, c.end())
	}
	return c, nil
}

// hear reads one object; a child that has died says why on its standard error.
func (c *child) hear(into any) error {
	if err := c.out.Decode(into); err != nil {
		return errors.Join(fmt.Errorf("hear from %s: %w", c.cmd.Args[1], err), c.end())
	}
	return nil
}

// end lets the child finish, and gives what it complained of.
func (c *child) end() error {
	if c.over {
		return nil
	}
	c.over = true
	c.in.Close() //nolint:errcheck // a pipe
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", c.cmd.Args[1], err, bytes.TrimSpace(c.errs.Bytes()))
	}
	return nil
}

// obey is the other side of begin: it reads the task, and stops when standard input ends.
func obey(in io.Reader, task any) (ended <-chan struct{}, err error) {
	d := json.NewDecoder(in)
	if err := d.Decode(task); err != nil {
		return nil, fmt.Errorf("read the task: %w", err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		io.Copy(io.Discard, in) //nolint:errcheck // its end is all we wait for
	}()
	return gone, nil
}

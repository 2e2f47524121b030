package mailbox

import (
	"context"
	"testing"
	"time"

	"ukpbjd/internal/postoffice"
)

// watched runs Watch until the test ends and counts its calls.
func watched(t *testing.T, b *Box) chan struct{} {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	bell, done := make(chan struct{}, 1000), make(chan error, 1)
	go func() { done <- b.Watch(ctx, func() { bell <- struct{}{} }, func(error) {}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return bell
}

func ring(t *testing.T, bell chan struct{}, why string) {
	t.Helper()
	select {
	case <-bell:
	case <-soon(t).Done():
		t.Fatal("no wake ", why)
	}
}

func quiet(t *testing.T, bell chan struct{}) {
	t.Helper()
	select {
	case <-bell:
		t.Error("woken for nothing")
	default:
	}
}

func TestWatchByIdle(t *testing.T) {
	o := office(t, postoffice.Options{})
	bell := watched(t, boxAt(t, o.IMAPAddr(), func(o *Options) { o.Poll = time.Hour }))
	ring(t, bell, "after the connect")
	quiet(t, bell)
	for range 20 {
		put(t, o, 1)
		ring(t, bell, "after a mail")
	}
	o.Cut()
	ring(t, bell, "after a reconnect")
	if err := o.Stop(); err != nil {
		t.Fatal(err)
	}
	put(t, o, 1)
	if err := o.Open(); err != nil {
		t.Fatal(err)
	}
	ring(t, bell, "after a restart")
	put(t, o, 1)
	ring(t, bell, "after a mail")
}

func TestWatchByPoll(t *testing.T) {
	o := office(t, postoffice.Options{HideIDLE: true})
	bell := watched(t, boxAt(t, o.IMAPAddr(), func(o *Options) { o.Poll = 5 * time.Millisecond }))
	for range 10 {
		ring(t, bell, "at a poll")
	}
}

func TestWatchOutlastsRefusedLogins(t *testing.T) {
	o := office(t, postoffice.Options{})
	o.RefuseLogins(3)
	ring(t, watched(t, boxAt(t, o.IMAPAddr())), "after the logins are accepted again")
}

package msgauth

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// Resolver is DNS as far as DKIM needs it; *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

const maxCached = 256

// Cache keeps the answers of a Resolver for a while, so that a batch of replies asks once. Failures are not kept. Safe for
// concurrent use.
type Cache struct {
	from Resolver
	keep time.Duration
	now  func() time.Time

	mu      sync.Mutex
	answers map[string]answer
}

type answer struct {
	texts []string
	until time.Time
}

// NewCache keeps what r answers for the given time.
func NewCache(r Resolver, keep time.Duration, now func() time.Time) *Cache {
	return &Cache{from: r, keep: keep, now: now, answers: make(map[string]answer)}
}

// LookupTXT answers from the cache or asks.
func (c *Cache) LookupTXT(ctx context.Context, name string) ([]string, error) {
	c.mu.Lock()
	a, ok := c.answers[name]
	c.mu.Unlock()
	if ok && c.now().Before(a.until) {
		return a.texts, nil
	}
	texts, err := c.from.LookupTXT(ctx, name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.answers) >= maxCached { // a handful of domains is usual: starting anew costs nothing
		clear(c.answers)
	}
	c.answers[name] = answer{texts, c.now().Add(c.keep)}
	return texts, nil
}

// temporary says that asking again later may give an answer: everything but a definite "no such name".
func temporary(err error) bool {
	var dns *net.DNSError
	return !errors.As(err, &dns) || !dns.IsNotFound
}

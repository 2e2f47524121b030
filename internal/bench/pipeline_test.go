package bench

import (
	"context"

	"go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"
)

const (
	floorReaders = 2
	floorSenders = 4
	floorAhead   = 16
)

// finished is a mail that has been read; record is what is to be put.
type finished struct {
	mail   parsed
	record []byte
}

// pipelined lets every stage run at the same time.
func (f *floor) pipelined(ctx context.Context) ([]letterSent, error) {
	g, ctx := errgroup.WithContext(ctx)
	raw := make(chan []byte, floorAhead)
	done := make(chan finished, floorAhead)
	durable := make(chan parsed, f.task.Want)
	sent := make(chan letterSent, f.task.Want)
	if err := f.senders(ctx, g, durable, sent); err != nil {
		return nil, err
	}
	if err := f.ready(); err != nil {
		return nil, err
	}
	g.Go(func() error { defer close(raw); return f.imap.stream(ctx, f.task.Want, raw) })
	f.readers(ctx, g, raw, done)
	g.Go(func() error { defer close(durable); return f.putAll(done, durable) })
	err := g.Wait()
	close(sent)
	var list []letterSent
	for l := range sent {
		list = append(list, l)
	}
	return list, err
}

func (f *floor) readers(ctx context.Context, g *errgroup.Group, raw <-chan []byte, done chan<- finished) {
	var readers errgroup.Group
	for range floorReaders {
		readers.Go(func() error {
			for b := range raw {
				m, err := parseStandard(b)
				if err != nil {
					return err
				}
				record, err := f.read(ctx, m)
				if err != nil {
					return err
				}
				done <- finished{m, record}
			}
			return nil
		})
	}
	g.Go(func() error { defer close(done); return readers.Wait() })
}

// putAll puts whatever is ready in one transaction.
func (f *floor) putAll(done <-chan finished, durable chan<- parsed) error {
	for x := range done {
		batch := []finished{x}
		for more := true; more; {
			select {
			case y, ok := <-done:
				if more = ok; ok {
					batch = append(batch, y)
				}
			default:
				more = false
			}
		}
		err := f.db.Update(func(tx *bbolt.Tx) error {
			for _, y := range batch {
				if err := tx.Bucket(bucket).Put([]byte(y.mail.id), y.record); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, y := range batch {
			y.mail.files = nil
			durable <- y.mail
		}
	}
	return nil
}

func (f *floor) senders(ctx context.Context, g *errgroup.Group, durable <-chan parsed, sent chan<- letterSent) error {
	for range floorSenders {
		c, err := f.dial()
		if err != nil {
			return err
		}
		g.Go(func() error {
			defer c.Close() //nolint:errcheck // every letter was answered
			for m := range durable {
				l, err := f.letter(c, m)
				if err != nil {
					return err
				}
				sent <- l
			}
			return ctx.Err()
		})
	}
	return nil
}

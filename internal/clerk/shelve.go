package clerk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/message"
	"ukpbjd/internal/store"
)

// shelveMost is how many mails are shelved in one commit.
const shelveMost = 64

// unshelved records that a mail of a case still has to be shelved. Its first letter does not wait for that.
func (c *Clerk) unshelved(b store.Books, p *Prepared, number string) error {
	if number == "" || p.sha == "" {
		return nil
	}
	s := store.Shelving{Case: number, Mail: p.sha}
	if p.mail.Reading != nil {
		for _, f := range p.mail.Msg.Files {
			s.Papers = append(s.Papers, store.Shelved{SHA256: f.SHA256, Name: path.Base(f.Name)})
		}
	}
	return b.Papers.Put(p.UID, s)
}

// Shelve takes the papers out of archived mails and gives mails and papers names that a person can browse. What cannot be done
// now is passed over and stays for the next time. It may be repeated. SOP R.1
func (c *Clerk) Shelve(ctx context.Context) error {
	c.shelving.Lock()
	defer c.shelving.Unlock()
	var failed error
	err := c.eachShelving(ctx, func(list []store.Shelving) error {
		err := c.shelve(ctx, list)
		if errors.Is(err, store.ErrUnknown) || ctx.Err() != nil {
			return err
		}
		failed = errors.Join(failed, err)
		return nil
	})
	return errors.Join(failed, err)
}

// eachShelving goes through what is still to be shelved, oldest first, shelveMost mails at once.
func (c *Clerk) eachShelving(ctx context.Context, fn func([]store.Shelving) error) error {
	for from := ""; ; {
		var list []store.Shelving
		err := c.View(ctx, func(b store.Books) (err error) {
			list, err = b.Papers.Unarchived(from, shelveMost)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		if err := fn(list); err != nil {
			return err
		}
		from = list[len(list)-1].Key + "\x00"
	}
}

func (c *Clerk) shelve(ctx context.Context, list []store.Shelving) error {
	var keys []string
	var failed error
	batch := c.Archive.Batch()
	for _, s := range list {
		if err := errors.Join(ctx.Err(), c.shelveOne(ctx, batch, s)); err != nil {
			failed = errors.Join(failed, fmt.Errorf("shelve the papers of %s: %w", s.Case, err))
			continue
		}
		keys = append(keys, s.Key)
	}
	if err := batch.Sync(); err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnknown, err)
	}
	return errors.Join(failed, c.DB.Update(ctx, func(tx store.Tx) error { return store.In(tx).Papers.MarkArchived(keys) }))
}

func (c *Clerk) shelveOne(ctx context.Context, batch *archive.Batch, s store.Shelving) error {
	year, _, ok := store.Number(s.Case)
	if !ok {
		return fmt.Errorf("%q is no case number", s.Case)
	}
	items := []archive.Item{{SHA256: s.Mail, Name: "surel.eml"}}
	papers, err := c.unpack(s)
	for _, p := range s.Papers {
		if err == nil {
			err = batch.PutAs(p.SHA256, papers[p.SHA256])
		}
		items = append(items, archive.Item{SHA256: p.SHA256, Name: p.Name})
	}
	if err == nil {
		items, err = c.shelveEvidence(ctx, batch, s, items)
	}
	if err != nil {
		return err
	}
	return c.Archive.Link(year, s.Case, items...)
}

// shelveEvidence lays what the decision on a mail rests on beside the mail, byte for byte as the journal vouches for it.
func (c *Clerk) shelveEvidence(ctx context.Context, batch *archive.Batch, s store.Shelving, items []archive.Item) ([]archive.Item, error) {
	var raw []byte
	if err := c.View(ctx, func(b store.Books) error {
		all, err := b.Journal.Evidence(s.Case)
		raw = all[s.Mail]
		return err
	}); err != nil || len(raw) == 0 {
		return items, err
	}
	sum, err := batch.Put(raw)
	return append(items, archive.Item{SHA256: sum, Name: "bukti.json"}), err
}

// unpack reads the papers of a mail out of its archived bytes.
func (c *Clerk) unpack(s store.Shelving) (map[string][]byte, error) {
	if len(s.Papers) == 0 {
		return nil, nil
	}
	raw, err := c.Archive.Get(s.Mail)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, f := range message.Parse(raw, c.Limits, c.Banners).Files {
		out[f.SHA256] = f.Bytes
	}
	for _, p := range s.Papers {
		if _, ok := out[p.SHA256]; !ok {
			return nil, fmt.Errorf("paper %s is not in mail %s", p.SHA256, s.Mail)
		}
	}
	return out, nil
}

// paper gives a paper's bytes, whether it is shelved yet or not.
func (c *Clerk) paper(ctx context.Context, sha string) ([]byte, error) {
	b, err := c.Archive.Get(sha)
	if !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	if err := c.Shelve(ctx); err != nil {
		return nil, err
	}
	return c.Archive.Get(sha)
}

// inMails takes from missing what lies whole in a mail that is still to be shelved.
func (c *Clerk) inMails(ctx context.Context, missing map[string]error) error {
	if len(missing) == 0 {
		return nil
	}
	return c.eachShelving(ctx, func(list []store.Shelving) error {
		for _, s := range list {
			papers, err := c.unpack(s)
			for _, p := range s.Papers {
				if _, ok := missing[p.SHA256]; ok && err != nil {
					missing[p.SHA256] = err
				} else if papers[p.SHA256] != nil {
					delete(missing, p.SHA256)
				}
			}
		}
		return nil
	})
}

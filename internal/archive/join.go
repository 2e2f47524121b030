package archive

// Join makes one batch of several, so that one Sync makes them all durable. The others must not be used afterwards.
func (b *Batch) Join(others ...*Batch) {
	for _, o := range others {
		o.mu.Lock()
		b.mu.Lock()
		for p := range o.all {
			b.all[p] = struct{}{}
		}
		b.new = append(b.new, o.new...)
		b.mu.Unlock()
		o.mu.Unlock()
	}
}

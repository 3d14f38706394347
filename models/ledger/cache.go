package ledger

// cache is a bounded map that forgets what has not been asked for in a while. It has two generations: what is found or put
// is in the young one; when that has half of the bound, it becomes the old one, and what was old is forgotten. It turns
// only in trim, so that what a batch has found stays the same until its end.
type cache[K comparable, V any] struct {
	young, old map[K]V
	half       int
}

func newCache[K comparable, V any](bound int) cache[K, V] {
	return cache[K, V]{young: make(map[K]V), old: make(map[K]V), half: max(bound/2, 1)}
}

func (c *cache[K, V]) get(key K) (value V, ok bool) {
	if value, ok = c.young[key]; ok {
		return value, true
	}
	if value, ok = c.old[key]; ok {
		c.young[key] = value
	}
	return value, ok
}

func (c *cache[K, V]) put(key K, value V) { c.young[key] = value }

func (c *cache[K, V]) drop(key K) {
	delete(c.young, key)
	delete(c.old, key)
}

func (c *cache[K, V]) trim() {
	if len(c.young) < c.half {
		return
	}
	c.old = c.young
	c.young = make(map[K]V, c.half)
}

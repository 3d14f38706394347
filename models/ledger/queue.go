package ledger

import "sync"

// entry is what waits for the writer: an order and whoever hears of the decision, or a task.
type entry struct {
	order   *Order
	decided Decided
	task    *task
}

// queue is the bounded ring between those who give orders and the one writer.
type queue struct {
	mu     sync.Mutex
	ring   []entry
	first  int
	length int
	closed bool
	wake   chan struct{} // has room for one: somebody pushed, or closed
}

func newQueue(bound int) *queue {
	return &queue{ring: make([]entry, bound), wake: make(chan struct{}, 1)}
}

// push returns ErrBusy or ErrClosed where it does not take the entry.
func (q *queue) push(e entry) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return ErrClosed
	case q.length == len(q.ring):
		return ErrBusy
	}
	q.ring[(q.first+q.length)%len(q.ring)] = e
	q.length++
	if q.length == 1 {
		q.signal()
	}
	return nil
}

// take moves up to max entries into dst, in their order. It waits for the first one, and for nothing more. Empty-handed it
// comes back only once the queue is closed and drained.
func (q *queue) take(dst []entry, max int) []entry {
	for {
		q.mu.Lock()
		if q.length > 0 || q.closed {
			for n := min(q.length, max); n > 0; n-- {
				dst = append(dst, q.ring[q.first])
				q.ring[q.first] = entry{} // nothing is kept alive by a slot
				q.first = (q.first + 1) % len(q.ring)
				q.length--
			}
			q.mu.Unlock()
			return dst
		}
		q.mu.Unlock()
		<-q.wake
	}
}

// close refuses what comes from now on. What is queued can still be taken.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}

// waiting returns how many entries are queued.
func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.length
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

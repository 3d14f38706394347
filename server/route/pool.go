package route

import "sync"

// pool runs jobs on a fixed number of workers. Each connection has a lane, lanes take turns, and one job of a lane runs at
// a time: whoever queues many jobs waits behind their own, and a connection's jobs run in order.
type pool struct {
	mu      sync.Mutex
	wake    *sync.Cond
	ready   []*lane // with jobs waiting and none running
	waiting int     // jobs in all lanes
	most    int
	closed  bool
	workers sync.WaitGroup
}

// lane is one connection's jobs in one pool. The zero value is empty.
type lane struct {
	jobs    []func()
	running bool
}

// newPool starts workers workers for at most most waiting jobs.
func newPool(workers, most int) *pool {
	p := &pool{most: most}
	p.wake = sync.NewCond(&p.mu)
	for range workers {
		p.workers.Go(p.work)
	}
	return p
}

// submit queues job on l, and reports false where the pool is full or closed; job does not run then. It never blocks. Lanes
// that have a job waiting already get half of the pool: whoever queues many jobs on many connections leaves room for others.
func (p *pool) submit(l *lane, job func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	most := p.most
	if len(l.jobs) > 0 {
		most = (most + 1) / 2
	}
	if p.closed || p.waiting >= most {
		return false
	}
	p.waiting++
	l.jobs = append(l.jobs, job)
	if !l.running && len(l.jobs) == 1 {
		p.ready = append(p.ready, l)
		p.wake.Signal()
	}
	return true
}

// close lets what is queued run, and returns when the workers have ended.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.wake.Broadcast()
	p.mu.Unlock()
	p.workers.Wait()
}

// depth returns how many jobs wait.
func (p *pool) depth() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting
}

func (p *pool) work() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		for len(p.ready) == 0 {
			if p.closed && p.waiting == 0 {
				return
			}
			p.wake.Wait()
		}
		l := p.ready[0]
		p.ready[0] = nil
		p.ready = p.ready[1:]
		job := l.jobs[0]
		l.jobs[0] = nil
		l.jobs = l.jobs[1:]
		l.running = true
		p.waiting--

		p.mu.Unlock()
		job()
		p.mu.Lock()

		l.running = false
		if len(l.jobs) > 0 {
			p.ready = append(p.ready, l)
			p.wake.Signal()
		} else {
			l.jobs = nil // a quiet connection holds no memory for it
		}
		if p.closed && p.waiting == 0 {
			p.wake.Broadcast()
		}
	}
}
